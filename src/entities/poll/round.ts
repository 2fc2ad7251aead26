/**
 * One round of polling a list: page by page it compares the list with what it held before, publishes the differences as
 * events, then stores the new state.
 */

import { hash } from "node:crypto";
import type { ReadList } from "../bootstrap/lists.ts";
import type { Pace } from "../bootstrap/pace.ts";
import { askSome, isSuspicious, type Probe } from "../bootstrap/probe.ts";
import { type Entity, type PageAnswer, readPage } from "../bootstrap/read_list.ts";
import type { Clock } from "../../base/clock.ts";
import type { ClockifyClient } from "../../clockify/client.ts";
import type { CallInstallation } from "../../clockify/request.ts";
import type { Learner } from "../learner.ts";
import { type Lesson, lessonOf } from "../lessons.ts";
import { ENTITY_TYPES } from "../names.ts";
import type { CredentialSource } from "../../installations/credentials.ts";
import type { Family } from "./families.ts";
import type { Parent } from "./parents.ts";
import type { Doubt, PollStore, Round, SeenNow } from "./store.ts";
import type { PublishEvents } from "./publish.ts";

export interface RoundDeps {
  store: PollStore;
  client: ClockifyClient;
  probe: Probe;
  credentials: Pick<CredentialSource, "forget">;
  publish: PublishEvents;
  /** Takes what a look showed of names. */
  learn: Learner["learn"];
  clock: Clock;
  observer: PollObserver;
}

export interface PollObserver {
  /** A list was looked at, whole or as far as the claim's time reached, or could not be (`error`). */
  polled(fact: {
    installationId: number;
    workspaceId: string;
    family: string;
    entities: number;
    /** Types of the events that it made. */
    events: string[];
    error?: string;
  }): void;
  /** Polling of an installation stopped for a reason of our own; it is tried again. */
  failed(installationId: number, error: unknown): void;
}

export interface FamilyWork {
  family: Family;
  list: ReadList;
  /** Of a list that hangs on another's entities. */
  parentList?: ReadList;
  installation: CallInstallation & { id: number; generation: number };
  /** Event types whose delivery path is polling. */
  polled: ReadonlySet<string>;
  /** From the end of a round to the next; twice as long while the list is empty. */
  everyMs: number;
  /** A round begins so much before its time: the next look is later by a whole interval. */
  earlyMs: number;
  pace: Pace;
  maxPages: number;
  requestId: string;
  /** End of the claim's time. */
  untilMs: number;
  signal: AbortSignal;
}

const MISSING_BATCH = 200;
/** Parents that did not change below which a round reads all the same: what hangs on them need not change them. */
const UNCHANGED_PARENTS = 10;
/** Wait for the rate budget of one look at an entity. */
const PROBE_WAIT_MS = 10_000;
const ORIGIN = { kind: "poll" } as const;

interface Look {
  work: FamilyWork;
  deps: RoundDeps;
  round: Round;
  /** Types of the events that were published. */
  published: string[];
  entities: number;
}

type Stop = { kind: "later"; waitMs: number } | { kind: "error"; message: string };

/**
 * Continues the list's round, or begins the next one when its time has come. Gives the milliseconds until it continues, with
 * no other list before that; undefined where it has ended.
 */
export async function readRound(work: FamilyWork, deps: RoundDeps): Promise<number | undefined> {
  const { store } = deps;
  const { id, generation } = work.installation;
  let round = await store.round(id, work.family.entityType, generation);
  if (round.endedForMs !== undefined) {
    if (work.everyMs * (round.empty ? 2 : 1) - round.endedForMs > work.earlyMs) return undefined;
    round = await store.nextRound(round, { confirming: false });
  }
  for (;;) {
    const look: Look = { work, deps, round, published: [], entities: 0 };
    const stop = await readPages(look);
    const { unsure, doubt } = stop ? { unsure: false, doubt: undefined } : await tellMissing(look);
    const error = stop?.kind === "error" ? stop.message : undefined;
    // What a first look misses would be news to the next one: a list of several pages is noted twice.
    const again = !stop && round.baseline && !round.confirming && look.round.pages > 1 && !work.parentList;
    if (stop?.kind !== "later") {
      const events = work.family.events.filter((type) => work.polled.has(type));
      await store.end(look.round, { events, doubt, error, again });
    }
    report(look, { error, doubt });
    if (stop?.kind === "later") return stop.waitMs;
    if (round.confirming || !(unsure || again)) return undefined;
    round = await store.nextRound(round, { confirming: true });
  }
}

/** Reads from where the round is to the end of the list, below each parent where it has one. */
async function readPages(look: Look): Promise<Stop | undefined> {
  const { work, deps } = look;
  const { parentId: atParent, page: atPage } = look.round;
  if (atPage === 0) return undefined;
  const parents = await parentsOf(look);
  if (!Array.isArray(parents)) return parents;
  const left = parents.filter(({ id }) => id >= atParent);
  for (const [index, parent] of left.entries()) {
    let page = parent.id === atParent ? atPage : 1;
    while (page > 0) {
      if (deps.clock.monotonicMs() >= work.untilMs) return { kind: "later", waitMs: 0 };
      const answer = await ask(work, deps, { list: work.list, parentId: parent.id, page });
      if (answer.kind !== "page" && answer.kind !== "parent_gone") return stopOf(answer, look);
      const seen = await compare(look, answer.kind === "page" ? answer.entities : []);
      const last = answer.kind === "parent_gone" || (answer.last ?? !seen.anyNew);
      const cut = !last && page >= work.maxPages;
      page = last || cut ? 0 : page + 1;
      const following = page === 0 ? left[index + 1]?.id : undefined;
      const next = {
        ...following === undefined ? { parentId: parent.id, page } : { parentId: following, page: 1 },
        truncated: look.round.truncated || cut,
      };
      await deps.store.savePage(look.round, {
        entities: seen.entities,
        parentId: parent.id,
        version: work.family.version,
        next,
        read: page === 0 && work.parentList ? parent : undefined,
      });
      look.round = { ...look.round, ...next, pages: look.round.pages + 1 };
      look.entities += seen.entities.length;
    }
  }
  return undefined;
}

/** The entities that the list hangs on and is to be read below, by id; one empty id where it hangs on none. */
async function parentsOf(look: Look): Promise<Parent[] | Stop> {
  const { work, deps } = look;
  const { parentList } = work;
  if (!parentList) return [{ id: "", sha256: "" }];
  const found = new Map<string, string>();
  for (let page = 1;; page++) {
    const answer = await ask(work, deps, { list: parentList, parentId: "", page });
    if (answer.kind === "parent_gone") break;
    if (answer.kind !== "page") return stopOf(answer, look);
    const before = found.size;
    // All of it, also what moves by itself: time that is tracked on a project says that it is in use.
    for (const { id, body } of answer.entities) found.set(id, hash("sha256", JSON.stringify(body), "hex"));
    if (answer.last ?? found.size === before) break;
    if (page >= work.maxPages) {
      // What hangs on the rest was not looked for.
      look.round = { ...look.round, truncated: true };
      break;
    }
  }
  const parents = [...found].map(([id, sha256]): Parent => ({ id, sha256 }));
  const due = await deps.store.dueParents(look.round, parents, { unchanged: UNCHANGED_PARENTS });
  return due.map((id) => ({ id, sha256: found.get(id)! }));
}

function ask(
  { installation, pace, signal }: FamilyWork,
  { client }: RoundDeps,
  place: { list: ReadList; parentId: string; page: number },
): Promise<PageAnswer> {
  return readPage(client, { ...place, origin: ORIGIN, installation, pace, signal });
}

function stopOf(answer: Exclude<PageAnswer, { kind: "page" | "parent_gone" }>, { work, deps }: Look): Stop {
  if (answer.kind === "wait") return { kind: "later", waitMs: answer.delayMs };
  if (answer.kind === "refused" && answer.status === 401) deps.credentials.forget(work.installation.id);
  return { kind: "error", message: answer.error.message };
}

/**
 * Publishes what is new or changed in a page, and only then gives what is to be stored: a kill in between repeats it.
 */
async function compare(look: Look, entities: Entity[]): Promise<{ entities: SeenNow[]; anyNew: boolean }> {
  const { family, installation: { workspaceId } } = look.work;
  const before = new Map(
    (await look.deps.store.lookUp(look.round, entities.map(({ id }) => id))).map((seen) => [seen.id, seen]),
  );
  const now = entities.map(({ id, body }): SeenNow => ({
    id,
    body,
    sha256: hash("sha256", JSON.stringify(family.watched(body, workspaceId)), "hex"),
  }));
  const { version } = family;
  const changed = now.filter(({ id, sha256 }) => {
    const was = before.get(id);
    // A hash of other fields says nothing: it is only replaced.
    return !was || (was.version === version && was.sha256 !== sha256);
  });
  await publish(look, changed.map(({ id, body }) => ({ before: before.get(id)?.body, after: body })));
  // The first look at a list shows what the first read of the workspace showed.
  if (!look.round.baseline) learn(look, "whole", changed);
  return { entities: now, anyNew: now.some(({ id }) => !before.get(id)?.inRound) };
}

/**
 * Reports what the list does not have any more: what two rounds in a row missed. One answer may lack what is there, since
 * entities move to an earlier page when one before them is deleted meanwhile, and since an answer may simply be wrong.
 * `unsure`: another look is needed. `doubt`: more is missing than people delete, and it is not reported yet.
 */
async function tellMissing(look: Look): Promise<{ unsure: boolean; doubt?: Doubt }> {
  const { round, deps: { store } } = look;
  if (round.truncated) return { unsure: false };
  const lacking = await store.countMissing(round, 2);
  const doubted = isSuspicious(lacking);
  const least = doubted ? await leastMissed(look) : 2;
  let unsure = false;
  for (let after = "";;) {
    const missing = await store.missing(round, { after, limit: MISSING_BATCH });
    const gone = missing.filter(({ missed }) => missed >= least);
    await publish(look, gone.map(({ body }) => ({ before: body })));
    learn(look, "gone", gone);
    if (gone.length > 0) await store.forget(round, gone.map(({ id }) => id));
    unsure ||= missing.some(({ missed }) => missed < 2);
    if (missing.length < MISSING_BATCH) break;
    after = missing.at(-1)!.id;
  }
  const left = doubted ? await store.countMissing(round, 2) : undefined;
  return { unsure, doubt: left && left.missing > 0 ? left : undefined };
}

/**
 * How many rounds in a row must have missed an entity when many are missing at once. Clockify is asked for some by their
 * ids: gone, then they are reported. Where it still has them, or does not say, none is. What cannot be asked for by id has
 * to be missing from a later round too.
 */
async function leastMissed({ round, work, deps }: Look): Promise<number> {
  const { store, probe } = deps;
  const entityType = work.family.entityType;
  if (!probe.knows(entityType)) return 3;
  const some = (await store.missing(round, { after: "", limit: MISSING_BATCH })).filter(({ missed }) => missed >= 2);
  const { installation, pace, signal } = work;
  const limits = { priority: "bulk" as const, maxWaitMs: PROBE_WAIT_MS, pace, signal };
  const call = { entityType, origin: ORIGIN, installation, ...limits };
  const asked = await askSome(probe, some.slice(0, 3), call);
  return asked.kind === "gone" ? 2 : Infinity;
}

const NAMED: ReadonlySet<string> = new Set(ENTITY_TYPES);

function learn(
  { work, deps }: Look,
  kind: "whole" | "gone",
  entities: readonly { id: string; body: Entity["body"] }[],
) {
  const { family: { entityType }, list, installation } = work;
  if (!NAMED.has(entityType)) return;
  const source = list.operation.operationId;
  const lessons = entities.flatMap(({ id, body }): Lesson | Lesson[] =>
    lessonOf({ entityType, kind, source, id, body }) ?? []
  );
  if (lessons.length > 0) deps.learn(installation.id, lessons);
}

/** A type is published when it was polled at the last round too: what was stored before then is no news. */
async function publish(look: Look, changes: Parameters<Family["eventOf"]>[0][]): Promise<void> {
  const { round, work: { family, installation, polled, requestId } } = look;
  if (round.baseline) return;
  const active = new Set(round.events.filter((type) => polled.has(type)));
  const events = changes.flatMap((change) => family.eventOf(change, installation.workspaceId) ?? [])
    .filter(({ eventType }) => active.has(eventType));
  await look.deps.publish(installation, events, requestId);
  look.published.push(...events.map(({ eventType }) => eventType));
}

function report({ work, deps, published, entities }: Look, { error, doubt }: { error?: string; doubt?: Doubt }) {
  const { id, workspaceId } = work.installation;
  deps.observer.polled({
    installationId: id,
    workspaceId,
    family: work.family.entityType,
    entities,
    events: published,
    error: error ??
      (doubt && `${doubt.missing} of ${doubt.known} are missing from the list at once: their deletion is not reported`),
  });
}
