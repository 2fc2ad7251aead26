/** The places in which a signed token is accepted, the kinds that each accepts, and the code of each refusal. */

import { AppError, type ErrorCode } from "../base/errors.ts";

const MAX_TOKEN_CHARS = 8 * 1024;

/** Why a token was refused: value of `details.reason`, fit for a metric label. */
const FAULTS = {
  missing: "none was sent",
  repeated: "more than one was sent",
  too_long: `it is longer than ${MAX_TOKEN_CHARS} characters`,
  malformed: "it is not a JWT in strict compact form",
  algorithm: "its algorithm is not RS256",
  header_refused: "its header holds a member that must not be there",
  signature: "no trusted key verifies its signature",
  claims_malformed: "a claim is absent or of the wrong type",
  claims_conflict: "workspaceId and activeWs differ",
  issuer: "its issuer is not clockify",
  type: "its type is not addon",
  wrong_addon: "it was issued for another add-on",
  expired: "it has expired",
  exp_missing: "it has no expiry",
  not_yet_valid: "it is not valid yet",
  issued_in_future: "it was issued in the future",
  kind: "a token of this kind is not accepted here",
  not_the_stored_token: "it is not the token stored for this path",
  stored_elsewhere: "it is stored as a webhook or installation token",
  other_workspace: "it is for another workspace than the rest of the call",
  other_installation: "it is for another installation than the rest of the call",
} as const;

export type TokenFault = keyof typeof FAULTS;
export const TOKEN_FAULTS = Object.keys(FAULTS) as TokenFault[];

/**
 * What a token's claims say it is (the signature is the same for all). "user": viewer of the console.
 * "installation": names a user or a host, no role. "plain": neither, so webhook or lifecycle. "mixed": role, language or
 * theme without the whole of a user token; accepted nowhere.
 */
export type TokenKind = "user" | "installation" | "plain" | "mixed";

export interface PlaceRule {
  /** How messages call the token. */
  name: string;
  accepts: readonly TokenKind[];
  expRequired: boolean;
  missing: ErrorCode;
  invalid: ErrorCode;
  wrongAddon: ErrorCode;
}

/**
 * Which kinds are accepted in which place, and how a refusal is coded. Any workspace member holds a user
 * token, so it is accepted as nothing else. A lifecycle token may name hosts or a user (hosts are
 * "often absent" in what add-ons saw, a user is not documented), so the installation shape passes there, and
 * verifyLifecycle refuses the installation's own token by its hash.
 */
export const PLACES = {
  webhook: {
    name: "webhook token",
    accepts: ["plain"],
    expRequired: false,
    missing: "WEBHOOK_SIGNATURE_MISSING",
    invalid: "WEBHOOK_SIGNATURE_INVALID",
    wrongAddon: "WEBHOOK_WRONG_ADDON",
  },
  lifecycle: {
    name: "lifecycle token",
    accepts: ["plain", "installation"],
    expRequired: false,
    missing: "LIFECYCLE_TOKEN_MISSING",
    invalid: "LIFECYCLE_TOKEN_INVALID",
    wrongAddon: "WEBHOOK_WRONG_ADDON",
  },
  installation: {
    name: "installation token",
    accepts: ["installation"],
    expRequired: false,
    missing: "LIFECYCLE_TOKEN_INVALID",
    invalid: "LIFECYCLE_TOKEN_INVALID",
    wrongAddon: "WEBHOOK_WRONG_ADDON",
  },
  user: {
    name: "user token",
    accepts: ["user"],
    expRequired: true,
    missing: "LOGIN_REQUIRED",
    invalid: "LOGIN_INVALID",
    wrongAddon: "LOGIN_WRONG_ADDON",
  },
} as const satisfies Record<string, PlaceRule>;

export type TokenPlace = keyof typeof PLACES;

/** Error of a token refused in `place`; the message never holds the token. */
export function tokenRefused(place: TokenPlace, fault: TokenFault, code?: ErrorCode): AppError {
  const rule = PLACES[place];
  const coded = fault === "missing" ? rule.missing : fault === "wrong_addon" ? rule.wrongAddon : rule.invalid;
  return new AppError(code ?? coded, `Cannot accept ${rule.name}: ${FAULTS[fault]}`, { details: { reason: fault } });
}

/** The header's value when it is there exactly once and of a bearable length. Fetch joins repeated headers by a comma. */
export function singleToken(value: string | undefined, place: TokenPlace): string {
  if (!value) throw tokenRefused(place, "missing");
  if (value.length > MAX_TOKEN_CHARS) throw tokenRefused(place, "too_long");
  if (value.includes(",")) throw tokenRefused(place, "repeated");
  return value;
}
