/** Holds a page of a log or a feed against the events that were received, and gives those that were not. */

import { hash } from "node:crypto";
import { sortedJson } from "../base/sorted_json.ts";
import { deliveryIdentity } from "../clockify/events.ts";
import { type ExpectedEvent, expectedOf, type FeedKind } from "./feeds.ts";
import type { LoggedDelivery } from "./ask.ts";
import type { Counted, Held, ReconcileStore } from "./store.ts";

/** An event that is to be published. */
export interface Missed {
  eventType: string;
  /** JSON. */
  text: string;
  entityKey: string;
  /** The change happens once in the life of its entity: its delivery, should it come late, is a repeat, whatever its body. */
  once: boolean;
  /** The same for the same event, whoever finds it. */
  fingerprint: string;
}

export interface Compared {
  counted: Counted;
  missed: Missed[];
}

interface Store {
  store: Pick<ReconcileStore, "held">;
}

/** Before a delivery was answered it may have been stored, by a clock that is not Clockify's. */
const BEFORE_MS = 3_600_000;

/** Rows of the log of a webhook: each distinct body that names its entity is an event that should have been received. */
export async function countLog(
  rows: readonly (LoggedDelivery | undefined)[],
  { eventType, from, until, installationId }: { eventType: string; from: Date; until: Date; installationId: number },
  { store }: Store,
): Promise<Compared> {
  const expected = new Map<string, { text: string; entityKey: string }>();
  for (const row of rows) {
    const body = row && parse(row.body);
    const { entityKey } = deliveryIdentity(eventType, body);
    // Two spans that meet share an instant: it is the later one's.
    if (row?.at && (row.at < from || row.at >= until)) continue;
    // One that names nothing is known by its bytes alone, which a log need not keep.
    if (row && entityKey !== undefined) expected.set(sortedJson(body), { text: row.body, entityKey });
  }
  const since = new Date(from.getTime() - BEFORE_MS);
  const wanted = [...expected];
  const held = await store.held(
    installationId,
    wanted.map(([, { entityKey }]) => ({ entityKey, types: [eventType], since })),
  );
  return compare(wanted.map(([body, { text, entityKey }], index) => ({
    event: { eventType, text, entityKey, once: false, fingerprint: fingerprintOf(eventType, body) },
    same: held[index]!.filter((one) => sortedJson(parse(textOf(one))) === body),
  })));
}

/** Items of a feed. */
export async function countFeed(
  items: readonly unknown[],
  { kind, installationId, ...known }: {
    kind: FeedKind;
    installationId: number;
    delivered: ReadonlySet<string>;
    workspaceId: string;
    from: Date;
    until: Date;
  },
  { store }: Store,
): Promise<Compared> {
  const events = items.flatMap((item) => expectedOf(kind, item, known) ?? []);
  const held = await store.held(installationId, events);
  const older = kind === "updated"
    ? await store.held(installationId, events.map((event) => ({ ...event, since: null })))
    : [];
  return compare(events.map((event, index) => ({
    event: {
      eventType: event.eventType,
      text: JSON.stringify(event.body),
      entityKey: event.entityKey,
      once: kind !== "updated",
      fingerprint: fingerprintOf(event.eventType, sortedJson([event.body, event.at])),
    },
    same: held[index]!.length > 0
      ? held[index]!
      : (older[index] ?? []).slice(0, 1).filter((one) => saysAll(one, event)),
  })));
}

/** `same`: events received that are the expected one. */
function compare(pairs: readonly { event: Missed; same: readonly Held[] }[]): Compared {
  const missed = pairs.filter(({ same }) => same.length === 0).map(({ event }) => event);
  const found = pairs.filter(({ same }) => same.length > 0 && same.every(({ wasFound }) => wasFound)).length;
  return { counted: { expected: pairs.length, seen: pairs.length - missed.length - found, found }, missed };
}

/** An update of which the newest event said all says nothing new: something moved that no event is about. */
function saysAll(held: Held, { body, watched }: ExpectedEvent): boolean {
  const was = parse(textOf(held));
  return watched.every((path) => {
    const [before, now] = [at(was, path), at(body, path)];
    // What one of the two does not show says nothing.
    return before === undefined || now === undefined || sortedJson(before ?? "") === sortedJson(now ?? "");
  });
}

function at(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>(
    (found, name) => (found as Record<string, unknown> | null | undefined)?.[name],
    value,
  );
}

function textOf({ body }: Held): string {
  return new TextDecoder().decode(body);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fingerprintOf(eventType: string, body: string): string {
  return `reconciled:${hash("sha256", `${eventType} ${body}`)}`;
}
