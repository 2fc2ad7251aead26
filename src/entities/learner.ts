/**
 * Writes what is learnt of entities from events and own writes into the cache, in batches, beside the work that learnt
 * it.
 */

import { createBatcher } from "../db/batcher.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import { jsonText } from "../base/json_text.ts";
import type { Clock } from "../base/clock.ts";
import { toAppError } from "../base/errors.ts";
import { textOf } from "../ingest/delivery.ts";
import type { Ingest } from "../ingest/ingest.ts";
import type { Logger } from "../telemetry/log.ts";
import { type Lesson, lessonOfEvent, teaches } from "./lessons.ts";

export interface Learner {
  /** Takes note and returns at once. What cannot be written is left to the next read of the lists. */
  learn(installationId: number, lessons: readonly Lesson[]): void;
  /** The same, to be waited for: rejects when it cannot be written. */
  learnNow(installationId: number, lessons: readonly Lesson[]): Promise<void>;
}

interface Item extends Lesson {
  installationId: number;
}

const MAX_BATCH = 100;
/** More are not kept waiting: the database is away, or a workspace is being remade. */
const MAX_WAITING = 2_000;

export function createLearner(
  { db, clock, log }: { db: Pick<Database, "scoped">; clock: Clock; log: Logger },
): Learner {
  const batcher = createBatcher<Item, void>({
    purpose: "note what was learnt of an entity",
    clock,
    maxItems: MAX_BATCH,
    maxInFlight: 1,
    maxWaiting: MAX_WAITING,
    take: takeOnePerEntity,
    flush: async (items) => {
      await save(db, items);
      return items.map(() => undefined);
    },
  });
  const submit = (installationId: number, lessons: readonly Lesson[]) =>
    lessons.map((lesson) => batcher.submit({ ...lesson, installationId }));
  return {
    learn: (installationId, lessons) => {
      for (const noted of submit(installationId, lessons)) {
        noted.catch((error) =>
          log.debug("entity.not_learnt", { installation_id: installationId, code: toAppError(error).code })
        );
      }
    },
    learnNow: async (installationId, lessons) => void (await Promise.all(submit(installationId, lessons))),
  };
}

/** The ingest with what its events teach noted after their commit: nothing is added for the types that teach nothing. */
export function learnFromEvents(ingest: Ingest, { learn }: Pick<Learner, "learn">): Ingest {
  return {
    ...ingest,
    receive: (delivery) => {
      const received = ingest.receive(delivery);
      const { installationId, eventType } = delivery;
      if (!teaches(eventType)) return received;
      return received.then((receipt) => {
        const text = receipt.duplicate ? undefined : textOf(delivery);
        const lesson = text === undefined ? undefined : lessonOfEvent(eventType, parse(text));
        if (lesson) learn(installationId, [lesson]);
        return receipt;
      });
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** One statement cannot change a row twice; a second lesson about an entity waits for the next batch, so their order stays. */
function takeOnePerEntity(waiting: Item[], maxItems: number): Item[] {
  const taken = new Map<string, Item>();
  const left: Item[] = [];
  for (const item of waiting) {
    const key = `${item.installationId} ${item.entityType} ${item.id}`;
    if (taken.size < maxItems && !taken.has(key)) taken.set(key, item);
    else left.push(item);
  }
  waiting.splice(0, waiting.length, ...left);
  return [...taken.values()];
}

async function save(db: Pick<Database, "scoped">, items: readonly Item[]): Promise<void> {
  const scope = { installationIds: items.map(({ installationId }) => installationId) };
  await db.scoped(scope, async (sql) => {
    for (const kind of new Set(items.map((item) => item.kind))) {
      const rows = items.filter((item) => item.kind === kind).map((item) => ({
        i: item.installationId,
        t: item.entityType,
        k: item.id,
        p: item.parentId ?? "",
        o: item.source,
        b: item.body,
      }));
      await sql`
        insert into entity_cache as old (installation_id, workspace_id, entity_type, entity_id, parent_id, operation_id, body,
          read_number, pass, learnt_at, deleted_at)
        select i, installation.workspace_id, t, k, p, o, b, coalesce(read_number, 0), 0, now(),
          case when ${kind === "gone"} then now() end
        from json_to_recordset(${jsonText(rows)}::text::json) as row(i bigint, t text, k text, p text, o text, b json)
        join installation on installation.id = i and installation.status <> 'uninstalled'
        left join bootstrap_state state on state.installation_id = i
        order by i, t, k
        on conflict (installation_id, entity_type, entity_id) do ${change(sql, kind)}`;
    }
  });
}

/** What becomes of a row that is there. */
function change(sql: TransactionSql, kind: Lesson["kind"]) {
  const learnt = sql`operation_id = excluded.operation_id, fetched_at = now(), learnt_at = now()`;
  const merged = sql`update set ${learnt}, body = (old.body::jsonb || excluded.body::jsonb)::json`;
  switch (kind) {
    case "whole":
      return sql`update set ${learnt}, body = excluded.body, parent_id = excluded.parent_id, deleted_at = null`;
    case "part":
      return sql`${merged} where old.deleted_at is null`;
    case "back":
      return sql`${merged}, deleted_at = null`;
    case "new":
      return sql`nothing`;
    case "gone":
      return sql`update set learnt_at = now(), deleted_at = now() where old.deleted_at is null`;
  }
}
