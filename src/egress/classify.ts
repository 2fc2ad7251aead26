/** Which IP addresses are public: an allow-list of the ranges that the internet routes, not a list of bad ones. */

import ipaddr from "ipaddr.js";

/** Public by their range, and still not for us: they answer for the machine that asks. */
const PLATFORM_SERVICES = new Set([
  // Azure's wire server, reachable from every virtual machine: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
  "168.63.129.16",
]);

/** All that IANA has given out for global unicast; ipaddr.js calls unassigned space unicast too. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Why the address may not be called, or undefined for a public unicast one. IPv4 inside IPv6 (mapped) is judged as IPv4;
 * ranges that carry IPv4 in other ways (NAT64, 6to4, Teredo) are refused whole. `own`: addresses of this machine, in the
 * spelling of plainAddress().
 */
export function addressFault(address: string, own: ReadonlySet<string>): string | undefined {
  const parsed = parseAddress(address);
  if (!parsed) return "its address cannot be read";
  const range = parsed.range();
  if (range !== "unicast") return `its address is not public (${range})`;
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(GLOBAL_IPV6)) return "its address is not public (unassigned)";
  const plain = parsed.toString();
  if (PLATFORM_SERVICES.has(plain)) return "its address is a service of the cloud platform";
  return own.has(plain) ? "its address is of this machine" : undefined;
}

/** The one spelling of an address: mapped IPv4 as IPv4, IPv6 short. One that cannot be read stays as it is. */
export function plainAddress(address: string): string {
  return parseAddress(address)?.toString() ?? address;
}

function parseAddress(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  // ipaddr.js takes "::8.8.8.8" for "::ffff:8.8.8.8"; URL does not, and knows no zones.
  const text = address.includes(":") ? URL.parse(`http://[${address}]/`)?.hostname.slice(1, -1) ?? "" : address;
  return ipaddr.isValid(text) ? ipaddr.process(text) : undefined;
}

/** What this machine's interfaces have at this moment. */
export function ownAddresses(): ReadonlySet<string> {
  return new Set(Deno.networkInterfaces().map(({ address }) => plainAddress(address)));
}
