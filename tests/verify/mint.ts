/** Key pairs and signed tokens of each kind, as the platform would make them, for the tests of src/verify. */

import { Buffer } from "node:buffer";
import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { assert, assertEquals, assertStrictEquals, fail } from "@std/assert";
import type { Clock } from "../../src/base/clock.ts";
import { AppError, type ErrorCode } from "../../src/base/errors.ts";
import type { GuessGuard } from "../../src/limits/guesses.ts";
import { createKeySource } from "../../src/verify/keys.ts";
import type { TokenFault } from "../../src/verify/token_rules.ts";

export const ADDON_KEY = "timewire-test";
export const WORKSPACE = "64a687e29ae1f428e7ebe303";
export const ADDON_ID = "64b000000000000000000001";
export const NOW_MS = Date.UTC(2026, 10, 21, 12);
export const NOW_S = NOW_MS / 1000;

export function rsaPair(modulusLength = 2048): { privateKey: KeyObject; pem: string; jwk: Record<string, unknown> } {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength });
  return {
    privateKey,
    pem: publicKey.export({ type: "spki", format: "pem" }) as string,
    jwk: publicKey.export({ format: "jwk" }) as Record<string, unknown>,
  };
}

export const platform = rsaPair();
export const stranger = rsaPair();

/** A clock that stands still until it is set; set back, only the wall clock goes back. */
export function testClock(startMs = NOW_MS): Clock & { nowMs: number } {
  let wallMs = startMs;
  let monotonicMs = 0;
  return {
    get nowMs() {
      return wallMs;
    },
    set nowMs(ms) {
      monotonicMs += Math.max(0, ms - wallMs);
      wallMs = ms;
    },
    now: () => wallMs,
    monotonicMs: () => monotonicMs,
    sleep: () => Promise.reject(new Error("no test sleeps")),
  };
}

export const clock = testClock();
export const keys = await createKeySource({ pem: platform.pem, clock });
export const deps = { keys, addonKey: ADDON_KEY, clock };

const base = { iss: "clockify", type: "addon", sub: ADDON_KEY, workspaceId: WORKSPACE, addonId: ADDON_ID };
const hosts = { backendUrl: "https://euc1.clockify.me/api", reportsUrl: "https://euc1.clockify.me/report" };

/** A guard that refuses nothing. */
export const noGuard: GuessGuard = {
  isSpent: () => false,
  admit: () => {},
  failed: () => {},
  look: () => fail("it is not asked"),
};

/** Claims by kind of token. */
export const CLAIMS = {
  webhook: base,
  lifecycle: { ...base, iat: NOW_S, exp: NOW_S + 1800 },
  installation: { ...base, ...hosts, user: "owner1", iat: NOW_S, exp: NOW_S + 3_155_760_000 },
  user: {
    ...base,
    ...hosts,
    user: "viewer1",
    workspaceRole: "OWNER",
    language: "EN",
    theme: "DEFAULT",
    iat: NOW_S,
    exp: NOW_S + 1800,
  },
} as const satisfies Record<string, Record<string, unknown>>;

export type MintKind = keyof typeof CLAIMS;
export const KINDS = Object.keys(CLAIMS) as MintKind[];

export interface MintOptions {
  key?: KeyObject;
  header?: Record<string, unknown>;
}

/** An RS256 token of the kind; claims given as undefined are left out. */
export function mint(kind: MintKind, changes: Record<string, unknown> = {}, options: MintOptions = {}): string {
  return sign(JSON.stringify({ ...CLAIMS[kind], ...changes }), options);
}

/** An RS256 token with this very payload. */
export function sign(payload: string, { key = platform.privateKey, header = {} }: MintOptions = {}): string {
  const input = `${base64Url(JSON.stringify({ alg: "RS256", ...header }))}.${base64Url(payload)}`;
  return `${input}.${createSign("RSA-SHA256").update(input).sign(key).toString("base64url")}`;
}

export function base64Url(text: string): string {
  return Buffer.from(text).toString("base64url");
}

/** Awaits `attempt` and holds its error against code and reason; the message must not hold `secret`. */
export async function refused(
  attempt: () => unknown,
  expected: { code: ErrorCode; reason?: TokenFault; secret?: string },
): Promise<AppError> {
  const error = await (async () => await attempt())().then(() => undefined, (reason) => reason);
  assert(error instanceof AppError, `expected ${expected.code}, got ${error ?? "no error"}`);
  assertEquals(error.code, expected.code, error.message);
  if (expected.reason) assertStrictEquals(error.details.reason, expected.reason);
  if (expected.secret) {
    assert(!`${error.message} ${JSON.stringify(error.details)}`.includes(expected.secret), "error holds the secret");
  }
  return error;
}
