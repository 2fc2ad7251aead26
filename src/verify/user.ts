/**
 * Verifies the console's viewer: Clockify's user tokens, with the result cached by hash since each request carries one.
 */

import { hash } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import { createSlots } from "../limits/slots.ts";
import { requireForm } from "./jws.ts";
import type { KeySource } from "./keys.ts";
import { singleToken } from "./token_rules.ts";
import { LEEWAY_MS, type PlatformHosts, type TokenDeps, verifyPlatformToken } from "./token.ts";
import { createVerifiedCache } from "./verified_cache.ts";

export interface VerifiedUser {
  readonly workspaceId: string;
  readonly addonId: string;
  readonly userId: string;
  /** The role when the token was made, up to 30 minutes ago. */
  readonly role: "admin" | "member";
  /** As Clockify spelt it. */
  readonly roleClaim: string;
  readonly hosts: Readonly<PlatformHosts>;
  readonly expiresAtMs: number;
  readonly language?: string;
  readonly theme?: string;
}

// Both spellings of admin: workspaceRole claim and the API's own role enum.
const ADMIN_ROLES = ["OWNER", "ADMIN", "WORKSPACE_ADMIN"];

/** The viewer. Throws LOGIN_REQUIRED without a token, LOGIN_INVALID with `details.reason`, and what the key source throws. */
export async function verifyUser(token: string | undefined, deps: TokenDeps): Promise<VerifiedUser> {
  const claims = await verifyPlatformToken(token, { ...deps, place: "user" });
  const { workspaceId, addonId, hosts, language, theme } = claims;
  // The place "user" accepts no token without these three.
  const { userId, workspaceRole: roleClaim, expiresAtMs } = claims as Required<typeof claims>;
  return Object.freeze({
    workspaceId,
    addonId,
    userId,
    role: ADMIN_ROLES.includes(roleClaim.toUpperCase()) ? "admin" as const : "member" as const,
    roleClaim,
    hosts,
    expiresAtMs,
    ...(language !== undefined && { language }),
    ...(theme !== undefined && { theme }),
  });
}

export interface UserVerifierOptions {
  keys: KeySource;
  clock: Clock;
  /** Default 1,000 tokens. */
  maxCached?: number;
}

export interface UserRequest {
  token: string | undefined;
  addonKey: string;
  /** True for an address with too many failures behind it: its tokens have places of their own. */
  isSuspect?: boolean;
}

export interface UserVerifier {
  /** As verifyUser(), at once when the token is known; also OVERLOADED (retryable). */
  verify(request: UserRequest): VerifiedUser | Promise<VerifiedUser>;
}

/** Signatures under verification at once, of 0.1 ms of a processor each: a thousand that wait are through in 50 ms. */
const PLACES = { purpose: "verify the login", atOnce: 4, maxQueued: 1_000 };
/** The same for addresses that guess: what they send keeps no one else waiting, and a good login among it gets through. */
const SUSPECTS = { purpose: "verify the login", atOnce: 2, maxQueued: 1_000 };

/**
 * A verifier with its own cache; an entry lasts 60 s, and never longer than its token. A token that is kept needs no place,
 * and one whose form is wrong gets none.
 */
export function createUserVerifier(options: UserVerifierOptions): UserVerifier {
  const { keys, clock, maxCached = 1_000 } = options;
  const cache = createVerifiedCache<VerifiedUser>({ maxCached, maxAgeMs: 60_000, clock });
  const places = createSlots({ ...PLACES, clock });
  const suspects = createSlots({ ...SUSPECTS, clock });
  return {
    verify({ token: sent, addonKey, isSuspect = false }) {
      const token = singleToken(sent, "user");
      const key = `${addonKey} ${hash("sha256", token)}`;
      const known = cache.get(key);
      if (known) return known;
      requireForm(token, "user");
      return cache.load(key, () =>
        (isSuspect ? suspects : places).run(async () => {
          const user = await verifyUser(token, { keys, addonKey, clock });
          return { value: user, expiresAtMs: user.expiresAtMs + LEEWAY_MS };
        }));
    },
  };
}
