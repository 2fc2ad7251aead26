/** Fetches from Clockify an entity that the cache lacks: once, within a rate limit, and keeps the answer. */

import type { ReadList } from "./bootstrap/lists.ts";
import type { Probe } from "./bootstrap/probe.ts";
import { entitiesOf, itemsOf, PAGE_SIZE } from "./bootstrap/read_list.ts";
import type { ClockifyClient } from "../clockify/client.ts";
import { createReminders } from "../base/bounded_cache.ts";
import type { Clock } from "../base/clock.ts";
import type { CredentialSource } from "../installations/credentials.ts";
import { createMemoryBudget } from "../limits/limits.ts";
import type { Learner } from "./learner.ts";
import { type Lesson, lessonOf } from "./lessons.ts";

export interface Requester {
  id: number;
  /** Profile key. */
  addon: string;
}

export interface FetchMissing {
  /** True when there may be more in the cache than before. */
  byName(requester: Requester, query: { type: string; q: string }): Promise<boolean>;
  /** As byName(), for ids that nothing is known of; without `type` they may be any of a few. */
  byId(requester: Requester, query: { ids: readonly string[]; type?: string }): Promise<boolean>;
}

export interface FetchMissingOptions {
  lists: readonly ReadList[];
  client: ClockifyClient;
  probe: Probe;
  credentials: Pick<CredentialSource, "get">;
  scopesOf(addon: string): readonly string[];
  learnNow: Learner["learnNow"];
  clock: Clock;
}

/** A name that was made a minute ago is found although the same text was asked for before it was there. */
const NAME_KEPT_MS = 30_000;
/** An id that Clockify does not know does not come to be. */
const ID_KEPT_MS = 3_600_000;
const UNSURE_KEPT_MS = 60_000;
const MAX_KEPT = 5_000;
/** Of one page of names, a person waits for no more. */
const MAX_IDS = 2;
/** With the statements before and after it below the timeout of a request that uses the database (2 s). */
const ANSWER_MS = 1_200;
const TURN_MS = 500;
/** Requests of one installation: flows have the rest. */
const NAMES = { ratePerSecond: 1 / 5, burst: 10 };
const IDS = { ratePerSecond: 1 / 30, burst: 6 };
/** Types that are tried for an id without a type, in this order. */
const GUESSES = ["tag", "project", "client"];

export function createFetchMissing(options: FetchMissingOptions): FetchMissing {
  const { clock, credentials, client, probe } = options;
  const names = createMemoryBudget(NAMES, clock);
  const ids = createMemoryBudget(IDS, clock);
  const searched = new Map(
    options.lists.filter(({ parent, operation }) =>
      !parent && operation.queryParams.some(({ name }) => name === "name")
    )
      .map((list) => [list.entityType, list]),
  );
  const scopes = new Map(options.lists.map(({ entityType, operation }) => [entityType, operation.scope]));
  /** Answers that still hold, by what was asked for. */
  const kept = createReminders<string>({ max: MAX_KEPT, clock });
  const inProgress = new Map<string, Promise<boolean>>();

  /** Equal requests at one moment share one call; a person waits at most ANSWER_MS. */
  async function once(key: string, work: (signal: AbortSignal) => Promise<boolean>): Promise<boolean> {
    const known = inProgress.get(key);
    if (known) return await known;
    const end = new AbortController();
    const over = new AbortController();
    clock.sleep(ANSWER_MS, over.signal).then(() => end.abort(), () => {});
    const asked = work(end.signal).catch(() => false).finally(() => {
      over.abort();
      inProgress.delete(key);
    });
    inProgress.set(key, asked);
    return await asked;
  }

  const mayRead = ({ addon }: Requester, type: string) => {
    const scope = scopes.get(type);
    return scope !== undefined && (scope === "" || options.scopesOf(addon).includes(scope));
  };

  async function searchClockify(requester: Requester, list: ReadList, { q, key, signal }: {
    q: string;
    key: string;
    signal: AbortSignal;
  }): Promise<boolean> {
    const installation = await credentials.get(requester.id);
    if (!installation) return false;
    const [page, size] = list.operation.paging;
    const answer = await client.call({
      operation: list.operation,
      queryParams: { ...list.query, name: q, ...page && size && { [page]: 1, [size]: PAGE_SIZE } },
      origin: { kind: "lookup" },
      installation,
      priority: "interactive",
      maxWaitMs: TURN_MS,
      signal,
    });
    const items = answer.kind === "ok" ? itemsOf(list, answer.data) : undefined;
    if (!items) {
      kept.add(key, UNSURE_KEPT_MS);
      return false;
    }
    // Only an answer that holds all speaks for the longer texts that begin with this one.
    kept.add(items.length < PAGE_SIZE ? `${key}*` : key, NAME_KEPT_MS);
    const { entityType, operation: { operationId } } = list;
    const lessons = entitiesOf(list, items, "").flatMap(({ id, body }): Lesson | Lesson[] =>
      lessonOf({ entityType, kind: "whole", source: operationId, id, body }) ?? []
    );
    await options.learnNow(requester.id, lessons);
    return lessons.length > 0;
  }

  async function lookForId(requester: Requester, { id, types, key, signal }: {
    id: string;
    types: readonly string[];
    key: string;
    signal: AbortSignal;
  }): Promise<boolean> {
    const installation = await credentials.get(requester.id);
    if (!installation) return false;
    let unsure = false;
    for (const entityType of types) {
      const answer = await probe.ask({
        entityType,
        id,
        parentId: "",
        origin: { kind: "lookup" },
        installation,
        priority: "interactive",
        maxWaitMs: TURN_MS,
        signal,
      });
      if (answer.kind === "exists") {
        const lesson = lessonOf({ entityType, kind: "whole", source: "look-up", id, body: answer.body });
        await options.learnNow(requester.id, lesson ? [lesson] : []);
        return lesson !== undefined;
      }
      unsure ||= answer.kind === "unknown";
    }
    kept.add(key, unsure ? UNSURE_KEPT_MS : ID_KEPT_MS);
    return false;
  }

  return {
    byName: async (requester, { type, q }) => {
      const list = searched.get(type);
      if (!list || !mayRead(requester, type)) return false;
      const text = q.toLowerCase();
      const keyOf = (part: string) => `${requester.id} name ${type} ${part}`;
      const key = keyOf(text);
      if (kept.has(key)) return false;
      for (let length = 1; length <= text.length; length++) {
        if (kept.has(`${keyOf(text.slice(0, length))}*`)) return false;
      }
      if (!inProgress.has(key) && names.take(String(requester.id)) > 0) return false;
      return await once(key, (signal) => searchClockify(requester, list, { q, key, signal }));
    },

    byId: async (requester, { ids: wanted, type }) => {
      // One that hangs on another cannot be asked for by its own id alone.
      const types = (type === undefined ? GUESSES : [type]).filter((one) =>
        one !== "task" && probe.knows(one) && mayRead(requester, one)
      );
      if (types.length === 0) return false;
      const asked = wanted.map((id) => ({ id, key: `${requester.id} id ${types.join()} ${id}` }))
        .filter(({ key }) => !kept.has(key)).slice(0, MAX_IDS)
        .filter(({ key }) => inProgress.has(key) || ids.take(String(requester.id)) === 0);
      const found = await Promise.all(
        asked.map(({ id, key }) => once(key, (signal) => lookForId(requester, { id, types, key, signal }))),
      );
      return found.includes(true);
    },
  };
}
