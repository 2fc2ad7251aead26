/** The ledger of a model test: what was sent, saved, switched and killed, and whether events, runs and effects are what must have come of it. */

import { assert, assertEquals } from "@std/assert";
import { allAttempts } from "../../src/flows/store/attempts.ts";
import type { Query } from "../../src/db/db.ts";
import type { RecordedRequest } from "../../src/simulator/request_log.ts";

/** All times in milliseconds since the epoch, of the clock that this process shares with the database. */
export interface Span {
  fromMs: number;
  toMs: number;
}

/** One delivery, sent until it was answered: `fromMs` is before its first try, `toMs` after its last. */
export interface Sent extends Span {
  entityId: string;
  body: string;
  /** 200, or the refusal. */
  status: number;
  /** Of the answer 200. */
  eventId?: string;
  duplicate: boolean;
  /** Tries without an answer: each may have been stored. */
  lost: number;
}

/** The flow was off, or the add-on away: from before the request that began it until after the answer that ended it. */
export interface Absence extends Span {
  kind: "off" | "uninstalled";
  /** From the answer that began it to the request that ended it: nothing of it may still be in force outside. */
  certain: Span;
  /** Of the installation that ended. */
  token?: string;
}

export interface Ledger {
  sent: Sent[];
  absences: Absence[];
  /** The words that the flow writes, oldest first: each from before its save until after the next one's answer. */
  words: (Span & { word: string })[];
  /** Instants before each kill. */
  killsMs: number[];
}

export interface EventFact {
  id: string;
  outcome: string | null;
  reason: string | null;
  finished_at: Date | null;
}

export interface RunFact {
  id: string;
  event_id: string;
  state: string;
  error_code: string | null;
  error_message: string | null;
  plan: unknown;
  created_at: Date;
  finished_at: Date | null;
}

export interface Facts {
  events: EventFact[];
  runs: RunFact[];
  /** Start of each attempt, by Idempotency-Key. */
  begunMs: Map<string, number>;
  openJobs: string[];
}

export function overlaps(a: Span, b: Span): boolean {
  return a.fromMs <= b.toMs && b.fromMs <= a.toMs;
}

function contains(outer: Span, inner: Span): boolean {
  return outer.fromMs <= inner.fromMs && inner.toMs <= outer.toMs;
}

export async function readFacts(sql: Query, eventType: string): Promise<Facts> {
  const attempts = await sql<{ key: string; started_at: Date }[]>`
    select run_id || '/' || path as key, min(started_at) as started_at from ${allAttempts(sql)} attempt group by 1`;
  const jobs = await sql<{ kind: string; state: string; reason: string | null }[]>`
    select kind, state, reason from job where finished_at is null and kind in ('event', 'run', 'cleanup')`;
  return {
    events: await sql<EventFact[]>`
      select id::text, outcome, reason, finished_at from event where event_type = ${eventType} order by event.id`,
    runs: await sql<RunFact[]>`
      select run.id::text, event_id::text, state, error_code, error_message, plan.body as plan, run.created_at, run.finished_at
      from run join plan on plan.id = run.plan_id order by run.created_at`,
    begunMs: new Map(attempts.map(({ key, started_at }) => [key, started_at.getTime()])),
    openJobs: jobs.map((job) => JSON.stringify(job)),
  };
}

/** Each delivery was taken, refused or recognized as it must be, and the events are those that were taken. */
export function checkDeliveries({ sent, absences }: Ledger, { events }: Facts): void {
  const away = absences.filter(({ kind }) => kind === "uninstalled");
  const latest = new Map<string, { body: string; eventId?: string } | undefined>();
  let unsure = 0;
  // Those of one entity were sent one after another.
  for (const delivery of sent) {
    const { entityId, body, status, eventId, duplicate, lost } = delivery;
    const about = JSON.stringify(delivery);
    if (status !== 200) {
      assert(away.some((one) => overlaps(one, delivery)), `refused while the add-on was installed: ${about}`);
      // A try that was lost before may be the newest that the add-on knows.
      if (lost > 0) {
        unsure++;
        latest.set(entityId, undefined);
      }
      continue;
    }
    const refusing = away.find(({ certain }) => contains(certain, delivery));
    assert(!refusing, `taken after the uninstall was answered: ${about}`);
    const known = latest.has(entityId);
    const head = latest.get(entityId);
    if (head?.body === body) {
      assertEquals([duplicate, eventId], [true, head.eventId], `a repeat is no event of its own: ${about}`);
    } else if (lost === 0 && (head || !known)) {
      assertEquals(duplicate, false, `another body is an event of its own: ${about}`);
    }
    latest.set(entityId, { body, eventId });
  }
  const taken = new Set(sent.flatMap(({ eventId }) => eventId ?? []));
  const stored = new Set(events.map(({ id }) => id));
  for (const id of taken) assert(stored.has(id), `event ${id} was acknowledged and is not stored`);
  assert(stored.size <= taken.size + unsure, `${stored.size} events of ${taken.size} deliveries`);
}

/** Each event that was taken ended in exactly one run of a version that was on meanwhile, or has the reason why not. */
export function checkRuns({ sent, absences, words }: Ledger, { events, runs, openJobs }: Facts): void {
  assertEquals(openJobs, [], "nothing is left under way");
  const firstSent = new Map<string, Sent>();
  for (const one of sent) if (one.eventId && !firstSent.has(one.eventId)) firstSent.set(one.eventId, one);
  const runsOf = Map.groupBy(runs, (run) => run.event_id);
  for (const event of events) {
    const delivery = firstSent.get(event.id);
    if (!delivery) continue;
    const made = runsOf.get(event.id) ?? [];
    const about = JSON.stringify({ event, delivery, runs: made, absences, words });
    assert(event.outcome && event.finished_at, `no final state: ${about}`);
    const decision = { fromMs: delivery.fromMs, toMs: event.finished_at.getTime() };
    const meanwhile = absences.filter((one) => overlaps(one, decision));
    if (event.outcome !== "dispatched") {
      assert(event.reason, `skipped without a reason: ${about}`);
      assertEquals(made.length, 0, `skipped, and run: ${about}`);
      const reasons = meanwhile.map(({ kind }): string => kind === "off" ? "no_flow" : "uninstalled");
      assert(reasons.includes(event.reason), `not run, though the flow was on: ${about}`);
      continue;
    }
    assertEquals(made.length, 1, `exactly one run: ${about}`);
    assert(!absences.some(({ certain }) => contains(certain, decision)), `run though the flow was off: ${about}`);
    const plan = JSON.stringify(made[0]!.plan);
    const run = words.filter(({ word }) => plan.includes(word));
    assert(run.length === 1 && overlaps(run[0]!, decision), `run with a version that was not on: ${about}`);
  }
  for (const run of runs) {
    const life = { fromMs: run.created_at.getTime(), toMs: run.finished_at?.getTime() ?? Infinity };
    const about = JSON.stringify({ run, absences });
    if (run.state === "completed") continue;
    assert(["cancelled", "failed"].includes(run.state), `no final state: ${about}`);
    assert(run.error_message, `ended without a reason: ${about}`);
    const ended = absences.some((one) => one.kind === "uninstalled" && overlaps(one, life));
    assert(ended, `not completed, though the add-on stayed: ${about}`);
  }
}

/** Bodies that took effect, by Idempotency-Key, in the order in which they came. */
export type Applied = Map<string, string[]>;

/** Every effect is a finished run's, happened once, and once more at most for each kill during its run; gives what was applied. */
export function checkEffects(
  ledger: Ledger,
  { runs, begunMs }: Facts,
  { requests, steps }: { requests: readonly RecordedRequest[]; steps: readonly string[] },
): Applied {
  const writes = requests.filter(({ method }) => method === "POST" || method === "PUT");
  const keyOf = ({ headers }: RecordedRequest) => String(headers["idempotency-key"]);
  const known = new Set(runs.flatMap(({ id }) => steps.map((step) => `${id}/${step}`)));
  for (const write of writes) assert(known.has(keyOf(write)), `a write of no run: ${keyOf(write)} ${write.body}`);
  const sends = Map.groupBy(writes, keyOf);
  const applied: Applied = new Map();
  for (const run of runs) {
    const life = { fromMs: run.created_at.getTime(), toMs: run.finished_at!.getTime() };
    const kills = ledger.killsMs.filter((atMs) => overlaps({ fromMs: atMs, toMs: atMs }, life)).length;
    for (const step of steps) {
      const key = `${run.id}/${step}`;
      const tries = sends.get(key) ?? [];
      const about = JSON.stringify({ run, kills, tries: tries.map(({ at, status, body }) => ({ at, status, body })) });
      assertEquals(new Set(tries.map(({ body }) => body)).size <= 1, true, `another body under the same key: ${about}`);
      // Refused for its token: the add-on was being uninstalled.
      const acted = tries.filter(({ status }) => status !== 401);
      assert(acted.length <= 1 + kills, `${key} was sent too often: ${about}`);
      assert(acted.every(({ status }) => status === 200 || status === 201), `${key} was refused: ${about}`);
      if (acted.length > 0) applied.set(key, acted.map(({ body }) => body));
    }
    const first = `${run.id}/${steps[0]}`;
    if (run.state === "completed") {
      assert(applied.has(first), `completed without its effect: ${JSON.stringify(run)}`);
    }
  }
  for (const { token, certain } of ledger.absences) {
    for (const { headers, at, body, status } of writes) {
      if (headers["x-addon-token"] !== token || at <= certain.fromMs) continue;
      const key = String(headers["idempotency-key"]);
      const lateMs = begunMs.get(key)! - certain.fromMs;
      assert(lateMs <= 0, `${key} began ${lateMs} ms after the uninstall was answered: ${status} ${body}`);
    }
  }
  return applied;
}
