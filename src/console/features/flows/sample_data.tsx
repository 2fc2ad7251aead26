/** Data of the sample and of earlier steps as chips with their values: a press puts one into the field. */

import { useState } from "react";
import { isOfWhole, type Suggestion } from "./draft/completion.ts";
import { pathWords } from "./draft/words.ts";
import { say } from "../../words/say.ts";

const MAX_SHOWN = 24;

export function SampleData(
  { label, known, onPick }: { label: string; known: readonly Suggestion[]; onPick(path: string): void },
) {
  const [isOpen, setOpen] = useState(false);
  if (!isOpen) {
    return (
      <button
        type="button"
        className="btn plain small fl-data-open"
        aria-expanded={false}
        onClick={() => setOpen(true)}
      >
        {say("+ Data")}
        <span className="visually-hidden">{say("for {name}", { name: label })}</span>
      </button>
    );
  }
  const shown = known.filter(isValue).slice(0, MAX_SHOWN);
  return (
    <div className="fl-data" role="group" aria-label={say("Data for {name}", { name: label })}>
      {shown.map(({ text, detail }) => (
        <button
          key={text}
          type="button"
          className="fl-datum"
          title={text}
          onClick={() => {
            setOpen(false);
            onPick(text);
          }}
        >
          {pathWords(text)} <small>{detail.replace(/^"(.*)"$/, "$1")}</small>
        </button>
      ))}
      <button type="button" className="btn plain small" onClick={() => setOpen(false)}>{say("Close")}</button>
    </div>
  );
}

/** Not whole objects, of which people mean a part; ids are found by typing. */
export function isValue({ kind, text, detail }: Suggestion): boolean {
  if (kind !== "path" || isOfWhole(detail) && !text.startsWith("$.steps")) return false;
  return !/(?:^|\.)(?:id|workspaceId)$/.test(text) && !text.startsWith("$.action_");
}
