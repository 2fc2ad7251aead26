/** From a host to the addresses that may be called: all answers of the resolver are checked, and one bad answer refuses all. */

import { lookup as systemLookup } from "node:dns/promises";
import { upstreamFault } from "./safe_fetch.ts";
import { addressFault, ownAddresses } from "./classify.ts";
import { literalAddress, refused, type Target } from "./target.ts";

/** All addresses of a name. Rejects when it has none. */
export type Resolve = (hostname: string) => Promise<string[]>;

export interface Resolving {
  /** Default: the system's resolver. */
  resolve?: Resolve;
  /** Addresses of this machine, asked for each request. */
  own?: () => ReadonlySet<string>;
}

/**
 * The addresses to connect to, in the resolver's order. Throws HOST_NOT_ALLOWED when one of them is not public, whatever the
 * others are, and UPSTREAM_UNREACHABLE when there is none or `signal` aborts.
 */
export async function checkedAddresses(
  { url, address, opened }: Pick<Target, "url" | "address" | "opened">,
  { resolve = systemResolve, own = ownAddresses, signal }: Resolving & { signal: AbortSignal },
): Promise<string[]> {
  const addresses = address === undefined ? await resolveUntil(url.hostname, { resolve, signal }) : [address];
  if (addresses.length === 0) {
    throw upstreamFault("UPSTREAM_UNREACHABLE", { url, why: "its name was not found", retryable: true, sent: false });
  }
  if (opened) return addresses;
  const mine = own();
  for (const each of addresses) {
    const fault = addressFault(each, mine);
    if (fault !== undefined) throw refused(url.hostname, fault);
  }
  return addresses;
}

/** None when the name has no address, or the resolver gave none in time. */
async function resolveUntil(
  hostname: string,
  { resolve, signal }: { resolve: Resolve; signal: AbortSignal },
): Promise<string[]> {
  const late = Promise.withResolvers<string[]>();
  const onAbort = () => late.resolve([]);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([resolve(hostname).catch(() => []), late.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

async function systemResolve(hostname: string): Promise<string[]> {
  return (await systemLookup(hostname, { all: true })).map(({ address }) => address);
}

/**
 * Throws as checkedAddresses() unless all addresses of the URL's host are public. For hosts that a list of ours names, before
 * a `fetch` that resolves once more: what DNS says in between is held by the certificate, since only https goes this way.
 */
export async function assertPublicHost(url: URL, { signal, ...resolving }: Resolving & { signal: AbortSignal }) {
  const address = literalAddress(url.hostname);
  await checkedAddresses({ url, address, opened: false }, { ...resolving, signal });
}
