/** An issue: one cause for which runs or events are given up, however often, and what people said of it. */

import type { LetterKind } from "../replay/letter_cause.ts";
import type { RunRow } from "../runs/list.ts";

/** muted: it is not counted, whatever happens; resolved: it was over when a person said so, and has not happened since. */
export const ISSUE_STATES = ["open", "muted", "resolved"] as const;
export type IssueState = (typeof ISSUE_STATES)[number];

/** Of what keeps failing. */
export interface Cause {
  id: string;
  kind: LetterKind;
  /** All that stand, and of these those that ended since the issue was resolved; the same where it never was. */
  total: number;
  fresh: number;
  firstAt: Date;
  freshFirstAt: Date | null;
  lastAt: Date;
  /** Dead letters, the newest first, at most NAMED. */
  letterIds: number[];
}

export interface Issue {
  id: string;
  kind: LetterKind;
  state: IssueState;
  /** Those that stand; of an open or muted issue since it was resolved last. */
  count: number;
  firstAt: Date;
  lastAt: Date;
  /** Only what was given up from then on is of this issue; null: all. */
  since: Date | null;
  /** It was resolved, and happened again. */
  cameBack: boolean;
  /** Null where it is not muted, and where it is for ever. */
  mutedUntil: Date | null;
  /** Who muted or resolved it last. */
  person: string | null;
  /** Of the newest: the sentence of its error, and the kind of its job. */
  words: string | null;
  job: string;
  /** The newest run; null: none, or retention took it. */
  run: RunRow | null;
  /** The newest, at most NAMED. */
  examples: { letterId: number; at: Date; runId: string | null; event: { id: number; eventType: string } | null }[];
}

/** What a person said of an issue. */
export interface Mark {
  mutedAt: Date | null;
  mutedUntil: Date | null;
  resolvedAt: Date | null;
  person: string;
}

/** What a person says of an issue: `until` null is for ever. */
export type Wish = { state: "open" | "resolved" } | { state: "muted"; until: Date | null };

/** Examples of an issue. */
export const NAMED = 5;

export function stateOf(
  { fresh }: Pick<Cause, "fresh">,
  { mark, now }: { mark: Mark | undefined; now: Date },
): IssueState {
  if (mark?.mutedAt && (mark.mutedUntil === null || mark.mutedUntil > now)) return "muted";
  return fresh > 0 ? "open" : "resolved";
}
