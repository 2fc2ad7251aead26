/** Live tail: publishes what is new of one installation to all who watch it; one loop reads for all of them. */

import type { Clock } from "../base/clock.ts";
import type { EventRow } from "../events/rows.ts";
import { type BucketShape, newBucket, refill } from "../base/token_bucket.ts";
import type { Logger } from "../telemetry/log.ts";
import { HEARTBEAT_SECONDS, type Message, type StreamClient } from "./client.ts";
import { createSeenIds, type SeenIds } from "./seen_ids.ts";
import type { EventPlace, StreamReads } from "./read.ts";
import { type Role, type SerializeEvent, serializeOnce, type StreamJson } from "./serialize.ts";
import { type ApprovalWatch, createApprovalWatch } from "./approval_watch.ts";
import { createRunWatch, type RunWatch } from "./run_watch.ts";

export interface Watcher {
  client: StreamClient;
  role: Role;
  /** Of the installation when the login was checked: another one ends the stream. */
  generation: number;
  /** Event types to send; absent: all. */
  types?: ReadonlySet<string>;
  /** The last event that the reader knows. */
  afterId?: number;
  /** When the login ends; absent: never. */
  endsAtMs?: number;
  /** Whether it ended before that, asked for each LOGIN_LOOK_MS; a rejection is no answer. */
  isOver?(): Promise<boolean>;
}

export interface TailOptions {
  installationId: number;
  read: StreamReads;
  json: StreamJson;
  clock: Clock;
  log: Logger;
}

export interface Tail {
  /** Looks at once. */
  wake(): void;
  /** Sends a notice to all who have joined. */
  tell(message: Message): void;
  /** Resolves when no one watches any more. */
  ended: Promise<void>;
}

interface Reader extends Watcher {
  /** False until it got `hello`, which says where the stream begins. */
  joined: boolean;
  /** Rows that it may get now. */
  allowance: { tokens: number; countedAt: number };
  skipped: number;
  lastId: number;
  /** Milliseconds of the monotonic clock. */
  loginLookedAt: number;
}

const LOOK_MS = 250;
/** Looks follow each other no closer, however much is stored. */
const PAUSE_MS = 100;
/** Late events, runs and the installation itself are looked at so often. */
const SLOW_LOOK_MS = 1_000;
const FAILED_PAUSE_MS = 1_000;
/** As long as a login is taken for good without a look (access/verdicts.ts). */
const LOGIN_LOOK_MS = 5_000;
/** Events of one look; with more the next look follows at once. */
const MAX_LOOK = 5_000;
/** As many as seen_ids.ts remembers, and those of a look. */
const MAX_LATE_LOOK = 20_000;
/** Missed events that a reader gets when it comes back; with more it gets `gap`. */
const MAX_RESUMED = 1_000;
/** Rows of one message. */
const MAX_ROWS = 100;
/** Rows that one reader gets; of the rest it gets the number (`skipped`). */
const ROWS: BucketShape = { ratePerSecond: 200, burst: 200 };

/** Starts to look; `watchers` leave by the end of their streams: the caller takes them out of the set. */
export function startTail(options: TailOptions, watchers: Set<Watcher>): Tail {
  const { installationId, read, clock, log } = options;
  const readers = new Map<Watcher, Reader>();
  let woken = Promise.withResolvers<void>();
  let head = 0;
  let seen: SeenIds | undefined;
  let runs: RunWatch | undefined;
  let approvals: ApprovalWatch | undefined;
  let slowLookAt = -Infinity;

  async function begin() {
    const { events, floor, openRuns } = await read.start(installationId);
    head = events.at(-1)?.id ?? 0;
    seen = createSeenIds({ clock, floor });
    for (const { id } of events) seen.add(id);
    runs = createRunWatch({ installationId, read, openRuns });
    approvals = createApprovalWatch({ installationId, read });
    // Before anyone is greeted: what changes after `hello` is sent.
    await approvals.look();
    watchRunsOf(events);
  }

  /** One look; true when there may be more at once. */
  async function look(): Promise<boolean> {
    if (!seen) await begin();
    const now = clock.monotonicMs();
    const slow = now - slowLookAt >= SLOW_LOOK_MS;
    if (slow) slowLookAt = now;
    const places = slow ? await committedLate() : [];
    const fresh = await read.events(installationId, { after: head, limit: MAX_LOOK });
    head = fresh.at(-1)?.id ?? head;
    places.push(...fresh);
    for (const { id } of places) seen!.add(id);
    await publish(places);
    const joining = [...readers.values()].filter(({ joined }) => !joined);
    if (joining.length > 0) watchRunsOf(places);
    for (const reader of joining) await join(reader);
    if (slow) {
      await publishChanges();
      await publishApprovals();
    }
    return fresh.length === MAX_LOOK;
  }

  /** A reader that joins reads them itself, maybe before it is known what comes of them. */
  function watchRunsOf(places: readonly EventPlace[]) {
    for (const { id } of places.slice(-MAX_ROWS)) runs!.await(id);
  }

  /** Events that committed after events with higher ids (seen_ids.ts). */
  async function committedLate(): Promise<EventPlace[]> {
    const places = await read.events(installationId, { after: seen!.floor(), upTo: head, limit: MAX_LATE_LOOK });
    return places.filter(({ id }) => !seen!.has(id));
  }

  /** Each reader gets the newest rows that its allowance permits; rows are read once for all. */
  async function publish(places: readonly EventPlace[]) {
    const picks = [...readers.values()].filter(({ joined }) => joined).map((reader) => {
      const ids = places.filter((place) => wants(reader, place)).map(({ id }) => id);
      const picked = ids.slice(ids.length - Math.min(ids.length, spare(reader.allowance, clock.monotonicMs())));
      reader.allowance.tokens -= picked.length;
      reader.skipped += ids.length - picked.length;
      return { reader, picked };
    });
    const rows = await rowsOf(new Set(picks.flatMap(({ picked }) => picked)));
    for (const { reader, picked } of picks) {
      if (picked.length > 0 || (reader.skipped > 0 && spare(reader.allowance, clock.monotonicMs()) > 0)) {
        send(reader, { ids: picked, rows, head: places.at(-1)?.id ?? head });
      }
    }
  }

  async function rowsOf(ids: ReadonlySet<number>): Promise<SerializeEvent> {
    const wanted = [...ids];
    const rows = new Map<number, EventRow>();
    for (let at = 0; at < wanted.length; at += MAX_ROWS) {
      for (const row of await read.rows(installationId, wanted.slice(at, at + MAX_ROWS))) rows.set(row.id, row);
    }
    for (const { id, outcome } of rows.values()) if (outcome === "waiting") runs!.await(id);
    return serializeOnce(rows, options.json);
  }

  function send(reader: Reader, { ids, rows, head }: { ids: readonly number[]; rows: SerializeEvent; head: number }) {
    for (let at = 0; at === 0 || at < ids.length; at += MAX_ROWS) {
      const part = ids.slice(at, at + MAX_ROWS);
      const texts = part.flatMap((id) => rows(id, reader.role) ?? []);
      // An event that committed late has a lower id than those sent before.
      reader.lastId = Math.max(reader.lastId, part.at(-1) ?? head);
      reader.client.push({
        event: "events",
        id: reader.lastId,
        data: `{"events":[${texts.join()}],"skipped":${reader.skipped}}`,
        count: texts.length + reader.skipped,
      });
      reader.skipped = 0;
    }
  }

  async function join(reader: Reader) {
    const { client, afterId } = reader;
    reader.joined = true;
    reader.lastId = afterId ?? head;
    const hello = JSON.stringify({ head: String(head), heartbeat_seconds: HEARTBEAT_SECONDS });
    // A reader that comes back keeps its id until it got what it missed.
    client.push({ event: "hello", data: hello, ...(afterId === undefined && { id: head }) });
    if (afterId === undefined) return;
    const places = afterId > head ? undefined : await missedBy(afterId);
    if (!places || places.length > MAX_RESUMED) {
      reader.lastId = head;
      return client.push({ event: "gap", id: head, data: '{"missed":null}' });
    }
    const ids = places.filter((place) => wants(reader, place)).map(({ id }) => id);
    if (ids.length > 0) send(reader, { ids, rows: await rowsOf(new Set(ids)), head });
  }

  /** What is above the id, and what the reader may have missed below: an event that was committed after it had gone. */
  async function missedBy(afterId: number): Promise<EventPlace[]> {
    const { events } = await read.recent(installationId, { upTo: afterId, limit: MAX_RESUMED + 2 });
    const above = await read.events(installationId, { after: afterId, upTo: head, limit: MAX_RESUMED + 1 });
    return [...events.filter(({ id }) => id !== afterId), ...above];
  }

  async function publishChanges() {
    const { generation, changed, events } = await runs!.look();
    for (const reader of readers.values()) if (reader.generation !== generation) reader.client.end("uninstalled");
    for (let at = 0; at < changed.length; at += MAX_ROWS) {
      const rows = await read.runRows(installationId, changed.slice(at, at + MAX_ROWS));
      for (const role of ["admin", "member"] as const) {
        const data = JSON.stringify({ runs: rows.map((row) => options.json.run(row, role)) });
        for (const reader of readers.values()) {
          if (reader.joined && reader.role === role) reader.client.push({ event: "runs", data });
        }
      }
    }
    for (let at = 0; at < events.length; at += MAX_ROWS) {
      const rows = await read.rows(installationId, events.slice(at, at + MAX_ROWS));
      const settled = rows.filter(({ id, outcome }) => runs!.settle(id, outcome));
      for (const reader of readers.values()) {
        const own = settled.filter((row) => reader.joined && wants(reader, row));
        if (own.length === 0) continue;
        reader.client.push({ event: "updates", data: JSON.stringify({ events: own.map(options.json.update) }) });
      }
    }
  }

  /** Their ids alone: who may read what of one is asked for by its reader. */
  async function publishApprovals() {
    const changed = await approvals!.look();
    if (changed.length === 0) return;
    const data = JSON.stringify({ changed });
    for (const { joined, client } of readers.values()) if (joined) client.push({ event: "approvals", data });
  }

  /** Ends what is over, and keeps connections alive; also while the database is away. */
  function attend() {
    const now = clock.now();
    const nowMs = clock.monotonicMs();
    for (const [watcher, reader] of readers) {
      const { client, endsAtMs = Infinity, isOver } = reader;
      if (!watchers.has(watcher)) readers.delete(watcher);
      else if (now >= endsAtMs) client.end("token_expired");
      else client.tick();
      if (!isOver || nowMs < reader.loginLookedAt + LOGIN_LOOK_MS) continue;
      reader.loginLookedAt = nowMs;
      void isOver().then((over) => over && client.end("token_expired"), () => {});
    }
    for (const watcher of watchers) {
      if (readers.has(watcher)) continue;
      readers.set(watcher, {
        ...watcher,
        joined: false,
        allowance: newBucket(ROWS, nowMs),
        skipped: 0,
        lastId: 0,
        loginLookedAt: nowMs,
      });
    }
  }

  async function rest(ms: number, { wakeable }: { wakeable: boolean }) {
    const timer = new AbortController();
    const slept = clock.sleep(ms, timer.signal).catch(() => {});
    await (wakeable ? Promise.race([woken.promise, slept]) : slept);
    timer.abort();
  }

  async function run() {
    while (watchers.size > 0) {
      attend();
      const startedAt = clock.monotonicMs();
      try {
        woken = Promise.withResolvers();
        if (await look()) continue;
        await rest(LOOK_MS, { wakeable: true });
        await rest(Math.max(0, PAUSE_MS - (clock.monotonicMs() - startedAt)), { wakeable: false });
      } catch (error) {
        log.warn("stream.failed", { installation_id: installationId, error });
        await rest(FAILED_PAUSE_MS, { wakeable: false });
      }
    }
  }

  return {
    wake: () => woken.resolve(),
    tell: (message) => {
      for (const { client, joined } of readers.values()) if (joined) client.push(message);
    },
    ended: run(),
  };
}

function wants({ types }: Watcher, { eventType }: { eventType: string }): boolean {
  return types === undefined || types.has(eventType);
}

/** Whole tokens of the bucket now. */
function spare(bucket: Reader["allowance"], now: number): number {
  refill(bucket, ROWS, now);
  return Math.floor(bucket.tokens);
}
