/** Below the last event: what is loading, what failed, or a button to search older events. */

import { useFormat } from "../../ui/format.tsx";
import { type ListState, MAX_EMPTIES, MAX_ROWS, rowCount, waitingCount } from "./list_state.ts";
import { say, sayCount } from "../../words/say.ts";

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
        <p className="fault" role="alert">{say("Cannot load older events: {why}.", { why: error.message })}</p>
        <button type="button" className="btn" onClick={onSearchOlder}>{say("Try again")}</button>
      </>
    );
  }
  if (state.next !== null && state.empties >= MAX_EMPTIES) {
    return (
      <>
        <p className="muted">{say("No match in the events searched so far.")}</p>
        <button type="button" className="btn" onClick={onSearchOlder}>{say("Search older events")}</button>
      </>
    );
  }
  if (state.next !== null) return <p className="muted">{say("Loading older events…")}</p>;
  return (
    <p className="muted">
      {rowCount(state) >= MAX_ROWS
        ? say("The list ends after {count} events. Filter by time to see older ones.", { count: number(MAX_ROWS) })
        : say("No older events.")}
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
  const values = { count: number(total) };
  const isExact = state.totalIsExact || isWhole;
  return (
    <span className="muted nowrap">
      {filtered
        ? isExact
          ? sayCount(total, "{count} event matches", "{count} events match", values)
          : sayCount(total, "At least {count} event matches", "At least {count} events match", values)
        : isExact
        ? sayCount(total, "{count} event", "{count} events", values)
        : sayCount(total, "At least {count} event", "At least {count} events", values)}
    </span>
  );
}
