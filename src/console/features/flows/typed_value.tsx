/** The value of a rule whose field has a known type: durations in words, dates, amounts, yes or no, weekdays. */

import { useId, useState } from "react";
import type { ValueType } from "./vocabulary_api.ts";
import { amountOf, readAs, WEEKDAYS, weekdayWords } from "./draft/rule_type.ts";
import { textOf, valueOf } from "./draft/value_kinds.ts";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { say } from "../../words/say.ts";

interface TypedValueProps {
  type: ValueType;
  value: unknown;
  /** As the server read it on the sample event. */
  read: string | undefined;
  place: string;
  /** The allowed values, where there are few. */
  choices: readonly string[];
  onValue(value: unknown, typing?: string): void;
}

const LABELS: Partial<Record<ValueType, string>> = {
  duration: say("Duration"),
  instant: say("Date or time"),
  money: say("Amount"),
  number: say("Number"),
};
const EXAMPLES: Partial<Record<ValueType, string>> = {
  duration: "8 h, 1 h 30 min, 8:30",
  instant: "2026-11-16, 2026-11-16 09:00",
  money: "80.50",
  number: "12.5",
};

export function TypedValue({ type, value, read, place, choices, onValue }: TypedValueProps) {
  const { readOnly } = useEditor();
  const { faults, invalid, id } = useFaults(place);
  const input = useId();
  const hint = useId();
  const [typed, setTyped] = useState<string | null>(null);
  if (type === "boolean") {
    const shown = typeof value === "boolean" ? String(value) : textOf(value);
    return (
      <div className="fl-field">
        <label className="field" htmlFor={input}>
          <span>{say("Value")}</span>
        </label>
        <select
          id={input}
          value={shown}
          disabled={readOnly !== null}
          onChange={({ target }) => onValue(target.value === "true")}
          aria-invalid={invalid || undefined}
          aria-describedby={id}
          data-at={place}
        >
          {shown !== "true" && shown !== "false" && <option value={shown}>{say("Choose…")}</option>}
          <option value="true">{say("true")}</option>
          <option value="false">{say("false")}</option>
        </select>
        <FaultText faults={faults} id={id} />
      </div>
    );
  }
  const own = readAs(type, value);
  const said = own ?? (read === undefined ? undefined : { words: read });
  const change = (text: string) => {
    setTyped(text);
    onValue(meant(text, type), place);
  };
  // What is stored as cents is shown in whole units; what is being typed stays as it is, unless the value was changed meanwhile.
  const isCents = type === "money" && /^-?\d+$/.test(textOf(value));
  const shown = isCents && own && "words" in own ? own.words : textOf(value);
  const text = typed !== null && meant(typed, type) === value ? typed : shown;
  return (
    <div className="fl-field">
      <label className="field" htmlFor={input}>
        <span>{LABELS[type] ?? say("Value")}</span>
      </label>
      <input
        id={input}
        value={text}
        placeholder={EXAMPLES[type]}
        onChange={({ target }) => change(target.value)}
        onBlur={() => setTyped(null)}
        inputMode={type === "money" || type === "number" ? "decimal" : undefined}
        list={choices.length > 0 ? `${input}-choices` : undefined}
        readOnly={readOnly !== null}
        aria-invalid={invalid || (said && "problem" in said) || undefined}
        aria-describedby={[id, said && hint].filter(Boolean).join(" ") || undefined}
        data-at={place}
      />
      {choices.length > 0 && (
        <datalist id={`${input}-choices`}>{choices.map((one) => <option key={one} value={one} />)}</datalist>
      )}
      {said && faults.length === 0 && (
        <span className={"words" in said ? "muted" : "fault"} id={hint}>
          {"words" in said ? say("Read as {value}", { value: said.words }) : said.problem}
        </span>
      )}
      <FaultText faults={faults} id={id} />
    </div>
  );
}

/** The value that a text means: digits are a number, and whole units where the field is money. */
function meant(text: string, type: ValueType): unknown {
  if (type === "number") return valueOf(text, "number") ?? "";
  return type === "money" ? amountOf(text) : text;
}

/** The days of the week that a date may fall on. */
export function WeekdaysValue({ value, place, onValue }: Pick<TypedValueProps, "value" | "place" | "onValue">) {
  const { readOnly } = useEditor();
  const { faults, id } = useFaults(place);
  const chosen = (Array.isArray(value) ? value : [value]).map((day) => textOf(day).trim().slice(0, 3).toLowerCase());
  const has = (day: string) => chosen.includes(day.slice(0, 3).toLowerCase());
  return (
    <fieldset className="fl-field fl-days" data-at={place} aria-describedby={id} tabIndex={-1}>
      <legend>{say("Weekdays")}</legend>
      <div className="row">
        {WEEKDAYS.map((day) => (
          <label key={day} className="fl-check">
            <input
              type="checkbox"
              checked={has(day)}
              disabled={readOnly !== null}
              onChange={() => onValue(WEEKDAYS.filter((one) => has(one) !== (one === day)))}
            />
            <span>{weekdayWords(day)}</span>
          </label>
        ))}
      </div>
      <FaultText faults={faults} id={id} />
    </fieldset>
  );
}
