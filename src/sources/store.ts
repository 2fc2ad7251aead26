/** Custom sources as stored: make, change, rotate, delete, list; every statement names the installation. */

import { randomBytes } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import type { AtEnd } from "../db/at_end.ts";
import type { Database, Query, TransactionSql } from "../db/db.ts";
import { jsonText } from "../base/json_text.ts";
import { AppError } from "../base/errors.ts";
import { sourceSecretContext } from "../secrets/contexts.ts";
import type { Keyring } from "../secrets/encryption.ts";
import { readRules, type SourceDefinition } from "./definition.ts";
import { isPreset } from "./senders.ts";

export interface CustomSource {
  id: number;
  /** Last part of its address. */
  key: string;
  definition: SourceDefinition;
  /** Those still valid, newest first; never their values. */
  secrets: {
    id: number;
    createdAt: Date;
    expiresAt: Date | null;
    isUnseen: boolean;
    /** Of one that is being replaced: when a delivery was last under it, and not under the newest. */
    lastUsedAt: Date | null;
  }[];
  createdAt: Date;
  updatedAt: Date;
  lastEventAt: Date | null;
  /** The newest request that proved no sender, and why (SourceFault). */
  lastRefused: { at: Date; reason: string } | null;
}

export interface SourceStore {
  /** By name. */
  list(installationId: number): Promise<CustomSource[]>;
  find(installationId: number, id: number): Promise<CustomSource | undefined>;
  /** Throws CONFLICT when the name is in use, or the installation has MAX_SOURCES. */
  create(
    tenant: { installationId: number; workspaceId: string },
    request: { definition: SourceDefinition; secret: string | undefined },
    options?: { atEnd?: AtEnd<CustomSource> },
  ): Promise<CustomSource>;
  /** Throws NOT_FOUND. */
  update(installationId: number, id: number, definition: SourceDefinition): Promise<CustomSource>;
  /** A new secret; the present one ends after `overlapMs`, older ones at once. Throws NOT_FOUND. */
  rotate(
    installationId: number,
    id: number,
    request: { secret: string; overlapMs: number; atEnd?: AtEnd<CustomSource> },
  ): Promise<CustomSource>;
  /**
   * A secret that the sender gave with its question; false when the source has one already, or is not there. `isUnseen`: an
   * admin may look at it once, to enter it at the sender.
   */
  adopt(installationId: number, id: number, given: { secret: string; isUnseen: boolean }): Promise<boolean>;
  /** A secret that the sender gave and no admin has seen, this once. Throws NOT_FOUND, and CONFLICT when there is none. */
  reveal(installationId: number, id: number, options?: { atEnd?: AtEnd<string> }): Promise<string>;
  /** False when there is no such source. Its secrets go with it, its events stay. */
  remove(installationId: number, id: number): Promise<boolean>;
}

const MAX_SOURCES = 100;

interface SourceRow {
  id: number;
  name: string;
  key: string;
  scheme: string;
  preset: string | null;
  options: unknown;
  enabled: boolean;
  max_body_bytes: number | null;
  rate_per_second: number;
  duplicate_window_seconds: number | null;
  answer: SourceDefinition["answer"];
  created_at: Date;
  updated_at: Date;
  last_event_at: Date | null;
  last_refused_at: Date | null;
  last_refused_reason: string | null;
}

interface SecretRow {
  id: number;
  source_id: number;
  created_at: Date;
  expires_at: Date | null;
  is_unseen: boolean;
  last_used_at: Date | null;
}

export function createSourceStore(
  { db, keyring, clock }: { db: Database; keyring: Keyring; clock: Clock },
): SourceStore {
  async function read(sql: Query, installationId: number, id?: number): Promise<CustomSource[]> {
    const rows = await sql<SourceRow[]>`
      select ${sourceColumns(sql)} from custom_source
      where installation_id = ${installationId} and deleted_at is null ${id === undefined ? sql`` : sql`and id = ${id}`}
      order by name`;
    const secrets = await sql<SecretRow[]>`
      select id, source_id, created_at, expires_at, is_unseen, last_used_at from custom_source_secret
      where installation_id = ${installationId} ${id === undefined ? sql`` : sql`and source_id = ${id}`}
        and (expires_at is null or expires_at > ${new Date(clock.now())})
      order by id desc`;
    return rows.map((row) => toSource(row, secrets.filter(({ source_id }) => source_id === row.id)));
  }

  async function seal(
    sql: TransactionSql,
    installationId: number,
    { id, secret, isUnseen = false }: { id: number; secret: string; isUnseen?: boolean },
  ) {
    const sealed = await keyring.seal(secret, sourceSecretContext(installationId, id));
    await sql`
      insert into custom_source_secret (source_id, installation_id, sealed, is_unseen)
      values (${id}, ${installationId}, ${sealed}, ${isUnseen})`;
  }

  /** Locks the source: of two that change its secrets at once, the second one sees what the first one did. */
  async function lock(sql: TransactionSql, installationId: number, id: number): Promise<boolean> {
    const changed = await sql`
      update custom_source set updated_at = now()
      where installation_id = ${installationId} and id = ${id} and deleted_at is null returning id`;
    return changed.length > 0;
  }

  const store: SourceStore = {
    list: (installationId) => db.scoped({ installationIds: [installationId] }, (sql) => read(sql, installationId)),
    find: async (installationId, id) => {
      const [source] = await db.scoped({ installationIds: [installationId] }, (sql) => read(sql, installationId, id));
      return source;
    },
    create: ({ installationId, workspaceId }, { definition, secret }, { atEnd } = {}) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        const { name, scheme, preset } = definition;
        const [count] = await sql<{ all: number; same: number }[]>`
          select count(*)::int as all, (count(*) filter (where name = ${name}))::int as same
          from custom_source where installation_id = ${installationId} and deleted_at is null`;
        if (count!.same > 0) throw nameTaken(name);
        if (count!.all >= MAX_SOURCES) {
          throw new AppError("CONFLICT", `Cannot create the source: the workspace has ${MAX_SOURCES} already`);
        }
        const [made] = await sql<{ id: number }[]>`
          insert into custom_source (installation_id, workspace_id, name, key, scheme, preset, options, enabled, max_body_bytes,
            rate_per_second, duplicate_window_seconds, answer)
          values (${installationId}, ${workspaceId}, ${name}, ${newSourceKey(name)}, ${scheme}, ${preset},
            ${jsonText(definition.options)}::text::jsonb, ${definition.enabled}, ${definition.maxBodyBytes},
            ${definition.ratePerSecond}, ${definition.duplicateWindowSeconds}, ${answerText(definition)}::text::jsonb)
          returning id`;
        const { id } = made!;
        if (secret !== undefined) await seal(sql, installationId, { id, secret });
        const [source] = await read(sql, installationId, id);
        await atEnd?.(sql, source!);
        return source!;
      }).catch((error) => {
        // Two that were made at once.
        throw error?.code === "23505" ? nameTaken(definition.name) : error;
      }),
    update: (installationId, id, definition) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        await sql`
          update custom_source set options = ${jsonText(definition.options)}::text::jsonb,
            enabled = ${definition.enabled}, max_body_bytes = ${definition.maxBodyBytes},
            rate_per_second = ${definition.ratePerSecond},
            duplicate_window_seconds = ${definition.duplicateWindowSeconds}, answer = ${
          answerText(definition)
        }::text::jsonb,
            updated_at = now()
          where installation_id = ${installationId} and id = ${id} and deleted_at is null`;
        const [source] = await read(sql, installationId, id);
        if (!source) throw sourceUnknown(id);
        return source;
      }),
    rotate: (installationId, id, { secret, overlapMs, atEnd }) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        // Of two rotations at once the second one ends the first one's secret.
        if (!await lock(sql, installationId, id)) throw sourceUnknown(id);
        await sql`
          delete from custom_source_secret where installation_id = ${installationId} and source_id = ${id}
            and (expires_at is not null or ${overlapMs <= 0})`;
        await sql`
          update custom_source_secret set expires_at = ${new Date(clock.now() + overlapMs)}
          where installation_id = ${installationId} and source_id = ${id}`;
        await seal(sql, installationId, { id, secret });
        const [source] = await read(sql, installationId, id);
        await atEnd?.(sql, source!);
        return source!;
      }),
    adopt: (installationId, id, given) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        if (!await lock(sql, installationId, id)) return false;
        const [held] = await sql`
          select id from custom_source_secret where installation_id = ${installationId} and source_id = ${id} limit 1`;
        if (held) return false;
        await seal(sql, installationId, { id, ...given });
        return true;
      }),
    reveal: (installationId, id, { atEnd } = {}) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        if (!await lock(sql, installationId, id)) throw sourceUnknown(id);
        const [row] = await sql<{ sealed: string }[]>`
          update custom_source_secret set is_unseen = false
          where installation_id = ${installationId} and source_id = ${id} and is_unseen returning sealed`;
        if (!row) throw nothingToShow();
        const secret = await keyring.open(row.sealed, sourceSecretContext(installationId, id));
        await atEnd?.(sql, secret);
        return secret;
      }),
    remove: (installationId, id) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        await sql`
          delete from custom_source_secret where installation_id = ${installationId} and source_id = ${id}`;
        await sql`delete from source_refusal where installation_id = ${installationId} and source_id = ${id}`;
        const removed = await sql`
          update custom_source set deleted_at = now(), enabled = false
          where installation_id = ${installationId} and id = ${id} and deleted_at is null returning id`;
        return removed.length > 0;
      }),
  };
  return store;
}

export function sourceUnknown(id: number | string): AppError {
  return new AppError("NOT_FOUND", `Cannot find source "${id}": the workspace has none of this id`);
}

/** The row's definition. Throws REQUEST_INVALID when the stored options are none that this version takes. */
export function definitionOf(
  row: Pick<
    SourceRow,
    | "name"
    | "scheme"
    | "preset"
    | "options"
    | "enabled"
    | "max_body_bytes"
    | "rate_per_second"
    | "duplicate_window_seconds"
    | "answer"
  >,
): SourceDefinition {
  return {
    ...readRules(row.scheme, row.options),
    name: row.name,
    preset: row.preset !== null && isPreset(row.preset) ? row.preset : null,
    enabled: row.enabled,
    maxBodyBytes: row.max_body_bytes,
    ratePerSecond: row.rate_per_second,
    duplicateWindowSeconds: row.duplicate_window_seconds,
    answer: row.answer,
  };
}

function sourceColumns(sql: Query) {
  return sql`id, name, key, scheme, preset, options, enabled, max_body_bytes, rate_per_second, duplicate_window_seconds, answer,
    created_at, updated_at, last_event_at, last_refused_at, last_refused_reason`;
}

function toSource(row: SourceRow, secrets: SecretRow[]): CustomSource {
  return {
    id: row.id,
    key: row.key,
    definition: definitionOf(row),
    secrets: secrets.map((one) => ({
      id: one.id,
      createdAt: one.created_at,
      expiresAt: one.expires_at,
      isUnseen: one.is_unseen,
      lastUsedAt: one.last_used_at,
    })),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    lastEventAt: row.last_event_at,
    lastRefused: row.last_refused_at && { at: row.last_refused_at, reason: row.last_refused_reason! },
  };
}

const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

/** `<name>-<26 random base32>`: 130 unguessable bits. */
function newSourceKey(name: string): string {
  return `${name}-${[...randomBytes(26)].map((byte) => BASE32[byte % 32]).join("")}`;
}

function answerText({ answer }: SourceDefinition): string | null {
  return answer === null ? null : jsonText(answer);
}

function nameTaken(name: string): AppError {
  return new AppError("CONFLICT", `Cannot create the source: the workspace has one named "${name}"`);
}

function nothingToShow(): AppError {
  return new AppError(
    "CONFLICT",
    "Cannot show the secret: the sender gave none yet, or it was shown; rotate the source to enter another one",
  );
}
