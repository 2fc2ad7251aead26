/**
 * Seals the audit: rows that changes of the API committed beside each other (audit.ts) get their number and their hash, one after
 * another, in the order in which they were written. A change that began after the commit of another comes behind it.
 */

import { Buffer } from "node:buffer";
import type { Clock } from "../base/clock.ts";
import type { Database } from "../db/db.ts";
import type { Logger } from "../telemetry/log.ts";
import { chainHash, NONE } from "./audit.ts";

export interface AuditSealer {
  /** Looks once a second from now on. */
  run(): void;
  /** One look, for hosts that stop a program without requests. Never rejects. */
  look(): Promise<void>;
  /** Seals what is there, and ends. Never rejects. */
  stop(): Promise<void>;
}

const LOOK_MS = 1_000;
/** Of a transaction: some 10 ms. */
const MAX_ROWS = 500;
/** Of a reader, who waits for them: what a second of 10,000 changes leaves. */
const MAX_BATCHES = 20;

export function createAuditSealer({ db, clock, log, onLooked }: {
  db: Database;
  clock: Clock;
  log: Logger;
  /** Age of the oldest row that was found, 0 where none was. */
  onLooked(fact: { oldestSeconds: number }): void;
}): AuditSealer {
  const stopping = new AbortController();
  let loop: Promise<void> | undefined;
  let failures = 0;

  async function seal(): Promise<void> {
    try {
      const found = await oldest(db);
      onLooked({ oldestSeconds: found?.seconds ?? 0 });
      if (found) await sealAudit(db, found.installationId);
      failures = 0;
    } catch (error) {
      // Once for each time that the database goes away.
      if (failures++ === 0) log.warn("audit.not_sealed", { error });
    }
  }

  return {
    run: () => {
      loop ??= (async () => {
        while (!stopping.signal.aborted) {
          await seal();
          await clock.sleep(LOOK_MS, stopping.signal).catch(() => {});
        }
      })();
    },
    look: seal,
    stop: async () => {
      stopping.abort();
      await loop;
      if (loop) await seal();
    },
  };
}

/** Seals what was committed before the call, or the oldest 10,000 rows of it. */
export async function sealAudit(db: Pick<Database, "scoped">, installationId: number): Promise<void> {
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    if (await sealBatch(db, installationId) < MAX_ROWS) return;
  }
}

async function oldest(db: Database): Promise<{ installationId: number; seconds: number } | undefined> {
  const [found] = await db.scoped("all", (sql) =>
    sql<{ installationId: number; seconds: number }[]>`
      select installation_id as "installationId", extract(epoch from now() - at)::float8 as seconds
      from api_audit_unsealed order by id limit 1`);
  return found && { ...found, seconds: Math.max(0, found.seconds) };
}

function sealBatch(db: Pick<Database, "scoped">, installationId: number): Promise<number> {
  return db.scoped({ installationIds: [installationId] }, async (sql) => {
    // Who takes part in the chain does so alone: other instances, readers, and changes of the version before this one.
    await sql`select pg_advisory_xact_lock(hashtextextended('api_audit', ${installationId}))`;
    const rows = await sql<Unsealed[]>`
      select id, hashed from api_audit_unsealed where installation_id = ${installationId} order by id limit ${MAX_ROWS}`;
    if (rows.length === 0) return 0;
    // Where rows at the end were taken out, the next one does not close the gap.
    const [last] = await sql<{ number: number; sha256: Uint8Array }[]>`
      (select number, sha256, 1 as place from api_audit_head where installation_id = ${installationId})
      union all
      (select number, sha256, 2 from api_audit where installation_id = ${installationId} order by number desc limit 1)
      order by number desc, place limit 1`;
    const sealed = chained(rows, last ?? { number: 0, sha256: NONE });
    await sql`
      with input as materialized (
        select id, number, decode(previous, 'hex') as previous, decode(sha256, 'hex') as sha256
        from json_to_recordset(${JSON.stringify(sealed)}::text::json)
          as entry(id bigint, number bigint, previous text, sha256 text)
      ),
      taken as (
        delete from api_audit_unsealed unsealed using input
        where unsealed.installation_id = ${installationId} and unsealed.id = input.id
        returning unsealed.*, input.number, input.previous, input.sha256
      ),
      kept as (
        insert into api_audit (installation_id, number, at, actor, action, entity_type, entity_id, changes, request_id,
          previous_sha256, sha256)
        select installation_id, number, at, actor, action, entity_type, entity_id, changes, request_id, previous, sha256
        from taken order by number
      )
      insert into api_audit_head as head (installation_id, number, sha256)
      select ${installationId}, number, sha256 from input order by number desc limit 1
      on conflict (installation_id) do update set number = excluded.number, sha256 = excluded.sha256`;
    return rows.length;
  });
}

interface Unsealed {
  id: number;
  /** hashedText() when it was written. */
  hashed: string;
}

interface Sealed {
  id: number;
  number: number;
  /** Hexadecimal. */
  previous: string;
  sha256: string;
}

/**
 * The hash is of what was written first: a row that was altered since is sealed as well, and is the one that verifyAudit() names
 * from then on.
 */
function chained(rows: readonly Unsealed[], last: { number: number; sha256: Uint8Array }): Sealed[] {
  let { number, sha256 } = last;
  return rows.map(({ id, hashed }) => {
    const previous = sha256;
    sha256 = chainHash(previous, ++number, hashed);
    return { id, number, previous: hex(previous), sha256: hex(sha256) };
  });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
