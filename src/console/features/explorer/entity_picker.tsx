/** An entity of the workspace, or several: found by name, stored by id; an id may be typed too. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Combobox } from "../../ui/combobox.tsx";
import { useSettled } from "../../ui/use_settled.ts";
import { useSignedIn } from "../../shell/session/login.tsx";
import { markOf, searchEntities } from "../flows/names_api.ts";
import { nounWord } from "../entities/kinds.ts";
import { recentEntries } from "./entries.ts";
import { useNamesIn } from "./names.tsx";
import { say } from "../../words/say.ts";

/** Pause before a search, which may look a name up in Clockify. */
const PAUSE_MS = 250;
const FRESH_MS = 2_000;

export interface EntityPickerProps {
  label: string;
  type: string;
  isList: boolean;
  required?: boolean;
  value: unknown;
  onValue(value: unknown): void;
  invalid?: boolean;
  describedBy?: string;
}

export function EntityPicker(props: EntityPickerProps) {
  const { label, type, isList, required, value, onValue } = props;
  const [text, setText] = useState("");
  const [picked, setPicked] = useState<ReadonlyMap<string, string>>(new Map());
  const chosen = Array.isArray(value)
    ? value.map(String)
    : value === undefined || value === null
    ? []
    : [String(value)];
  const names = useNamesIn(chosen);
  const nameOf = (id: string) => names.get(id)?.name ?? picked.get(id);
  const set = (ids: string[]) => onValue(ids.length === 0 ? undefined : isList ? ids : ids[0]);
  const add = (id: string, name?: string) => {
    if (name !== undefined) setPicked(new Map([...picked, [id, name]]));
    set(isList ? [...new Set([...chosen, id])] : [id]);
    setText("");
  };
  const { session: { actor } } = useSignedIn();
  const [person, setPerson] = useState(actor.kind === "user" ? actor.id : undefined);
  const found = useFound(type, { text, person });
  return (
    <div className="ex-entity">
      {(isList || chosen.length === 0) && (
        <Combobox
          label={required ? say("{label} (required)", { label }) : label}
          text={text}
          onText={(typed) => /^[0-9a-f]{24}$/.test(typed.trim()) ? add(typed.trim()) : setText(typed)}
          items={found.items.filter(({ key }) => !chosen.includes(key))}
          onPick={({ key, label }) => add(key, label)}
          none={found.none}
          placeholder={type === "time_entry"
            ? say("Words of its description, or an id")
            : say("Name of a {noun}, or an id", { noun: nounWord(type) })}
          required={required}
          invalid={props.invalid}
          describedBy={props.describedBy}
        />
      )}
      {type === "time_entry" && chosen.length === 0 && (
        <details className="ex-group" open={person === undefined}>
          <summary>{say("Whose entries are offered")}</summary>
          <EntityPicker
            label={say("Person")}
            type="user"
            isList={false}
            value={person}
            onValue={(id) => setPerson(typeof id === "string" ? id : undefined)}
          />
        </details>
      )}
      {!isList && chosen.length > 0 && <span className="muted ex-label">{label}</span>}
      {chosen.length > 0 && (
        <ul className="ex-chips">
          {chosen.map((id) => (
            <li key={id} title={id}>
              {nameOf(id) === undefined ? <code>{id}</code> : <bdi>{nameOf(id)}</bdi>}
              <button
                type="button"
                className="btn plain small"
                aria-label={say("Remove {name} from {label}", { name: nameOf(id) ?? id, label })}
                onClick={() => set(chosen.filter((other) => other !== id))}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function useFound(type: string, { text, person }: { text: string; person: string | undefined }) {
  const { api } = useSignedIn();
  const asked = useSettled(text.trim(), PAUSE_MS);
  const isEntries = type === "time_entry";
  const named = useQuery({
    queryKey: ["names", "search", type, asked],
    queryFn: ({ signal }) => searchEntities(api, { type, text: asked, signal }),
    enabled: asked !== "" && !isEntries,
    staleTime: FRESH_MS,
    gcTime: FRESH_MS,
    placeholderData: keepPreviousData,
  });
  // Time entries have no names that are kept: the latest of a person are offered by what they are about.
  const entries = useQuery({
    queryKey: ["explorer", "entries", person],
    queryFn: () => recentEntries(api, person!),
    enabled: isEntries && person !== undefined,
    staleTime: 30_000,
  });
  const wanted = text.trim().toLowerCase();
  const items = isEntries
    ? (entries.data ?? []).filter(({ label }) => label.toLowerCase().includes(wanted)).slice(0, 20)
    : (wanted === "" ? [] : named.data ?? []).filter(({ name }) => name.toLowerCase().includes(wanted)).map((one) => ({
      key: one.id,
      label: one.name,
      detail: [nounWord(one.type), markOf(one), one.id].filter(Boolean).join(" · "),
    }));
  const isAnswered = isEntries ? entries.isSuccess : named.isSuccess && asked === text.trim();
  const none = wanted !== "" && isAnswered ? say("No {noun} has this name", { noun: nounWord(type) }) : undefined;
  return { items, none };
}
