/** An issue: one cause for which something is not done that should be, however often, and what people said of it. */

import type { CoverageState } from "../coverage/store.ts";
import type { Stop } from "../overview/stops.ts";
import { LETTER_KINDS, type LetterKind } from "../replay/letter_cause.ts";
import type { RunRow } from "../runs/list.ts";

/**
 * Of dead letters; refused: deliveries of a source that proved no sender; stopped: Clockify or a host is not called for a time;
 * webhook: Clockify does not send events of some types.
 */
export const ISSUE_KINDS = [...LETTER_KINDS, "refused", "stopped", "webhook"] as const;
export type IssueKind = (typeof ISSUE_KINDS)[number];

/** As an issue is named. */
export const ISSUE_ID = new RegExp(`^(?:${ISSUE_KINDS.join("|")})-[0-9a-f]{32}$`);

/** muted: it is not counted, whatever happens; resolved: it was over when a person said so, and has not happened since. */
export const ISSUE_STATES = ["open", "muted", "resolved"] as const;
export type IssueState = (typeof ISSUE_STATES)[number];

/** Of one source, for one reason. */
export interface Refused {
  sourceId: number;
  source: string;
  /** A SourceFault. */
  reason: string;
  /** The last that was accepted. */
  acceptedAt: Date | null;
}

/** Event types whose webhooks are in one state, as the last check found them. */
export interface WebhooksOff {
  state: CoverageState;
  eventTypes: string[];
  reason: string;
  nextStep: string | null;
}

/** What is wrong, by its kind: one of them. */
export interface CauseFacts {
  /** Dead letters, the newest first, at most NAMED. */
  letterIds?: number[];
  refused?: Refused;
  stop?: Stop;
  webhooks?: WebhooksOff;
}

export interface Cause extends CauseFacts {
  id: string;
  kind: IssueKind;
  /** Null: it lasts, and is not counted. */
  total: number | null;
  /** Of these what is newer than the last time that the issue was resolved; all where it never was. */
  fresh: number;
  /** Null: it is not known. */
  firstAt: Date | null;
  freshFirstAt: Date | null;
  lastAt: Date;
}

export interface Causes {
  causes: Cause[];
  /** There are more than were looked through, or more causes than are answered. */
  isCut: boolean;
}

export interface Issue {
  id: string;
  kind: IssueKind;
  state: IssueState;
  /** Those that stand; of an open or muted issue since it was resolved last. Null: it lasts, and is not counted. */
  count: number | null;
  /** Null: it is not known. */
  firstAt: Date | null;
  lastAt: Date;
  /** Only what came from then on is of this issue; null: all. */
  since: Date | null;
  /** It was resolved, and happened again. */
  cameBack: boolean;
  /** Null where it is not muted, and where it is for ever. */
  mutedUntil: Date | null;
  /** Who muted or resolved it last. */
  person: string | null;
  /** Of dead letters the sentence of the newest one's error, and the kind of its job. */
  words: string | null;
  job: string | null;
  /** The newest run; null: none, or retention took it. */
  run: RunRow | null;
  refused: Refused | null;
  stop: Stop | null;
  webhooks: WebhooksOff | null;
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

/** By issue. */
export type Marks = ReadonlyMap<string, Mark>;

/** What a person says of an issue: `until` null is for ever. */
export type Wish = { state: "open" | "resolved" } | { state: "muted"; until: Date | null };

/** Examples of an issue. */
export const NAMED = 5;
/** Causes of one answer: a person looks for no more. */
export const MAX_CAUSES = 200;

export function isLetterKind(kind: IssueKind): kind is LetterKind {
  return (LETTER_KINDS as readonly string[]).includes(kind);
}

export function stateOf(
  { fresh }: Pick<Cause, "fresh">,
  { mark, now }: { mark: Mark | undefined; now: Date },
): IssueState {
  if (mark?.mutedAt && (mark.mutedUntil === null || mark.mutedUntil > now)) return "muted";
  return fresh > 0 ? "open" : "resolved";
}
