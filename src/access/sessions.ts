/**
 * Sessions of people at the consoles of port 8003. The browser keeps 256 random bits in a cookie, the database their hash: every
 * instance knows each session, lists it and ends it. One also ends with its user, or with the key that it was opened with.
 */

import { Buffer } from "node:buffer";
import { hash, randomBytes } from "node:crypto";
import { AppError } from "../base/errors.ts";
import type { Fragment, Query, TransactionSql } from "../db/db.ts";
import type { OperatorKey } from "../verify/operator.ts";
import { accessStore, type AccessStoreOptions, type By } from "./by.ts";
import type { ApiCaller, ApiRole } from "./roles.ts";
import { createSharedLooks } from "./shared_looks.ts";
import type { Verdict } from "./verdicts.ts";

/** A working day: a page that stays open asks for no second login in it. */
export const SESSION_HOURS = 12;
/** Of one user or key: who opens more ends the one that was used longest ago. */
export const MAX_SESSIONS = 50;
/** Of what a browser calls itself; usual ones have 70 to 150. */
const BROWSER_CHARS = 200;
const COOKIE = /^[A-Za-z0-9_-]{43}$/;

export interface ConsoleSession {
  id: string;
  kind: ApiCaller["kind"];
  name: string;
  /** Where it was last used from. */
  address: string;
  /** What the browser called itself at the sign-in; may be empty. */
  browser: string;
  createdAt: Date;
  /** To the minute. */
  lastUsedAt: Date;
  expiresAt: Date;
  /** True for that of the request. */
  isCurrent: boolean;
}

/** Whose sessions. */
export type Owner = Pick<ApiCaller, "kind" | "name">;

export type SessionLogin = { kind: "user"; name: string } | { kind: "key" | "operator"; name: string; key: string };

export interface Sessions {
  /**
   * What the cookie holds, in this answer and nowhere else, and when it ends, in milliseconds since the Unix epoch: after
   * SESSION_HOURS, or with its key. `replaces`: the browser's cookie of before, whose session ends.
   */
  issue(
    installationId: number,
    login: SessionLogin,
    from: { address: string; browser: string; by: By; replaces?: string },
  ): Promise<{ cookie: string; expiresAt: number }>;
  /** Undefined for a text that is no session, for one that is over or was ended, and where its key or user is no more. */
  verdictOf(installationId: number, cookie: string, address: string): Promise<Verdict | undefined>;
  /** False where there was none. */
  end(installationId: number, cookie: string, by: By): Promise<boolean>;
  /** One page of those that count, the last used first, with the true total. Without `owner` those of everybody. */
  list(
    installationId: number,
    options: { owner?: Owner; cookie?: string; page: { limit: number; offset: number } },
  ): Promise<{ sessions: ConsoleSession[]; total: number }>;
  /** Throws NOT_FOUND, also for one of somebody else where `owner` is named. */
  revoke(installationId: number, id: string, options: { owner?: Owner; by: By }): Promise<ConsoleSession>;
  /** All of the owner but that of the cookie; how many. */
  revokeOthers(installationId: number, options: { owner: Owner; cookie?: string; by: By }): Promise<number>;
}

interface Row {
  id: string;
  kind: ConsoleSession["kind"];
  name: string;
  address: string;
  browser: string;
  created_at: Date;
  last_used_at: Date;
  expires_at: Date;
  is_current: boolean;
  user_role: ApiRole | null;
  key_role: ApiRole | null;
}

export function createSessions(
  { clock, operators, ...options }: AccessStoreOptions & { operators: readonly OperatorKey[] },
): Sessions {
  const { within, audit } = accessStore({ clock, ...options, entityType: "session" });
  const at = () => new Date(clock.now()).toISOString();
  /** As an array of PostgreSQL's; neither part has a quote. */
  const known = `{${
    operators.map(({ name, sha256 }) => `"${name} ${Buffer.from(sha256).toString("hex")}"`).join(",")
  }}`;

  /** Those that are not over, and whose user or key still counts. */
  const living = (sql: Query, installationId: number): Fragment =>
    sql`
      from api_session s
      left join api_user u on s.kind = 'user' and u.installation_id = s.installation_id and u.name = s.name
        and u.disabled_at is null and u.tokens_from <= s.created_at
      left join api_key k on s.kind = 'key' and k.installation_id = s.installation_id and k.sha256 = s.key_sha256
        and k.revoked_at is null
      where s.installation_id = ${installationId} and s.expires_at > ${at()}::timestamptz
        and (u.id is not null or k.id is not null or (s.kind = 'operator'
          and s.name || ' ' || encode(s.key_sha256, 'hex') = any (${known}::text::text[])))`;

  const stored = createSharedLooks<Row & { found: string }>({
    purpose: "read the session",
    clock,
    within,
    read: (sql, { installationId, among }) =>
      sql`
        select ${columns(sql)}, u.role as user_role, k.role as key_role, encode(s.sha256, 'hex') as found
        ${living(sql, installationId)} and s.sha256 in ${among}`,
  });

  async function noteUse(installationId: number, id: string, address: string): Promise<void> {
    await within(installationId, (sql) =>
      sql`
        update api_session set last_used_at = ${at()}::timestamptz, address = ${address}
        where installation_id = ${installationId} and id = ${id}`);
  }

  /** Takes out those that fit, with a row of the audit for each. */
  async function take(
    sql: TransactionSql,
    { installationId, which, by, why }: { installationId: number; which: Fragment; by: By; why?: string },
  ): Promise<Row[]> {
    const gone = await sql<Row[]>`
      delete from api_session s where s.installation_id = ${installationId} and ${which}
      returning ${columns(sql)}, false as is_current`;
    for (const { id, kind, name } of gone) {
      await audit(sql, installationId, { ...by, action: "delete", entityId: id, changes: { kind, name, why } });
    }
    return gone;
  }

  return {
    issue: async (installationId, login, { address, browser, by, replaces }) => {
      const cookie = randomBytes(32).toString("base64url");
      const [id, from] = [crypto.randomUUID(), clock.now()];
      const { kind, name } = login;
      const keySha256 = login.kind === "user" ? null : sha256(login.key);
      const expiresAt = await within(installationId, async (sql) => {
        const [key] = kind !== "key" ? [] : await sql<{ expires_at: Date | null }[]>`
          select expires_at from api_key where installation_id = ${installationId} and sha256 = ${keySha256}`;
        const until = Math.min(from + SESSION_HOURS * 3_600_000, key?.expires_at?.getTime() ?? Infinity);
        await sql`
          delete from api_session where installation_id = ${installationId} and expires_at <= ${at()}::timestamptz`;
        if (replaces !== undefined && COOKIE.test(replaces)) {
          await take(sql, { installationId, which: sql`s.sha256 = ${sha256(replaces)}`, by, why: "replaced" });
        }
        const tooMany = sql`s.id in (
          select id from api_session where installation_id = ${installationId} and kind = ${kind} and name = ${name}
          order by last_used_at desc, id offset ${MAX_SESSIONS - 1})`;
        await take(sql, { installationId, which: tooMany, by, why: `more than ${MAX_SESSIONS}` });
        await sql`
          insert into api_session (id, installation_id, sha256, kind, name, key_sha256, address, browser, created_at,
            last_used_at, expires_at)
          values (${id}, ${installationId}, ${sha256(cookie)}, ${kind}, ${name}, ${keySha256}, ${address},
            ${printable(browser)}, ${at()}::timestamptz, ${at()}::timestamptz, ${
          new Date(until).toISOString()
        }::timestamptz)`;
        await audit(sql, installationId, { ...by, action: "create", entityId: id, changes: { kind, name } });
        return until;
      });
      return { cookie, expiresAt };
    },

    verdictOf: async (installationId, cookie, address) => {
      if (!COOKIE.test(cookie)) return undefined;
      const row = await stored(installationId, cookie);
      if (!row) return undefined;
      const { id, kind, name, last_used_at: used, expires_at: end, user_role, key_role } = row;
      // Beside the request, which neither waits for it nor fails with it.
      if (used.getTime() <= clock.now() - 60_000) noteUse(installationId, id, address).catch(() => {});
      return { caller: { kind, name, role: user_role ?? key_role ?? "admin" }, expiresAt: end.getTime() };
    },

    end: async (installationId, cookie, by) => {
      if (!COOKIE.test(cookie)) return false;
      const gone = await within(
        installationId,
        (sql) => take(sql, { installationId, which: sql`s.sha256 = ${sha256(cookie)}`, by }),
      );
      return gone.length > 0;
    },

    list: (installationId, { owner, cookie = "", page: { limit, offset } }) =>
      within(installationId, async (sql) => {
        const fits = sql`${living(sql, installationId)}
          ${ofOwner(sql, owner)}`;
        const [count] = await sql<{ total: number }[]>`select count(*)::int as total ${fits}`;
        const rows = await sql<Row[]>`
          select ${columns(sql)}, s.sha256 = ${sha256(cookie)} as is_current ${fits}
          order by s.last_used_at desc, s.created_at desc, s.id limit ${limit} offset ${offset}`;
        return { sessions: rows.map(toSession), total: count!.total };
      }),

    revoke: (installationId, id, { owner, by }) =>
      within(installationId, async (sql) => {
        const which = sql`s.id = ${id} ${ofOwner(sql, owner)}`;
        const [row] = await take(sql, { installationId, which, by });
        if (!row) throw sessionUnknown(id);
        return toSession(row);
      }),

    revokeOthers: (installationId, { owner, cookie = "", by }) =>
      within(installationId, async (sql) => {
        const which = sql`s.sha256 <> ${sha256(cookie)} ${ofOwner(sql, owner)}`;
        return (await take(sql, { installationId, which, by })).length;
      }),
  };
}

/** Without an owner those of everybody. */
function ofOwner(sql: Query, owner: Owner | undefined): Fragment {
  return owner ? sql`and s.kind = ${owner.kind} and s.name = ${owner.name}` : sql``;
}

export function sessionUnknown(id: string): AppError {
  return new AppError("NOT_FOUND", `Cannot find session "${id.slice(0, 40)}": there is none with this id`);
}

function sha256(text: string) {
  return hash("sha256", text, "buffer");
}

function printable(browser: string): string {
  return browser.replaceAll(/\p{C}/gu, "").slice(0, BROWSER_CHARS);
}

function columns(sql: Query): Fragment {
  return sql`s.id, s.kind, s.name, s.address, s.browser, s.created_at, s.last_used_at, s.expires_at`;
}

function toSession(row: Row): ConsoleSession {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    address: row.address,
    browser: row.browser,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    isCurrent: row.is_current,
  };
}
