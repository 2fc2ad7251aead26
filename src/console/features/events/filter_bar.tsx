/** The filters above the list of events. */

import { type Ref, useEffect, useRef, useState } from "react";
import { fromWallClock, toWallClock } from "../../ui/wall_clock.ts";
import { ARRIVALS, DUPLICATES, type EventFilter, isFiltered, NO_FILTER, OUTCOMES, SOURCES, TIMES } from "./filter.ts";
import { say } from "../../words/say.ts";

export interface FilterBarProps {
  filter: EventFilter;
  onChange(filter: EventFilter): void;
  /** Types to choose from, by family. */
  types: readonly { family: string; types: readonly string[] }[];
  hasSources: boolean;
  /** In which times are written. */
  zone: string;
  search: Ref<HTMLInputElement>;
}

/** The search follows the keys after this pause. */
const TYPING_MS = 400;

export function FilterBar({ filter, onChange, types, hasSources, zone, search }: FilterBarProps) {
  const set = (change: Partial<EventFilter>) => onChange({ ...filter, ...change });
  const known = types.some((family) => family.types.includes(filter.type));
  return (
    <form
      className="event-filters"
      role="search"
      aria-label={say("Events")}
      onSubmit={(event) => event.preventDefault()}
    >
      <SearchBox text={filter.search} onText={(text) => set({ search: text })} box={search} />
      <select aria-label={say("Type")} value={filter.type} onChange={({ target }) => set({ type: target.value })}>
        <option value="">{say("All types")}</option>
        {filter.type !== "" && !known && <option>{filter.type}</option>}
        {types.map(({ family, types }) => (
          <optgroup key={family} label={family}>
            {types.map((type) => <option key={type}>{type}</option>)}
          </optgroup>
        ))}
      </select>
      <Choice
        label={say("Outcome")}
        any={say("Any outcome")}
        options={OUTCOMES}
        value={filter.outcome}
        onChoose={(outcome) => set({ outcome })}
      />
      {hasSources && (
        <Choice
          label={say("Source")}
          any={say("All sources")}
          options={SOURCES}
          value={filter.source}
          onChoose={(source) => set({ source })}
        />
      )}
      <Choice
        label={say("Arrival")}
        any={say("Any arrival")}
        options={ARRIVALS}
        value={filter.reconciled}
        onChoose={(reconciled) => set({ reconciled })}
      />
      <Choice
        label={say("Duplicates")}
        any={say("Any duplicates")}
        options={DUPLICATES}
        value={filter.duplicates}
        onChoose={(duplicates) => set({ duplicates })}
      />
      <Choice
        label={say("Time")}
        any={say("Any time")}
        options={TIMES}
        value={filter.time}
        onChoose={(time) => set({ time })}
      />
      {filter.time === "custom" && (
        <span className="row">
          <TimeBox label={say("From")} at={filter.from} zone={zone} onTime={(from) => set({ from })} />
          <TimeBox label={say("To")} at={filter.to} zone={zone} onTime={(to) => set({ to })} />
        </span>
      )}
      {isFiltered(filter) && (
        <button type="button" className="btn plain" onClick={() => onChange(NO_FILTER)}>{say("Clear filters")}</button>
      )}
    </form>
  );
}

function SearchBox({ text, onText, box }: { text: string; onText(text: string): void; box: Ref<HTMLInputElement> }) {
  const [typed, setTyped] = useState(text);
  // Another filter may be chosen during the pause: the search is laid over the filters of then.
  const latest = useRef(onText);
  latest.current = onText;
  useEffect(() => setTyped(text), [text]);
  useEffect(() => {
    if (typed === text) return;
    const timer = setTimeout(() => latest.current(typed), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <input
      ref={box}
      type="search"
      className="search"
      placeholder={say("Words, outcome:failed, project.name = Apollo")}
      aria-label={say(
        "Search by id, words, operators such as outcome:failed, or a field and its value, as in project.name = Apollo",
      )}
      value={typed}
      onChange={({ target }) => setTyped(target.value)}
      onKeyDown={({ key, currentTarget }) => {
        if (key === "Enter") onText(typed);
        if (key === "Escape" && typed === "") currentTarget.blur();
      }}
    />
  );
}

function Choice<Name extends string>(
  { label, any, options, value, onChoose }: {
    label: string;
    any: string;
    options: Record<Name, string>;
    value: "" | Name;
    onChoose(value: "" | Name): void;
  },
) {
  return (
    <select aria-label={label} value={value} onChange={({ target }) => onChoose(target.value as "" | Name)}>
      <option value="">{any}</option>
      {(Object.entries(options) as [Name, string][]).map(([name, text]) => (
        <option key={name} value={name}>{text}</option>
      ))}
    </select>
  );
}

/** A time of the viewer's zone; read when it is whole. */
function TimeBox(
  { label, at, zone, onTime }: { label: string; at: string; zone: string; onTime(at: string): void },
) {
  return (
    <label className="row">
      <span className="muted">{label}</span>
      <input
        type="datetime-local"
        title={zone}
        value={toWallClock(at, zone)}
        onChange={({ target }) => onTime(fromWallClock(target.value, zone))}
      />
    </label>
  );
}
