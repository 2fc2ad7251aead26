/** A field for a value or an expression: completion while it is typed, and what it gives on the sample event. */

import { useLayoutEffect, useMemo, useRef, useState } from "react";
import { Combobox, type ComboItem } from "../../ui/combobox.tsx";
import { say, sayLabel } from "../../words/say.ts";
import { completed, completionAt, shown, type Suggestion } from "./draft/completion.ts";
import { namesAt } from "./draft/scope.ts";
import { textOf, type ValueKind, valueOf } from "./draft/value_kinds.ts";
import { SampleData } from "./sample_data.tsx";
import { FaultText, stepOfResult, useEditor, useFaults, valuesAt, waitsAt } from "./editor_context.tsx";

export interface ExpressionFieldProps {
  label: string;
  hideLabel?: boolean;
  place: string;
  value: unknown;
  kind: ValueKind;
  /** Undefined when the field was emptied. */
  onValue(value: unknown): void;
  required?: boolean;
  placeholder?: string;
}

type Item = ComboItem & { suggestion: Suggestion };

export function ExpressionField(props: ExpressionFieldProps) {
  const { readOnly } = useEditor();
  const { faults, invalid, id } = useFaults(props.place);
  const known = useSuggestions(props.place);
  const [caret, setCaret] = useState(0);
  const [jump, setJump] = useState<number>();
  const input = useRef<HTMLInputElement>(null);
  const text = textOf(props.value);
  const found = completionAt(text, Math.min(caret, text.length), known);
  const items = (found?.items ?? []).map((suggestion): Item => ({
    key: suggestion.kind + suggestion.text,
    label: suggestion.text,
    detail: suggestion.detail,
    suggestion,
  }));
  const pick = ({ suggestion }: Item) => {
    const next = completed(text, found!, suggestion);
    props.onValue(valueOf(next.text, props.kind));
    setCaret(next.caret);
    setJump(next.caret);
  };
  /** Alone it is the value itself, of its own type; within a text it stands in braces at the caret. */
  const insert = (path: string) => {
    const at = Math.min(caret, text.length);
    const next = text === "" || props.kind === "json" ? path : `${text.slice(0, at)}{{ ${path} }}${text.slice(at)}`;
    props.onValue(next);
    const end = text === "" || props.kind === "json" ? next.length : at + path.length + 6;
    setCaret(end);
    setJump(end);
    input.current?.focus();
  };
  // With the picked text, before anything else is typed.
  useLayoutEffect(() => {
    if (jump === undefined) return;
    input.current?.setSelectionRange(jump, jump);
    setJump(undefined);
  }, [jump]);
  return (
    <div className="fl-field">
      <Combobox
        label={props.required ? say("{label} (required)", { label: props.label }) : props.label}
        hideLabel={props.hideLabel}
        text={text}
        onText={(typed) => props.onValue(valueOf(typed, props.kind))}
        items={items}
        onPick={pick}
        placeholder={props.placeholder}
        readOnly={readOnly !== null}
        required={props.required}
        invalid={invalid}
        describedBy={id}
        place={props.place}
        inputRef={input}
        onCaret={setCaret}
        isCode
      />
      {readOnly === null && (props.kind === "text" || props.kind === "json") && (
        <SampleData label={props.label} known={known} onPick={insert} />
      )}
      <LiveValue place={props.place} text={text} />
      <FaultText faults={faults} id={id} />
    </div>
  );
}

/** What the place gives; of a list or an object each part that holds an expression. */
export function LiveValue({ place, text }: { place: string; text?: string }) {
  const { dryRun, draft } = useEditor();
  const values = valuesAt(dryRun, place).filter(({ at, template }) =>
    at !== place || text === undefined || template === text
  );
  if (values.length === 0) return null;
  return (
    <span className="fl-live">
      {values.slice(0, 8).map(({ at, value, problem }) => {
        const needs = waitsAt(dryRun, at);
        const part = at.slice(place.length).replace(/^\./, "");
        return (
          <span key={at} className={problem ? "fault" : undefined}>
            {part && <code>{`${part} `}</code>}
            {problem ?? (needs
              ? say("known after {step} has run", { step: stepOfResult(needs, draft) })
              : value === undefined
              ? say("= no value: the field is left out")
              : <bdi>= {whole(value)}</bdi>)}
          </span>
        );
      })}
    </span>
  );
}

function whole(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length <= 200 ? text : shown(value, 200);
}

/** Paths of the event, results of the steps before the one that the field belongs to, and functions. */
function useSuggestions(place: string): Suggestion[] {
  const { vocabulary, draft, eventPaths } = useEditor();
  const named = namesAt(draft, place, vocabulary);
  const known = JSON.stringify(named);
  return useMemo(() => {
    const functions = vocabulary.functions.map(({ name, signature, description }): Suggestion => ({
      text: name,
      kind: "function",
      detail: `${signature}: ${sayLabel(description)}`,
    }));
    return [...eventPaths, ...named, ...functions];
  }, [known, eventPaths, vocabulary]);
}
