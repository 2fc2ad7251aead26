/** Errors of the flow, each with a link to its row and field. */

import { type Ref, useMemo } from "react";
import { flushSync } from "react-dom";
import type { Fault } from "../../shell/client.ts";
import { say, sayCount } from "../../words/say.ts";
import { useEditor } from "./editor_context.tsx";
import { enclosingPaths } from "./draft/paths.ts";
import { placeWords } from "./draft/rows.ts";

export function FaultList(
  { faults, what, headingRef }: {
    faults: readonly Fault[];
    /** What was not done because of them. */
    what: "saved" | "published";
    headingRef: Ref<HTMLHeadingElement>;
  },
) {
  if (faults.length === 0) return null;
  return (
    <div className="panel alert bad stack" role="group" aria-label={say("Errors")}>
      <h2 className="fl-title" ref={headingRef} tabIndex={-1}>
        {what === "saved"
          ? sayCount(faults.length, "Not saved: 1 error", "Not saved: {count} errors", { count: faults.length })
          : sayCount(faults.length, "Not published: 1 error", "Not published: {count} errors", {
            count: faults.length,
          })}
      </h2>
      <Hints hints={faults} />
    </div>
  );
}

const MAX_SHOWN = 50;

/** Sentences, each with a link to its field. */
export function Hints({ hints }: { hints: readonly Fault[] }) {
  const { draft, show } = useEditor();
  const shown = useMemo(() => hints.slice(0, MAX_SHOWN), [hints]);
  return (
    <>
      <ol className="fl-faults">
        {shown.map(({ path, message }, index) => (
          <li key={index}>
            <button type="button" className="fl-link" onClick={() => show(path)}>{placeWords(draft, path)}</button>{" "}
            {message}
          </li>
        ))}
      </ol>
      {hints.length > shown.length && (
        <p className="muted">{say("And {count} more.", { count: hints.length - shown.length })}</p>
      )}
    </>
  );
}

/** Warnings of a stored flow: it may fail when it runs. */
export function SavedHints(
  { hints, isJustSaved, onClose }: { hints: readonly Fault[]; isJustSaved: boolean; onClose(): void },
) {
  return (
    <div
      className="panel alert stack"
      role="status"
      aria-label={isJustSaved ? say("Saved, with warnings") : say("Warnings")}
    >
      <div className="row">
        <h2 className="fl-title grow">
          {isJustSaved && `${say("Saved.")} `}
          {sayCount(hints.length, "1 warning", "{count} warnings", { count: hints.length })}
        </h2>
        <button type="button" className="btn plain small" onClick={onClose}>
          {say("Close")}
          <span className="visually-hidden">{say("the warnings")}</span>
        </button>
      </div>
      <Hints hints={hints} />
    </div>
  );
}

/** Renders `change` and focuses its field at once: a later focus would interrupt typing. */
export function addAndShow(change: () => void, path: string, block: ScrollLogicalPosition = "nearest") {
  flushSync(change);
  showPlace(path, block);
}

/** Opens the sections around the path, and focuses its field, or the row that it is in. */
export function showPlace(path: string, block: ScrollLogicalPosition = "center") {
  const places = [...document.querySelectorAll<HTMLElement>("[data-at]")];
  for (const inner of enclosingPaths(path)) {
    const element = places.find(({ dataset }) => dataset.at === inner && dataset.at !== "") ??
      (inner === "" ? document.getElementById("fl-add-step") : null);
    if (!element) continue;
    for (let around = element.parentElement; around; around = around.parentElement) {
      if (around instanceof HTMLDetailsElement) around.open = true;
    }
    const isField = /^(INPUT|SELECT|TEXTAREA|BUTTON)$/.test(element.tagName);
    const field = isField ? element : element.querySelector<HTMLElement>(`[data-at="${CSS.escape(inner)}"]`);
    const target = field ?? element;
    target.scrollIntoView({ block });
    target.focus({ preventScroll: true });
    return;
  }
}
