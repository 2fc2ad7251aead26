/** What an event is about, in a few words: the names that its payload carries. */

import { EVENTS } from "../clockify/events.ts";
import { evaluatePath } from "../engine/follow_path.ts";
import { parsePath } from "../engine/path.ts";
import { REDACTED, redactText } from "../telemetry/redact.ts";
import { hasFields, isHidden } from "./payload.ts";
import { readBody } from "./read_body.ts";
import type { EventRow } from "./rows.ts";

const MAX_CHARS = 120;
const BETWEEN = " \u00b7 ";
/** Characters of a text that are looked through for what members do not see. */
const MAX_REDACTED = 2_000;
/** How many names of a list are shown. */
const MAX_LISTED = 3;

/** Each part is the first of its paths that holds text or a number. */
type Parts = readonly (readonly string[])[];

/** By the event's resource (clockify/events.ts). */
const PARTS: Readonly<Record<string, Parts>> = {
  timeEntry: [["description"], ["project.name"], ["user.name"]],
  project: [["name"], ["clientName", "client.name"]],
  task: [["name"], ["projectName", "project.name"]],
  client: [["name"]],
  tag: [["name"]],
  userGroup: [["name"]],
  user: [["name", "email"]],
  workspaceMember: [["invitedUserNames", "invitedUserEmails"], ["inviter.name"]],
  invoice: [["number"], ["clientName"], ["subject"]],
  approvalRequest: [["owner.userName"], ["dateRange.start"], ["dateRange.end"]],
  timeOffRequest: [
    ["requesterUserName", "userName", "user.name"],
    ["timeOffPeriod.period.start"],
    ["timeOffPeriod.period.end"],
  ],
  timeOffBalance: [["userName", "user.name"], ["note"], ["value"]],
  expense: [["notes"], ["projectName", "project.name"], ["date"]],
  assignment: [["userName", "user.name"], ["projectName", "project.name"], ["period.start"]],
  rate: [["userName", "modifiedEntity.name"], ["currency.code"], ["since"]],
};

/** Other systems': the words that most of them use. */
const CUSTOM: Parts = [
  ["title", "subject", "name", "summary", "message", "description", "text", "issue.title", "pull_request.title"],
  ["repository.full_name", "project.name", "channel.name", "object"],
  ["user.name", "sender.login", "author.name", "customer.name", "actor.name"],
];

/** At most 120 characters, signs of every kind kept as they came; null where the payload names nothing, or is not read. */
export function subjectOf(
  { eventType, customSource, contentType, smallBody }: Pick<
    EventRow,
    "eventType" | "customSource" | "contentType" | "smallBody"
  >,
  { redacted }: { redacted: boolean },
): string | null {
  const parts = customSource === null ? PARTS[EVENTS.get(eventType)?.resource ?? ""] : CUSTOM;
  const read = parts && smallBody ? readBody({ body: smallBody, customSource, contentType }) : undefined;
  if (!parts || !read || !hasFields(read)) return null;
  const words = parts.flatMap((paths) =>
    paths.map((path) => wordsAt(read.value, { path, redacted })).find((text) => text !== "") ?? []
  );
  return words.length === 0 ? null : cut([...new Set(words)].join(BETWEEN));
}

function wordsAt(payload: unknown, { path, redacted }: { path: string; redacted: boolean }): string {
  // The payload whole would have to be copied to hide its fields, which is most of the work for a large one.
  if (redacted && path.split(".").some(isHidden)) return "";
  const value = evaluatePath(parsePath(`$.${path}`), payload);
  const words = Array.isArray(value) ? value.slice(0, MAX_LISTED) : [value];
  return words.map((one) => plain(redacted ? redactedStart(one) : one)).filter(Boolean).join(", ");
}

/**
 * The beginning of a text that a sender may have made long; not its last word where it is cut, which could be half an
 * address.
 */
function redactedStart(value: unknown): unknown {
  if (typeof value !== "string") return value;
  return redactText(value.length <= MAX_REDACTED ? value : value.slice(0, MAX_REDACTED).replace(/\S+$/, ""));
}

/** Text as it is, the day of a time; what was hidden is left out. */
function plain(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string" || value === REDACTED) return "";
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z?$/.test(value) ? value.slice(0, 10) : value.trim();
}

/** Never through the middle of a sign. */
function cut(text: string): string {
  if (text.length <= MAX_CHARS) return text;
  const kept = text.slice(0, MAX_CHARS - 1);
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}\u2026`;
}
