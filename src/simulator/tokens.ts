/**
 * The four token kinds with exactly the claims of docs/clockify-protocol.md "Kinds of tokens", and the reading of a
 * token that calls the API.
 */

import { createBoundedCache } from "../base/bounded_cache.ts";
import type { Clock } from "../base/clock.ts";
import type { Claims, PlatformKey } from "./keys.ts";

export type TokenKind = "installation" | "user" | "webhook" | "lifecycle";

export interface TokenInput {
  kind: TokenKind;
  /** Manifest key: the claim `sub`. */
  addonKey: string;
  workspaceId: string;
  addonId: string;
  /** Installation: the workspace owner. User: the viewer. */
  userId?: string;
  /** User tokens only. */
  workspaceRole?: string;
  /** Default: 30 minutes for user tokens, about 100 years for installation tokens (seen live), none for the others. */
  expiresInSeconds?: number;
  /** Laid over the claims, for forged tokens in tests; null takes a claim away. */
  claims?: Claims;
}

export interface Tokens {
  sign(input: TokenInput): Promise<string>;
  /** Claims of a token we signed and that has not ended, else undefined. */
  read(token: string): Promise<Claims | undefined>;
}

const CENTURY_SECONDS = 100 * 365 * 24 * 3600;
const USER_TOKEN_SECONDS = 30 * 60;
const MAX_CACHED_TOKENS = 5000;

/** `origin` is the simulator's own address: every host claim points at it. */
export function createTokens(key: PlatformKey, origin: string, clock: Clock): Tokens {
  const hosts = {
    backendUrl: `${origin}/api`,
    reportsUrl: `${origin}/report`,
    locationsUrl: `${origin}/locations`,
    screenshotsUrl: `${origin}/screenshots`,
    ptoUrl: `${origin}/pto`,
  };
  const known = createBoundedCache<string, Claims>({ max: MAX_CACHED_TOKENS });

  function claimsOf(input: TokenInput): Claims {
    const issuedAt = Math.floor(clock.now() / 1000);
    const ends = (seconds?: number) => seconds === undefined ? {} : { exp: issuedAt + seconds };
    const base = {
      iss: "clockify",
      sub: input.addonKey,
      type: "addon",
      workspaceId: input.workspaceId,
      addonId: input.addonId,
    };
    switch (input.kind) {
      case "installation":
        return {
          ...base,
          ...hosts,
          user: input.userId,
          iat: issuedAt,
          ...ends(input.expiresInSeconds ?? CENTURY_SECONDS),
        };
      case "user":
        return {
          ...base,
          ...hosts,
          user: input.userId,
          workspaceRole: input.workspaceRole ?? "MEMBER",
          language: "EN",
          theme: "DEFAULT",
          iat: issuedAt,
          ...ends(input.expiresInSeconds ?? USER_TOKEN_SECONDS),
        };
      case "webhook":
        return { ...base, ...ends(input.expiresInSeconds) };
      case "lifecycle":
        return { ...base, iat: issuedAt, ...ends(input.expiresInSeconds) };
    }
  }

  return {
    sign(input) {
      const merged = { ...claimsOf(input), ...input.claims };
      return key.sign(Object.fromEntries(Object.entries(merged).filter(([, value]) => value != null)));
    },
    async read(token) {
      let claims = known.get(token);
      if (!claims) {
        claims = await key.verify(token);
        if (!claims) return undefined;
        known.set(token, claims);
      }
      return typeof claims.exp === "number" && claims.exp * 1000 <= clock.now() ? undefined : claims;
    },
  };
}
