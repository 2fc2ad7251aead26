/** Where Clockify lives for one installation: base addresses from verified claims, and the list of hosts we may call. */

import { AppError } from "../base/errors.ts";

/** The claims of a verified token that name hosts. */
export interface HostClaims {
  backendUrl?: string;
  reportsUrl?: string;
  ptoUrl?: string;
  locationsUrl?: string;
  screenshotsUrl?: string;
  /** No claim: what an operator says (CLOCKIFY_AUDIT_LOG_BASE_URL). */
  auditUrl?: string;
}

/** Base addresses without a trailing slash; a service whose claim is absent or of no use is undefined. */
export interface ServiceHosts {
  /** The API with `/v1`, e.g. `https://api.clockify.me/api/v1`. */
  api?: string;
  /** The API without `/v1`: the add-on's settings and token exchange live below it. */
  backend?: string;
  /** Reports with `/v1`. */
  reports?: string;
  /** The old time-off host with `/v1`. */
  pto?: string;
  /** The audit log with `/v1`: no claim names it, and only production's own host is known to have one beside it. */
  audit?: string;
  /** As the claim says: no API of these two is documented. */
  locations?: string;
  screenshots?: string;
  /** Why a service is off although a claim names it, in words for people. */
  faults?: Partial<Record<Service, string>>;
}

export type Service = "api" | "reports" | "pto" | "audit" | "locations" | "screenshots";

/** Path variants seen in published URLs; `/v1` is appended only when missing. */
const API_PATHS = ["", "/api", "/api/v1", "/v1"];
const REPORT_PATHS = ["", "/report", "/report/v1", "/v1"];
/** Inferred from the reports host: only the bare host of production is documented. */
const PTO_PATHS = ["", "/pto", "/pto/v1", "/v1"];

/** Base addresses from claims. One of an unexpected form turns off its own service alone, with the reason in `faults`. */
export function serviceHosts(claims: HostClaims): ServiceHosts {
  const faults: NonNullable<ServiceHosts["faults"]> = {};
  const read = (service: Service, value: string | undefined, toBase: (value: string) => string): string | undefined => {
    if (value === undefined) return undefined;
    try {
      return toBase(value);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      faults[service] = String(error.details.why);
      return undefined;
    }
  };
  const api = read("api", claims.backendUrl, (value) => versioned(value, API_PATHS));
  return {
    api,
    backend: api?.slice(0, -"/v1".length),
    reports: read("reports", claims.reportsUrl, (value) => versioned(value, REPORT_PATHS)),
    pto: read("pto", claims.ptoUrl, (value) => versioned(value, PTO_PATHS)),
    audit: claims.auditUrl === undefined
      ? api && auditHost(api)
      : read("audit", claims.auditUrl, (value) => auditBase(value)),
    locations: read("locations", claims.locationsUrl, (value) => baseOf(value).href),
    screenshots: read("screenshots", claims.screenshotsUrl, (value) => baseOf(value).href),
    ...(Object.keys(faults).length > 0 && { faults }),
  };
}

/**
 * `https://api.clockify.me/api/v1` has its audit log at `https://auditlog-api.api.clockify.me/v1`. Hosts of regions, of
 * workspaces and of developers are not called `api`, and none is known for them (docs/clockify-protocol.md "Hosts").
 */
function auditHost(api: string): string | undefined {
  const { hostname, origin } = new URL(api);
  const isBeside = origin === `https://${hostname}` && hostname.startsWith("api.");
  return isBeside ? `https://auditlog-api.${hostname}/v1` : undefined;
}

/**
 * What CLOCKIFY_AUDIT_LOG_BASE_URL says, with `/v1`; its path may be any, since that of regions is not known. Throws
 * HOST_NOT_ALLOWED for what is no address.
 */
export function auditBase(value: string): string {
  const { href, path } = baseOf(value);
  return path.endsWith("/v1") ? href : href + "/v1";
}

/** Why services that the claims name cannot be called, in words for people: an unexpected form, or not on the list. */
export function hostProblems(claims: HostClaims, allowed: AllowedDomains): string[] {
  const { faults = {}, api, reports, pto } = serviceHosts(claims);
  const unlisted = [api, reports, pto].flatMap((base) => {
    try {
      if (base !== undefined) assertAllowed(new URL(base), allowed);
      return [];
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return [String(error.details.why)];
    }
  });
  return [...Object.values(faults), ...unlisted].map((why) => `Cannot call ${why}`);
}

/** Clockify's public API: what CLOCKIFY_API_BASE_URL says by default in older set-ups. */
const PUBLIC_API = "https://api.clockify.me";

/**
 * What CLOCKIFY_API_BASE_URL puts in the place of the API host of the claims: undefined for Clockify's public address in any
 * of its spellings, so that the regional hosts of the claims hold. A host without a path means `/api`. Throws
 * HOST_NOT_ALLOWED for an address that is malformed or has an unknown path.
 */
export function apiOverride(value: string): string | undefined {
  const base = baseOf(value);
  if (!API_PATHS.includes(base.path)) throw refused(base.href, `path ${base.path} is not one of Clockify's`);
  if (base.href === PUBLIC_API + base.path) return undefined;
  return base.path === "" ? `${base.href}/api` : base.href;
}

function versioned(value: string, paths: readonly string[]): string {
  const base = baseOf(value);
  if (!paths.includes(base.path)) throw refused(base.href, `path ${base.path} is not one of Clockify's`);
  return base.path.endsWith("/v1") ? base.href : base.href + "/v1";
}

/** Parses a base address and drops its trailing slashes. User info, query and fragment have no place in one. */
function baseOf(value: string): { href: string; path: string } {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined) throw refused("the address", "it is not a URL");
  assertPlain(url);
  if (url.search !== "" || url.hash !== "") throw refused(url.host, "it carries a query or a fragment");
  let path = url.pathname;
  while (path.endsWith("/")) path = path.slice(0, -1);
  return { href: url.origin + path, path };
}

export interface AllowedEntry {
  /** Exact host, or the suffix `.clockify.me` of a `*.clockify.me` entry. */
  host: string;
  suffix: boolean;
  protocol: "https:" | "http:";
  /** As URL.port says it: "" is the scheme's own port. */
  port: string;
  /** Scheme and port were written out: tests and private set-ups, whose addresses need not be public. */
  mayBePrivate: boolean;
}

/** The parsed list of hosts we may call. */
export type AllowedDomains = readonly AllowedEntry[];

/**
 * Reads ALLOWED_API_DOMAINS: a comma-separated list of hosts. `*.clockify.me` stands for every host below clockify.me,
 * not for clockify.me itself. An entry is https on its own port unless it carries scheme and port, as in
 * `http://127.0.0.1:9400`; plain http is accepted for loopback only. Throws CONFIG_INVALID naming the entry.
 */
export function parseAllowedDomains(list: string): AllowedDomains {
  const entries = list.split(",").map((entry) => entry.trim()).filter((entry) => entry !== "").map(parseEntry);
  if (entries.length === 0) throw new AppError("CONFIG_INVALID", "Cannot read the allowed API domains: list is empty");
  return entries;
}

function parseEntry(entry: string): AllowedEntry {
  const invalid = (why: string) =>
    new AppError("CONFIG_INVALID", `Cannot read allowed API domain "${entry}": ${why}`, { details: { entry } });
  const withScheme = entry.includes("://") ? entry : `https://${entry}`;
  const suffix = withScheme.includes("://*.");
  const text = suffix ? withScheme.replace("://*.", "://") : withScheme;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === "" || url.hostname.includes("*")) throw invalid("it is not a host");
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "") {
    throw invalid("it may hold only a scheme, a host and a port");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") throw invalid("scheme must be https or http");
  if (url.protocol === "http:" && (suffix || !isLoopback(url.hostname))) {
    throw invalid("plain http is for loopback only");
  }
  if (suffix && !url.hostname.includes(".")) throw invalid("a wildcard needs a domain below a top level one");
  const mayBePrivate = /^https?:\/\/.*:\d+\/?$/.test(entry);
  const host = suffix ? `.${url.hostname}` : url.hostname;
  return { host, suffix, protocol: url.protocol, port: url.port, mayBePrivate };
}

/** The entry that covers scheme, host and port of `url`. Throws HOST_NOT_ALLOWED when none does or it carries user info. */
export function assertAllowed(url: URL, allowed: AllowedDomains): AllowedEntry {
  assertPlain(url);
  for (const entry of allowed) {
    if (entry.protocol !== url.protocol || entry.port !== url.port) continue;
    if (entry.suffix ? url.hostname.endsWith(entry.host) : url.hostname === entry.host) return entry;
  }
  throw refused(`${url.protocol}//${url.host}`, "it is not on the list of allowed API domains");
}

/** True for 127.0.0.0/8, ::1 and localhost, as URL.hostname spells them. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function assertPlain(url: URL) {
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw refused(url.protocol, "scheme must be https or http");
  }
  if (url.username !== "" || url.password !== "") throw refused(url.host, "it carries user information");
}

function refused(what: string, why: string): AppError {
  return new AppError("HOST_NOT_ALLOWED", `Cannot call ${what}: ${why}`, { details: { why: `${what}: ${why}` } });
}
