/**
 * Fetch for addresses that users give (SSRF guard): resolves once, checks every answer, and connects to a checked
 * address only.
 */

import { createSecureContext, type SecureContext } from "node:tls";
import type { Clock } from "../base/clock.ts";
import { limitTime, type SafeFetch } from "./safe_fetch.ts";
import type { EgressAllow } from "./allow.ts";
import { exchange } from "./exchange.ts";
import { checkedAddresses, type Resolving } from "./resolve.ts";
import { readTarget } from "./target.ts";

export interface PinnedFetchOptions extends Resolving {
  /** EGRESS_ALLOW. */
  allow: EgressAllow;
  clock: Clock;
  /** Ports of targets that EGRESS_ALLOW does not name; default: WEB_PORTS. */
  ports?: ReadonlySet<number>;
  /** PEM of the only roots to trust (tests). Default: the system's. */
  ca?: string;
}

/**
 * A SafeFetch that may be handed any URL. HOST_NOT_ALLOWED names the rule that refused it (`details.rule`) before a packet
 * was sent to it; the rest as SafeFetch says. One connection per request, closed after it: none is shared between
 * workspaces, and each is to an address that was checked for this request.
 */
export function createPinnedFetch(
  { allow, ports, clock, ca, ...resolving }: PinnedFetchOptions,
): SafeFetch {
  let context: SecureContext | undefined;
  // Shared: reading the roots again costs each connection 13 ms of processor time.
  const secureContext = () => context ??= createSecureContext({ ca });
  return async (request) => {
    const target = readTarget(request.url, { allow, ports });
    request.signal?.throwIfAborted();
    const limit = limitTime(request, { url: target.url, clock });
    try {
      const addresses = await checkedAddresses(target, { ...resolving, signal: limit.signal });
      return await exchange({ target, addresses, request, secureContext, signal: limit.signal });
    } catch (error) {
      throw limit.reasonOf(error);
    } finally {
      limit.end();
    }
  };
}
