/** A JSON Schema as rows of fields, or as JSON where it says more than rows can. */

import { useEffect, useId, useState } from "react";
import { isUnparsed, parseJson, unparsedText } from "../../ui/unparsed_json.ts";
import { say } from "../../words/say.ts";
import { type Fields, fieldsIn, isFields, type Path, textsIn, withKey, withValue } from "./draft/fields.ts";
import { useWorkflowEditor } from "./editor_context.tsx";
import { Faults, RemoveButton, shownText, useValue } from "./fields.tsx";
import { freeName, KeyField } from "./value_fields.tsx";

const TYPES: readonly (readonly [string, string])[] = [
  ["", say("Anything")],
  ["string", say("Text")],
  ["number", say("Number")],
  ["integer", say("Whole number")],
  ["boolean", say("Yes or no")],
  ["array", say("List")],
  ["object", say("Group of fields")],
];

/** `none`: what no schema means; without it there has to be one. */
export function SchemaField({ label, path, none }: { label: string; path: Path; none?: string }) {
  const { readOnly } = useWorkflowEditor();
  const { value, set, place } = useValue(path);
  const [isJson, setJson] = useState(false);
  const isRows = value === undefined || value === null || (isFields(value) && !isUnparsed(value) && hasRows(value));
  const shown = isJson || !isRows;
  return (
    <fieldset className="wf-group" data-at={place}>
      <legend>{label}</legend>
      {none !== undefined && (value === undefined || value === null) && <p className="muted">{none}</p>}
      {shown ? <JsonText label={label} path={path} /> : <SchemaRows path={path} />}
      <Faults place={place} />
      <div className="row">
        {isRows && (
          <button type="button" className="btn plain small" onClick={() => setJson(!isJson)}>
            {shown ? say("As fields") : say("As JSON")}
          </button>
        )}
        {readOnly === null && none !== undefined && value !== undefined && value !== null && (
          <button
            type="button"
            className="btn plain small"
            onClick={() => set(null)}
          >
            {say("Remove the schema")}
          </button>
        )}
      </div>
    </fieldset>
  );
}

/** Of an object, whose fields are schemas. */
function hasRows(schema: Fields): boolean {
  const { type = "object", properties = {} } = schema;
  return type === "object" && isFields(properties) && Object.values(properties).every(isFields);
}

function SchemaRows({ path }: { path: Path }) {
  const { readOnly } = useWorkflowEditor();
  const { value, set } = useValue(path);
  const schema: Fields = isFields(value) ? value : { type: "object" };
  const properties = fieldsIn(schema, "properties");
  const required = textsIn(schema.required);
  const setRequired = (of: Fields, names: string[]) =>
    withValue(of, ["required"], names.length > 0 ? names : undefined);
  return (
    <div className="wf-inner">
      {Object.entries(properties).map(([name, property], index) => {
        const one: Fields = isFields(property) ? property : {};
        const type = Array.isArray(one.type) ? JSON.stringify(one.type) : shownText(one.type);
        const isChoice = Array.isArray(one.enum);
        const setOne = (next: Fields) => set(withValue(schema, ["properties", name], next));
        return (
          <div key={index} className="wf-row schema">
            <KeyField
              fields={properties}
              name={name}
              onRename={(to) => {
                const next = { ...schema, properties: withKey(properties, name, to) };
                set(setRequired(next, required.map((each) => each === name ? to : each)));
              }}
            />
            <label className="field">
              <span>{say("Type of {name}", { name })}</span>
              <select
                value={type}
                disabled={readOnly !== null}
                onChange={({ target }) => setOne(withValue(one, ["type"], target.value || undefined))}
              >
                {TYPES.map(([key, words]) => <option key={key} value={key}>{words}</option>)}
                {!TYPES.some(([key]) => key === type) && <option value={type}>{type}</option>}
              </select>
            </label>
            <label className="field">
              <span>{say("About {name}", { name })}</span>
              <input
                value={shownText(one.description)}
                readOnly={readOnly !== null}
                onChange={({ target }) => setOne(withValue(one, ["description"], target.value || undefined))}
              />
            </label>
            {(type === "string" || isChoice) && (
              <ChoicesField
                name={name}
                choices={isChoice ? one.enum as unknown[] : []}
                onChoices={(choices) => setOne(withValue(one, ["enum"], choices.length === 0 ? undefined : choices))}
              />
            )}
            <label className="wf-check">
              <input
                type="checkbox"
                checked={required.includes(name)}
                disabled={readOnly !== null}
                onChange={({ target }) =>
                  set(setRequired(
                    schema,
                    target.checked ? [...required, name] : required.filter((each) => each !== name),
                  ))}
              />
              <span>{say("{name} is required", { name })}</span>
            </label>
            <RemoveButton
              what={name}
              onRemove={() => {
                const next = withValue(schema, ["properties", name], undefined);
                set(setRequired(next, required.filter((each) => each !== name)));
              }}
            />
          </div>
        );
      })}
      {readOnly === null && (
        <button
          type="button"
          className="btn small"
          onClick={() => set({ ...schema, properties: { ...properties, [freeName(properties)]: { type: "string" } } })}
        >
          {say("+ Add a field")}
        </button>
      )}
    </div>
  );
}

/** Its text stays as it is typed until the field is left; a choice that is no text stays what it is. */
function ChoicesField(
  { name, choices, onChoices }: { name: string; choices: readonly unknown[]; onChoices(choices: unknown[]): void },
) {
  const { readOnly } = useWorkflowEditor();
  const [typed, setTyped] = useState<string>();
  return (
    <label className="field">
      <span>{say("Choices of {name}, separated by commas", { name })}</span>
      <input
        value={typed ?? choices.map(shownText).join(", ")}
        readOnly={readOnly !== null}
        onChange={({ target: { value } }) => {
          setTyped(value);
          const texts = value.split(",").map((text) => text.trim()).filter(Boolean);
          onChoices(texts.map((text) => choices.find((one) => shownText(one) === text) ?? text));
        }}
        onBlur={() => setTyped(undefined)}
      />
    </label>
  );
}

/** Kept as it is typed, and read as soon as it is JSON. */
function JsonText({ label, path }: { label: string; path: Path }) {
  const { readOnly } = useWorkflowEditor();
  const { value, set, place } = useValue(path);
  const id = useId();
  const [text, setText] = useState(() => pretty(value));
  useEffect(() => {
    if (JSON.stringify(read(text)) !== JSON.stringify(value) || isUnparsed(value)) setText(pretty(value));
  }, [value]);
  return (
    <>
      <label htmlFor={id} className="visually-hidden">{say("{name} as JSON", { name: label })}</label>
      <textarea
        id={id}
        className="mono"
        rows={Math.min(16, Math.max(4, text.split("\n").length))}
        value={text}
        readOnly={readOnly !== null}
        spellCheck={false}
        data-at={place}
        onChange={({ target }) => {
          setText(target.value);
          set(read(target.value));
        }}
      />
    </>
  );
}

function read(text: string): unknown {
  return text.trim() === "" ? null : parseJson(text);
}

function pretty(value: unknown): string {
  if (value === undefined || value === null) return "";
  return isUnparsed(value) ? unparsedText(value) : JSON.stringify(value, null, 2);
}
