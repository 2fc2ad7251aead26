/** One parameter of an operation: a list of choices, a name picker, or a typed value; each may be an expression instead. */

import { useId, useState } from "react";
import type { ParamWords } from "./vocabulary_api.ts";
import { isExpression, kindOfParam, textOf, valueOf } from "./draft/value_kinds.ts";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { EntityField } from "./entity_field.tsx";
import { ExpressionField } from "./expression_field.tsx";
import { addAndShow } from "./fault_list.tsx";
import { say } from "../../words/say.ts";

export interface ParamFieldProps {
  param: ParamWords;
  entityType: string | undefined;
  place: string;
  value: unknown;
  onValue(value: unknown): void;
  placeholder?: string;
}

export function ParamField(props: ParamFieldProps) {
  const { param, entityType, place, value, onValue } = props;
  const kind = kindOfParam(param.type, value);
  const shared = { label: param.name, place, value, onValue, kind, required: param.required };
  if (entityType !== undefined) {
    return <EntityField {...shared} entityType={entityType} isList={param.type === "array"} />;
  }
  const choices = param.values.length > 0 ? param.values : param.type === "boolean" ? ["true", "false"] : [];
  if (choices.length > 0 && param.type !== "array") return <ChoiceField {...props} choices={choices} />;
  return <ExpressionField {...shared} placeholder={props.placeholder ?? PLACEHOLDERS[param.type]} />;
}

const PLACEHOLDERS: Record<string, string> = {
  array: orPath('["a", "b"]'),
  object: orPath("{…}"),
  "date-time": orPath("2026-01-31T09:00:00Z"),
  integer: orPath(say("a whole number")),
  number: orPath(say("a number")),
};

function orPath(example: string): string {
  return say("{example} or {path}", { example, path: "$.webhook.…" });
}

function ChoiceField({ param, place, value, onValue, choices }: ParamFieldProps & { choices: string[] }) {
  const { readOnly } = useEditor();
  const { faults, invalid, id } = useFaults(place);
  const [typed, setTyped] = useState(isExpression(value));
  const turn = (toText: boolean) => addAndShow(() => setTyped(toText), place);
  const select = useId();
  const kind = kindOfParam(param.type, undefined);
  const text = textOf(value);
  if (typed || isExpression(value)) {
    const shared = { label: param.name, place, value, onValue, kind, required: param.required };
    return (
      <div className="fl-entity">
        <ExpressionField {...shared} />
        {!isExpression(value) && readOnly === null && (
          <button
            type="button"
            className="btn plain small"
            onClick={() => turn(false)}
          >
            {say("Choose from the list")}
          </button>
        )}
      </div>
    );
  }
  return (
    <div className="fl-entity">
      <div className="fl-field">
        <label className="fl-label muted" htmlFor={select}>
          {param.required ? say("{label} (required)", { label: param.name }) : param.name}
        </label>
        <select
          id={select}
          value={text}
          onChange={({ target }) => onValue(valueOf(target.value, kind))}
          disabled={readOnly !== null}
          aria-invalid={invalid || undefined}
          aria-describedby={id}
          data-at={place}
        >
          <option value="">{say("not set")}</option>
          {choices.map((choice) => <option key={choice} value={choice}>{choice}</option>)}
          {text !== "" && !choices.includes(text) && <option value={text}>{text}</option>}
        </select>
        <FaultText faults={faults} id={id} />
      </div>
      {readOnly === null && (
        <button type="button" className="btn plain small" onClick={() => turn(true)}>
          {say("Use an expression")}
          <span className="visually-hidden">{say("for {name}", { name: param.name })}</span>
        </button>
      )}
    </div>
  );
}
