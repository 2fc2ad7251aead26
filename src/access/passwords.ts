/** Passwords of users: stored as scrypt with their own salt, checked in the same time whether there is one or not. */

import { Buffer } from "node:buffer";
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import { createSlots } from "../limits/slots.ts";

export interface Passwords {
  /** What is stored. Throws OVERLOADED when too many wait. */
  hash(password: string): Promise<string>;
  /** Of a password that is not there (null) false, after the same work. Throws OVERLOADED, and what `admit` throws. */
  matches(password: string, stored: string | null, admit?: () => void): Promise<boolean>;
}

export const MIN_PASSWORD_CHARS = 12;
export const MAX_PASSWORD_CHARS = 200;

/** 32 MB and some 100 ms of one core, beside the program's own thread. */
const COST = { N: 2 ** 15, r: 8, p: 1 };
const MAX_COST_N = 2 ** 17;
/** 64 MB at most; some 1 s of others before it is a turn's. */
const AT_ONCE = 2;
const MAX_QUEUED = 20;
const BYTES = 32;

export function createPasswords({ clock }: { clock: Clock }): Passwords {
  const slots = createSlots({ purpose: "check the password", atOnce: AT_ONCE, maxQueued: MAX_QUEUED, clock });
  return {
    hash: (password) =>
      slots.run(async () => {
        const salt = randomBytes(16);
        const { N, r, p } = COST;
        const key = await derive(password, salt, COST);
        return ["scrypt", N, r, p, salt.toString("base64url"), key.toString("base64url")].join("$");
      }),
    matches: (password, stored, admit) =>
      slots.run(async () => {
        // In its turn: those that waited beside it may have failed meanwhile.
        admit?.();
        const held = stored === null ? undefined : parse(stored);
        const key = await derive(password, held?.salt ?? randomBytes(16), held?.cost ?? COST);
        return held !== undefined && held.key.length === key.length && timingSafeEqual(held.key, key);
      }),
  };
}

type Cost = typeof COST;

function parse(stored: string): { cost: Cost; salt: Buffer; key: Buffer } | undefined {
  const [kind, N, r, p, salt, key] = stored.split("$");
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  if (kind !== "scrypt" || !(cost.N <= MAX_COST_N) || cost.r !== COST.r || cost.p !== COST.p || !salt || !key) {
    return undefined;
  }
  return { cost, salt: Buffer.from(salt, "base64url"), key: Buffer.from(key, "base64url") };
}

/** The same characters are the same password, however a keyboard composes them. */
function derive(password: string, salt: Uint8Array, cost: Cost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { ...cost, maxmem: 2 * 128 * cost.N * cost.r };
    scrypt(password.normalize("NFC"), salt, BYTES, options, (error, key) => error ? reject(error) : resolve(key));
  });
}
