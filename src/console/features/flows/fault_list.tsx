/** What is wrong with the flow, each leading to its row and field. */

import { type Ref, useMemo } from "react";
import { flushSync } from "react-dom";
import type { Fault } from "../../shell/client.ts";
import { placeInWords, wayUp } from "./draft/places.ts";

export function FaultList({ faults, headingRef }: { faults: readonly Fault[]; headingRef: Ref<HTMLHeadingElement> }) {
  if (faults.length === 0) return null;
  return (
    <div className="panel alert bad stack" role="group" aria-label="Faults">
      <h2 className="fl-title" ref={headingRef} tabIndex={-1}>
        Not saved: {faults.length === 1 ? "one thing is wrong" : `${faults.length} things are wrong`}
      </h2>
      <Hints hints={faults} />
    </div>
  );
}

const MAX_SHOWN = 50;

/** Sentences, each leading to its field. */
export function Hints({ hints }: { hints: readonly Fault[] }) {
  const shown = useMemo(() => hints.slice(0, MAX_SHOWN), [hints]);
  return (
    <>
      <ol className="fl-faults">
        {shown.map(({ path, message }, index) => (
          <li key={index}>
            <button type="button" className="fl-link" onClick={() => showPlace(path)}>{fieldInWords(path)}</button>{" "}
            {message}
          </li>
        ))}
      </ol>
      {hints.length > shown.length && <p className="muted">And {hints.length - shown.length} more.</p>}
    </>
  );
}

/** The flow is stored, now or since long, and something may still go wrong when it runs. */
export function SavedHints(
  { hints, isJustSaved, onClose }: { hints: readonly Fault[]; isJustSaved: boolean; onClose(): void },
) {
  return (
    <div className="panel alert stack" role="status" aria-label={isJustSaved ? "Saved, with hints" : "Hints"}>
      <div className="row">
        <h2 className="fl-title grow">
          {isJustSaved && "Saved. "}
          {hints.length === 1 ? "One thing" : `${hints.length} things`} to know before it runs
        </h2>
        <button type="button" className="btn plain small" onClick={onClose}>
          Close<span className="visually-hidden">the hints</span>
        </button>
      </div>
      <Hints hints={hints} />
    </div>
  );
}

/** As the form names it: what goes into the path, the query or the body is a field like any other. */
function fieldInWords(path: string): string {
  return placeInWords(path).replace(/, (path_params|query_params|body)\b\.?(?=.)/, ", ");
}

/** Draws what `change` adds to the page and moves on to its field at once: a later focus would take what is typed by then. */
export function addAndShow(change: () => void, path: string, block: ScrollLogicalPosition = "nearest") {
  flushSync(change);
  showPlace(path, block);
}

/** Opens what the place is folded into, and focuses its field, or the row that it is in. */
export function showPlace(path: string, block: ScrollLogicalPosition = "center") {
  const places = [...document.querySelectorAll<HTMLElement>("[data-at]")];
  for (const way of wayUp(path)) {
    const element = places.find(({ dataset }) => dataset.at === way && dataset.at !== "") ??
      (way === "" ? document.getElementById("fl-add-step") : null);
    if (!element) continue;
    for (let around = element.parentElement; around; around = around.parentElement) {
      if (around instanceof HTMLDetailsElement) around.open = true;
    }
    const isField = /^(INPUT|SELECT|TEXTAREA|BUTTON)$/.test(element.tagName);
    const field = isField ? element : element.querySelector<HTMLElement>(`[data-at="${CSS.escape(way)}"]`);
    const target = field ?? element;
    target.scrollIntoView({ block });
    target.focus({ preventScroll: true });
    return;
  }
}
