/**
 * Sessions of people at the console of the Workflow Management API: what the browser keeps in a cookie, sealed under
 * ENCRYPTION_KEYS, so that every instance reads it and none stores it. What ends one is stored where the ends of tokens are.
 */

import { Buffer } from "node:buffer";
import { hash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../base/clock.ts";
import { toAppError } from "../base/errors.ts";
import { consoleSessionContext } from "../secrets/contexts.ts";
import type { Keyring } from "../secrets/encryption.ts";
import type { OperatorKey } from "../verify/operator.ts";
import type { ApiKeyStore } from "./keys.ts";
import type { TokenClaims } from "./tokens.ts";
import type { ApiUserStore } from "./users.ts";
import type { Verdict } from "./verdicts.ts";

/** A working day: a page that stays open asks for no second login in it. */
export const SESSION_HOURS = 12;
/** A longer text is none of ours. */
const MAX_CHARS = 2_000;

export interface Sessions {
  /** What the cookie holds. `key`: the key that the login was made by; its hash alone is kept. */
  issue(installationId: number, login: SessionLogin): Promise<{ cookie: string; expiresAt: number }>;
  /** Undefined for a text that is no session, for one that is over or was ended, and where its key or user is no more. */
  verdictOf(installationId: number, cookie: string): Promise<Verdict | undefined>;
  /** By which it is ended, in milliseconds since the Unix epoch; undefined as verdictOf(). */
  read(installationId: number, cookie: string): Promise<TokenClaims | undefined>;
}

export type SessionLogin = { kind: "user"; name: string } | { kind: "key" | "operator"; name: string; key: string };

const shape = z.strictObject({
  id: z.string(),
  kind: z.enum(["user", "key", "operator"]),
  name: z.string(),
  /** Of the key, in hex. */
  sha256: z.string().optional(),
  from: z.number(),
  until: z.number(),
});

export interface SessionOptions {
  keyring: Pick<Keyring, "seal" | "open">;
  users: Pick<ApiUserStore, "verdictOf" | "isTokenRevoked">;
  apiKeys: Pick<ApiKeyStore, "verdictOfHash">;
  operators: readonly OperatorKey[];
  clock: Clock;
}

export function createSessions({ keyring, users, apiKeys, operators, clock }: SessionOptions): Sessions {
  async function open(installationId: number, cookie: string): Promise<z.output<typeof shape> | undefined> {
    if (cookie.length > MAX_CHARS) return undefined;
    try {
      const text = await keyring.open(cookie, consoleSessionContext(installationId));
      const session = shape.parse(JSON.parse(text));
      return session.until > clock.now() ? session : undefined;
    } catch (error) {
      const { code } = toAppError(error);
      // Of a key that is no longer among ENCRYPTION_KEYS: its holder signs in again.
      if (code === "ENCRYPTED_VALUE_INVALID" || code === "ENCRYPTION_KEY_UNKNOWN") return undefined;
      throw error;
    }
  }

  return {
    issue: async (installationId, login) => {
      const from = clock.now();
      const until = from + SESSION_HOURS * 3_600_000;
      const { kind, name } = login;
      const sha256 = login.kind === "user" ? undefined : hash("sha256", login.key);
      const session: z.output<typeof shape> = { id: crypto.randomUUID(), kind, name, sha256, from, until };
      return {
        cookie: await keyring.seal(JSON.stringify(session), consoleSessionContext(installationId)),
        expiresAt: until,
      };
    },

    verdictOf: async (installationId, cookie) => {
      const session = await open(installationId, cookie);
      if (!session) return undefined;
      const { kind, name, sha256, until } = session;
      if (kind === "user") return await users.verdictOf(installationId, claimsOf(session));
      if (await users.isTokenRevoked(installationId, claimsOf(session).sha256)) return undefined;
      const of = Buffer.from(sha256!, "hex");
      if (kind === "operator") {
        const known = operators.find((operator) => operator.name === name && timingSafeEqual(operator.sha256, of));
        return known && { caller: { kind, name, role: "admin" }, expiresAt: until };
      }
      const found = await apiKeys.verdictOfHash(installationId, of);
      return found && { ...found, expiresAt: Math.min(until, found.expiresAt ?? until) };
    },

    read: async (installationId, cookie) => {
      const session = await open(installationId, cookie);
      return session && claimsOf(session);
    },
  };
}

function claimsOf({ id, name, from, until }: z.output<typeof shape>): TokenClaims {
  return {
    subject: name,
    role: undefined,
    isOwn: true,
    issuedAt: from,
    expiresAt: until,
    sha256: hash("sha256", `session ${id}`, "buffer"),
  };
}
