/** API keys as stored: their SHA-256 alone. A key has 256 random bits, so that its hash needs no salt and no work. */

import { Buffer } from "node:buffer";
import { hash, randomBytes } from "node:crypto";
import { AppError } from "../base/errors.ts";
import type { Query } from "../db/db.ts";
import { accessStore, type AccessStoreOptions, type By } from "./by.ts";
import type { ApiRole } from "./roles.ts";
import { createSharedLooks } from "./shared_looks.ts";
import type { Verdict } from "./verdicts.ts";

export interface ApiKey {
  id: string;
  name: string;
  /** Its first characters, to know it by. */
  prefix: string;
  role: ApiRole;
  createdBy: string;
  createdAt: Date;
  expiresAt: Date | null;
  /** To the minute. */
  lastUsedAt: Date | null;
  revokedAt: Date | null;
}

export interface NewKey {
  name: string;
  role: ApiRole;
  /** ISO 8601. */
  expires_at?: string | null;
}

export interface ApiKeyStore {
  /** The key itself is in this answer and nowhere else. Throws CONFLICT: its name is in use, or there are MAX_KEYS. */
  create(installationId: number, key: NewKey, by: By): Promise<{ made: ApiKey; key: string }>;
  /** One page, the newest first, revoked ones too for KEPT_DAYS, with the true total. */
  list(installationId: number, page: { limit: number; offset: number }): Promise<{ keys: ApiKey[]; total: number }>;
  /** Throws NOT_FOUND, also for one that is revoked already. */
  revoke(installationId: number, id: string, by: By): Promise<ApiKey>;
  /** Undefined for a text that is no key, and for one that is unknown, revoked or over. Its use is noted, within a minute. */
  verdictOf(installationId: number, key: string): Promise<Verdict | undefined>;
}

export const MAX_KEYS = 1_000;
const KEPT_DAYS = 90;
const KEY = /^tw_[A-Za-z0-9_-]{43}$/;
const SHOWN_CHARS = 9;

interface Row {
  id: string;
  name: string;
  prefix: string;
  role: ApiRole;
  created_by: string;
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

export function createApiKeyStore({ clock, ...options }: AccessStoreOptions): ApiKeyStore {
  const { within, audit } = accessStore({ clock, ...options, entityType: "key" });
  const at = () => new Date(clock.now()).toISOString();
  const stored = createSharedLooks<Row & { found: string }>({
    purpose: "read the key",
    clock,
    within,
    read: (sql, { installationId, among }) =>
      sql`
        select ${columns(sql)}, encode(sha256, 'hex') as found from api_key
        where installation_id = ${installationId} and sha256 in ${among} and revoked_at is null`,
  });

  async function noteUse(installationId: number, id: string): Promise<void> {
    await within(installationId, (sql) =>
      sql`
        update api_key set last_used_at = ${at()}::timestamptz
        where installation_id = ${installationId} and id = ${id}
          and (last_used_at is null or last_used_at <= ${at()}::timestamptz - interval '1 minute')`);
  }

  return {
    create: async (installationId, { name, role, expires_at }, by) => {
      const id = crypto.randomUUID();
      const key = `tw_${randomBytes(32).toString("base64url")}`;
      const made = await within(installationId, async (sql) => {
        // Names are in use by one key at a time: whoever reads the audit knows which.
        await sql`select pg_advisory_xact_lock(hashtextextended('api_key', ${installationId}))`;
        await sql`
          delete from api_key where installation_id = ${installationId}
            and revoked_at < ${at()}::timestamptz - make_interval(days => ${KEPT_DAYS})`;
        const [count] = await sql<{ all: number; same: number }[]>`
          select count(*)::int as all, (count(*) filter (where name = ${name} and revoked_at is null))::int as same
          from api_key where installation_id = ${installationId}`;
        if (count!.same > 0) {
          throw new AppError(
            "CONFLICT",
            `Cannot create the key: "${name}" is in use; revoke that one, or give another`,
          );
        }
        if (count!.all >= MAX_KEYS) throw new AppError("CONFLICT", `Cannot create the key: there are ${MAX_KEYS}`);
        const [row] = await sql<Row[]>`
          insert into api_key (id, installation_id, name, prefix, sha256, role, created_by, created_at, expires_at)
          values (${id}, ${installationId}, ${name}, ${key.slice(0, SHOWN_CHARS)}, ${sha256(key)}, ${role}, ${by.actor},
            ${at()}::timestamptz, ${expires_at ?? null}::timestamptz)
          returning ${columns(sql)}`;
        const changes = { name, role, expires_at: expires_at ?? null };
        await audit(sql, installationId, { ...by, action: "create", entityId: id, changes });
        return toKey(row!);
      });
      return { made, key };
    },

    list: (installationId, { limit, offset }) =>
      within(installationId, async (sql) => {
        const [count] = await sql<{ total: number }[]>`
          select count(*)::int as total from api_key where installation_id = ${installationId}`;
        const rows = await sql<Row[]>`
          select ${columns(sql)} from api_key where installation_id = ${installationId}
          order by created_at desc, id limit ${limit} offset ${offset}`;
        return { keys: rows.map(toKey), total: count!.total };
      }),

    revoke: (installationId, id, by) =>
      within(installationId, async (sql) => {
        const [row] = await sql<Row[]>`
          update api_key set revoked_at = ${at()}::timestamptz
          where installation_id = ${installationId} and id = ${id} and revoked_at is null returning ${columns(sql)}`;
        if (!row) throw keyUnknown(id);
        await audit(sql, installationId, { ...by, action: "delete", entityId: id, changes: { name: row.name } });
        return toKey(row);
      }),

    verdictOf: async (installationId, key) => {
      if (!KEY.test(key)) return undefined;
      const row = await stored(installationId, key);
      if (!row) return undefined;
      const { id, name, role, expires_at: end, last_used_at: used } = row;
      // Beside the request, which neither waits for it nor fails with it.
      if (!used || used.getTime() <= clock.now() - 60_000) noteUse(installationId, id).catch(() => {});
      return { caller: { kind: "key", name, role }, ...(end && { expiresAt: end.getTime() }) };
    },
  };
}

export function keyUnknown(id: string): AppError {
  return new AppError("NOT_FOUND", `Cannot find key "${id.slice(0, 40)}": there is none with this id`);
}

function sha256(key: string) {
  return Buffer.from(hash("sha256", key, "buffer"));
}

function columns(sql: Query) {
  return sql`id, name, prefix, role, created_by, created_at, expires_at, last_used_at, revoked_at`;
}

function toKey(row: Row): ApiKey {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    role: row.role,
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  };
}
