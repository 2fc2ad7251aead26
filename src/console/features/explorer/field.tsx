/** One field of a call, by its type: a name to pick, a choice, a date, a number, text, or JSON; and what Clockify holds in it. */

import { useEffect, useId, useState } from "react";
import { useFormat } from "../../ui/format.tsx";
import { fromWallClock, toWallClock } from "../../ui/wall_clock.ts";
import { kindOfParam, textOf, valueOf } from "../flows/draft/value_kinds.ts";
import { isUnparsed, parseJson, unparsedText } from "../../ui/unparsed_json.ts";
import { typeWord } from "../entities/kinds.ts";
import type { Field } from "./api.ts";
import { type Fields, isFields, withField } from "./call.ts";
import { EntityPicker } from "./entity_picker.tsx";
import { labelOf } from "./words.ts";
import { say } from "../../words/say.ts";

export interface FieldProps {
  field: Field;
  entity: string | undefined;
  value: unknown;
  onValue(value: unknown): void;
  /** Differs from what Clockify holds. */
  isChanged?: boolean;
  fault: string | undefined;
}

export function FieldInput(props: FieldProps) {
  const { field, entity, value, onValue, isChanged, fault } = props;
  const about = useId();
  const label = field.name === "id" && entity !== undefined ? typeWord(entity) : labelOf(field.name);
  const describedBy = fault || isChanged ? about : undefined;
  const own = { label, value, onValue, invalid: fault !== undefined, describedBy };
  const isList = field.type === "array";
  return (
    <div className={isChanged ? "ex-field changed" : "ex-field"} data-field={field.name}>
      {entity !== undefined
        ? <EntityPicker {...own} type={entity} isList={isList} required={field.required} />
        : isList && field.item_enum
        ? <Choices {...own} choices={field.item_enum} />
        : field.type === "object" && field.fields && field.fields.length > 0
        ? <Group {...own} label={field.required ? say("{label} (required)", { label }) : label} fields={field.fields} />
        : <Plain {...own} field={field} />}
      {(fault || isChanged) && (
        <span id={about} className={fault ? "fault" : "ex-changed"}>{fault ?? say("changed")}</span>
      )}
    </div>
  );
}

interface OwnProps {
  label: string;
  value: unknown;
  onValue(value: unknown): void;
  invalid: boolean;
  describedBy: string | undefined;
}

function Plain({ field, label, value, onValue, invalid, describedBy }: OwnProps & { field: Field }) {
  const { zone } = useFormat();
  const id = useId();
  const { type, required } = field;
  const name = required ? say("{label} (required)", { label }) : label;
  const aria = { id, "aria-invalid": invalid || undefined, "aria-describedby": describedBy };
  const choices = field.enum ?? (type === "boolean" ? ["true", "false"] : undefined);
  const kind = kindOfParam(type, value);
  if (kind === "json") return <JsonInput label={name} {...{ value, onValue, aria }} />;
  const hint = field.default !== undefined ? textOf(field.default) : rangeOf(field) ?? dateHint(field);
  return (
    <label className="field" htmlFor={id}>
      <span>{name}</span>
      {choices
        ? (
          <select
            {...aria}
            value={textOf(value ?? undefined)}
            onChange={({ target }) => onValue(valueOf(target.value, kind))}
          >
            <option value="">
              {field.default === undefined
                ? say("not set")
                : say("not set ({value})", { value: textOf(field.default) })}
            </option>
            {choices.map((one) => <option key={one} value={one}>{type === "boolean" ? YES_NO[one] : one}</option>)}
          </select>
        )
        : type === "date-time"
        ? (
          <input
            {...aria}
            type="datetime-local"
            value={typeof value === "string" ? toWallClock(value, zone) : ""}
            onChange={({ target }) => onValue(fromWallClock(target.value, zone).replace(".000Z", "Z") || undefined)}
          />
        )
        : (
          <input
            {...aria}
            type="text"
            inputMode={kind === "number" ? "decimal" : undefined}
            value={textOf(value ?? undefined)}
            onChange={({ target }) => onValue(valueOf(target.value, kind))}
            placeholder={hint}
            spellCheck={false}
          />
        )}
    </label>
  );
}

function rangeOf({ minimum, maximum }: Field): string | undefined {
  if (minimum === undefined) return maximum === undefined ? undefined : say("at most {maximum}", { maximum });
  return maximum === undefined
    ? say("at least {minimum}", { minimum })
    : say("{minimum} to {maximum}", { minimum, maximum });
}

/** Clockify has instants and days as text too: their form is shown. */
function dateHint({ name, type }: Field): string | undefined {
  return type === "string" && /(^|[a-z-])(start|end|date)$|Date$|dateRange/i.test(name)
    ? "2026-01-31T09:00:00Z"
    : undefined;
}

const YES_NO: Record<string, string> = { true: say("yes"), false: say("no") };

function Choices({ label, value, onValue, describedBy, choices }: OwnProps & { choices: readonly string[] }) {
  const chosen = Array.isArray(value) ? value : [];
  return (
    <fieldset className="ex-choices" aria-describedby={describedBy}>
      <legend>{label}</legend>
      {choices.map((one) => (
        <label key={one} className="row">
          <input
            type="checkbox"
            checked={chosen.includes(one)}
            onChange={({ target }) => {
              const next = choices.filter((each) => each === one ? target.checked : chosen.includes(each));
              onValue(next.length > 0 ? next : undefined);
            }}
          />
          {one}
        </label>
      ))}
    </fieldset>
  );
}

function Group({ label, value, onValue, fields }: OwnProps & { fields: readonly Field[] }) {
  const values: Fields = isFields(value) && !isUnparsed(value) ? value : {};
  return (
    <details className="ex-group" open={Object.keys(values).length > 0}>
      <summary>{label}</summary>
      <div className="ex-fields">
        {fields.map((field) => (
          <FieldInput
            key={field.name}
            field={field}
            entity={undefined}
            value={values[field.name]}
            onValue={(one) => {
              const next = withField(values, field.name, one);
              onValue(Object.keys(next).length > 0 ? next : undefined);
            }}
            fault={undefined}
          />
        ))}
      </div>
    </details>
  );
}

/** Kept as typed, read as soon as it is JSON. */
export function JsonInput(
  { label, value, onValue, aria, rows = 3 }: {
    label: string;
    value: unknown;
    onValue(value: unknown): void;
    aria?: Record<string, unknown>;
    rows?: number;
  },
) {
  const own = useId();
  const id = typeof aria?.id === "string" ? aria.id : own;
  const [text, setText] = useState(() => pretty(value));
  useEffect(() => {
    if (JSON.stringify(jsonOf(text)) !== JSON.stringify(value)) setText(pretty(value));
  }, [value]);
  const type = (typed: string) => {
    setText(typed);
    onValue(jsonOf(typed));
  };
  return (
    <label className="field" htmlFor={id}>
      <span>{label}</span>
      <textarea
        {...aria}
        id={id}
        rows={Math.min(24, Math.max(rows, text.split("\n").length))}
        value={text}
        onChange={({ target }) => type(target.value)}
        spellCheck={false}
      />
      {isUnparsed(jsonOf(text)) && <span className="fault">{say("This is no JSON yet")}</span>}
    </label>
  );
}

function jsonOf(text: string): unknown {
  return text.trim() === "" ? undefined : parseJson(text);
}

function pretty(value: unknown): string {
  if (value === undefined) return "";
  return isUnparsed(value) ? unparsedText(value) : JSON.stringify(value, null, 2);
}
