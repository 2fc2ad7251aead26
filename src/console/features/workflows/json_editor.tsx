/** A definition as JSON text, with each fault at its line: a click puts the cursor there. */

import { useId, useRef } from "react";
import type { Fault } from "../../shell/client.ts";
import { lineOf, linesOf } from "./json_places.ts";
import { say, sayCount } from "../../words/say.ts";

export interface LineFault {
  line: number;
  /** Place as the server names it; absent where the text is no JSON. */
  path?: string;
  message: string;
}

/** The server's faults with the lines of the text that was sent. */
export function toLineFaults(faults: readonly Fault[], text: string): LineFault[] {
  const lines = linesOf(text);
  return faults.map(({ path, message }) => ({ path, message, line: lineOf(path, lines) }))
    .sort((a, b) => a.line - b.line);
}

export function JsonEditor(
  { label, text, faults, nothing = say("nothing was saved"), readOnly, long, onText }: {
    label: string;
    text: string;
    faults: readonly LineFault[];
    /** What did not happen because of the faults. */
    nothing?: string;
    readOnly?: boolean;
    long?: boolean;
    onText(text: string): void;
  },
) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const show = (line: number) => {
    const lines = text.split("\n");
    const from = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    const element = area.current!;
    element.focus();
    element.setSelectionRange(from, from + (lines[line - 1]?.length ?? 0));
    // The line in the middle of what can be seen.
    const height = element.scrollHeight / Math.max(1, lines.length);
    element.scrollTop = Math.max(0, (line - 1) * height - element.clientHeight / 2);
  };
  return (
    <div className="wf-json">
      {faults.length > 0 && (
        <div className="alert bad stack" role="alert" id={`${id}-faults`}>
          <b>{sayCount(faults.length, "1 error", "{count} errors", { count: faults.length })}; {nothing}</b>
          <ol className="wf-faults">
            {faults.map(({ line, path, message }, index) => (
              <li key={index}>
                <button type="button" className="btn small" onClick={() => show(line)}>
                  {say("Line {line}", { line })}
                </button>{" "}
                {path && <code>{path}</code>} <bdi>{message}</bdi>
              </li>
            ))}
          </ol>
        </div>
      )}
      <label className="field" htmlFor={id}>
        <span>{label}</span>
      </label>
      <textarea
        ref={area}
        id={id}
        className={long ? "wf-long" : undefined}
        value={text}
        readOnly={readOnly}
        spellCheck={false}
        aria-invalid={faults.length > 0 || undefined}
        aria-describedby={faults.length > 0 ? `${id}-faults` : undefined}
        onChange={({ target }) => onText(target.value)}
      />
    </div>
  );
}
