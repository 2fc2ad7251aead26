/** Verification of the platform's signed tokens: signature, claims, and whether the kind may be used in the place. */

import { hash } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import { verifyJws } from "./jws.ts";
import type { KeySource } from "./keys.ts";
import { type PlaceRule, PLACES, singleToken, type TokenKind, type TokenPlace, tokenRefused } from "./token_rules.ts";

/** Clocks may differ by this much in either direction, as a machine without NTP does. */
export const LEEWAY_MS = 60_000;
const MAX_ID_CHARS = 128;
const MAX_CLAIM_CHARS = 2048;

/** Service addresses as the platform signed them, not yet held against the allow-list of hosts. */
export interface PlatformHosts {
  backendUrl?: string;
  reportsUrl?: string;
  locationsUrl?: string;
  screenshotsUrl?: string;
  ptoUrl?: string;
}

/** Claims of a genuine token. */
export interface PlatformClaims {
  workspaceId: string;
  /** The installation: new on every reinstall. */
  addonId: string;
  userId?: string;
  workspaceRole?: string;
  language?: string;
  theme?: string;
  hosts: PlatformHosts;
  issuedAtMs?: number;
  notBeforeMs?: number;
  /** Without the leeway. */
  expiresAtMs?: number;
}

export interface TokenDeps {
  keys: KeySource;
  /** Manifest key: the `sub` of every token of this add-on. */
  addonKey: string;
  clock: Clock;
}

/** SHA-256 of a token: the form in which tokens are stored and compared. 32 bytes. */
export function tokenSha256(token: string): Uint8Array {
  return hash("sha256", token, "buffer");
}

/**
 * The claims of a genuine token of this add-on, of a kind that `place` accepts. Throws the codes of PLACES with
 * `details.reason` out of TOKEN_FAULTS, and what the key source throws when it has no key.
 */
export async function verifyPlatformToken(
  token: string | undefined,
  deps: TokenDeps & { place: TokenPlace },
): Promise<PlatformClaims> {
  const { place } = deps;
  const signed = await verifyJws(singleToken(token, place), { keys: deps.keys, place });
  if (signed.iss !== "clockify") throw tokenRefused(place, "issuer");
  if (signed.type !== "addon") throw tokenRefused(place, "type");
  if (signed.sub !== deps.addonKey) throw tokenRefused(place, "wrong_addon");
  const claims = parseClaims(signed, place);
  checkTimes(claims, { nowMs: deps.clock.now(), place });
  requireKind(claims, place);
  return claims;
}

/** What the claims say the token is. */
export function tokenKind(claims: PlatformClaims): TokenKind {
  if (claims.workspaceRole !== undefined || claims.language !== undefined || claims.theme !== undefined) {
    return claims.userId && claims.workspaceRole ? "user" : "mixed";
  }
  return claims.userId !== undefined || Object.keys(claims.hosts).length > 0 ? "installation" : "plain";
}

/** Throws the place's code for an invalid token when tokens of this kind are not accepted there. */
function requireKind(claims: PlatformClaims, place: TokenPlace): void {
  const rule: PlaceRule = PLACES[place];
  if (!rule.accepts.includes(tokenKind(claims))) throw tokenRefused(place, "kind");
  if (rule.expRequired && claims.expiresAtMs === undefined) throw tokenRefused(place, "exp_missing");
}

function parseClaims(claims: Record<string, unknown>, place: TokenPlace): PlatformClaims {
  const text = (name: string): string | undefined => {
    const value = claims[name] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== "string" || value.length > MAX_CLAIM_CHARS) throw tokenRefused(place, "claims_malformed");
    return value;
  };
  // One of an unexpected form is of no use to its own service and to no other (clockify/hosts.ts).
  const host = (name: string): string | undefined => {
    const value = claims[name] ?? undefined;
    return value === undefined || (typeof value === "string" && value.length <= MAX_CLAIM_CHARS)
      ? value as string | undefined
      : "";
  };
  const instantMs = (name: string): number | undefined => {
    const value = claims[name] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !Number.isFinite(value)) throw tokenRefused(place, "claims_malformed");
    return value * 1000;
  };
  // Tokens of the developer environment may say activeWs.
  const workspaceId = text("workspaceId") ?? text("activeWs");
  const addonId = text("addonId");
  if (!isId(workspaceId) || !isId(addonId)) throw tokenRefused(place, "claims_malformed");
  if ((text("activeWs") ?? workspaceId) !== workspaceId) throw tokenRefused(place, "claims_conflict");
  return present({
    workspaceId,
    addonId,
    userId: text("user"),
    workspaceRole: text("workspaceRole"),
    language: text("language"),
    theme: text("theme"),
    hosts: present({
      backendUrl: text("backendUrl"),
      reportsUrl: host("reportsUrl"),
      locationsUrl: host("locationsUrl"),
      screenshotsUrl: host("screenshotsUrl"),
      ptoUrl: host("ptoUrl"),
    }),
    issuedAtMs: instantMs("iat"),
    notBeforeMs: instantMs("nbf"),
    expiresAtMs: instantMs("exp"),
  });
}

function checkTimes(claims: PlatformClaims, { nowMs, place }: { nowMs: number; place: TokenPlace }): void {
  const { issuedAtMs = nowMs, notBeforeMs = nowMs, expiresAtMs = Infinity } = claims;
  if (expiresAtMs + LEEWAY_MS <= nowMs) throw tokenRefused(place, "expired");
  if (notBeforeMs > nowMs + LEEWAY_MS) throw tokenRefused(place, "not_yet_valid");
  if (issuedAtMs > nowMs + LEEWAY_MS) throw tokenRefused(place, "issued_in_future");
}

function isId(value: string | undefined): value is string {
  return value !== undefined && value !== "" && value.length <= MAX_ID_CHARS;
}

/** The same object without members whose value is undefined. */
function present<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
