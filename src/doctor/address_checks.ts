/** The public address of each add-on: whether it is one that Clockify can use, and whether our manifest answers there. */

import { isDeepStrictEqual } from "node:util";
import { isLoopback } from "../clockify/hosts.ts";
import type { Manifest } from "../clockify/manifest.ts";
import type { SafeFetch } from "../egress/safe_fetch.ts";
import { type Check, lookAt } from "./check.ts";

export interface AddonAddress {
  /** Name of the add-on, for people. */
  name: string;
  /** Undefined: none is set. */
  baseUrl: string | undefined;
  /** Variables that set it. */
  variable: string;
  /** What the manifest says by the present configuration. Throws CONFIG_INVALID. */
  manifest(): Manifest;
}

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1_048_576;

/** Asks the address as Clockify does. Never rejects. */
export async function checkAddress(
  { name, baseUrl, variable, manifest }: AddonAddress,
  { fetch }: { fetch: SafeFetch },
): Promise<Check[]> {
  const place = { area: "address", about: name } as const;
  return await lookAt(place, async () => {
    if (baseUrl === undefined) {
      return [{
        ...place,
        state: "warning",
        detail: "It has no public address: Clockify cannot reach it",
        remedy: `set PUBLIC_BASE_URL or ${variable} to the https address of the proxy in front`,
      }];
    }
    const { protocol, hostname } = new URL(baseUrl);
    if (protocol !== "https:" && !isLoopback(hostname)) {
      const detail = `${baseUrl} is not https: Clockify frames and calls https addresses only`;
      return [{
        ...place,
        state: "fault",
        detail,
        remedy: `end TLS at a proxy, and set ${variable} to its https address`,
      }];
    }
    const answer = await asked(`${baseUrl}/manifest`, fetch);
    const via =
      "check the proxy's route, DNS and certificate; a host that cannot reach its own public address needs an entry for it";
    if (typeof answer === "string") {
      return [{ ...place, state: "fault", detail: `${baseUrl}/manifest: ${answer}`, remedy: via }];
    }
    if (answer.status !== 200) {
      return [{ ...place, state: "fault", detail: `${baseUrl}/manifest answers ${answer.status}`, remedy: via }];
    }
    const found = asJson(answer.body);
    if (isDeepStrictEqual(found, manifest())) {
      return [{
        ...place,
        state: "ok",
        detail: `${baseUrl}/manifest is valid, and as this version and configuration make it`,
      }];
    }
    const key = (found as { key?: unknown } | undefined)?.key;
    return [
      key === manifest().key
        ? {
          ...place,
          state: "warning",
          detail: `${baseUrl}/manifest is of another version or configuration`,
          remedy: "restart the instances that serve there, and update the manifest in Clockify's developer portal",
        }
        : {
          ...place,
          state: "fault",
          detail: `${baseUrl}/manifest is not that of this add-on`,
          remedy: `let the proxy lead ${variable} to this add-on's own port`,
        },
    ];
  });
}

async function asked(url: string, fetch: SafeFetch) {
  try {
    const headers = { accept: "application/json" };
    return await fetch({ method: "GET", url, headers, timeoutMs: TIMEOUT_MS, maxResponseBytes: MAX_BYTES });
  } catch (error) {
    return (error as Error).message;
  }
}

function asJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
