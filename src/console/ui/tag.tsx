/** A state as a coloured word: the word alone is enough to understand it. */

import { say } from "../words/say.ts";

export type Tone = "ok" | "bad" | "warn" | "wait" | "idle";

export function Tag(
  { tone, live, children, title }: { tone: Tone; live?: boolean; children: React.ReactNode; title?: string },
) {
  return <span className={`tag ${tone}${live ? " live" : ""}`} title={title}>{children}</span>;
}

/** States of runs, by name. */
export const RUN_TONES: Record<string, Tone> = {
  pending: "wait",
  running: "wait",
  waiting: "wait",
  completed: "ok",
  failed: "bad",
  cancelled: "idle",
};

/** The same states in one word, for narrow places. */
export const RUN_STATES: Record<string, string> = {
  pending: say("Queued"),
  running: say("Running"),
  waiting: say("Waiting"),
  completed: say("Completed"),
  failed: say("Failed"),
  cancelled: say("Cancelled"),
};

/** The same, as they are named, behind the name of what ran. */
export const RUN_WORDS: Record<string, string> = {
  pending: say("pending"),
  running: say("running"),
  waiting: say("waiting"),
  completed: say("completed"),
  failed: say("failed"),
  cancelled: say("cancelled"),
};
