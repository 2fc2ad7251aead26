/** Bearer tokens of the Workflow Management API: JWTs of HS256 alone, ours and those of others who hold the same secret. */

import { hash } from "node:crypto";
import { jwtVerify, SignJWT } from "jose";
import type { Clock } from "../base/clock.ts";
import { isCompactJws } from "../verify/jws.ts";
import { API_ROLES, type ApiRole } from "./roles.ts";

export interface TokenClaims {
  /** Name of the user. */
  subject: string;
  /** What the token says; undefined where it names none of ours. */
  role: ApiRole | undefined;
  /** Issued here: counts for a user of ours alone. */
  isOwn: boolean;
  /** Milliseconds since the Unix epoch; undefined where the token does not say. */
  issuedAt: number | undefined;
  expiresAt: number;
  /** By which it is revoked. */
  sha256: Uint8Array;
}

export interface AccessTokens {
  issue(user: { name: string; role: ApiRole }): Promise<{ token: string; expiresInSeconds: number }>;
  /** Undefined for one that is none, is signed otherwise or by another secret, is over, or lacks `sub` or `exp`. */
  read(token: string): Promise<TokenClaims | undefined>;
}

const ALGORITHM = "HS256";
const ISSUER = "timewire";
const MAX_CHARS = 8_192;
const MAX_SUBJECT_CHARS = 100;
/** Clocks of other issuers may be ahead by so much. */
const AHEAD_MS = 60_000;
/** The last instant of four digits: a later end is none that a token needs. */
const MAX_INSTANT = Date.UTC(9999, 11, 31);

export function createAccessTokens(
  { secret, minutes, clock }: { secret: string; minutes: number; clock: Clock },
): AccessTokens {
  const key = new TextEncoder().encode(secret);
  return {
    issue: async ({ name, role }) => {
      // With its milliseconds: a user's tokens are revoked up to an instant, and the next one counts at once.
      const at = clock.now() / 1_000;
      const token = await new SignJWT({ role }).setProtectedHeader({ alg: ALGORITHM, typ: "JWT" })
        .setIssuer(ISSUER).setSubject(name).setJti(crypto.randomUUID()).setIssuedAt(at)
        .setExpirationTime(at + minutes * 60).sign(key);
      return { token, expiresInSeconds: minutes * 60 };
    },
    read: async (token) => {
      // One spelling for each token: it is revoked by its hash where it has no id.
      if (token.length > MAX_CHARS || !isCompactJws(token)) return undefined;
      const verified = await jwtVerify(token, key, {
        algorithms: [ALGORITHM],
        requiredClaims: ["exp", "sub"],
        currentDate: new Date(clock.now()),
      }).catch(() => undefined);
      if (!verified) return undefined;
      const { sub, exp, iat, iss, jti, role } = verified.payload;
      if (typeof sub !== "string" || sub.length < 1 || sub.length > MAX_SUBJECT_CHARS || /\p{C}/u.test(sub)) {
        return undefined;
      }
      const issuedAt = typeof iat === "number" ? Math.round(iat * 1_000) : undefined;
      if (issuedAt !== undefined && issuedAt > clock.now() + AHEAD_MS) return undefined;
      return {
        subject: sub,
        role: API_ROLES.find((one) => one === role),
        isOwn: iss === ISSUER,
        issuedAt,
        expiresAt: Math.min(Math.floor(exp! * 1_000), MAX_INSTANT),
        sha256: hash("sha256", jti === undefined ? `token ${token}` : `id ${JSON.stringify([iss, jti])}`, "buffer"),
      };
    },
  };
}
