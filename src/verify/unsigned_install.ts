/** The INSTALLED call that nothing vouches for: taken for local tests alone, where signatures are not required. */

import ipaddr from "ipaddr.js";
import { AppError } from "../errors.ts";
import { type InstalledCall, readApiUrl } from "./lifecycle.ts";
import { parseLifecycleBody } from "./lifecycle_body.ts";

/** What proxies say of the request they pass on, beside all that begins with `x-forwarded-`. */
const FORWARDED = [
  "forwarded",
  "via",
  "x-real-ip",
  "x-client-ip",
  "true-client-ip",
  "cf-connecting-ip",
  "x-original-host",
];
/** What a browser sends with a page's request: any site that a developer has open could ask for it. */
const OF_PAGES = ["origin", "sec-fetch-site"];

/**
 * Throws LIFECYCLE_TOKEN_MISSING unless the request comes from a program on this machine itself: a proxy in front of this
 * process is on this machine too, so a header that tells of one is reason enough.
 */
export function requireLocal({ headers, remoteAddress }: { headers: Headers; remoteAddress: string }): void {
  if (!ipaddr.isValid(remoteAddress) || ipaddr.process(remoteAddress).range() !== "loopback") {
    throw unsignedRefused("it does not come from this machine");
  }
  const passedOn = [...headers.keys()].find((name) => FORWARDED.includes(name) || name.startsWith("x-forwarded-"));
  if (passedOn !== undefined) throw unsignedRefused(`it was passed on by a proxy (${passedOn})`);
  if (OF_PAGES.some((name) => headers.has(name))) throw unsignedRefused("a browser's page makes it");
}

/** The refusal of an unsigned call; `problem` ends the sentence. */
export function unsignedRefused(problem: string): AppError {
  return new AppError("LIFECYCLE_TOKEN_MISSING", `Cannot accept the call without a lifecycle token: ${problem}`, {
    details: { reason: "missing" },
  });
}

/**
 * The call as its body says. The webhooks it names are left out: their tokens would be trusted once signatures are required
 * again. Throws REQUEST_INVALID.
 */
export function readUnsignedInstall(body: unknown): InstalledCall {
  const { workspaceId, addonId, authToken, apiUrl, asUser, addonUserId } = parseLifecycleBody("INSTALLED", body);
  if (!addonId) throw new AppError("REQUEST_INVALID", "Cannot read INSTALLED call: addonId is missing");
  return {
    type: "INSTALLED",
    workspaceId,
    addonId,
    authToken,
    ...(asUser && { asUser }),
    ...(addonUserId && { addonUserId }),
    hosts: { backendUrl: readApiUrl(apiUrl) },
    backendUrlFrom: "body",
    unverified: true,
  };
}
