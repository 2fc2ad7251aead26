/** Operators' API keys: read from the configuration, found again in constant time. */

import { hash, timingSafeEqual } from "node:crypto";
import ipaddr from "ipaddr.js";
import { AppError } from "../base/errors.ts";

const MIN_KEY_CHARS = 32;

/** An operator; the key itself is not kept. */
export interface OperatorKey {
  readonly name: string;
  readonly sha256: Uint8Array;
  /** Counts for requests of this machine alone. */
  readonly loopbackOnly?: true;
}

/**
 * The operators of `name:key,name2:key2`. Names are [A-Za-z0-9_.-]{1,64}, keys printable ASCII of at least 32 characters.
 * Throws CONFIG_INVALID that names the entry by its position, never by its text: a misplaced colon makes a key of a name.
 */
export function parseOperatorKeys(text: string): readonly OperatorKey[] {
  const names = new Set<string>();
  const digests = new Set<string>();
  return text.split(",").map((part) => part.trim()).filter((part) => part !== "").map((entry, index) => {
    const fault = (problem: string) =>
      new AppError("CONFIG_INVALID", `Cannot read OPERATOR_API_KEYS: entry ${index + 1} ${problem}`);
    const colon = entry.indexOf(":");
    const name = entry.slice(0, Math.max(colon, 0));
    const key = entry.slice(colon + 1);
    if (!/^[A-Za-z0-9_.-]{1,64}$/.test(name)) {
      throw fault("has no valid name before a colon (1 to 64 letters, digits, _ . -)");
    }
    if (!/^[\x21-\x7e]*$/.test(key)) throw fault("has a key with spaces or characters outside ASCII");
    if (key.length < MIN_KEY_CHARS) {
      throw fault(`has a key of ${key.length} characters, at least ${MIN_KEY_CHARS} are required`);
    }
    if (names.has(name)) throw fault("repeats a name");
    const sha256 = hash("sha256", key, "buffer");
    if (digests.has(sha256.toString("hex"))) throw fault("repeats a key");
    names.add(name);
    digests.add(sha256.toString("hex"));
    return { name, sha256 };
  });
}

/** The operators whose keys count for a request. One that a proxy on this machine passed on is not of this machine. */
export function usableFrom(
  { remoteAddress, isForwarded }: { remoteAddress: string; isForwarded: boolean },
  operators: readonly OperatorKey[],
): readonly OperatorKey[] {
  const local = !isForwarded && ipaddr.isValid(remoteAddress) &&
    ipaddr.process(remoteAddress).range() === "loopback";
  return operators.filter(({ loopbackOnly }) => local || !loopbackOnly);
}

/** Name of the operator whose key the `X-API-Key` header holds, or undefined. Takes the same time wherever the key stands. */
export function findOperator(operators: readonly OperatorKey[], header: string | undefined): string | undefined {
  const actual = hash("sha256", header ?? "", "buffer");
  let found: string | undefined;
  for (const { name, sha256 } of operators) if (timingSafeEqual(sha256, actual)) found = name;
  return found;
}
