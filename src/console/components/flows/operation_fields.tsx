/** A Clockify operation, picked by search, and its parameters as a form: required ones first, the rest folded away. */

import { useState } from "react";
import { operationNamed, type OperationWords, type ParamWords } from "../../api/vocabulary.ts";
import { type ClockifyActionJson, isObject } from "../../flow_draft/json.ts";
import { at } from "../../flow_draft/places.ts";
import { setOperation } from "../../flow_draft/steps.ts";
import { Combobox } from "../combobox.tsx";
import type { ActionPart } from "./action_row.tsx";
import { BodyFields } from "./body_fields.tsx";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { Fold } from "./fold.tsx";
import { ParamField } from "./param_field.tsx";

export interface ActionFieldsProps<Action> {
  action: Action;
  place: string;
  step: number;
  set(part: ActionPart, typing?: string): void;
}

export function OperationFields(
  { stepKey, ...props }: ActionFieldsProps<ClockifyActionJson> & { stepKey: string },
) {
  const { vocabulary } = useEditor();
  const { action, place } = props;
  const operation = operationNamed(vocabulary, action.operation_id);
  return (
    <>
      <OperationPicker stepKey={stepKey} action={action} place={at(place, "operation_id")} operation={operation} />
      {operation && (
        <>
          <Params
            {...props}
            part="path_params"
            params={pathParams(operation, action)}
            entityParams={operation.entityParams}
          />
          <Params {...props} part="query_params" params={operation.queryParams} entityParams={operation.entityParams} />
          {operation.bodyKind !== "none" && <BodyFields {...props} operation={operation} />}
        </>
      )}
    </>
  );
}

function OperationPicker(
  { stepKey, action, place, operation }: {
    stepKey: string;
    action: ClockifyActionJson;
    place: string;
    operation: OperationWords | undefined;
  },
) {
  const { draft, change, vocabulary, readOnly } = useEditor();
  const { faults, invalid, id } = useFaults(place);
  const [text, setText] = useState<string>();
  const items = operationsFor(vocabulary.operations, text ?? "");
  return (
    <div className="fl-field">
      <Combobox
        label="Operation"
        text={text ?? (operation ? operation.summary : action.operation_id)}
        onText={setText}
        items={items.map((one) => ({ key: one.key, label: one.summary, detail: `${one.key} · ${one.tag}`, one }))}
        onPick={({ one }) => {
          change(setOperation(draft, stepKey, one));
          setText(undefined);
        }}
        none={text?.trim()
          ? "No operation of Clockify has these words. To tag an entry, look for: update time entry"
          : undefined}
        placeholder="Search, as in: update time entry, create tag"
        readOnly={readOnly !== null}
        required
        invalid={invalid}
        describedBy={id}
        place={place}
      />
      {operation && (
        <span className="fl-live">
          <code>{operation.key}</code> {operation.access === "read" ? "reads only" : "changes data"}
        </span>
      )}
      <FaultText faults={faults} id={id} />
    </div>
  );
}

/** What people say, and what Clockify says. */
const SAME_WORDS: Record<string, string[]> = {
  add: ["create"],
  new: ["create"],
  make: ["create"],
  edit: ["update"],
  change: ["update"],
  set: ["update"],
  remove: ["delete"],
  list: ["get"],
  find: ["get"],
  read: ["get"],
};

/** Those that hold each word; whose name is the text or begins with it first, shorter names before longer. */
function operationsFor(operations: readonly OperationWords[], text: string): OperationWords[] {
  const wanted = text.trim().toLowerCase();
  const words = wanted.split(/\s+/);
  const rank = ({ summary, operationId }: OperationWords) =>
    (summary.toLowerCase().startsWith(wanted) || operationId.toLowerCase().startsWith(wanted) ? 0 : 1000) +
    summary.length;
  const fit = operations.filter((one) => {
    const all = `${one.summary} ${one.operationId} ${one.key} ${one.tag}`.toLowerCase();
    return words.every((word) => [word, ...SAME_WORDS[word] ?? []].some((one) => all.includes(one)));
  });
  return (wanted === "" ? fit : fit.sort((one, other) => rank(one) - rank(other))).slice(0, 80);
}

function Params(
  { action, place, step, set, part, params, entityParams }: ActionFieldsProps<ClockifyActionJson> & {
    part: "path_params" | "query_params";
    params: ParamWords[];
    entityParams: Record<string, string>;
  },
) {
  const values = isObject(action[part]) ? action[part] : {};
  const [first] = useState(() => new Set(Object.keys(values)));
  const unknown = [...new Set([...first, ...Object.keys(values)])]
    .filter((name) => !params.some((param) => param.name === name));
  const all = [
    ...params,
    ...unknown.map((name): ParamWords => ({ name, type: "string", required: false, values: [] })),
  ];
  // What was given when the form opened stays in sight while it is edited.
  const inSight = ({ name, required }: ParamWords) => required || first.has(name) || unknown.includes(name);
  const field = (param: ParamWords) => (
    <ParamField
      key={param.name}
      param={param}
      entityType={entityParams[param.name]}
      place={at(at(place, part), param.name)}
      value={values[param.name]}
      onValue={(value) => {
        const own = at(at(place, part), param.name);
        set({ [part]: given({ ...values, [param.name]: value }) } as ActionPart, own);
      }}
      step={step}
    />
  );
  const more = all.filter((param) => !inSight(param));
  return (
    <>
      {all.some(inSight) && <div className="fl-fields">{all.filter(inSight).sort(requiredFirst).map(field)}</div>}
      {more.length > 0 && (
        <Fold
          places={more.map(({ name }) => at(at(place, part), name))}
          summary={
            <>
              {more.length} more {part === "query_params" ? "query parameters" : "parameters"}
              {more.some(({ name }) => values[name] !== undefined) && " (some given)"}
            </>
          }
        >
          {more.map(field)}
        </Fold>
      )}
    </>
  );
}

/** Those of the path; the workspace is known and asked for only when somebody gave it. */
function pathParams({ pathParams }: OperationWords, { path_params }: ClockifyActionJson): ParamWords[] {
  return pathParams
    .filter((name) => name !== "workspaceId" || path_params?.workspaceId !== undefined)
    .map((name) => ({ name, type: "string", required: name !== "workspaceId", values: [] }));
}

export function requiredFirst(one: ParamWords, other: ParamWords): number {
  return Number(other.required) - Number(one.required);
}

/** Without what was emptied. */
export function given(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
