/** Below the last event: what is loading, what failed, or a button to search older events. */

import { useFormat } from "../../ui/format.tsx";
import { type ListState, MAX_EMPTIES, MAX_ROWS, rowCount, waitingCount } from "./list_state.ts";

export interface ListEndProps {
  state: ListState;
  error: Error | null;
  onSearchOlder(): void;
}

export function ListEnd({ state, error, onSearchOlder }: ListEndProps) {
  const { number } = useFormat();
  if (error) {
    return (
      <>
        <p className="fault" role="alert">Cannot load older events: {error.message}.</p>
        <button type="button" className="btn" onClick={onSearchOlder}>Try again</button>
      </>
    );
  }
  if (state.next !== null && state.empties >= MAX_EMPTIES) {
    return (
      <>
        <p className="muted">No match in the events searched so far.</p>
        <button type="button" className="btn" onClick={onSearchOlder}>Search older events</button>
      </>
    );
  }
  if (state.next !== null) return <p className="muted">Loading older events…</p>;
  return (
    <p className="muted">
      {rowCount(state) >= MAX_ROWS
        ? `The list ends after ${number(MAX_ROWS)} events. Filter by time to see older ones.`
        : "No older events."}
    </p>
  );
}

/** How many events fit. */
export function CountText({ state, filtered }: { state: ListState; filtered: boolean }) {
  const { number } = useFormat();
  // The server counts in the events that it looks through first; those that were read besides count too.
  const rows = rowCount(state);
  const isWhole = state.next === null && rows < MAX_ROWS && waitingCount(state) === 0;
  const total = isWhole ? rows : Math.max(rows, state.total ?? 0);
  const noun = total === 1 ? "event" : "events";
  const verb = !filtered ? "" : total === 1 ? " matches" : " match";
  return (
    <span className="muted nowrap">
      {state.totalIsExact || isWhole ? "" : "At least "}
      {number(total)} {noun}
      {verb}
    </span>
  );
}
