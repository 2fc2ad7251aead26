/** The form of a step: every field of a definition of its kind, and those that each kind has. */

import { useState } from "react";
import { FormField } from "../../ui/form_field.tsx";
import { RowButtons } from "../../ui/row_actions.tsx";
import { Tag } from "../../ui/tag.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { type Fields, fieldsIn, isFields, stepsOf, textIn, withKey, withValue } from "./draft/fields.ts";
import { KINDS } from "./draft/kinds.ts";
import { renameStep, STEP_ID } from "./draft/names.ts";
import { useWorkflowEditor } from "./editor_context.tsx";
import {
  CheckField,
  ChoiceField,
  Faults,
  NameField,
  NumberField,
  ReferenceField,
  RemoveButton,
  StepField,
  StepsField,
  TextField,
  useValue,
} from "./fields.tsx";
import { SchemaField } from "./schema_fields.tsx";
import { freeName, KeyField, MappingField, ValueField } from "./value_fields.tsx";

export function StepFields({ id }: { id: string }) {
  const { definition, readOnly, actionsOf, faults } = useWorkflowEditor();
  const step = stepsOf(definition)[id];
  if (!isFields(step)) return <p className="muted">{say("This is no step: change it under Edit, as JSON.")}</p>;
  const type = textIn(step, "type") ?? "agent";
  const kind = KINDS.find((one) => one.type === type);
  const ofWhole = faults.filter(({ path }) => path === `steps.${id}` || path === `steps.${id}.type`);
  return (
    <div className="stack wf-form" data-at={`steps.${id}`}>
      <div className="row">
        <b className="grow">{kind?.title ?? type}</b>
        <Tag tone="idle">{type}</Tag>
      </div>
      {readOnly === null && <RowButtons {...actionsOf(id)} />}
      {ofWhole.map(({ message }, index) => <p key={index} className="fault">{message}</p>)}
      <OfKind id={id} type={type} step={step} />
      <details className="wf-more" open={ofCommon(faults, id)}>
        <summary>{say("Id, name and what comes next")}</summary>
        <div className="stack">
          <IdField key={id} id={id} />
          <TextField label={say("Name of the step")} path={["steps", id, "name"]} />
          <TextField label={say("Description of the step")} path={["steps", id, "description"]} long />
          <StepField
            label={say("Continues with")}
            path={["steps", id, "next_step"]}
            step={id}
            none={say("what the steps around say")}
          />
        </div>
      </details>
    </div>
  );
}

function ofCommon(faults: readonly { path: string }[], id: string): boolean | undefined {
  return faults.some(({ path }) =>
    ["id", "name", "description", "next_step"].some((field) => path === `steps.${id}.${field}`)
  ) || undefined;
}

/** Its references follow once the field is left. */
function IdField({ id }: { id: string }) {
  const { definition, change, readOnly, setOpen, faults } = useWorkflowEditor();
  const [typed, setTyped] = useState<string>();
  const problem = typed === undefined || typed === id
    ? undefined
    : !STEP_ID.test(typed)
    ? say("1 to 50 letters, digits, - or _, without two _ in a row")
    : Object.hasOwn(stepsOf(definition), typed)
    ? say("Another step has this id")
    : undefined;
  const commit = () => {
    if (typed === undefined || typed === id || problem) return;
    change(renameStep(definition, id, typed));
    setOpen(typed);
  };
  const own = problem ? [{ path: `steps.${id}.id`, message: problem }] : faults;
  return (
    <FormField
      label={say("Id of the step")}
      place={`steps.${id}.id`}
      faults={own}
      hint={say("What names it follows: steps before it, and references to its output.")}
    >
      {(field) => (
        <input
          {...field}
          value={typed ?? id}
          readOnly={readOnly !== null}
          spellCheck={false}
          onChange={({ target }) => setTyped(target.value)}
          onBlur={commit}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            commit();
          }}
        />
      )}
    </FormField>
  );
}

function OfKind({ id, type, step }: { id: string; type: string; step: Fields }) {
  const { agents, workflows } = useWorkflowEditor();
  const at = (...path: (string | number)[]) => ["steps", id, ...path];
  switch (type) {
    case "agent":
      return (
        <>
          <NameField label={say("Agent")} path={at("agent_name")} items={agents} />
          <MappingField
            label={say("Input of the agent")}
            path={at("input_mapping")}
            step={id}
            hint={say("A field that begins with $ offers what is known by then.")}
          />
        </>
      );
    case "conditional":
      return (
        <>
          <ReferenceField
            label={say("Condition")}
            path={at("condition", ...isFields(step.condition) ? ["expression"] : [])}
            step={id}
            isCondition
            hint={say("Compare with ==, !=, <, <=, >, >=, in, not in, contains; join with and, or, not.")}
          />
          <StepField label={say("If yes, begins with")} path={at("if_true_step")} step={id} none={say("nothing")} />
          <StepField label={say("If no, begins with")} path={at("if_false_step")} step={id} none={say("nothing")} />
        </>
      );
    case "parallel":
      return (
        <>
          <StepsField label={say("Steps at the same time")} path={at("parallel_steps")} step={id} />
          <NumberField
            label={say("At once, at most")}
            path={at("max_parallelism")}
            hint={say("1 to 20; all where empty")}
          />
        </>
      );
    case "loop":
      return <LoopFields id={id} />;
    case "fork_join":
      return <ForkFields id={id} />;
    case "sub_workflow":
      return (
        <>
          <NameField
            label={say("Workflow")}
            path={at("workflow_name")}
            items={workflows}
            hint={say("It runs the version that is published by then.")}
          />
          <MappingField label={say("Input of the workflow")} path={at("input_mapping")} step={id} />
          <CheckField label={say("Wait for its end")} path={at("wait_for_completion")} missing />
        </>
      );
    case "wait_for_event":
      return (
        <>
          <TextField
            label={say("Type of the event")}
            path={at("event_type")}
            hint={say("1 to 50 of a-z, 0-9, _ and -")}
          />
          <MappingField
            label={say("The event fits where")}
            path={at("match")}
            step={id}
            hint={say("Fields of its data, as in order.id, and what each has to equal.")}
          />
          <NumberField
            label={say("Timeout, s")}
            path={at("timeout_seconds")}
            hint={say("The run fails after it; without one it waits.")}
          />
        </>
      );
    case "validate":
      return (
        <>
          <ValueField label={say("Value to check")} path={at("input")} step={id} />
          <SchemaField label={say("JSON Schema")} path={at("schema")} />
        </>
      );
    default:
      return <p className="muted">{say("This kind has no form: change it under Edit, as JSON.")}</p>;
  }
}

function LoopFields({ id }: { id: string }) {
  const at = (field: string) => ["steps", id, "loop_config", field];
  const { value: mode } = useValue(at("execution_mode"));
  return (
    <>
      <ValueField label={say("List to go over")} path={at("collection")} step={id} kinds={["text", "list"]} />
      <ChoiceField
        label={say("Items run")}
        path={at("execution_mode")}
        missing="sequential"
        choices={[["sequential", say("one after another")], ["parallel", say("several at once")]]}
      />
      {mode === "parallel" && (
        <NumberField
          label={say("At once, at most")}
          path={at("max_parallelism")}
          hint={say("1 to 20; 10 where empty")}
        />
      )}
      <NumberField label={say("Items, at most")} path={at("max_iterations")} hint={say("10,000 where empty")} />
      <ChoiceField
        label={say("When an item fails")}
        path={at("on_error")}
        missing="stop"
        choices={[
          ["stop", say("stop, and fail")],
          ["continue", say("continue with the next one")],
          ["collect", say("continue, and fail at the end")],
        ]}
      />
      <StepsField label={say("Steps for each item")} path={at("loop_body")} step={id} />
    </>
  );
}

function ForkFields({ id }: { id: string }) {
  const at = (...path: string[]) => ["steps", id, "fork_join_config", ...path];
  const { readOnly } = useWorkflowEditor();
  const { value: config } = useValue(["steps", id, "fork_join_config"]);
  const { set, place } = useValue(at("branches"));
  const branches = fieldsIn(config, "branches");
  return (
    <>
      <ChoiceField
        label={say("Continues when")}
        path={at("join_policy")}
        missing="all"
        choices={[
          ["all", say("all branches have ended well")],
          ["any", say("one branch has ended well")],
          ["majority", say("most branches have ended well")],
          ["n_of_m", say("a number of branches have ended well")],
        ]}
      />
      {textIn(config, "join_policy") === "n_of_m" && (
        <NumberField label={say("Number of branches")} path={at("n_required")} />
      )}
      <NumberField label={say("Timeout of each branch, s")} path={at("branch_timeout_seconds")} />
      {Object.keys(branches).map((name, index) => (
        <fieldset key={index} className="wf-group">
          <legend>
            <Say text="Branch {name}" values={{ name: <bdi>{name}</bdi> }} />
          </legend>
          <KeyField
            fields={branches}
            name={name}
            label={say("Name of branch {number}", { number: index + 1 })}
            onRename={(to) => set(withKey(branches, name, to))}
          />
          <StepsField label={say("Steps of {name}", { name })} path={at("branches", name, "steps")} step={id} />
          <NumberField label={say("Timeout of {name}, s", { name })} path={at("branches", name, "timeout_seconds")} />
          <RemoveButton what={name} onRemove={() => set(withValue(branches, [name], undefined))} />
        </fieldset>
      ))}
      <Faults place={place} />
      {readOnly === null && (
        <button
          type="button"
          className="btn small"
          onClick={() => set({ ...branches, [freeName(branches, "branch")]: { steps: [] } })}
        >
          {say("+ Add a branch")}
        </button>
      )}
    </>
  );
}

/** What starts the workflow: its input and its first step. */
export function StartFields() {
  return (
    <div className="stack wf-form">
      <b>{say("Start")}</b>
      <SchemaField
        label={say("Input of the workflow, by a JSON Schema")}
        path={["input_schema"]}
        none={say("It takes any JSON object as its input.")}
      />
      <StepField label={say("First step")} path={["start_step"]} step={undefined} none={say("none")} />
    </div>
  );
}
