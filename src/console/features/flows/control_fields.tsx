/** The form of a step that holds others, waits, asks or ends, by its kind. */

import { say } from "../../words/say.ts";
import type { ControlJson, EndJson, ParallelJson } from "./draft/json.ts";
import { at } from "./draft/paths.ts";
import { addLane, removeLane, setLane } from "./draft/lanes.ts";
import { setControl } from "./draft/steps.ts";
import { type ControlStep, memberPath } from "./draft/tree.ts";
import type { ControlFieldsProps } from "./control_props.ts";
import { ApprovalFields } from "./approval_fields.tsx";
import { BranchFields } from "./branch_fields.tsx";
import { useEditor } from "./editor_context.tsx";
import { ExpressionField } from "./expression_field.tsx";
import { Fold } from "./fold.tsx";
import { NumberField } from "./http_fields.tsx";
import { JsonField } from "./json_field.tsx";
import { LoopFields } from "./loop_fields.tsx";
import { OptionalLanes } from "./optional_lanes.tsx";
import { SelectField, TextField } from "./small_fields.tsx";
import { WaitFields } from "./wait_fields.tsx";

export function ControlFields({ step, place }: { step: ControlStep; place: string }) {
  const { draft, change } = useEditor();
  const { control, key } = step;
  const set = (part: Partial<ControlJson>, typing?: string) => change(setControl(draft, key, part), typing);
  const shared = { step, place, set: set as never };
  return (
    <>
      {control.kind === "branch" && <BranchFields {...shared} control={control} />}
      {control.kind === "parallel" && <ParallelFields {...shared} control={control} />}
      {control.kind === "loop" && <LoopFields {...shared} control={control} />}
      {control.kind === "wait" && <WaitFields {...shared} control={control} />}
      {control.kind === "approval" && <ApprovalFields {...shared} control={control} />}
      {control.kind === "try" && (
        <OptionalLanes
          step={step}
          lists={[["on_error", say("When it fails, do something else"), say(": then the flow continues")]]}
        />
      )}
      {control.kind === "end" && <EndFields {...shared} control={control} />}
      <Fold
        places={["id", "name"].map((part) => at(place, part))}
        summary={
          <>
            {say("Name")}
            <span className="faint">{` · id ${control.id}`}</span>
          </>
        }
      >
        <TextField
          label={say("Name, in place of the sentence")}
          place={at(place, "name")}
          value={control.name}
          onValue={(name) => set({ name: name === "" ? undefined : name }, at(place, "name"))}
        />
        <TextField
          label={say("Step id")}
          place={at(place, "id")}
          value={control.id}
          onValue={(id) => set({ id }, at(place, "id"))}
        />
      </Fold>
    </>
  );
}

const JOINS = [["all", say("All are done; one that fails ends the others")], ["any", say("One is done")], [
  "majority",
  say("Most are done"),
], ["at_least", say("A number of them are done")]] as const;

function ParallelFields({ step, control, place, set }: ControlFieldsProps<ParallelJson>) {
  const { draft, change, readOnly } = useEditor();
  const { join } = control;
  return (
    <>
      <div className="fl-fields">
        <SelectField
          label={say("Continues when")}
          place={at(place, "join")}
          value={typeof join === "string" ? join : "at_least"}
          choices={JOINS}
          onValue={(next) => set({ join: next === "at_least" ? { at_least: 1 } : next as "all" })}
        />
        {typeof join === "object" && (
          <NumberField
            label={say("How many")}
            place={at(at(place, "join"), "at_least")}
            value={join.at_least}
            onValue={(value) => set({ join: { at_least: value as number } }, at(place, "join"))}
          />
        )}
        <NumberField
          label={say("Time limit of each (ms)")}
          place={at(place, "time_limit_ms")}
          value={control.time_limit_ms}
          onValue={(value) => set({ time_limit_ms: value as number }, at(place, "time_limit_ms"))}
        />
      </div>
      {step.lanes.map((lane, index) => {
        const own = `${place}.${memberPath(step.lanes, lane)}`;
        return (
          <div className="row" key={lane.key}>
            <div className="grow">
              <TextField
                label={say("Name of branch {number}", { number: index + 1 })}
                place={at(own, "name")}
                value={lane.own?.name}
                onValue={(name) => change(setLane(draft, lane.key, { name: name || undefined }), at(own, "name"))}
              />
            </div>
            {readOnly === null && step.lanes.length > 2 && (
              <button
                type="button"
                className="btn small danger"
                onClick={() => change(removeLane(draft, lane.key))}
              >
                {say("Remove")}
                <span className="visually-hidden">{say("branch {number}", { number: index + 1 })}</span>
              </button>
            )}
          </div>
        );
      })}
      {readOnly === null && (
        <div>
          <button type="button" className="btn small" onClick={() => change(addLane(draft, step.key, "branches"))}>
            {say("Add a branch")}
          </button>
        </div>
      )}
    </>
  );
}

function EndFields({ control, place, set }: ControlFieldsProps<EndJson>) {
  return (
    <>
      <div className="fl-fields">
        <SelectField
          label={say("The run ends as")}
          place={at(place, "outcome")}
          value={control.outcome}
          choices={[["success", say("Completed")], ["failure", say("Failed")]]}
          onValue={(outcome) => set({ outcome })}
        />
        <ExpressionField
          label={say("Message")}
          place={at(place, "message")}
          value={control.message}
          kind="text"
          onValue={(message) => set({ message }, at(place, "message"))}
          placeholder={say("What people read")}
        />
      </div>
      <Fold places={[at(place, "output")]} summary={say("Output, for what started the run")} isStack>
        <JsonField
          label={say("Output as JSON, or an expression")}
          place={at(place, "output")}
          value={control.output}
          onValue={(output) => set({ output }, at(place, "output"))}
        />
      </Fold>
    </>
  );
}
