/** The body of a Clockify call: its known fields as a form, more by name, or the whole as JSON. */

import { useState } from "react";
import { say, sayCount } from "../../words/say.ts";
import type { OperationWords, ParamWords } from "./vocabulary_api.ts";
import { type ClockifyActionJson, isObject } from "./draft/json.ts";
import { bodyFieldsOf } from "./draft/merge.ts";
import { at } from "./draft/paths.ts";
import { isUnparsed } from "../../ui/unparsed_json.ts";
import { useEditor } from "./editor_context.tsx";
import { Fold } from "./fold.tsx";
import { JsonField } from "./json_field.tsx";
import { KeyValues } from "./key_values.tsx";
import { type ActionFieldsProps, requiredFirst, withoutUndefined } from "./action_fields.ts";
import { ParamField } from "./param_field.tsx";

export function BodyFields(
  { action, place, set, operation, hidden = [] }: ActionFieldsProps<ClockifyActionJson> & {
    operation: OperationWords;
    /** Those shown elsewhere. */
    hidden?: readonly string[];
  },
) {
  const { readOnly } = useEditor();
  const own = at(place, "body");
  const { body } = action;
  const canBeForm = operation.bodyKind !== "array" && (body === undefined || isObject(body) && !isUnparsed(body));
  const [asJson, setAsJson] = useState(!canBeForm);
  const values = canBeForm && isObject(body) ? body : {};
  const [first] = useState(() => new Set(Object.keys(values)));
  const setBody = (next: unknown, typing?: string) =>
    set({ body: isObject(next) && !isUnparsed(next) && Object.keys(next).length === 0 ? undefined : next }, typing);
  const fields = bodyFieldsOf(operation, action.replace).filter(({ name }) => !hidden.includes(name));
  const inSight = ({ name, required }: ParamWords) => required || first.has(name);
  const field = (param: ParamWords) => (
    <ParamField
      key={param.name}
      param={param}
      entityType={operation.entityParams[param.name]}
      place={at(own, param.name)}
      value={values[param.name]}
      onValue={(value) => setBody(withoutUndefined({ ...values, [param.name]: value }), at(own, param.name))}
    />
  );
  const more = fields.filter((param) => !inSight(param));
  return (
    <div className="fl-group">
      <div className="row">
        <h3 className="grow">{say("Body")}</h3>
        {canBeForm && readOnly === null && (
          <button
            type="button"
            className="btn plain small"
            onClick={() => setAsJson(!asJson)}
          >
            {asJson ? say("Write as a form") : say("Write as JSON")}
          </button>
        )}
      </div>
      {asJson || !canBeForm
        ? (
          <JsonField
            label={operation.bodyKind === "array" ? say("Body: a list, as JSON") : say("Body as JSON")}
            place={own}
            value={body}
            onValue={(value) => set({ body: value }, own)}
          />
        )
        : (
          <>
            <div className="fl-fields">{fields.filter(inSight).sort(requiredFirst).map(field)}</div>
            {more.length > 0 && (
              <Fold
                places={more.map(({ name }) => at(own, name))}
                summary={more.some(({ name }) => name in values)
                  ? sayCount(more.length, "{count} more fields (some set)", "{count} more fields (some set)", {
                    count: more.length,
                  })
                  : sayCount(more.length, "{count} more fields", "{count} more fields", { count: more.length })}
              >
                {more.map(field)}
              </Fold>
            )}
            <KeyValues
              what="field"
              place={own}
              record={values}
              hidden={[...operation.bodyFields.map(({ name }) => name), ...hidden]}
              onRecord={setBody}
            />
          </>
        )}
    </div>
  );
}
