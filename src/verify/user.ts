/** Who is the viewer of the console? Verification of Clockify's user tokens, kept by hash since each request carries one. */

import { hash } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { KeySource } from "./keys.ts";
import { singleToken } from "./places.ts";
import { LEEWAY_MS, type PlatformHosts, type TokenDeps, verifyPlatformToken } from "./token.ts";
import { createVerifiedCache } from "./verified_cache.ts";

export interface VerifiedUser {
  readonly workspaceId: string;
  readonly addonId: string;
  readonly userId: string;
  /** The role when the token was made, up to 30 minutes ago (protocol.md 5.1). */
  readonly role: "admin" | "member";
  /** As Clockify spelt it. */
  readonly roleClaim: string;
  readonly hosts: Readonly<PlatformHosts>;
  readonly expiresAtMs: number;
  readonly language?: string;
  readonly theme?: string;
}

// Both spellings of admin: workspaceRole claim and the API's own role enum (protocol.md 3.1).
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
  /** Different tokens under verification at once, default 64. */
  maxWaiting?: number;
}

export interface UserVerifier {
  /** As verifyUser(), at once when the token is known; also OVERLOADED (retryable). */
  verify(request: { token: string | undefined; addonKey: string }): VerifiedUser | Promise<VerifiedUser>;
}

/** A verifier with its own cache; an entry lasts 60 s, and never longer than its token. */
export function createUserVerifier(options: UserVerifierOptions): UserVerifier {
  const { keys, clock, maxCached = 1_000, maxWaiting = 64 } = options;
  const cache = createVerifiedCache<VerifiedUser>({ maxCached, maxWaiting, maxAgeMs: 60_000, clock });
  return {
    verify(request) {
      const token = singleToken(request.token, "user");
      const key = `${request.addonKey} ${hash("sha256", token)}`;
      return cache.get(key) ?? cache.load(key, async () => {
        const user = await verifyUser(token, { keys, addonKey: request.addonKey, clock });
        return { value: user, expiresAtMs: user.expiresAtMs + LEEWAY_MS };
      });
    },
  };
}
