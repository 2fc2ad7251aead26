/**
 * The cookie of a person's session at the consoles of port 8003. No script reads it (HttpOnly), no page of
 * another site makes the browser send it (SameSite=Strict), and one of another port of this host, which is of the same site,
 * is refused by its origin.
 */

import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { AppError } from "../../base/errors.ts";
import type { AppEnv } from "./app_env.ts";

const NAME = "timewire_session";
const READS = new Set(["GET", "HEAD"]);

/** Undefined where the request has none. */
export function sessionOf(c: Context<AppEnv>): string | undefined {
  return getCookie(c, NAME);
}

/** `paths`: below which the browser sends it; `expiresAt` in milliseconds since the Unix epoch. */
export function giveSession(
  c: Context<AppEnv>,
  { cookie, paths, expiresAt }: { cookie: string; paths: readonly string[]; expiresAt: number },
): void {
  for (const path of paths) setCookie(c, NAME, cookie, { ...attributes(c, path), expires: new Date(expiresAt) });
}

export function takeSession(c: Context<AppEnv>, paths: readonly string[]): void {
  for (const path of paths) deleteCookie(c, NAME, attributes(c, path));
}

function attributes(c: Context<AppEnv>, path: string) {
  // As the browser sees the page: a proxy may end TLS before this program.
  const secure = c.req.header("origin")?.startsWith("https:") ?? false;
  return { path, httpOnly: true, sameSite: "Strict", secure } as const;
}

/** Throws CROSS_SITE where a page of another origin asks by the cookie, and for a change that names no origin at all. */
export function refuseOtherOrigins(c: Context<AppEnv>): void {
  const isRead = READS.has(c.req.method);
  const site = c.req.header("sec-fetch-site");
  const origin = c.req.header("origin");
  // Browsers leave Sec-Fetch-Site out where the page has no TLS and is not of this machine.
  const isOwn = site !== undefined
    ? site === "same-origin" || (site === "none" && isRead)
    : origin !== undefined
    ? URL.parse(origin)?.host === c.req.header("host")
    : isRead;
  if (!isOwn) throw new AppError("CROSS_SITE", "Cannot serve the request: a page of another origin asked for it");
}
