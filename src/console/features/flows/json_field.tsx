/** A value as JSON, in several lines: kept as typed, parsed as soon as it is valid. */

import { useEffect, useId, useState } from "react";
import { isExpression, textOf } from "./draft/value_kinds.ts";
import { isUnparsed, parseJson } from "../../ui/unparsed_json.ts";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { LiveValue } from "./expression_field.tsx";

export function JsonField(
  { label, place, value, onValue }: {
    label: string;
    place: string;
    value: unknown;
    /** Undefined when the field was emptied. */
    onValue(value: unknown): void;
  },
) {
  const { readOnly } = useEditor();
  const { faults, invalid, id } = useFaults(place);
  const input = useId();
  const [text, setText] = useState(() => pretty(value));
  // Undo, or a change from elsewhere, replaces the text; text typed here stays as typed.
  useEffect(() => {
    if (JSON.stringify(valueIn(text)) !== JSON.stringify(value) || isUnparsed(value)) setText(pretty(value));
  }, [value]);
  const type = (typed: string) => {
    setText(typed);
    onValue(valueIn(typed));
  };
  return (
    <div className="fl-field">
      <label className="field" htmlFor={input}>
        <span>{label}</span>
      </label>
      <textarea
        id={input}
        rows={Math.min(14, Math.max(3, text.split("\n").length))}
        value={text}
        onChange={({ target }) => type(target.value)}
        readOnly={readOnly !== null}
        aria-invalid={invalid || undefined}
        aria-describedby={id}
        data-at={place}
        spellCheck={false}
      />
      <LiveValue place={place} />
      <FaultText faults={faults} id={id} />
    </div>
  );
}

function valueIn(text: string): unknown {
  if (text.trim() === "") return undefined;
  return isExpression(text) ? text : parseJson(text);
}

function pretty(value: unknown): string {
  return typeof value === "object" && value !== null && !isUnparsed(value)
    ? JSON.stringify(value, null, 2)
    : textOf(value);
}
