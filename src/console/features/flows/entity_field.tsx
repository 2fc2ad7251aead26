/** A parameter that names an entity: chosen by its name, stored by its id; or an expression in its place. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useLayoutEffect, useRef, useState } from "react";
import { Combobox } from "../../ui/combobox.tsx";
import { useSettled } from "../../ui/use_settled.ts";
import { say } from "../../words/say.ts";
import { type Entity, markOf } from "./names_api.ts";
import { isExpression } from "./draft/value_kinds.ts";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { entityWords } from "./draft/entity_words.ts";
import { ExpressionField, type ExpressionFieldProps, LiveValue } from "./expression_field.tsx";

/** Pause before a search: the server may look up names in Clockify, which has a rate limit, so not for each letter. */
const PAUSE_MS = 250;
/** Search results are kept for a short time only, so that an entity created a minute ago is found. */
const FRESH_MS = 2_000;
/** Where nothing has the name, until it comes: what was made in Clockify is there by its event. One query of the server each. */
const AGAIN_MS = 1_000;

export interface EntityFieldProps extends Omit<ExpressionFieldProps, "hideLabel" | "placeholder"> {
  entityType: string;
  /** Holds a list of ids. */
  isList: boolean;
}

export function EntityField({ entityType, isList, ...props }: EntityFieldProps) {
  const { readOnly } = useEditor();
  const { value } = props;
  const canChoose = value === undefined || typeof value === "string" || isTexts(value);
  const hasNames = entityType !== "time_entry";
  const [byName, setByName] = useState(canChoose && !isExpression(value) && (hasNames || value !== undefined));
  const choosing = byName && canChoose;
  // An expression or an id typed in place of a name moves to the expression field, which takes the focus.
  const field = useRef<HTMLDivElement>(null);
  const turned = useRef(false);
  const becomeExpression = (text: string) => {
    turned.current = true;
    props.onValue(text);
    setByName(false);
  };
  useLayoutEffect(() => {
    if (!turned.current) return;
    turned.current = false;
    const input = field.current?.querySelector("input");
    input?.focus();
    input?.setSelectionRange(input.value.length, input.value.length);
  }, [choosing]);
  return (
    <div className="fl-entity" ref={field}>
      {choosing
        ? <EntityChooser entityType={entityType} isList={isList} onExpression={becomeExpression} {...props} />
        : <ExpressionField {...props} placeholder="$.webhook.…" />}
      {readOnly === null && canChoose && (hasNames || choosing) && (
        <button
          type="button"
          className="btn plain small"
          onClick={() => {
            turned.current = true;
            setByName(!choosing);
          }}
        >
          {choosing ? say("Use an expression") : say("Choose by name")}
          <span className="visually-hidden">{say("for {label}", { label: props.label })}</span>
        </button>
      )}
    </div>
  );
}

/** An id as Clockify makes them. */
const ID = /^[0-9a-f]{24}$/;

/** Without an expression in its place; `onExpression` gets an id that was typed, or a text that is one. */
export function EntityChooser(
  { entityType, isList, label, place, value, onValue, required, onExpression, only }: EntityFieldProps & {
    onExpression(text: string): void;
    /** Nothing but an entity that is there: what is typed counts once it is chosen, or is an id. */
    only?: boolean;
  },
) {
  const { names, searchEntities, readOnly } = useEditor();
  const { faults, invalid, id } = useFaults(place);
  const [text, setText] = useState("");
  const [picked, setPicked] = useState<ReadonlyMap<string, Entity>>(new Map());
  const asked = useSettled(text.trim(), PAUSE_MS);
  const { data: answer, isSuccess } = useQuery({
    queryKey: ["names", "search", entityType, asked],
    queryFn: ({ signal }) => searchEntities(entityType, asked, signal),
    enabled: asked !== "" && text.trim() !== "",
    staleTime: FRESH_MS,
    gcTime: FRESH_MS,
    refetchInterval: ({ state: { data } }) => data?.length === 0 && AGAIN_MS,
    placeholderData: keepPreviousData,
  });
  const wanted = text.trim().toLowerCase();
  const found = (answer ?? []).filter(({ name }) => name.toLowerCase().includes(wanted));
  const chosen = Array.isArray(value) ? value as string[] : typeof value === "string" && value !== "" ? [value] : [];
  const set = (ids: string[]) => onValue(isList ? (ids.length > 0 ? ids : undefined) : ids[0]);
  const type = entityWords(entityType);
  return (
    <div className="fl-field">
      {(isList || chosen.length === 0) && (
        <Combobox
          label={required ? say("{label} (required)", { label }) : label}
          text={text}
          onText={(text) => ID.test(text) || (!only && /^(\$\.|\{\{)/.test(text)) ? onExpression(text) : setText(text)}
          items={found.filter((one) => !chosen.includes(one.id)).map((one) => ({
            key: one.id,
            label: one.name,
            detail: [entityWords(one.type), markOf(one), one.id].filter(Boolean).join(" · "),
            entity: one,
          }))}
          onPick={({ entity }) => {
            setPicked(new Map([...picked, [entity.id, entity]]));
            set(isList ? [...chosen, entity.id] : [entity.id]);
            setText("");
          }}
          none={text.trim() && isSuccess && asked === text.trim()
            ? say("No {type} has this name", { type })
            : undefined}
          placeholder={only ? say("Name of a {type}, or its id", { type }) : say("Type the name of a {type}", { type })}
          readOnly={readOnly !== null}
          required={required}
          invalid={invalid}
          describedBy={id}
          place={place}
        />
      )}
      {only && text.trim() !== "" && (
        <span className="muted fl-label">
          {say("Choose one of the list, or give an id: what is typed does not count yet")}
        </span>
      )}
      {!isList && chosen.length > 0 && <span className="muted fl-label">{label}</span>}
      {chosen.length > 0 && (
        <ul className="fl-chips">
          {chosen.map((one) => {
            const known = names.get(one) ?? picked.get(one);
            const name = known?.name;
            const mark = known && markOf(known);
            return (
              <li key={one} className="fl-chip" title={one}>
                {name === undefined ? <code>{one}</code> : <bdi>{name}</bdi>}
                {mark && <span className="fl-mark-old muted">{mark}</span>}
                {readOnly === null && (
                  <button
                    type="button"
                    className="btn plain small"
                    aria-label={say("Remove {name} from {label}", { name: name ?? one, label })}
                    data-at={isList ? undefined : place}
                    onClick={() => set(chosen.filter((other) => other !== one))}
                  >
                    ×
                  </button>
                )}
              </li>
            );
          })}
        </ul>
      )}
      <LiveValue place={place} />
      <FaultText faults={faults} id={id} />
    </div>
  );
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}
