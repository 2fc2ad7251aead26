/** The signs of the steps on a canvas, drawn as lines: fonts differ from system to system. */

import type { CanvasMark } from "./tree.ts";

/** In a square of 16 by 16. */
const LINES: Record<CanvasMark, string> = {
  start: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
  decide: "M8 2l6 6-6 6-6-6z",
  edit: "M3 13l.8-3.2L11 2.6 13.4 5 6.2 12.2z",
  send: "M4 12 12 4M6 4h6v6",
  value: "M3 6h10M3 10h10",
  store: "M3 3.5h10v9H3zM3 8h10",
  flow: "M5 3l8 5-8 5z",
  parallel: "M5 2.5v11M11 2.5v11",
  loop: "M13 8a5 5 0 1 1-1.6-3.7M12 1.5v3H9",
  wait: "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2M8 5v3.2l2.2 1.6",
  ask: "M2.5 8.5l3.5 3.5 7.5-8",
  guard: "M8 2l5 1.8v4C13 11 11 13 8 14c-3-1-5-3-5-6.2v-4z",
  end: "M4 4h8v8H4z",
};

export function Mark({ mark }: { mark: CanvasMark }) {
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" className="cv-sign">
      <path d={LINES[mark]} />
    </svg>
  );
}
