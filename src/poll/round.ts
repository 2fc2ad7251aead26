/** One round of polling a list: page by page it compares what is there with the last look, tells the difference, then takes note. */

import { hash } from "node:crypto";
import type { ReadList } from "../bootstrap/lists.ts";
import type { Pace } from "../bootstrap/pace.ts";
import { type Entity, type PageAnswer, readPage } from "../bootstrap/read_list.ts";
import type { Clock } from "../clock.ts";
import type { ClockifyClient } from "../clockify/client.ts";
import type { CallInstallation } from "../clockify/request.ts";
import type { CredentialSource } from "../installations/credentials.ts";
import type { Family } from "./families.ts";
import type { PollStore, Round, SeenNow } from "./store.ts";
import type { TellEvents } from "./tell.ts";

export interface RoundDeps {
  store: PollStore;
  client: ClockifyClient;
  credentials: Pick<CredentialSource, "forget">;
  tell: TellEvents;
  clock: Clock;
  pollMs: number;
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
  /** Event types whose way is polling. */
  polled: ReadonlySet<string>;
  pace: Pace;
  maxPages: number;
  requestId: string;
  /** End of the claim's time. */
  untilMs: number;
  signal: AbortSignal;
}

/** When to go on. `stop`: with no other list before that. */
export interface RoundEnd {
  dueInMs: number;
  stop: boolean;
}

/** A round that would be due within this time is due. */
const SOON_MS = 1_000;
const MISSING_BATCH = 200;

interface Look {
  work: FamilyWork;
  deps: RoundDeps;
  round: Round;
  /** Types of the events that were told. */
  told: string[];
  entities: number;
}

type Stop = { kind: "later"; dueInMs: number } | { kind: "error"; message: string };

/** Goes on with the list's round, or begins the next one when it is due. */
export async function readRound(work: FamilyWork, deps: RoundDeps): Promise<RoundEnd> {
  const { store, pollMs } = deps;
  const { id, generation } = work.installation;
  let round = await store.round(id, work.family.entityType, generation);
  if (round.endedForMs !== undefined) {
    const dueInMs = pollMs - round.endedForMs;
    if (dueInMs > SOON_MS) return { dueInMs, stop: false };
    round = await store.nextRound(round, { confirming: false });
  }
  for (;;) {
    const look: Look = { work, deps, round, told: [], entities: 0 };
    const stop = await readPages(look);
    const unsure = stop ? false : await tellMissing(look);
    const error = stop?.kind === "error" ? stop.message : undefined;
    if (stop?.kind !== "later") {
      await store.end(look.round, { events: work.family.events.filter((type) => work.polled.has(type)), error });
    }
    report(look, error);
    if (stop?.kind === "later") return { dueInMs: stop.dueInMs, stop: true };
    if (!unsure || round.confirming) return { dueInMs: pollMs, stop: false };
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
  const left = parents.filter((parentId) => parentId >= atParent);
  for (const [index, parentId] of left.entries()) {
    let page = parentId === atParent ? atPage : 1;
    while (page > 0) {
      if (deps.clock.now() >= work.untilMs) return { kind: "later", dueInMs: 0 };
      const answer = await ask(work, deps, { list: work.list, parentId, page });
      if (answer.kind !== "page" && answer.kind !== "parent_gone") return stopOf(answer, look);
      const seen = await compare(look, answer.kind === "page" ? answer.entities : []);
      const last = answer.kind === "parent_gone" || (answer.last ?? !seen.anyNew);
      const cut = !last && page >= work.maxPages;
      page = last || cut ? 0 : page + 1;
      const following = page === 0 ? left[index + 1] : undefined;
      const next = {
        ...following === undefined ? { parentId, page } : { parentId: following, page: 1 },
        truncated: look.round.truncated || cut,
      };
      await deps.store.savePage(look.round, { entities: seen.entities, next });
      look.round = { ...look.round, ...next, pages: look.round.pages + 1 };
      look.entities += seen.entities.length;
    }
  }
  return undefined;
}

/** Ids of the entities that the list hangs on, in order; one empty id where it hangs on none. */
async function parentsOf({ work, deps, ...look }: Look): Promise<string[] | Stop> {
  const { parentList } = work;
  if (!parentList) return [""];
  const ids = new Set<string>();
  for (let page = 1; page <= work.maxPages; page++) {
    const answer = await ask(work, deps, { list: parentList, parentId: "", page });
    if (answer.kind === "parent_gone") break;
    if (answer.kind !== "page") return stopOf(answer, { work, deps, ...look });
    const before = ids.size;
    for (const { id } of answer.entities) ids.add(id);
    if (answer.last ?? ids.size === before) break;
  }
  return [...ids].sort();
}

function ask(
  { installation, pace, signal }: FamilyWork,
  { client }: RoundDeps,
  place: { list: ReadList; parentId: string; page: number },
): Promise<PageAnswer> {
  return readPage(client, { ...place, installation, pace, signal });
}

function stopOf(answer: Exclude<PageAnswer, { kind: "page" | "parent_gone" }>, { work, deps }: Look): Stop {
  if (answer.kind === "wait") return { kind: "later", dueInMs: answer.delayMs };
  if (answer.kind === "refused" && answer.status === 401) deps.credentials.forget(work.installation.id);
  return { kind: "error", message: answer.error.message };
}

/** Tells what is new or changed in a page, and only then gives what is to be noted: a kill in between repeats it. */
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
  const changed = now.filter(({ id, sha256 }) => before.get(id)?.sha256 !== sha256);
  await tell(look, changed.map(({ id, body }) => ({ before: before.get(id)?.body, after: body })));
  return { entities: now, anyNew: now.some(({ id }) => !before.get(id)?.inRound) };
}

/**
 * Tells what the list does not have any more. Entities move to an earlier page when one before them is deleted while the
 * list is read, so of a list of several pages only what two rounds in a row missed is gone. True when another look is due.
 */
async function tellMissing(look: Look): Promise<boolean> {
  const { round, deps: { store } } = look;
  if (round.truncated) return false;
  const enough = round.pages > 1 ? 2 : 1;
  let unsure = false;
  for (let after = "";;) {
    const missing = await store.missing(round, { after, limit: MISSING_BATCH });
    const gone = missing.filter(({ missed }) => missed >= enough);
    await tell(look, gone.map(({ body }) => ({ before: body })));
    if (gone.length > 0) await store.forget(round, gone.map(({ id }) => id));
    unsure ||= gone.length < missing.length;
    if (missing.length < MISSING_BATCH) return unsure;
    after = missing.at(-1)!.id;
  }
}

/** A type is told of when it was polled at the last round too: what was noted before then is no news. */
async function tell(look: Look, changes: Parameters<Family["eventOf"]>[0][]): Promise<void> {
  const { round, work: { family, installation, polled, requestId } } = look;
  if (round.baseline) return;
  const active = new Set(round.events.filter((type) => polled.has(type)));
  const events = changes.flatMap((change) => family.eventOf(change, installation.workspaceId) ?? [])
    .filter(({ eventType }) => active.has(eventType));
  await look.deps.tell(installation, events, requestId);
  look.told.push(...events.map(({ eventType }) => eventType));
}

function report({ work, deps, told, entities }: Look, error: string | undefined) {
  const { id, workspaceId } = work.installation;
  deps.observer.polled({
    installationId: id,
    workspaceId,
    family: work.family.entityType,
    entities,
    events: told,
    error,
  });
}
