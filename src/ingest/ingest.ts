/** Event in, receipt out: deduplicates, stores and enqueues what arrived together in one transaction; answers after its commit. */

import type { Clock } from "../base/clock.ts";
import { createBatcher } from "../db/batcher.ts";
import { createTurns } from "../db/turns.ts";
import { type Database, databaseError, type Query, retryRolledBack } from "../db/db.ts";
import { AppError } from "../base/errors.ts";
import { EVENT_ROW_BYTES } from "../events/stored_size.ts";
import {
  DAY_SECONDS,
  type Delivery,
  isCopyOf,
  joinBodies,
  joinHeaders,
  type PreparedDelivery,
  prepareDelivery,
  type Receipt,
} from "./delivery.ts";
import { createWaitingBytes } from "./waiting_bytes.ts";
import type { Quota } from "./quota.ts";
import { insertJobs } from "../queue/enqueue.ts";
import { isAwaited } from "../signals/event_waits.ts";

export interface IngestOptions {
  db: Database;
  clock: Clock;
  /** Deliveries of one installation waiting for a commit beyond this are refused, of all beyond twice as many. */
  queueLimit: number;
  /** What did not begin to be stored by then is refused; default 1.5 s. */
  waitMs?: number;
  /** Largest body that is ever handed in; 5 MB unless given. */
  maxBodyBytes?: number;
  /** The quota of stored bytes; absent: no quota, and nothing is counted. */
  quota?: Pick<Quota, "require" | "add">;
  /** Called after a commit that left work for the queue. */
  onWork(): void;
}

export interface Ingest {
  /**
   * Stores the delivery and answers once it is committed. Throws INSTALLATION_UNKNOWN when the installation is gone or
   * newer than the verified token, STORAGE_FULL when what it has stored fills the quota; RATE_LIMITED, OVERLOADED and DATABASE_UNAVAILABLE (all retryable, within 2.7 s) when it
   * is not stored. Only where the database itself gave no answer, frozen or with its connection lost, nothing is known of a
   * statement that was sent: then DATABASE_UNAVAILABLE may stand for a delivery that is stored, and its repeat is found to
   * be one.
   */
  receive(delivery: Delivery): Promise<Receipt>;
  /** Deliveries waiting for their commit. */
  waiting(): number;
  /** Bytes of the deliveries that wait for their commit. */
  waitingBytes(): number;
}

/** What the statement gives, in one row: each row costs the driver as much as a look at all of its columns. */
interface StoredRow {
  /** `ordinal event_id kind` of each delivery, joined by commas; null where none is stored or found. */
  stored: string | null;
}

/** Kinds, beside "s": stored, and no flow waits for it. */
const REPEAT = "r";
const QUEUED = "q";

type Answer = Receipt | undefined;

const MAX_BATCH = 256;
/** 256 ordinary deliveries are 0.4 MB. Past 1 MB a batch gains no speed: 50 MB/s on PostgreSQL, 20 to 40 MB/s embedded. */
const MAX_BATCH_BYTES = 1_048_576;
/** Forty times an ordinary one; the text of larger bodies is not kept either (delivery.ts). */
const SMALL_BYTES = 65_536;
const LANES = 2;
/** Twelve of the largest bodies by default. Each is held once, and a second time while its batch is in progress. */
const WAITING_BYTES = 67_108_864;
const DEFAULT_MAX_BODY_BYTES = 5_242_880;
/**
 * What did not begin by then is refused; what did is answered STORED_MS later. With the look-up of an unknown token (2 s)
 * below the 5 s within which a sender must be answered that the database is away.
 */
const DEFAULT_WAIT_MS = 1_500;
/** A statement that began, and its commit. */
const STORED_MS = 1_200;
/**
 * A statement is begun with so much time left at least. A server ends it in that time. The embedded database ends none by
 * the clock, and stores nothing where it would begin later.
 */
const STORE_MS = 1_100;

export function createIngest(options: IngestOptions): Ingest {
  const { db, clock, queueLimit, maxBodyBytes = DEFAULT_MAX_BODY_BYTES, quota, onWork, waitMs = DEFAULT_WAIT_MS } =
    options;
  // What runs in WebAssembly hashes slower than the program does.
  const hashedBy = db.kind === "embedded" ? "program" : "database";
  const maxWaitingBytes = Math.max(WAITING_BYTES, 4 * maxBodyBytes);
  // The share of an installation bounds the number of small ones too: it never fills the queue alone.
  const waitingBytes = createWaitingBytes(maxWaitingBytes, {
    leastBytes: Math.floor(maxWaitingBytes / (2 * queueLimit)),
  });
  const line = createTurns<PreparedDelivery>({
    maxItems: MAX_BATCH,
    maxBytes: MAX_BATCH_BYTES,
    smallBytes: SMALL_BYTES,
  });
  const batcher = createBatcher<PreparedDelivery, Answer>({
    purpose: "store the delivery",
    clock,
    maxItems: MAX_BATCH,
    maxInFlight: LANES,
    maxWaiting: 2 * queueLimit,
    maxWaitMs: waitMs,
    maxAnswerMs: waitMs + STORED_MS,
    line,
    flush: async (deliveries, leftMs) => {
      for (const delivery of deliveries) delivery.isClosed = true;
      const beginMs = leftMs - STORE_MS;
      const lateAt = clock.monotonicMs() + beginMs;
      const beginBy = db.kind === "embedded" ? clock.now() + beginMs : undefined;
      const [row] = await retryRolledBack(() => {
        if (clock.monotonicMs() >= lateAt) throw begunLate();
        return storeDeliveries(db, deliveries, beginBy);
      });
      const stored = row?.stored ?? null;
      if (stored === null && beginBy !== undefined && clock.monotonicMs() >= lateAt) throw begunLate();
      const answers: Answer[] = new Array(deliveries.length);
      let work = false;
      for (const one of stored?.split(",") ?? []) {
        const [ordinal, eventId, kind] = one.split(" ");
        answers[Number(ordinal)] = { eventId: Number(eventId), duplicate: kind === REPEAT };
        work ||= kind === QUEUED;
      }
      if (work) onWork();
      return answers;
    },
  });

  return {
    receive: async (given) => {
      const { installationId } = given;
      quota?.require(installationId);
      const delivery = prepareDelivery(given, hashedBy);
      const waiting = line.lastLike(delivery);
      // A copy of one that waits is stored with it: it takes no place of its own.
      const isCopy = waiting !== undefined && isCopyOf(waiting, delivery);
      if (isCopy) waiting.copies++;
      else waitingBytes.enter(installationId, delivery.bytes);
      let receipt: Answer;
      try {
        receipt = await (isCopy ? waiting.answer : delivery.answer = batcher.submit(delivery));
      } catch (error) {
        throw databaseError(error);
      } finally {
        if (!isCopy) {
          delivery.isClosed = true;
          waitingBytes.leave(installationId, delivery.bytes);
        }
      }
      if (receipt === undefined) throw notInstalled();
      if (isCopy) return { ...receipt, duplicate: true };
      if (!receipt.duplicate) quota?.add(installationId, delivery.body.byteLength + EVENT_ROW_BYTES);
      return receipt;
    },
    waiting: () => batcher.size(),
    waitingBytes: () => waitingBytes.bytes(),
  };
}

function notInstalled(): AppError {
  return new AppError(
    "INSTALLATION_UNKNOWN",
    "Cannot accept the event: the add-on is not installed in this workspace",
  );
}

function begunLate(): AppError {
  return new AppError("DATABASE_UNAVAILABLE", "Cannot store the delivery: the database was busy for too long", {
    retryable: true,
  });
}

/**
 * One statement, one commit. The head row of entity and type decides about repeats: the upsert locks it, so of many
 * equal copies, also over several instances, one inserts and the others find it. A delivery whose hash is that of the
 * head, within its own memory, is a repeat; anything else becomes the new head. Rows are locked in key order, so that
 * two instances never wait for each other crosswise. A job is made only when an enabled flow listens for the type.
 * Begun after `beginBy` (UTC milliseconds, by a clock that the database shares), it stores nothing and gives no row.
 */
export function storeDeliveries(
  db: Pick<Database, "scopedStatement">,
  deliveries: PreparedDelivery[],
  beginBy: number | undefined,
): Promise<StoredRow[]> {
  const { text, binary, offsets } = joinBodies(deliveries);
  const headers = joinHeaders(deliveries);
  const { kinds, kindNumbers } = kindsOf(deliveries);
  const rows = deliveries.map((delivery, ordinal) => ({
    o: ordinal,
    n: kindNumbers[ordinal],
    e: delivery.entity,
    h: delivery.comparedSha256,
    r: delivery.requestId,
    p: delivery.traceparent,
    q: headers.offsets[ordinal]!,
    w: headers.offsets[ordinal + 1]! - headers.offsets[ordinal]!,
    b: !delivery.isText,
    f: offsets[ordinal],
    l: delivery.body.byteLength,
    x: rarities(delivery),
  }));
  // Few senders have them, and their parts would cost every batch.
  const bySecondName = deliveries.some(({ otherKey }) => otherKey !== undefined);
  const scope = { installationIds: deliveries.map(({ installationId }) => installationId) };
  return db.scopedStatement(scope, (sql, installations) =>
    sql<StoredRow[]>`
    with scope as materialized (
      -- The kinds come through the scope, and all else through them: nothing is read before it is set.
      select case when set_config('timewire.installations', ${installations}, true) is not null${
      beginBy === undefined ? sql`` : sql` and clock_timestamp() <= to_timestamp(${beginBy}::float8 / 1000)`
    }
        then ${JSON.stringify(kinds)}::text::json end as kinds
    ),
    -- Read for each row: once alone, a large body is not copied to a temporary file first.
    bodies as ${deliveries.length === 1 ? sql`not materialized` : sql`materialized`} (
      select convert_to(${text}::text, 'UTF8') as from_text, ${binary}::bytea as from_binary,
        convert_to(${headers.text}::text, 'UTF8') as from_headers
    ),
    -- Nearly all of a batch are of a few kinds: what is looked up for each row is looked up once for each of these.
    kinds as materialized (
      select t.*, workspace_id, status = 'active' as active, ordered,
        -- A step that waits is looked for where no flow listens.
        ordered is not null
        or ${isAwaited(sql, { installationId: sql`t.i`, eventType: sql`t.t`, customType: sql`t.y` })} as awaited
      from scope cross join lateral json_to_recordset(scope.kinds) as t(n int, i bigint, g int, t text, y text)
      -- A plain join is estimated at one row, and what follows then joins by nested loops: quadratic in the batch.
      cross join lateral (
        select workspace_id, status from installation
        where id = t.i and generation = t.g and status <> 'uninstalled' limit 1
      ) installed
      -- Null where no flow listens.
      cross join lateral (
        select bool_or(ordered) as ordered from flow_trigger
        where installation_id = t.i and event_type = t.t and (custom_types is null or t.y = any (custom_types))
      ) listening
    ),
    input as materialized (
      select line.*, i, g, t, y, workspace_id, active, ordered, awaited, e || ' ' || t as head_key,
        coalesce((x->>'m')::int, ${DAY_SECONDS}) as memory, nextval('event_id_seq') as event_id,
        case when h is null then sha256(substring(case when b then from_binary else from_text end from f for l))
          else decode(h, 'hex') end as sha256
      from bodies cross join kinds
      join json_to_recordset(${JSON.stringify(rows)}::text::json)
        as line(o int, n int, e text, h text, r text, p text, q int, w int, b bool, f int, l int, x json) using (n)
      order by i, head_key
    ),
    head as (
      insert into entity_head as head (installation_id, entity_key, event_type, body_sha256, event_id, memory_seconds, repeats,
        first_repeat_at, last_repeat_at)
      select i, head_key, t, sha256, event_id, memory, coalesce((x->>'c')::int, 0), copied_at, copied_at from input
      cross join lateral (select case when x->>'c' is not null then now() end as copied_at) copied
      on conflict (installation_id, entity_key) do update set
        (body_sha256, event_id, received_at, repeats, memory_seconds, first_repeat_at, last_repeat_at) = (
          select case when same then head.body_sha256 else excluded.body_sha256 end,
                 case when same then head.event_id else excluded.event_id end,
                 case when same then head.received_at else now() end,
                 case when same then head.repeats + 1 else 0 end + excluded.repeats,
                 excluded.memory_seconds,
                 case when same and head.repeats > 0 then head.first_repeat_at when same then now()
                   else excluded.first_repeat_at end,
                 case when same then now() else excluded.last_repeat_at end
          -- Without a memory never, also where the head's own transaction began later than this one.
          -- Without a hash, on either side, the name alone decides.
          from (select (head.body_sha256 in (excluded.body_sha256, '') or excluded.body_sha256 = '')
                       and excluded.memory_seconds > 0
                       and head.received_at > now() - excluded.memory_seconds * interval '1 second' as same) compared)
      returning installation_id, entity_key, event_id
    ),
    ${bySecondName ? secondNames(sql) : sql``}
    deduplicated as ${bySecondName ? sql`materialized` : sql`not materialized`} (
      select input.*, ${bySecondName ? sql`coalesce(other.event_id, head.event_id)` : sql`head.event_id`} as stored_as
      from input join head on head.installation_id = input.i and head.entity_key = input.head_key
      ${
      bySecondName
        ? sql`left join other on other.installation_id = input.i and other.entity_key = input.x->>'k' || ' ' || input.t`
        : sql``
    }
    ),
    fresh as materialized (
      ${
      bySecondName
        ? sql`select * from deduplicated where stored_as = event_id`
        : sql`select input.* from input join head on head.event_id = input.event_id`
    }
    ),
    ${bySecondName ? countSecondNames(sql) : sql``}
    stored as (
      insert into event (id, installation_id, workspace_id, event_type, entity_key, request_id, traceparent, headers, body,
        outcome, reason, finished_at, custom_source, custom_type, query, found_by)
      select event_id, i, workspace_id, t, e, r, p, convert_from(substring(from_headers from q for w), 'UTF8')::json,
        substring(case when b then from_binary else from_text end from f for l),
        case when active and awaited then null else 'skipped' end,
        case when not active then 'installation_inactive' when not awaited then 'no_flow' end,
        case when active and awaited then null else now() end, x->>'s', y, x->'q', x->>'v'
      from fresh, bodies
    ),
    queued as (
      ${insertJobs(sql)}
      select 'event', i, g, jsonb_build_object('event_id', event_id), p, case when ordered then 'entity:' || e end
      from fresh where active and awaited
      -- Of one entity several types may be in a batch, whose rows are in the order of their heads: their jobs come as they did.
      order by o
    )
    select string_agg(
      o || ' ' || stored_as || case when stored_as <> event_id then ' r' when active and awaited then ' q' else ' s' end, ','
    ) as stored from deduplicated`);
}

/** The second name of what is new by its first. */
function secondNames(sql: Query) {
  return sql`
    other as (
      insert into entity_head as head (installation_id, entity_key, event_type, body_sha256, event_id, memory_seconds)
      select i, x->>'k' || ' ' || t, t, '', input.event_id, memory
      from input join head on head.event_id = input.event_id where x->>'k' is not null
      on conflict (installation_id, entity_key) do update set
        (event_id, received_at, repeats) = (
          select case when same then head.event_id else excluded.event_id end,
                 case when same then head.received_at else now() end,
                 case when same then head.repeats + 1 else 0 end
          from (select head.received_at > now() - excluded.memory_seconds * interval '1 second' as same) compared)
      returning installation_id, entity_key, event_id
    ),`;
}

/** A repeat by its second name counts for the event that has it. */
function countSecondNames(sql: Query) {
  return sql`
    counted as (
      update entity_head as head set repeats = head.repeats + 1, last_repeat_at = now(),
        first_repeat_at = case when head.repeats > 0 then head.first_repeat_at else now() end
      from deduplicated
      join other on other.installation_id = deduplicated.i and other.entity_key = deduplicated.x->>'k' || ' ' || deduplicated.t
      join event on event.installation_id = deduplicated.i and event.id = deduplicated.stored_as
      where other.event_id <> deduplicated.event_id
        and head.installation_id = deduplicated.i and head.entity_key = event.entity_key || ' ' || event.event_type
    ),`;
}

/** What is the same for many deliveries of a batch. */
interface Kind {
  /** Its number. */
  n: number;
  i: number;
  g: number;
  t: string;
  y: string | undefined;
}

/** The kinds of the batch, and the number of each delivery's. */
function kindsOf(deliveries: readonly PreparedDelivery[]): { kinds: Kind[]; kindNumbers: number[] } {
  const kinds: Kind[] = [];
  const byKey = new Map<string, Kind>();
  let last: Kind | undefined;
  const kindNumbers = deliveries.map(({ installationId: i, generation: g, eventType: t, customType: y }) => {
    if (last?.i === i && last.t === t && last.g === g && last.y === y) return last.n;
    // The sender's own type may be any text: it stands last.
    const key = `${i} ${g} ${t}${y === undefined ? "" : ` ${y}`}`;
    last = byKey.get(key);
    if (last === undefined) {
      last = { n: kinds.length, i, g, t, y };
      kinds.push(last);
      byKey.set(key, last);
    }
    return last.n;
  });
  return { kinds, kindNumbers };
}

/** What most deliveries do not have: one column for all of it, since each costs its look-up in every row. */
function rarities({ memorySeconds, customSource, query, otherKey, copies, foundBy }: PreparedDelivery) {
  if (customSource === undefined && memorySeconds === DAY_SECONDS && copies === 0) return undefined;
  return { m: memorySeconds, s: customSource, q: query, k: otherKey, c: copies || undefined, v: foundBy };
}
