/** What a flow asks the person who starts it: a question for each input, with its type and what stands where it is left empty. */

import { useId, useState } from "react";
import { say } from "../../words/say.ts";
import { toFlow } from "./draft/draft.ts";
import { asked, asType, choicesOf, ENTITY_TYPES, type FlowInput, INPUT_TYPES } from "./draft/inputs.ts";
import { at } from "./draft/paths.ts";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { InputValue } from "./input_value.tsx";
import { Check, SelectField, TextField } from "./small_fields.tsx";

const PLACE = "triggers.manual.inputs";
/** The server's own limit. */
const MAX_INPUTS = 30;

export function InputList(
  { inputs, onChange }: { inputs: FlowInput[]; onChange(inputs: FlowInput[], typing?: string): void },
) {
  const { readOnly } = useEditor();
  const add = () => onChange([...inputs, { name: freeName(inputs), type: "text" as const, label: "", required: true }]);
  return (
    <div className="fl-group">
      {inputs.map((input, index) => (
        <InputFields
          key={index}
          input={input}
          number={index + 1}
          place={at(PLACE, index)}
          onChange={(next, typing) => onChange(inputs.with(index, next), typing)}
          onRemove={() => onChange(inputs.toSpliced(index, 1))}
        />
      ))}
      {readOnly === null && inputs.length < MAX_INPUTS && (
        <div>
          <button type="button" className="btn small" onClick={add}>{say("Add a question")}</button>
        </div>
      )}
    </div>
  );
}

function InputFields(
  { input, number, place, onChange, onRemove }: {
    input: FlowInput;
    number: number;
    place: string;
    onChange(input: FlowInput, typing?: string): void;
    onRemove(): void;
  },
) {
  const { readOnly, draft } = useEditor();
  const { name, label, type, required } = input;
  const used = (name: string) => JSON.stringify(toFlow(draft)).includes(`$.webhook.${name}`);
  const set = (part: Partial<FlowInput>, typing?: string) => onChange({ ...input, ...part }, typing);
  return (
    <fieldset className="fl-case" data-at={place} tabIndex={-1}>
      <legend>{say("Question {number}", { number })}</legend>
      <div className="fl-fields">
        <TextField
          label={say("Question")}
          place={at(place, "label")}
          value={label}
          onValue={(label) => onChange(asked(input, label, used), at(place, "label"))}
        />
        <TextField
          label={say("Name, for $.webhook.{name}", { name: name || "…" })}
          place={at(place, "name")}
          value={name}
          onValue={(name) => set({ name }, at(place, "name"))}
        />
        <SelectField
          label={say("Type")}
          place={at(place, "type")}
          value={type}
          choices={INPUT_TYPES}
          onValue={(type) => onChange(asType(input, type))}
        />
        {type === "entity" && (
          <SelectField
            label={say("Which")}
            place={at(place, "entity_type")}
            value={input.entity_type ?? "project"}
            choices={ENTITY_TYPES}
            onValue={(entity_type) => set({ entity_type, default: undefined })}
          />
        )}
        {type === "choice" && (
          <ChoicesField
            place={at(place, "choices")}
            choices={input.choices ?? []}
            onChoices={(choices) => set({ choices }, at(place, "choices"))}
          />
        )}
        <InputValue
          key={type + input.entity_type}
          input={input}
          label={say("Where it is left empty")}
          place={at(place, "default")}
          value={input.default ?? undefined}
          onValue={(value) => {
            const { default: _, ...kept } = input;
            onChange(
              value === undefined ? kept : { ...kept, default: value as FlowInput["default"] },
              at(place, "default"),
            );
          }}
          none={say("Nothing")}
        />
        <Check
          label={say("Required")}
          checked={required}
          place={at(place, "required")}
          onCheck={(required) => set({ required })}
        />
      </div>
      {readOnly === null && (
        <div>
          <button type="button" className="btn small danger" onClick={onRemove}>
            {say("Remove")}
            <span className="visually-hidden">{say("question {number}", { number })}</span>
          </button>
        </div>
      )}
    </fieldset>
  );
}

function ChoicesField(
  { place, choices, onChoices }: { place: string; choices: readonly string[]; onChoices(choices: string[]): void },
) {
  const { readOnly } = useEditor();
  const { faults, invalid, id } = useFaults(place);
  const field = useId();
  // An empty line at the end is one that is about to be typed.
  const [typed, setTyped] = useState<string | null>(null);
  const isTyped = typed !== null && choicesOf(typed).join("\n") === choices.join("\n");
  return (
    <div className="fl-field">
      <label className="fl-label muted" htmlFor={field}>{say("Choices, one on a line")}</label>
      <textarea
        id={field}
        rows={4}
        value={isTyped ? typed : choices.join("\n")}
        readOnly={readOnly !== null}
        onChange={({ target }) => {
          setTyped(target.value);
          onChoices(choicesOf(target.value));
        }}
        onBlur={() => setTyped(null)}
        aria-invalid={invalid || undefined}
        aria-describedby={id}
        data-at={place}
      />
      <FaultText faults={faults} id={id} />
    </div>
  );
}

function freeName(inputs: readonly FlowInput[]): string {
  let number = inputs.length + 1;
  while (inputs.some(({ name }) => name === `input_${number}`)) number++;
  return `input_${number}`;
}
