/** A list with the opened one beside it (split.css): its rows by keys. */

import "./split.css";

/** Moves the focus so many rows on, to the first where none has it. */
export function focusRow(by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>(".split-row")];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)]?.focus();
}
