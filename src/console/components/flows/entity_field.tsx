/** A parameter that names an entity: chosen by its name, stored by its id; or an expression in its place. */

import { useQuery } from "@tanstack/react-query";
import { useLayoutEffect, useRef, useState } from "react";
import { Combobox } from "../combobox.tsx";
import type { Entity } from "../../api/names.ts";
import { isExpression } from "../../flow_draft/typed.ts";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { ExpressionField, type ExpressionFieldProps, LiveValue } from "./expression_field.tsx";

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
  // An expression or an id in the name's place is one: its own field takes it, and the typing goes on there.
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
        ? <Chooser entityType={entityType} isList={isList} onExpression={becomeExpression} {...props} />
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
          {choosing ? "Use an expression" : "Choose by name"}
          <span className="visually-hidden">for {props.label}</span>
        </button>
      )}
    </div>
  );
}

function Chooser(
  { entityType, isList, label, place, value, onValue, required, onExpression }: EntityFieldProps & {
    onExpression(text: string): void;
  },
) {
  const { names, searchEntities, readOnly } = useEditor();
  const { faults, invalid, id } = useFaults(place);
  const [text, setText] = useState("");
  const [picked, setPicked] = useState<ReadonlyMap<string, Entity>>(new Map());
  const { data: found = [], isSuccess } = useQuery({
    queryKey: ["names", "search", entityType, text],
    queryFn: ({ signal }) => searchEntities(entityType, text, signal),
    enabled: text.trim() !== "",
    staleTime: 30_000,
  });
  const chosen = Array.isArray(value) ? value as string[] : typeof value === "string" && value !== "" ? [value] : [];
  const set = (ids: string[]) => onValue(isList ? (ids.length > 0 ? ids : undefined) : ids[0]);
  const words = entityType.replaceAll("_", " ");
  return (
    <div className="fl-field">
      {(isList || chosen.length === 0) && (
        <Combobox
          label={required ? `${label} (required)` : label}
          text={text}
          onText={(text) => /^(\$\.|\{\{|[0-9a-f]{24}$)/.test(text) ? onExpression(text) : setText(text)}
          items={found.filter((one) => !chosen.includes(one.id)).map((one) => ({
            key: one.id,
            label: one.name,
            detail: `${one.type.replaceAll("_", " ")} · ${one.id}`,
            entity: one,
          }))}
          onPick={({ entity }) => {
            setPicked(new Map([...picked, [entity.id, entity]]));
            set(isList ? [...chosen, entity.id] : [entity.id]);
            setText("");
          }}
          none={text.trim() && isSuccess ? `No ${words} is called so` : undefined}
          placeholder={`Type the name of a ${words}`}
          readOnly={readOnly !== null}
          required={required}
          invalid={invalid}
          describedBy={id}
          place={place}
        />
      )}
      {!isList && chosen.length > 0 && <span className="muted fl-label">{label}</span>}
      {chosen.length > 0 && (
        <ul className="fl-chips">
          {chosen.map((one) => {
            const name = picked.get(one)?.name ?? names.get(one)?.name;
            return (
              <li key={one} className="fl-chip" title={one}>
                {name === undefined ? <code>{one}</code> : <bdi>{name}</bdi>}
                {readOnly === null && (
                  <button
                    type="button"
                    className="btn plain small"
                    aria-label={`Remove ${name ?? one} from ${label}`}
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
