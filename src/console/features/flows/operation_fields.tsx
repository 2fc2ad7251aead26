/** A Clockify operation, picked by search, and its parameters as a form: required ones first, the rest folded away. */

import { useState } from "react";
import { operationNamed, type OperationWords, type ParamWords } from "./vocabulary_api.ts";
import { type ClockifyActionJson, isObject } from "./draft/json.ts";
import { at } from "./draft/paths.ts";
import { operationsFor } from "./draft/operation_search.ts";
import { setOperation } from "./draft/steps.ts";
import { Combobox } from "../../ui/combobox.tsx";
import type { StepIntent } from "./draft/intents.ts";
import { type ActionFieldsProps, type ActionPart, requiredFirst, withoutUndefined } from "./action_fields.ts";
import { AskedFields } from "./asked_fields.tsx";
import { BodyFields } from "./body_fields.tsx";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { Fold } from "./fold.tsx";
import { MergeNotice, ReplaceSwitch } from "./merge_fields.tsx";
import { ParamField } from "./param_field.tsx";
import { say, sayCount, sayLabel } from "../../words/say.ts";

export function OperationFields(
  { stepKey, use, ...props }: ActionFieldsProps<ClockifyActionJson> & { stepKey: string; use: StepIntent | undefined },
) {
  const { vocabulary } = useEditor();
  const { action, place } = props;
  const operation = operationNamed(vocabulary, action.operation_id);
  const picker = (
    <OperationPicker stepKey={stepKey} action={action} place={at(place, "operation_id")} operation={operation} />
  );
  if (!operation) return picker;
  const asked = (part: string) => use?.asks.flatMap(({ path }) => path[0] === part ? [path[1]!] : []) ?? [];
  const params = (
    <>
      <Params
        {...props}
        part="path_params"
        params={pathParams(operation, action)}
        entityParams={operation.entityParams}
        hidden={asked("path_params")}
      />
      <Params {...props} part="query_params" params={operation.queryParams} entityParams={operation.entityParams} />
    </>
  );
  const body = operation.bodyKind !== "none" && <BodyFields {...props} operation={operation} hidden={asked("body")} />;
  if (!use) {
    return (
      <>
        {picker}
        <MergeNotice {...props} operation={operation} />
        <ReplaceSwitch {...props} operation={operation} />
        {params}
        {body}
      </>
    );
  }
  const isOpen = !use.intent.isComplete;
  return (
    <>
      <AskedFields {...props} use={use} />
      <MergeNotice {...props} operation={operation} />
      {isOpen && body}
      <Fold
        summary={isOpen ? say("Operation and parameters") : say("All fields of the operation")}
        places={["operation_id", "path_params", "query_params", ...isOpen ? [] : ["body"]].flatMap((part) =>
          asked(part).length > 0 ? [] : [at(place, part)]
        )}
        isStack
      >
        {picker}
        <ReplaceSwitch {...props} operation={operation} />
        {params}
        {!isOpen && body}
      </Fold>
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
        label={say("Operation")}
        text={text ?? (operation ? sayLabel(operation.summary) : action.operation_id)}
        onText={setText}
        items={items.map((one) => ({
          key: one.key,
          label: sayLabel(one.summary),
          detail: `${one.key} · ${one.tag}`,
          one,
        }))}
        onPick={({ one }) => {
          change(setOperation(draft, stepKey, one));
          setText(undefined);
        }}
        none={text?.trim()
          ? say("No Clockify operation matches. Search by what you want to do, for example: add a tag")
          : undefined}
        placeholder={say("Search, for example: update time entry, create tag")}
        readOnly={readOnly !== null}
        required
        invalid={invalid}
        describedBy={id}
        place={place}
      />
      {operation && (
        <span className="fl-live">
          <code>{operation.key}</code> {operation.access === "read" ? say("reads only") : say("changes data")}
        </span>
      )}
      <FaultText faults={faults} id={id} />
    </div>
  );
}

function Params(
  { action, place, set, part, params, entityParams, hidden = [] }: ActionFieldsProps<ClockifyActionJson> & {
    part: "path_params" | "query_params";
    params: ParamWords[];
    entityParams: Record<string, string>;
    /** Those shown elsewhere. */
    hidden?: readonly string[];
  },
) {
  const values = isObject(action[part]) ? action[part] : {};
  const [first] = useState(() => new Set(Object.keys(values)));
  const unknown = [...new Set([...first, ...Object.keys(values)])]
    .filter((name) => !params.some((param) => param.name === name));
  const all = [
    ...params,
    ...unknown.map((name): ParamWords => ({ name, type: "string", required: false, values: [] })),
  ].filter(({ name }) => !hidden.includes(name));
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
        set({ [part]: withoutUndefined({ ...values, [param.name]: value }) } as ActionPart, own);
      }}
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
              {moreWords(more.length, part)}
              {more.some(({ name }) => values[name] !== undefined) && say(" (some set)")}
            </>
          }
        >
          {more.map(field)}
        </Fold>
      )}
    </>
  );
}

function moreWords(count: number, part: "path_params" | "query_params"): string {
  return part === "query_params"
    ? sayCount(count, "{count} more query parameters", "{count} more query parameters", { count })
    : sayCount(count, "{count} more parameters", "{count} more parameters", { count });
}

/** Parameters of the path; the workspace is filled in by the server, and shown only where the flow sets it. */
function pathParams({ pathParams }: OperationWords, { path_params }: ClockifyActionJson): ParamWords[] {
  return pathParams
    .filter((name) => name !== "workspaceId" || path_params?.workspaceId !== undefined)
    .map((name) => ({ name, type: "string", required: name !== "workspaceId", values: [] }));
}
