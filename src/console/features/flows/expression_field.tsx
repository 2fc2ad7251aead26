/** A field for a value or an expression: completion while it is typed, and what it gives on the sample event. */

import { useLayoutEffect, useMemo, useRef, useState } from "react";
import { Combobox, type ComboItem } from "../../ui/combobox.tsx";
import { completed, completionAt, resultPaths, shown, type Suggestion } from "./draft/completion.ts";
import { textOf, type ValueKind, valueOf } from "./draft/value_kinds.ts";
import { FaultText, stepOfResult, useEditor, useFaults, valuesAt, waitsAt } from "./editor_context.tsx";

export interface ExpressionFieldProps {
  label: string;
  hideLabel?: boolean;
  place: string;
  value: unknown;
  kind: ValueKind;
  /** Undefined when the field was emptied. */
  onValue(value: unknown): void;
  /** Position of the step it belongs to: results of those before it are offered. */
  step: number;
  required?: boolean;
  placeholder?: string;
}

type Item = ComboItem & { suggestion: Suggestion };

export function ExpressionField(props: ExpressionFieldProps) {
  const { readOnly } = useEditor();
  const { faults, invalid, id } = useFaults(props.place);
  const known = useSuggestions(props.step);
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
  // With the picked text, before anything else is typed.
  useLayoutEffect(() => {
    if (jump === undefined) return;
    input.current?.setSelectionRange(jump, jump);
    setJump(undefined);
  }, [jump]);
  return (
    <div className="fl-field">
      <Combobox
        label={props.required ? `${props.label} (required)` : props.label}
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
      <LiveValue place={props.place} text={text} />
      <FaultText faults={faults} id={id} />
    </div>
  );
}

/** What the place gives; of a list or an object each part that holds an expression. */
export function LiveValue({ place, text }: { place: string; text?: string }) {
  const { dryRun } = useEditor();
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
              ? `known after ${stepOfResult(needs)} has run`
              : value === undefined
              ? "= no value: the field is left out"
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

/** Paths of the event, results of the steps before `step`, and functions. */
function useSuggestions(step: number): Suggestion[] {
  const { vocabulary, draft, eventPaths } = useEditor();
  const earlier = draft.steps.slice(0, step).map(({ action }) => action);
  const named = JSON.stringify(earlier.map((action) => [action.id, action.type === "clockify" && action.operation_id]));
  return useMemo(() => {
    const results = resultPaths(earlier, vocabulary);
    const functions = vocabulary.functions.map(({ name, signature, description }): Suggestion => ({
      text: name,
      kind: "function",
      detail: `${signature}: ${description}`,
    }));
    return [...eventPaths, ...results, ...functions];
  }, [named, eventPaths, vocabulary]);
}
