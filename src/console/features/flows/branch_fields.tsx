/** The form of a branch: its cases with a condition each, or the value of a switch and what each case equals. */

import { say } from "../../words/say.ts";
import { addLane, removeLane, setLane } from "./draft/lanes.ts";
import type { BranchJson } from "./draft/json.ts";
import { laneName } from "./draft/sentences.ts";
import { at } from "./draft/paths.ts";
import { type Lane, memberPath } from "./draft/tree.ts";
import { textOf } from "./draft/value_kinds.ts";
import { ConditionFields } from "./condition_fields.tsx";
import type { ControlFieldsProps } from "./control_props.ts";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { ExpressionField } from "./expression_field.tsx";
import { TextField } from "./small_fields.tsx";

export function BranchFields({ step, control, place, set }: ControlFieldsProps<BranchJson>) {
  const { draft, change, readOnly, words } = useEditor();
  const cases = step.lanes.filter(({ list }) => list === "cases");
  const isSwitch = control.on !== undefined;
  return (
    <>
      {isSwitch && (
        <ExpressionField
          label={say("Value that decides")}
          place={at(place, "on")}
          value={control.on}
          kind="text"
          onValue={(on) => set({ on: on ?? "" }, at(place, "on"))}
          required
          placeholder="$.webhook.…"
        />
      )}
      {cases.map((lane, index) => {
        const own = `${place}.${memberPath(step.lanes, lane)}`;
        const isOnly = cases.length === 1;
        return (
          <fieldset key={lane.key} className="fl-case" data-at={own} tabIndex={-1}>
            <legend className={isOnly && !isSwitch ? "visually-hidden" : undefined}>
              {isSwitch || !isOnly ? laneName(step, lane, words) : say("Condition")}
            </legend>
            {isSwitch ? <EqualsField lane={lane} place={at(own, "equals")} /> : (
              <ConditionFields
                owner={lane.key}
                place={at(own, "if")}
                name={isOnly ? say("condition") : say("case {number}", { number: index + 1 })}
              />
            )}
            {(!isOnly || isSwitch) && (
              <div className="row">
                <div className="grow">
                  <TextField
                    label={say("Name of case {number}", { number: index + 1 })}
                    place={at(own, "name")}
                    value={lane.own?.name}
                    onValue={(name) => change(setLane(draft, lane.key, { name: name || undefined }), at(own, "name"))}
                  />
                </div>
                {readOnly === null && !isOnly && (
                  <button
                    type="button"
                    className="btn small danger"
                    onClick={() => change(removeLane(draft, lane.key))}
                  >
                    {say("Remove")}
                    <span className="visually-hidden">
                      {say("case {number} with its steps", { number: index + 1 })}
                    </span>
                  </button>
                )}
              </div>
            )}
          </fieldset>
        );
      })}
      {readOnly === null && (
        <div>
          <button type="button" className="btn small" onClick={() => change(addLane(draft, step.key, "cases"))}>
            {isSwitch ? say("Add a case") : say("Add “otherwise if”")}
          </button>
        </div>
      )}
    </>
  );
}

function EqualsField({ lane, place }: { lane: Lane; place: string }) {
  const { draft, change, readOnly } = useEditor();
  const { faults, invalid, id } = useFaults(place);
  const values = lane.own?.equals ?? [];
  return (
    <div className="fl-field">
      <label className="field">
        <span>{say("Is one of these, one per line")}</span>
        <textarea
          rows={Math.min(6, Math.max(2, values.length + 1))}
          value={values.map(textOf).join("\n")}
          onChange={({ target }) => {
            const equals = target.value === "" ? [] : target.value.split("\n").map(meant);
            change(setLane(draft, lane.key, { equals }), place);
          }}
          readOnly={readOnly !== null}
          aria-invalid={invalid || undefined}
          aria-describedby={id}
          data-at={place}
        />
      </label>
      <FaultText faults={faults} id={id} />
    </div>
  );
}

/** Numbers, true, false and null are what they say; all else is text. */
function meant(text: string): unknown {
  return /^(?:true|false|null|-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?)$/.test(text) ? JSON.parse(text) : text;
}
