/** Filters of the list of runs: state, flow, time, and an event when a link named one. */

import { useId } from "react";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { STATE_CHOICES } from "./run_words.ts";
import { TIME_CHOICES } from "./run_time.ts";

export interface RunFilterValues {
  state: string;
  flow: string;
  /** Of TIME_CHOICES, "" for any. */
  time: string;
  /** As a field of the type "datetime-local" has them, in the zone that is shown. */
  from: string;
  to: string;
  event: string;
}

export interface RunFiltersProps {
  values: RunFilterValues;
  flows: readonly { id: string; name: string }[];
  zone: string;
  onChange(changed: Partial<RunFilterValues>): void;
}

export function RunFilters({ values, flows, zone, onChange }: RunFiltersProps) {
  const known = values.flow === "" || flows.some(({ id }) => id === values.flow);
  const zoneId = useId();
  return (
    <div className="row run-filters" role="search" aria-label={say("Filters of runs")}>
      <label className="field">
        <span>{say("State")}</span>
        <select value={values.state} onChange={(event) => onChange({ state: event.target.value })}>
          {STATE_CHOICES.map(({ value, label }) => <option key={value} value={value}>{label}</option>)}
        </select>
      </label>
      <label className="field grow">
        <span>{say("Flow")}</span>
        <select value={values.flow} onChange={(event) => onChange({ flow: event.target.value })}>
          <option value="">{say("All flows")}</option>
          {!known && <option value={values.flow}>{say("Flow {id}", { id: values.flow })}</option>}
          {flows.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
        </select>
      </label>
      <label className="field">
        <span>{say("Time")}</span>
        <select value={values.time} onChange={(event) => onChange({ time: event.target.value })}>
          {TIME_CHOICES.map(({ value, label }) => <option key={value} value={value}>{label}</option>)}
        </select>
      </label>
      {values.time === "custom" && (
        <>
          <label className="field">
            <span>{say("From")}</span>
            <input
              type="datetime-local"
              value={values.from}
              aria-describedby={zoneId}
              onChange={(event) => onChange({ from: event.target.value })}
            />
          </label>
          <label className="field">
            <span>{say("To (before)")}</span>
            <input
              type="datetime-local"
              value={values.to}
              aria-describedby={zoneId}
              onChange={(event) => onChange({ to: event.target.value })}
            />
          </label>
          <span className="muted" id={zoneId}>{zone}</span>
        </>
      )}
      {values.event !== "" && (
        <button type="button" className="btn" onClick={() => onChange({ event: "" })}>
          <Say text="Of event {id}" values={{ id: <code>{values.event}</code> }} />
          <span aria-hidden="true">×</span>
          <span className="visually-hidden">{say(", show those of all events")}</span>
        </button>
      )}
    </div>
  );
}
