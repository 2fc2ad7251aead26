/** Small fields that the forms of steps and of the trigger share: a choice, a text, a duration in words. */

import { type ReactNode, useId } from "react";
import { readSpan } from "./draft/gate_words.ts";
import { readAs } from "./draft/rule_type.ts";
import { isExpression, textOf } from "./draft/value_kinds.ts";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { ExpressionField } from "./expression_field.tsx";
import { say } from "../../words/say.ts";

export function SelectField<Value extends string>(
  { label, place, value, choices, onValue }: {
    label: string;
    place: string;
    value: Value;
    choices: readonly (readonly [Value, string])[];
    onValue(value: Value): void;
  },
) {
  const { readOnly } = useEditor();
  const { faults, invalid, id } = useFaults(place);
  return (
    <div className="fl-field">
      <label className="field">
        <span>{label}</span>
        <select
          value={value}
          disabled={readOnly !== null}
          onChange={({ target }) => onValue(target.value as Value)}
          aria-invalid={invalid || undefined}
          aria-describedby={id}
          data-at={place}
        >
          {choices.map(([key, words]) => <option key={key} value={key}>{words}</option>)}
          {!choices.some(([key]) => key === value) && <option value={value}>{value}</option>}
        </select>
      </label>
      <FaultText faults={faults} id={id} />
    </div>
  );
}

export function TextField(
  { label, place, value, onValue, placeholder, required }: {
    label: string;
    place: string;
    value: unknown;
    onValue(text: string): void;
    placeholder?: string;
    required?: boolean;
  },
) {
  const { readOnly } = useEditor();
  const { faults, invalid, id } = useFaults(place);
  const input = useId();
  return (
    <div className="fl-field">
      <label className="fl-label muted" htmlFor={input}>
        {required ? say("{label} (required)", { label }) : label}
      </label>
      <input
        id={input}
        value={textOf(value)}
        onChange={({ target }) => onValue(target.value)}
        readOnly={readOnly !== null}
        placeholder={placeholder}
        aria-invalid={invalid || undefined}
        aria-describedby={id}
        data-at={place}
      />
      <FaultText faults={faults} id={id} />
    </div>
  );
}

/** Says how the duration is read, or what is missing of it. */
export function DurationField(
  { label, place, value, onValue, required }: {
    label: string;
    place: string;
    value: unknown;
    /** Undefined when the field was emptied. */
    onValue(value: unknown): void;
    required?: boolean;
  },
) {
  const { faults } = useEditor();
  const read = isExpression(value) ? undefined : readAs("duration", value);
  const isFaulty = faults.some(({ path }) => path === place);
  return (
    <div className="fl-field">
      <ExpressionField
        label={label}
        place={place}
        value={value}
        kind="text"
        onValue={onValue}
        required={required}
        placeholder="8 h, 1 h 30 min, 2 d"
      />
      {read && !isFaulty && (
        <span className={"words" in read ? "muted fl-label" : "fault"} role="status">
          {"words" in read ? say("Read as {value}", { value: read.words }) : read.problem}
        </span>
      )}
    </div>
  );
}

/** A duration that is no expression, from a second to a day; says how it is read. */
export function SpanField(
  { label, place, value, onValue }: {
    label: string;
    place: string;
    value: string | undefined;
    onValue(text: string): void;
  },
) {
  const { faults } = useFaults(place);
  const read = readSpan(value);
  return (
    <div className="fl-field">
      <TextField label={label} place={place} value={value} onValue={onValue} placeholder="30 s, 5 min, 1 h" />
      {read && faults.length === 0 && (
        <span className={"words" in read ? "muted fl-label" : "fault"} role="status">
          {"words" in read ? say("Read as {value}", { value: read.words }) : read.problem}
        </span>
      )}
    </div>
  );
}

export function Check(
  { label, about, checked, place, onCheck }: {
    label: string;
    about?: ReactNode;
    checked: boolean;
    place?: string;
    onCheck(checked: boolean): void;
  },
) {
  const { readOnly } = useEditor();
  return (
    <label className="fl-check">
      <input
        type="checkbox"
        checked={checked}
        disabled={readOnly !== null}
        onChange={({ target }) => onCheck(target.checked)}
        data-at={place}
      />
      <span>
        {label}
        {about && <span className="muted">{about}</span>}
      </span>
    </label>
  );
}
