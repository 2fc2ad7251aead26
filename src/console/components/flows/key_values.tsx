/** Names and values that nobody declared: fields of a body beside the known ones, headers, query parameters. */

import { useId, useState } from "react";
import { at } from "../../flow_draft/places.ts";
import { asKind, kindOfValue, type ValueKind } from "../../flow_draft/typed.ts";
import { useEditor } from "./editor_context.tsx";
import { ExpressionField } from "./expression_field.tsx";
import { JsonField } from "./json_field.tsx";

export interface KeyValuesProps {
  /** "header", "query parameter", "field": one of them, in words. */
  what: string;
  place: string;
  record: Record<string, unknown>;
  /** Those shown elsewhere. */
  hidden?: readonly string[];
  onRecord(record: Record<string, unknown>, field?: string): void;
  step: number;
}

const KINDS: [ValueKind, string][] = [["text", "Text"], ["number", "Number"], ["flag", "True or false"], [
  "json",
  "JSON",
]];

export function KeyValues({ what, place, record, hidden = [], onRecord, step }: KeyValuesProps) {
  const { readOnly } = useEditor();
  const shown = Object.entries(record).filter(([name]) => !hidden.includes(name));
  const rename = (from: string, to: string) =>
    onRecord(Object.fromEntries(Object.entries(record).map(([name, value]) => [name === from ? to : name, value])));
  const add = () => {
    let name = what.replaceAll(" ", "_");
    for (let number = 2; Object.hasOwn(record, name) || hidden.includes(name); number++) {
      name = `${what.replaceAll(" ", "_")}_${number}`;
    }
    onRecord({ ...record, [name]: "" });
  };
  return (
    <div className="fl-fields">
      {shown.map(([name, value]) => {
        const kind = kindOfValue(value);
        const own = at(place, name);
        // An emptied one stays: it is taken away by its button.
        const set = (next: unknown) => onRecord({ ...record, [name]: next ?? "" }, own);
        return (
          <div key={name} className="fl-keyvalue">
            <NameField
              what={what}
              name={name}
              isFree={(to) => to !== "" && !Object.hasOwn(record, to) && !hidden.includes(to)}
              onName={(to) => rename(name, to)}
            />
            {kind === "json"
              ? <JsonField label={`Value of ${name}`} place={own} value={value} onValue={set} />
              : (
                <ExpressionField
                  label={`Value of ${name}`}
                  place={own}
                  value={value}
                  kind={kind}
                  onValue={set}
                  step={step}
                />
              )}
            {readOnly === null && (
              <div className="row">
                <select
                  aria-label={`Type of ${name}`}
                  value={kind}
                  onChange={({ target }) => set(asKind(value, target.value as ValueKind))}
                >
                  {KINDS.map(([key, words]) => <option key={key} value={key}>{words}</option>)}
                </select>
                <button
                  type="button"
                  className="btn small danger"
                  onClick={() => onRecord(Object.fromEntries(Object.entries(record).filter(([one]) => one !== name)))}
                >
                  Remove<span className="visually-hidden">{what} {name}</span>
                </button>
              </div>
            )}
          </div>
        );
      })}
      {readOnly === null && (
        <div>
          <button type="button" className="btn small" onClick={add}>Add {what}</button>
        </div>
      )}
    </div>
  );
}

/** Taken when the field is left: each letter on the way would be a name of its own. */
function NameField(
  { what, name, isFree, onName }: {
    what: string;
    name: string;
    isFree(to: string): boolean;
    onName(to: string): void;
  },
) {
  const { readOnly } = useEditor();
  const [text, setText] = useState(name);
  const input = useId();
  const leave = () => {
    if (text === name) return;
    if (isFree(text)) onName(text);
    else setText(name);
  };
  return (
    <label className="field" htmlFor={input}>
      <span>
        Name<span className="visually-hidden">of the {what}</span>
      </span>
      <input
        id={input}
        className="mono"
        value={text}
        onChange={({ target }) => setText(target.value)}
        onBlur={leave}
        onKeyDown={({ key }) => key === "Enter" && leave()}
        readOnly={readOnly !== null}
        spellCheck={false}
      />
    </label>
  );
}
