/** The sender of a request that came through a proxy: TRUSTED_PROXIES, and X-Forwarded-For. */

import ipaddr from "ipaddr.js";
import { AppError } from "../../base/errors.ts";

/** Addresses that requests come from when a proxy of ours passed them on. */
export interface TrustedProxies {
  has(address: string): boolean;
}

/** More hops than any set-up has; what stands before them in the header is not looked at. */
const MAX_HOPS = 20;

/** Reads a comma-separated list of addresses and ranges, as in `10.0.0.0/8,::1`. Throws CONFIG_INVALID naming the entry. */
export function parseTrustedProxies(list: string): TrustedProxies {
  const ranges = list.split(",").map((entry) => entry.trim()).filter((entry) => entry !== "").map((entry) => {
    try {
      const address = entry.includes("/") ? undefined : ipaddr.process(entry);
      return address ? [address, address.kind() === "ipv4" ? 32 : 128] as const : ipaddr.parseCIDR(entry);
    } catch {
      throw new AppError("CONFIG_INVALID", `Cannot read trusted proxy "${entry}": expected an address or a range`);
    }
  });
  return {
    has: (text) => {
      if (!ipaddr.isValid(text)) return false;
      const address = ipaddr.process(text);
      return ranges.some(([range, bits]) => range.kind() === address.kind() && address.match(range, bits));
    },
  };
}

/**
 * The address of the sender: the peer's own, or, when the peer is a trusted proxy, the last one in X-Forwarded-For that is not
 * a trusted proxy's. Only proxies append there, so what a stranger writes into the header stands before and counts for nothing.
 */
export function clientAddress(
  peer: string,
  { forwardedFor, trusted }: { forwardedFor: string | null; trusted: TrustedProxies | undefined },
): string {
  if (!trusted?.has(peer) || forwardedFor === null) return peer;
  let client = peer;
  for (const hop of forwardedFor.split(",").slice(-MAX_HOPS).reverse()) {
    const address = addressOf(hop.trim());
    // What is no address was written by no proxy that we know: the one that passed it on is the last to be sure of.
    if (address === undefined) return client;
    client = address;
    if (!trusted.has(address)) return client;
  }
  return client;
}

/** An address without the port that some proxies add: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function addressOf(hop: string): string | undefined {
  const text = /^\[([^\]]+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop;
  return ipaddr.isValid(text) ? ipaddr.process(text).toString() : undefined;
}
