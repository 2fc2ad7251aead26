/** Values of any JSON without JSON: texts with references, numbers, yes or no, lists and groups of them, each by its own fields. */

import { useState } from "react";
import { say } from "../../words/say.ts";
import { type Fields, isFields, type Path, withKey } from "./draft/fields.ts";
import { useWorkflowEditor } from "./editor_context.tsx";
import { Faults, readNumber, ReferenceField, RemoveButton, shownText, useValue } from "./fields.tsx";

export type ValueKind = "text" | "number" | "boolean" | "null" | "list" | "object";

const KIND_WORDS: Record<ValueKind, string> = {
  text: say("Text or reference"),
  number: say("Number"),
  boolean: say("Yes or no"),
  null: say("Nothing"),
  list: say("List"),
  object: say("Group of fields"),
};
const ALL = Object.keys(KIND_WORDS) as ValueKind[];

const EMPTY: Record<ValueKind, unknown> = { text: "", number: 0, boolean: false, null: null, list: [], object: {} };

function kindOf(value: unknown): ValueKind {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  if (isFields(value)) return "object";
  if (typeof value === "number") return "number";
  return typeof value === "boolean" ? "boolean" : "text";
}

export interface ValueProps {
  label: string;
  hideLabel?: boolean;
  /** What it is called in the label of its kind, where that is not the label. */
  name?: string;
  path: Path;
  /** The step it belongs to. */
  step: string;
  kinds?: readonly ValueKind[];
}

export function ValueField({ label, hideLabel, name = label, path, step, kinds = ALL }: ValueProps) {
  const { readOnly } = useWorkflowEditor();
  const { value, set, place } = useValue(path);
  // A number that is being typed is a text for a moment.
  const [wanted, setWanted] = useState<ValueKind>();
  const kind = wanted === "number" && typeof value === "string" ? "number" : kindOf(value);
  return (
    <div className="wf-value" role="group" aria-label={label}>
      <div className="wf-pair">
        {kind === "text"
          ? <ReferenceField label={label} hideLabel={hideLabel} path={path} step={step} />
          : (
            <label className="field">
              <span className={hideLabel ? "visually-hidden" : undefined}>{label}</span>
              {kind === "number" && (
                <input
                  inputMode="decimal"
                  value={shownText(value)}
                  readOnly={readOnly !== null}
                  data-at={place}
                  onChange={({ target }) => set(readNumber(target.value.trim()) ?? "")}
                />
              )}
              {kind === "boolean" && (
                <select
                  value={String(value)}
                  disabled={readOnly !== null}
                  data-at={place}
                  onChange={({ target }) => set(target.value === "true")}
                >
                  <option value="true">{say("yes")}</option>
                  <option value="false">{say("no")}</option>
                </select>
              )}
              {(kind === "null" || kind === "list" || kind === "object") && (
                <output className="muted">{KIND_WORDS[kind]}</output>
              )}
            </label>
          )}
        <label className="field wf-kind">
          <span className="visually-hidden">{say("Kind of {name}", { name })}</span>
          <select
            value={kind}
            disabled={readOnly !== null}
            onChange={({ target }) => {
              const next = target.value as ValueKind;
              setWanted(next);
              set(next === "text" && kind === "number" ? shownText(value) : EMPTY[next]);
            }}
          >
            {[...new Set([...kinds, kind])].map((one) => <option key={one} value={one}>{KIND_WORDS[one]}</option>)}
          </select>
        </label>
      </div>
      {kind === "list" && <Items path={path} step={step} label={label} />}
      {kind === "object" && <Rows path={path} step={step} />}
      {kind !== "text" && <Faults place={place} />}
    </div>
  );
}

function Items({ path, step, label }: { path: Path; step: string; label: string }) {
  const { readOnly } = useWorkflowEditor();
  const { value, set } = useValue(path);
  const items = Array.isArray(value) ? value : [];
  return (
    <div className="wf-inner">
      {items.map((_, index) => {
        const name = say("Item {number}", { number: index + 1 });
        return (
          <div key={index} className="wf-row">
            <ValueField label={name} path={[...path, index]} step={step} />
            <RemoveButton what={name} onRemove={() => set(items.toSpliced(index, 1))} />
          </div>
        );
      })}
      {readOnly === null && (
        <button type="button" className="btn small" onClick={() => set([...items, ""])}>
          {say("+ Add an item")}
          <span className="visually-hidden">{label}</span>
        </button>
      )}
    </div>
  );
}

/** A name and a value each. */
function Rows({ path, step }: { path: Path; step: string }) {
  const { readOnly } = useWorkflowEditor();
  const { value, set } = useValue(path);
  const fields: Fields = isFields(value) ? value : {};
  return (
    <div className="wf-inner">
      {Object.keys(fields).map((name, index) => (
        <div key={index} className="wf-row">
          <KeyField fields={fields} name={name} onRename={(to) => set(withKey(fields, name, to))} />
          <ValueField
            label={say("Value of {name}", { name })}
            hideLabel
            name={name}
            path={[...path, name]}
            step={step}
          />
          <RemoveButton
            what={name}
            onRemove={() => set(Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name)))}
          />
        </div>
      ))}
      {readOnly === null && (
        <button
          type="button"
          className="btn small"
          onClick={() => set({ ...fields, [freeName(fields)]: "" })}
        >
          {say("+ Add a field")}
        </button>
      )}
    </div>
  );
}

/** "field", "field 2" */
export function freeName(fields: Fields, base = "field"): string {
  let number = 1;
  let name = base;
  while (Object.hasOwn(fields, name)) name = `${base}_${++number}`;
  return name;
}

/** A name that another has is refused: it stays in the field until it differs. */
export function KeyField(
  { fields, name, label = say("Name"), onRename }: {
    fields: Fields;
    name: string;
    label?: string;
    onRename(to: string): void;
  },
) {
  const { readOnly } = useWorkflowEditor();
  const [typed, setTyped] = useState<string>();
  const isTaken = typed !== undefined && typed !== name;
  return (
    <label className="field wf-key">
      <span>{label}</span>
      <input
        value={typed ?? name}
        readOnly={readOnly !== null}
        aria-invalid={isTaken || undefined}
        spellCheck={false}
        onChange={({ target: { value } }) => {
          const isFree = value !== "" && (value === name || !Object.hasOwn(fields, value));
          setTyped(isFree ? undefined : value);
          if (isFree && value !== name) onRename(value);
        }}
        onBlur={() => setTyped(undefined)}
      />
      {isTaken && <span className="fault">{typed === "" ? say("A name is needed") : say("This name is in use")}</span>}
    </label>
  );
}

/** A group of fields that an agent, a workflow or an event is given or asked for. */
export function MappingField({ label, hint, path, step }: Omit<ValueProps, "kinds"> & { hint?: string }) {
  const { value, place } = useValue(path);
  const isGroup = value === undefined || value === null || isFields(value);
  return (
    <fieldset className="wf-group" data-at={place}>
      <legend>{label}</legend>
      {hint !== undefined && <p className="faint form-hint">{hint}</p>}
      {isGroup ? <Rows path={path} step={step} /> : <ValueField label={label} hideLabel path={path} step={step} />}
      {isGroup && Object.keys(value ?? {}).length === 0 && <Faults place={place} />}
    </fieldset>
  );
}
