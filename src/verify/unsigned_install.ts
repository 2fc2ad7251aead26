/** INSTALLED calls without a token: accepted for local tests only, where signatures are not required. */

import ipaddr from "ipaddr.js";
import { isLoopback } from "../clockify/hosts.ts";
import { AppError } from "../base/errors.ts";
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

/** What the settings say of who can reach this process. */
export interface Reach {
  /** TRUSTED_PROXIES is set. */
  hasProxies: boolean;
  /** The configured address of the add-on; undefined where none is. */
  publicUrl?: string;
}

/**
 * Throws LIFECYCLE_TOKEN_MISSING unless the request comes from a program on this machine itself: a proxy in front of
 * this process is on this machine too, so a header that a proxy sets is reason enough, and so are settings that only a
 * process with a proxy in front has: not every proxy says that it is one.
 */
export function requireLocal(
  { headers, remoteAddress, reach }: { headers: Headers; remoteAddress: string; reach: Reach },
): void {
  if (reach.hasProxies) throw unsignedRefused("TRUSTED_PROXIES is set");
  if (reach.publicUrl !== undefined && !isLoopback(new URL(reach.publicUrl).hostname)) {
    throw unsignedRefused("the public address of the add-on is not on this machine");
  }
  if (!ipaddr.isValid(remoteAddress) || ipaddr.process(remoteAddress).range() !== "loopback") {
    throw unsignedRefused("it does not come from this machine");
  }
  const passedOn = [...headers.keys()].find((name) => FORWARDED.includes(name) || name.startsWith("x-forwarded-"));
  if (passedOn !== undefined) throw unsignedRefused(`it was passed on by a proxy (${passedOn})`);
  if (!isLoopback(hostnameOf(headers.get("host")))) {
    throw unsignedRefused("its Host is not this machine's own: localhost, 127.0.0.1 or [::1]");
  }
  if (OF_PAGES.some((name) => headers.has(name))) throw unsignedRefused("a browser's page makes it");
}

/** Without the port; "" for what names no host. */
function hostnameOf(host: string | null): string {
  return /^[\w.-]+(?=:\d+$|$)|^\[[0-9a-f:]+\](?=:\d+$|$)/i.exec(host ?? "")?.[0].toLowerCase() ?? "";
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
