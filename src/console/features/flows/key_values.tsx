/** Free names and values: extra fields of a body, headers, query parameters. */

import { useId, useRef, useState } from "react";
import { at } from "./draft/paths.ts";
import { asKind, kindAfter, kindOfValue, type ValueKind } from "./draft/value_kinds.ts";
import { useEditor } from "./editor_context.tsx";
import { ExpressionField } from "./expression_field.tsx";
import { JsonField } from "./json_field.tsx";
import { say } from "../../words/say.ts";

/** What one of them is called, by its name in English, which new ones are stored under. */
const PARTS = {
  header: { called: say("header"), add: say("Add header"), of: say("of the header") },
  "query parameter": {
    called: say("query parameter"),
    add: say("Add query parameter"),
    of: say("of the query parameter"),
  },
  field: { called: say("field"), add: say("Add field"), of: say("of the field") },
  variable: { called: say("variable"), add: say("Add variable"), of: say("of the variable") },
};
type PartName = keyof typeof PARTS;

export interface KeyValuesProps {
  /** One of them. */
  what: PartName;
  place: string;
  record: Record<string, unknown>;
  /** Those shown elsewhere. */
  hidden?: readonly string[];
  onRecord(record: Record<string, unknown>, field?: string): void;
}

const KINDS: [ValueKind, string][] = [
  ["text", say("Text")],
  ["number", say("Number")],
  ["flag", say("True or false")],
  ["json", "JSON"],
];

export function KeyValues({ what, place, record, hidden = [], onRecord }: KeyValuesProps) {
  const { readOnly } = useEditor();
  const shown = Object.entries(record).filter(([name]) => !hidden.includes(name));
  const ids = useRef({ byName: new Map<string, number>(), last: 0 });
  const idOf = (name: string) => {
    const { byName } = ids.current;
    if (!byName.has(name)) byName.set(name, ++ids.current.last);
    return byName.get(name)!;
  };
  // A renamed row keeps its id, so that the focus, which moves to its value, is not lost.
  const rename = (from: string, to: string) => {
    ids.current.byName.set(to, idOf(from));
    ids.current.byName.delete(from);
    onRecord(Object.fromEntries(Object.entries(record).map(([name, value]) => [name === from ? to : name, value])));
  };
  const add = () => {
    let name = what.replaceAll(" ", "_");
    for (let number = 2; Object.hasOwn(record, name) || hidden.includes(name); number++) {
      name = `${what.replaceAll(" ", "_")}_${number}`;
    }
    onRecord({ ...record, [name]: "" });
  };
  return (
    <div className="fl-fields">
      {shown.map(([name, value]) => (
        <KeyValue
          key={idOf(name)}
          what={what}
          name={name}
          value={value}
          place={at(place, name)}
          isFree={(to) => to !== "" && !Object.hasOwn(record, to) && !hidden.includes(to)}
          onName={(to) => rename(name, to)}
          // An empty value stays: only the button removes the row.
          onValue={(next) => onRecord({ ...record, [name]: next ?? "" }, at(place, name))}
          onRemove={() => onRecord(Object.fromEntries(Object.entries(record).filter(([one]) => one !== name)))}
        />
      ))}
      {readOnly === null && (
        <div>
          <button type="button" className="btn small" onClick={add}>{PARTS[what].add}</button>
        </div>
      )}
    </div>
  );
}

interface KeyValueProps extends NameFieldProps {
  value: unknown;
  place: string;
  onValue(value: unknown): void;
  onRemove(): void;
}

function KeyValue({ value, place, onValue, onRemove, ...naming }: KeyValueProps) {
  const { readOnly } = useEditor();
  const { what, name } = naming;
  const [before, setBefore] = useState(() => kindOfValue(value));
  const kind = kindAfter(before, value);
  const label = say("Value of {name}", { name });
  const choose = (next: ValueKind) => {
    setBefore(next);
    onValue(asKind(value, next));
  };
  return (
    <div className="fl-keyvalue">
      <NameField {...naming} />
      {kind === "json"
        ? <JsonField label={label} place={place} value={value} onValue={onValue} />
        : <ExpressionField label={label} place={place} value={value} kind={kind} onValue={onValue} />}
      {readOnly === null && (
        <div className="row">
          <select
            aria-label={say("Type of {name}", { name })}
            value={kind}
            onChange={({ target }) => choose(target.value as ValueKind)}
          >
            {KINDS.map(([key, words]) => <option key={key} value={key}>{words}</option>)}
          </select>
          <button type="button" className="btn small danger" onClick={onRemove}>
            {say("Remove")}
            <span className="visually-hidden">{PARTS[what].called} {name}</span>
          </button>
        </div>
      )}
    </div>
  );
}

interface NameFieldProps {
  what: PartName;
  name: string;
  isFree(to: string): boolean;
  onName(to: string): void;
}

/** Applied when the field loses focus: each letter typed would otherwise be a name of its own. */
function NameField({ what, name, isFree, onName }: NameFieldProps) {
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
        {say("Name")}
        <span className="visually-hidden">{PARTS[what].of}</span>
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
