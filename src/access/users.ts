/** Users of the Workflow Management API as stored, and what ends their tokens. Every change leaves its audit row. */

import { Buffer } from "node:buffer";
import { AppError } from "../base/errors.ts";
import type { Query, TransactionSql } from "../db/db.ts";
import { accessStore, type AccessStoreOptions, type By } from "./by.ts";
import type { PasswordLogin, Passwords } from "./passwords.ts";
import type { ApiRole } from "./roles.ts";
import type { TokenClaims } from "./tokens.ts";
import type { Verdict } from "./verdicts.ts";

export interface ApiUser {
  id: string;
  name: string;
  role: ApiRole;
  hasPassword: boolean;
  disabledAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface NewUser {
  name: string;
  role: ApiRole;
  password?: string;
}

export interface UserPatch {
  role?: ApiRole;
  /** Ends all tokens too. */
  disabled?: boolean;
  /** Ends all tokens too. */
  password?: string;
}

export interface ApiUserStore {
  /** Throws CONFLICT: the name is in use, or there are MAX_USERS. */
  create(installationId: number, user: NewUser, by: By): Promise<ApiUser>;
  /** One page, by name, with the true total. */
  list(installationId: number, page: { limit: number; offset: number }): Promise<{ users: ApiUser[]; total: number }>;
  find(installationId: number, id: string): Promise<ApiUser | undefined>;
  /**
   * Throws NOT_FOUND; with `keepsAdmin` CONFLICT where no active admin would be left: for a caller who is a user, and would
   * shut everybody out.
   */
  update(
    installationId: number,
    id: string,
    patch: UserPatch,
    options: { by: By; keepsAdmin: boolean },
  ): Promise<ApiUser>;
  /** As update(). Tokens that were issued here end with the user. */
  remove(installationId: number, id: string, options: { by: By; keepsAdmin: boolean }): Promise<ApiUser>;
  /** As update(). Tokens of before are refused. */
  endTokens(installationId: number, id: string, by: By): Promise<ApiUser>;
  /** One token is refused from now on. */
  revokeToken(installationId: number, token: TokenClaims, by: By): Promise<void>;
  /** Whom the password is of; undefined for a wrong one, an unknown and a disabled user, after the same work. */
  loggedIn(
    installationId: number,
    login: PasswordLogin & { password: string },
  ): Promise<ApiUser | undefined>;
  /** Whether the name logged in from the network before, as far as this process remembers. */
  knows(login: Pick<PasswordLogin, "name" | "network">): boolean;
  /** Of a token that was read. Throws ROLE_INSUFFICIENT for one of another issuer that names no role. */
  verdictOf(installationId: number, token: TokenClaims): Promise<Verdict | undefined>;
}

export const MAX_USERS = 10_000;

interface Row {
  id: string;
  name: string;
  role: ApiRole;
  password_hash: string | null;
  disabled_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

export function createApiUserStore(
  { clock, passwords, ...options }: AccessStoreOptions & { passwords: Passwords },
): ApiUserStore {
  const { within, audit } = accessStore({ clock, ...options, entityType: "user" });
  const instant = (ms: number) => new Date(ms).toISOString();
  const at = () => instant(clock.now());
  /** After those that were issued in this millisecond. */
  const afterNow = () => instant(clock.now() + 1);

  async function lock(sql: TransactionSql, installationId: number, id: string): Promise<Row> {
    const [row] = await sql<Row[]>`
      select ${columns(sql)} from api_user where installation_id = ${installationId} and id = ${id} for update`;
    if (!row) throw userUnknown(id);
    return row;
  }

  return {
    create: async (installationId, { name, role, password }, by) => {
      const id = crypto.randomUUID();
      const hashed = password === undefined ? null : await passwords.hash(password);
      return await within(installationId, async (sql) => {
        const [count] = await sql<{ all: number }[]>`
          select count(*)::int as all from api_user where installation_id = ${installationId}`;
        if (count!.all >= MAX_USERS) throw new AppError("CONFLICT", `Cannot create the user: there are ${MAX_USERS}`);
        const [row] = await sql<Row[]>`
          insert into api_user (id, installation_id, name, password_hash, role, tokens_from, created_at, updated_at)
          values (${id}, ${installationId}, ${name}, ${hashed}, ${role}, ${at()}::timestamptz, ${at()}::timestamptz,
            ${at()}::timestamptz)
          on conflict (installation_id, name) do nothing returning ${columns(sql)}`;
        if (!row) throw new AppError("CONFLICT", `Cannot create the user: the name "${name}" is in use`);
        const changes = { name, role, password: hashed === null ? null : "set" };
        await audit(sql, installationId, { ...by, action: "create", entityId: id, changes });
        return toUser(row);
      });
    },

    list: (installationId, { limit, offset }) =>
      within(installationId, async (sql) => {
        const [count] = await sql<{ total: number }[]>`
          select count(*)::int as total from api_user where installation_id = ${installationId}`;
        const rows = await sql<Row[]>`
          select ${columns(sql)} from api_user where installation_id = ${installationId}
          order by name limit ${limit} offset ${offset}`;
        return { users: rows.map(toUser), total: count!.total };
      }),

    find: (installationId, id) =>
      within(installationId, async (sql) => {
        const [row] = await sql<Row[]>`
          select ${columns(sql)} from api_user where installation_id = ${installationId} and id = ${id}`;
        return row && toUser(row);
      }),

    update: async (installationId, id, { role, disabled, password }, { by, keepsAdmin }) => {
      const hashed = password === undefined ? undefined : await passwords.hash(password);
      return await within(installationId, async (sql) => {
        if (keepsAdmin && (disabled === true || (role !== undefined && role !== "admin"))) {
          await requireOtherAdmin(sql, installationId, { id, what: "change" });
        }
        const before = await lock(sql, installationId, id);
        const disabledAt = disabled === undefined
          ? before.disabled_at?.toISOString() ?? null
          : disabled
          ? before.disabled_at?.toISOString() ?? at()
          : null;
        const endsTokens = disabled === true || hashed !== undefined;
        const [row] = await sql<Row[]>`
          update api_user set role = ${role ?? before.role}, disabled_at = ${disabledAt}::timestamptz,
            password_hash = ${hashed ?? before.password_hash}, updated_at = ${at()}::timestamptz
            ${endsTokens ? sql`, tokens_from = ${afterNow()}::timestamptz` : sql``}
          where installation_id = ${installationId} and id = ${id} returning ${columns(sql)}`;
        const changes = { role, disabled, ...(hashed !== undefined && { password: "changed" }) };
        await audit(sql, installationId, { ...by, action: "update", entityId: id, changes });
        return toUser(row!);
      });
    },

    remove: (installationId, id, { by, keepsAdmin }) =>
      within(installationId, async (sql) => {
        if (keepsAdmin) await requireOtherAdmin(sql, installationId, { id, what: "delete" });
        const row = await lock(sql, installationId, id);
        await sql`delete from api_user where installation_id = ${installationId} and id = ${id}`;
        await audit(sql, installationId, { ...by, action: "delete", entityId: id, changes: { name: row.name } });
        return toUser(row);
      }),

    endTokens: (installationId, id, by) =>
      within(installationId, async (sql) => {
        const row = await lock(sql, installationId, id);
        await sql`
          update api_user set tokens_from = ${afterNow()}::timestamptz
          where installation_id = ${installationId} and id = ${id}`;
        await audit(sql, installationId, { ...by, action: "revoke_tokens", entityId: id, changes: { name: row.name } });
        return toUser(row);
      }),

    revokeToken: (installationId, { subject, sha256, expiresAt }, by) =>
      within(installationId, async (sql) => {
        await sql`
          delete from api_token_revoked where installation_id = ${installationId} and expires_at < ${at()}::timestamptz`;
        await sql`
          insert into api_token_revoked (installation_id, jti_sha256, expires_at)
          values (${installationId}, ${Buffer.from(sha256)}, ${
          instant(expiresAt)
        }::timestamptz) on conflict do nothing`;
        const [user] = await sql<{ id: string }[]>`
          select id from api_user where installation_id = ${installationId} and name = ${subject}`;
        const entityId = user?.id ?? subject;
        await audit(sql, installationId, { ...by, action: "revoke_token", entityId, changes: { name: subject } });
      }),

    loggedIn: async (installationId, { password, ...login }) => {
      const [row] = await within(installationId, (sql) =>
        sql<Row[]>`
          select ${columns(sql)} from api_user where installation_id = ${installationId} and name = ${login.name}`);
      const isRight = await passwords.matches(password, row?.password_hash ?? null, login);
      return isRight && row && row.disabled_at === null ? toUser(row) : undefined;
    },

    knows: passwords.knows,

    verdictOf: async (installationId, { subject, role, isOwn, issuedAt, expiresAt, sha256 }) => {
      const [found] = await within(
        installationId,
        (sql) =>
          sql<{ role: ApiRole | null; disabled_at: Date | null; tokens_from: Date | null; revoked: boolean }[]>`
          select u.role, u.disabled_at, u.tokens_from, exists (
            select 1 from api_token_revoked
            where installation_id = ${installationId} and jti_sha256 = ${Buffer.from(sha256)}
          ) as revoked
          from (select 1 as one) once
          left join api_user u on u.installation_id = ${installationId} and u.name = ${subject}`,
      );
      const { role: stored, disabled_at: disabledAt, tokens_from: from, revoked } = found!;
      if (revoked || disabledAt) return undefined;
      const caller = (as: ApiRole): Verdict => ({ caller: { kind: "user", name: subject, role: as }, expiresAt });
      if (stored) return issuedAt !== undefined && issuedAt >= from!.getTime() ? caller(stored) : undefined;
      // Of a user who is gone: what the token says of a role counts for other issuers alone.
      if (isOwn) return undefined;
      if (role) return caller(role);
      throw new AppError("ROLE_INSUFFICIENT", "Cannot serve the request: the token names no role (viewer to admin)");
    },
  };
}

/** Locks the active admins, each time in one order: of two who go at once the second finds that the first has gone. */
async function requireOtherAdmin(
  sql: TransactionSql,
  installationId: number,
  { id, what }: { id: string; what: string },
): Promise<void> {
  const admins = await sql<{ id: string; name: string }[]>`
    select id, name from api_user where installation_id = ${installationId} and role = 'admin' and disabled_at is null
    order by id for update`;
  if (admins.length !== 1 || admins[0]!.id !== id) return;
  throw new AppError(
    "CONFLICT",
    `Cannot ${what} user "${
      admins[0]!.name
    }": it is the last active admin; make another user an admin first, or do it with ` +
      "an API key or an operator's key",
  );
}

export function userUnknown(id: string): AppError {
  return new AppError("NOT_FOUND", `Cannot find user "${id.slice(0, 40)}": there is none with this id`);
}

function columns(sql: Query) {
  return sql`id, name, role, password_hash, disabled_at, created_at, updated_at`;
}

function toUser(row: Row): ApiUser {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    hasPassword: row.password_hash !== null,
    disabledAt: row.disabled_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
