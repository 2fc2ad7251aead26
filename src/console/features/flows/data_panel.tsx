/** Data of the sample, by where it comes from: a value is dragged into a field of the chosen step, or put into it by a press. */

import { useEffect, useRef } from "react";
import { durationWords, readDuration } from "../../../engine/duration.ts";
import { useFormat } from "../../ui/format.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { say } from "../../words/say.ts";
import type { Suggestion } from "./draft/completion.ts";
import { rowOf } from "./draft/outline.ts";
import { namesAt } from "./draft/scope.ts";
import { pathWords } from "./draft/words.ts";
import { useEditor } from "./editor_context.tsx";
import { isValue } from "./sample_data.tsx";

/** Shown of the event at first. */
const FIRST = 12;
const MAX_SHOWN = 80;
/** Fields that take an expression (combobox.tsx). */
const FIELDS = ".fl-inspector .combobox input.mono:not([readonly])";
/** Of what is dragged: the path alone, beside the text in braces that goes into any field. */
const PATH_TYPE = "application/x-timewire-path";

export function DataPanel() {
  const { draft, eventPaths, vocabulary, open } = useEditor();
  const row = open === undefined ? undefined : rowOf(draft, open);
  // What the event has comes before what it lacks.
  const isEmpty = ({ detail }: Suggestion) => Number(/^(null|\[\])$/.test(detail));
  const event = eventPaths.filter(isValue).toSorted((one, other) => isEmpty(one) - isEmpty(other)).slice(0, MAX_SHOWN);
  const steps = row
    ? namesAt(draft, row.place, vocabulary).filter(({ kind }) => kind === "path").slice(0, MAX_SHOWN)
    : [];
  const insert = useInsert();
  if (event.length === 0 && steps.length === 0) return null;
  return (
    <section className="fl-datapanel" aria-label={say("Data of the sample")}>
      <h2 className="fl-title">{say("Data of the sample")}</h2>
      <p className="muted fl-note">{say("Drag a value into a field, or press it while the field is in use.")}</p>
      <Chips data={event.slice(0, FIRST)} onPick={insert} />
      {event.length > FIRST && (
        <details className="fl-more">
          <summary>{say("{count} more", { count: event.length - FIRST })}</summary>
          <Chips data={event.slice(FIRST)} onPick={insert} />
        </details>
      )}
      {steps.length > 0 && (
        <>
          <h3 className="fl-title">{say("From other steps")}</h3>
          <Chips data={steps} onPick={insert} />
        </>
      )}
    </section>
  );
}

/** A value as people say it: 9 h 12 min, yes, a name. */
function useSay(): (detail: string) => string {
  const { names } = useEditor();
  const format = useFormat();
  return (detail) => {
    const text = detail.replace(/^"(.*)"$/, "$1");
    if (text === "null" || text === "[]") return say("none");
    if (text === "true" || text === "false") return text === "true" ? say("yes") : say("no");
    if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text)) return format.dateTime(new Date(text));
    if (/^[0-9a-f]{24}$/.test(text)) return names.get(text)?.name ?? `…${text.slice(-4)}`;
    const ms = /^PT?\d/.test(text) ? readDuration(text) : undefined;
    return ms === undefined ? text : durationWords(ms);
  };
}

function Chips({ data, onPick }: { data: readonly Suggestion[]; onPick(path: string): void }) {
  const sayDetail = useSay();
  return (
    <ul className="fl-datalist">
      {data.map(({ text, detail }) => (
        <li key={text}>
          <button
            type="button"
            className="fl-datum"
            title={text}
            draggable
            onDragStart={({ dataTransfer }) => {
              dataTransfer.setData("text/plain", `{{ ${text} }}`);
              dataTransfer.setData(PATH_TYPE, text);
            }}
            onClick={() => onPick(text)}
          >
            {pathWords(text)} <small>{sayDetail(detail)}</small>
          </button>
        </li>
      ))}
    </ul>
  );
}

/**
 * Puts a path into the field that was used last, or the first of the chosen step: alone it is the value, in a text in braces. One
 * that is dropped is the value of an empty field, and stands behind the text of another.
 */
function useInsert(): (path: string) => void {
  const toast = useToast();
  const last = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const remember = ({ target }: FocusEvent) => {
      if ((target as Element).matches?.(FIELDS)) last.current = target as HTMLInputElement;
    };
    const over = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes(PATH_TYPE) && (event.target as Element).matches?.(FIELDS)) {
        event.preventDefault();
      }
    };
    const drop = (event: DragEvent) => {
      const field = event.target as HTMLInputElement;
      const path = event.dataTransfer?.getData(PATH_TYPE);
      if (!path || !field.matches?.(FIELDS)) return;
      event.preventDefault();
      // Behind what is there: the caret of before is not where it was dropped.
      field.setSelectionRange(field.value.length, field.value.length);
      put(field, path);
    };
    addEventListener("focusin", remember);
    addEventListener("dragover", over);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("focusin", remember);
      removeEventListener("dragover", over);
      removeEventListener("drop", drop);
    };
  }, []);
  return (path) => {
    const field = last.current?.isConnected ? last.current : document.querySelector<HTMLInputElement>(FIELDS);
    if (field) put(field, path);
    else toast(say("Open a step that has a field for it first"));
  };
}

function put(field: HTMLInputElement, path: string): void {
  const isEmpty = field.value === "";
  field.focus();
  const from = field.selectionStart ?? field.value.length;
  field.setRangeText(isEmpty ? path : `{{ ${path} }}`, from, field.selectionEnd ?? from, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
