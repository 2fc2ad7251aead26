/** A user-given address, checked by its text alone: scheme, port, and a host name that can be a public one. */

import { AppError } from "../base/errors.ts";
import type { EgressAllow } from "./allow.ts";

export interface Target {
  url: URL;
  port: number;
  /** The host when it is an IP address, without brackets. */
  address?: string;
  /** EGRESS_ALLOW names it: the rules about ports, names and ranges do not apply. */
  opened: boolean;
}

/** What web servers listen on; a port of another kind of server is not worth the risk. */
export const WEB_PORTS: ReadonlySet<number> = new Set([80, 443, 8080, 8443]);
const MAX_URL_CHARS = 8_192;
const MAX_HOST_CHARS = 253;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Ends of names that are of a machine, a local network or a cluster (RFC 6761, 6762, 8375, 9476; ICANN .internal), or lead into a cloud's metadata. */
const INNER_NAMES = [
  "localhost",
  "localdomain",
  "local",
  "internal",
  "intranet",
  "private",
  "corp",
  "home",
  "lan",
  "home.arpa",
  "svc",
  "onion",
  "alt",
  "test",
  "invalid",
  "metadata.goog",
  "metadata.tencentyun.com",
  "metadata.packet.net",
  "metadata.platformequinix.com",
];

/**
 * Reads the URL. Throws HOST_NOT_ALLOWED with the rule it breaks (`details.rule`); the message names at most the host.
 * Spellings that a URL parser mends (numeric hosts, escapes, backslashes, blanks) are refused, not mended: no sender
 * who means well writes them.
 */
export function readTarget(
  text: string,
  { allow, ports = WEB_PORTS }: { allow: EgressAllow; ports?: ReadonlySet<number> },
): Target {
  if (text.length > MAX_URL_CHARS) throw refused("it", `the address is longer than ${MAX_URL_CHARS} characters`);
  // deno-lint-ignore no-control-regex -- these are what it looks for
  if (/[\x00-\x1f\x7f\\]/.test(text) || text !== text.trim()) {
    throw refused("it", "the address holds a control character, a backslash or outer blanks");
  }
  const authority = /^https?:\/\/([^/?#]+)/i.exec(text)?.[1];
  if (authority === undefined) throw refused("it", "the address must begin with https:// or http:// and a host");
  if (authority.includes("@")) throw refused("it", "the address carries user information");
  if (authority.includes("%")) throw refused("it", "the host holds an escape or a zone");
  const url = URL.parse(text);
  if (!url) throw refused("it", "the address is not a URL");
  if (text.includes("#")) throw refused(url.hostname, "the address carries a fragment");

  const { hostname } = url;
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  const opened = allow.has(`${hostname}:${port}`);
  const address = literalAddress(hostname);
  if (address !== undefined && !hostname.startsWith("[") && authority.replace(/:\d*$/, "") !== hostname) {
    throw refused(hostname, "the host is a number in disguise");
  }
  if (address === undefined && !opened) checkName(hostname);
  if (!opened && !ports.has(port)) throw refused(hostname, `port ${port} is not one of ${[...ports].join(", ")}`);
  return { url, port, address, opened };
}

/** The address that a URL's hostname is, without brackets; undefined for a name. */
export function literalAddress(hostname: string): string | undefined {
  if (hostname.startsWith("[")) return hostname.slice(1, -1);
  // A URL's hostname of digits and dots is an IPv4 address: any other one is refused by the parser.
  return /^[\d.]+$/.test(hostname) ? hostname : undefined;
}

function checkName(hostname: string) {
  if (hostname.length > MAX_HOST_CHARS) throw refused("it", `the host is longer than ${MAX_HOST_CHARS} characters`);
  if (hostname.endsWith(".")) throw refused(hostname, "the host ends with a dot");
  const labels = hostname.split(".");
  if (!labels.every((label) => LABEL.test(label))) throw refused(hostname, "the host is not a name of the DNS");
  if (labels.length === 1) throw refused(hostname, "the host is a name without a domain");
  const inner = INNER_NAMES.find((name) => hostname === name || hostname.endsWith(`.${name}`));
  if (inner !== undefined) throw refused(hostname, `names ending in "${inner}" are not public`);
}

/** HOST_NOT_ALLOWED: `rule` is the reason that people are shown. Nothing was sent. */
export function refused(what: string, rule: string): AppError {
  return new AppError("HOST_NOT_ALLOWED", `Cannot call ${what}: ${rule}`, { details: { rule, sent: false } });
}
