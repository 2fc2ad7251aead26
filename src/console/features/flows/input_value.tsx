/** The value of a declared input, by its type: in the form that starts a run, and what stands where none is given. */

import { useId, useState } from "react";
import { say } from "../../words/say.ts";
import { type FlowInput, inputValue, readInput } from "./draft/inputs.ts";
import { textOf } from "./draft/value_kinds.ts";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { EntityChooser } from "./entity_field.tsx";

export interface InputValueProps {
  input: FlowInput;
  label: string;
  place: string;
  value: unknown;
  /** Undefined when the field was emptied. */
  onValue(value: unknown): void;
  /** What an empty choice says. */
  none: string;
  required?: boolean;
  /** Why the server refused it. */
  fault?: string;
}

const EXAMPLES: Partial<Record<FlowInput["type"], string>> = {
  number: "12.5",
  duration: "8 h, 1 h 30 min, 8:30",
  money: "80.50",
};

export function InputValue(props: InputValueProps) {
  const { input: { type, entity_type }, label, place, value, onValue, required, fault } = props;
  if (type !== "entity") return <PlainValue {...props} />;
  return (
    <div className="fl-field">
      <EntityChooser
        label={label}
        place={place}
        value={value}
        kind="text"
        onValue={onValue}
        required={required}
        entityType={entity_type ?? "project"}
        isList={false}
        onExpression={onValue}
        only
      />
      {fault !== undefined && <span className="fault">{fault}</span>}
    </div>
  );
}

function PlainValue({ input, label, place, value, onValue, none, required, fault }: InputValueProps) {
  const { readOnly } = useEditor();
  const { faults, invalid, id } = useFaults(place);
  const field = useId();
  const hint = useId();
  // What is being typed stays as it is: 8 is stored as 8.00.
  const [typed, setTyped] = useState<string | null>(null);
  const { type, choices = [] } = input;
  const text = typed !== null && inputValue(type, typed) === value ? typed : textOf(value);
  const read = readInput(type, value);
  const said = fault === undefined ? read : { problem: fault };
  const about = {
    id: field,
    "aria-invalid": invalid || (said && "problem" in said) || undefined,
    "aria-describedby": [id, said && hint].filter(Boolean).join(" ") || undefined,
    "aria-required": required || undefined,
    "data-at": place,
  };
  const isDay = type === "date" && (value === undefined || /^\d{4}-\d\d-\d\d$/.test(String(value)));
  return (
    <div className="fl-field">
      <label className="fl-label muted" htmlFor={field}>
        {required ? say("{label} (required)", { label }) : label}
      </label>
      {type === "boolean" || type === "choice"
        ? (
          <select
            {...about}
            value={value === undefined ? "" : String(value)}
            disabled={readOnly !== null}
            onChange={({ target: { value } }) =>
              onValue(value === "" ? undefined : type === "boolean" ? value === "true" : value)}
          >
            <option value="">{none}</option>
            {type === "boolean"
              ? (
                <>
                  <option value="true">{say("Yes")}</option>
                  <option value="false">{say("No")}</option>
                </>
              )
              : choices.map((one, index) => <option key={index} value={one}>{one}</option>)}
          </select>
        )
        : (
          <input
            {...about}
            type={isDay ? "date" : "text"}
            inputMode={type === "number" || type === "money" ? "decimal" : undefined}
            value={text}
            placeholder={EXAMPLES[type]}
            readOnly={readOnly !== null}
            onChange={({ target }) => {
              setTyped(target.value);
              onValue(inputValue(type, target.value));
            }}
            onBlur={() => setTyped(null)}
          />
        )}
      {said && (
        <span className={"words" in said ? "muted fl-label" : "fault"} id={hint}>
          {"words" in said ? say("Read as {words}", { words: said.words }) : said.problem}
        </span>
      )}
      <FaultText faults={faults} id={id} />
    </div>
  );
}
