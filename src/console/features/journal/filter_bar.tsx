/** The filters above the journal: entity, flow, person, undoable, time; a run or one object when a link named it. */

import { type ReactNode, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Combobox } from "../../ui/combobox.tsx";
import { fromWallClock, toWallClock } from "../../ui/wall_clock.ts";
import { searchEntities } from "../flows/names_api.ts";
import { TIME_CHOICES } from "../runs/run_time.ts";
import { typeWord } from "../entities/kinds.ts";
import { type Names, personText } from "./change_words.ts";
import { type ChangeFilter, ENTITY_CHOICES, isFiltered, NO_FILTER } from "./filter.ts";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

export interface FilterBarProps {
  filter: ChangeFilter;
  flows: readonly { id: string; name: string }[];
  names: Names;
  /** In which times are written. */
  zone: string;
  onChange(filter: ChangeFilter): void;
}

export function FilterBar({ filter, flows, names, zone, onChange }: FilterBarProps) {
  const set = (change: Partial<ChangeFilter>) => onChange({ ...filter, ...change });
  const types: readonly string[] = ENTITY_CHOICES;
  const { entityType, entityId, flowId, runId, person, undoable, time } = filter;
  return (
    <div className="row journal-filters" role="search" aria-label={say("Filters of changes")}>
      <Choice label={say("Object")} value={entityType} onChoose={(entityType) => set({ entityType, entityId: "" })}>
        <option value="">{say("Any object")}</option>
        {entityType !== "" && !types.includes(entityType) && <option value={entityType}>{typeWord(entityType)}</option>}
        {types.map((type) => <option key={type} value={type}>{typeWord(type)}</option>)}
      </Choice>
      <Choice label={say("Flow")} value={flowId} onChoose={(flowId) => set({ flowId })}>
        <option value="">{say("Any flow")}</option>
        {flowId !== "" && !flows.some(({ id }) => id === flowId) && (
          <option value={flowId}>{say("Flow {id}", { id: flowId })}</option>
        )}
        {flows.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
      </Choice>
      {person === "" && <PersonBox onPick={(person) => set({ person })} />}
      <Choice label={say("Undo")} value={undoable} onChoose={(undoable) => set({ undoable })}>
        <option value="">{say("Any change")}</option>
        <option value="true">{say("Can be undone")}</option>
        <option value="false">{say("Cannot be undone")}</option>
      </Choice>
      <Choice label={say("Time")} value={time} onChoose={(time) => set({ time })}>
        {TIME_CHOICES.map(({ value, label }) => <option key={value} value={value}>{label}</option>)}
      </Choice>
      {time === "custom" && (
        <>
          <TimeBox label={say("From")} at={filter.from} zone={zone} onTime={(from) => set({ from })} />
          <TimeBox label={say("To (before)")} at={filter.to} zone={zone} onTime={(to) => set({ to })} />
        </>
      )}
      {person !== "" && (
        <Chosen onClear={() => set({ person: "" })}>
          <Say text="By {person}" values={{ person: <bdi>{personText(person, names)}</bdi> }} />
        </Chosen>
      )}
      {runId !== "" && (
        <Chosen onClear={() => set({ runId: "" })}>
          <Say text="Of run {run}" values={{ run: <code>{runId.slice(0, 8)}…</code> }} />
        </Chosen>
      )}
      {entityId !== "" && (
        <Chosen onClear={() => set({ entityId: "" })}>
          <Say text="Of {object}" values={{ object: <bdi>{names.get(entityId)?.name ?? entityId}</bdi> }} />
        </Chosen>
      )}
      {isFiltered(filter) && (
        <button type="button" className="btn plain" onClick={() => onChange(NO_FILTER)}>{say("Clear filters")}</button>
      )}
    </div>
  );
}

function Choice(
  { label, value, onChoose, children }: {
    label: string;
    value: string;
    onChoose(value: string): void;
    children: ReactNode;
  },
) {
  return (
    <label className="field">
      <span>{label}</span>
      <select value={value} onChange={({ target }) => onChoose(target.value)}>{children}</select>
    </label>
  );
}

/** Something that a link chose, and the way out of it. */
function Chosen({ onClear, children }: { onClear(): void; children: ReactNode }) {
  return (
    <button type="button" className="btn" onClick={onClear}>
      <span>{children}</span>
      <span aria-hidden="true">×</span>
      <span className="visually-hidden">, {say("show all again")}</span>
    </button>
  );
}

/** People of the workspace, by a part of the name. */
function PersonBox({ onPick }: { onPick(id: string): void }) {
  const { api } = useSignedIn();
  const [text, setText] = useState("");
  const { data } = useQuery({
    queryKey: ["entities", "search", "user", text],
    queryFn: ({ signal }) => searchEntities(api, { type: "user", text, signal }),
    placeholderData: (before) => before,
    staleTime: 60_000,
  });
  const items = text.trim() === "" ? [] : (data ?? []).map(({ id, name }) => ({ key: id, label: name }));
  return (
    <Combobox
      label={say("Person")}
      text={text}
      onText={setText}
      items={items}
      onPick={({ key }) => onPick(key)}
      placeholder={say("Anyone")}
      none={text.trim() === "" ? undefined : say("No one of this name")}
    />
  );
}

/** A time of the viewer's zone; read when it is whole. */
function TimeBox({ label, at, zone, onTime }: { label: string; at: string; zone: string; onTime(at: string): void }) {
  return (
    <label className="field">
      <span>{label}</span>
      <input
        type="datetime-local"
        title={zone}
        value={toWallClock(at, zone)}
        onChange={({ target }) => onTime(fromWallClock(target.value, zone))}
      />
    </label>
  );
}
