/** Passwords of users: stored as scrypt with their own salt, checked in the same time whether there is one or not. */

import { Buffer } from "node:buffer";
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { createBoundedCache } from "../base/bounded_cache.ts";
import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import { createPlaces } from "../limits/places.ts";

export interface Passwords {
  /** What is stored. Throws OVERLOADED when too many wait. */
  hash(password: string): Promise<string>;
  /** Of a password that is not there (null) false, after the same work. Throws OVERLOADED, and what `admit` throws. */
  matches(password: string, stored: string | null, login: PasswordLogin): Promise<boolean>;
  /** Whether a password of the name was right from the network, among the last of them since the start. */
  knows(login: Pick<PasswordLogin, "name" | "network">): boolean;
}

export interface PasswordLogin {
  name: string;
  /** Of the address that it comes from (networkOf). */
  network: string;
  /** Called as its turn has come: those that waited beside it may have failed meanwhile. */
  admit(): void;
}

export const MIN_PASSWORD_CHARS = 12;
export const MAX_PASSWORD_CHARS = 200;

/** 32 MB and some 100 ms of one core, beside the program's own thread. */
const COST = { N: 2 ** 15, r: 8, p: 1 };
const MAX_COST_N = 2 ** 17;
/** 64 MB at most. One is kept for names that logged in from the same network before, and for users that an admin saves. */
const AT_ONCE = 2;
const OF_STRANGERS = 1;
/** Of strangers and of the known, each: some 2 s of others before it is a turn's. */
const WAITING = 20;
const WAITING_OF_NETWORK = 10;
const WAIT_MS = 2_000;
const RETRY_MS = 1_000;
/** Names and networks that are remembered, some 1 MB. */
const MAX_KNOWN = 10_000;
const BYTES = 32;

interface Guest {
  network: string;
  isKnown: boolean;
}

const SAVING: Guest = { network: "", isKnown: true };

/** Whoever floods it with guesses, from one network or many, keeps no one out that logged in before, and one network no other. */
export function createPasswords({ clock }: { clock: Clock }): Passwords {
  const known = createBoundedCache<string, true>({ max: MAX_KNOWN });
  const knows = (login: Pick<PasswordLogin, "name" | "network">) => known.get(keyOf(login)) === true;
  const places = createPlaces<Guest>({
    clock,
    keyOf: ({ network, isKnown }) => `${isKnown} ${network}`,
    fits: (who, inside) => {
      const { all, ofKind } = count(who, inside);
      return all < AT_ONCE && (who.isKnown || ofKind < OF_STRANGERS);
    },
    mayWait: (who, waiting) => {
      const { ofKind, ofNetwork } = count(who, waiting);
      return ofKind < WAITING && ofNetwork < WAITING_OF_NETWORK;
    },
    waitMs: WAIT_MS,
    refusal: () =>
      new AppError("OVERLOADED", "Cannot check the password: others are in progress, and as many as may wait", {
        retryable: true,
        details: { retryInMs: RETRY_MS },
      }),
  });
  async function inTurn<T>(guest: Guest, work: () => Promise<T>): Promise<T> {
    const leave = await places.enter(guest);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  return {
    hash: (password) =>
      inTurn(SAVING, async () => {
        const salt = randomBytes(16);
        const { N, r, p } = COST;
        const key = await derive(password, salt, COST);
        return ["scrypt", N, r, p, salt.toString("base64url"), key.toString("base64url")].join("$");
      }),
    knows,
    matches: (password, stored, login) =>
      inTurn({ network: login.network, isKnown: knows(login) }, async () => {
        login.admit();
        const held = stored === null ? undefined : parse(stored);
        const key = await derive(password, held?.salt ?? randomBytes(16), held?.cost ?? COST);
        const isRight = held !== undefined && held.key.length === key.length && timingSafeEqual(held.key, key);
        if (isRight) known.set(keyOf(login), true);
        return isRight;
      }),
  };
}

function keyOf({ name, network }: Pick<PasswordLogin, "name" | "network">): string {
  return `${network} ${name}`;
}

/** Of those, how many are there, of the same kind, and of the same kind and network. */
function count({ network, isKnown }: Guest, others: Iterable<Guest>) {
  let [all, ofKind, ofNetwork] = [0, 0, 0];
  for (const other of others) {
    all++;
    if (other.isKnown !== isKnown) continue;
    ofKind++;
    if (other.network === network) ofNetwork++;
  }
  return { all, ofKind, ofNetwork };
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
