/** Where the platform's public keys come from: a pinned PEM list, or a JWKS URL with a cache that outlives an outage. */

import { importSPKI, type JWK } from "jose";
import type { Clock } from "../base/clock.ts";
import { AppError, toAppError } from "../base/errors.ts";

/** Clockify's published platform key (its developer pages, "Authentication & authorization"). */
export const CLOCKIFY_PUBLIC_KEY = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAubktufFNO/op+E5WBWL6
/Y9QRZGSGGCsV00FmPRl5A0mSfQu3yq2Yaq47IlN0zgFy9IUG8/JJfwiehsmbrKa
49t/xSkpG1u9w1GUyY0g4eKDUwofHKAt3IPw0St4qsWLK9mO+koUo56CGQOEpTui
5bMfmefVBBfShXTaZOtXPB349FdzSuYlU/5o3L12zVWMutNhiJCKyGfsuu2uXa9+
6uQnZBw1wO3/QEci7i4TbC+ZXqW1rCcbogSMORqHAP6qSAcTFRmrjFAEsOWiUUhZ
rLDg2QJ8VTDghFnUhYklNTJlGgfo80qEWe1NLIwvZj0h3bWRfrqZHsD/Yjh0duk6
yQIDAQAB
-----END PUBLIC KEY-----`;

/** Tokens carry no kid, so every key may be tried on every token; more than this is a fault of the set-up. */
const MAX_KEYS = 8;
const RS256 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const MIN_MODULUS_BITS = 2048;
const JWKS_FRESH_MS = 10 * 60_000;
const JWKS_COOLDOWN_MS = 30_000;
const JWKS_TIMEOUT_MS = 5_000;
const JWKS_STALE_MS = 24 * 60 * 60_000;
const JWKS_MAX_BYTES = 64 * 1024;

/** A GET of the JWKS URL, made through safe_fetch. Rejects when there is no whole answer within `timeoutMs`. */
export type KeyFetch = (
  url: string,
  options: { timeoutMs: number; maxBytes: number; signal?: AbortSignal },
) => Promise<{ status: number; body: Uint8Array }>;

export interface KeySourceOptions {
  /** PEM blocks (SPKI), one or several in one string. Default: Clockify's published key, unless `jwks` is given. */
  pem?: string;
  /** RS256 signing keys to use beside those of `pem`. */
  jwks?: { url: string; fetch: KeyFetch };
  clock: Clock;
}

export interface KeyReadiness {
  ready: boolean;
  /** Keys that would be tried now. */
  keys: number;
  /** Why the last fetch failed. */
  reason?: string;
}

export interface KeySource {
  /** Keys to try, at most 8. Throws UPSTREAM_UNREACHABLE (retryable) when there is none to be had. */
  verificationKeys(): Promise<readonly CryptoKey[]>;
  /**
   * For a token that none of `tried` verifies: newer keys, or undefined when there are none. Fetches at most once per
   * 30 s, however many forged tokens ask.
   */
  newerKeys(tried: readonly CryptoKey[]): Promise<readonly CryptoKey[] | undefined>;
  /** For /ready: could a token be verified now? Waits for nothing; starts a fetch when it is time. */
  ready(): KeyReadiness;
}

/** The key source of the given set-up. Throws CONFIG_INVALID naming the PEM block that is bad. */
export async function createKeySource(options: KeySourceOptions): Promise<KeySource> {
  const pem = options.pem ?? (options.jwks ? undefined : CLOCKIFY_PUBLIC_KEY);
  const pinned = pem === undefined ? [] : await parsePemKeys(pem);
  if (options.jwks && pinned.length >= MAX_KEYS) {
    throw keyConfigFault(`${pinned.length} PEM blocks leave no room for the keys of CLOCKIFY_JWKS_URL`);
  }
  return options.jwks ? jwksSource(pinned, options.jwks, options.clock) : pinnedSource(pinned);
}

/** RS256 keys of all PEM blocks in `text`; a literal `\n`, as env files have it, counts as a line end. Throws CONFIG_INVALID. */
export async function parsePemKeys(text: string): Promise<CryptoKey[]> {
  const lines = text.replaceAll("\\n", "\n");
  const block = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g;
  const blocks = [...lines.matchAll(block)];
  const rest = lines.replace(block, "").trim();
  if (blocks.length === 0 || rest !== "") {
    throw keyConfigFault(
      blocks.length === 0 ? "no PEM block found" : `text outside the ${blocks.length} complete PEM block(s)`,
    );
  }
  if (blocks.length > MAX_KEYS) throw keyConfigFault(`${blocks.length} PEM blocks, at most ${MAX_KEYS} are tried`);
  return await Promise.all(blocks.map(async ([pem, label], index) => {
    const which = `PEM block ${index + 1} of ${blocks.length}`;
    if (label !== "PUBLIC KEY") throw keyConfigFault(`${which} is a ${label}, expected a PUBLIC KEY (SPKI)`);
    let key: CryptoKey;
    try {
      key = await importSPKI(pem, "RS256");
    } catch (cause) {
      throw keyConfigFault(`${which} is not an RSA public key in SPKI form`, cause);
    }
    if (modulusBits(key) < MIN_MODULUS_BITS) {
      throw keyConfigFault(`${which} has ${modulusBits(key)} bits, at least ${MIN_MODULUS_BITS} are required`);
    }
    return key;
  }));
}

function keyConfigFault(problem: string, cause?: unknown): AppError {
  return new AppError("CONFIG_INVALID", `Cannot read CLOCKIFY_PUBLIC_KEY: ${problem}`, { cause });
}

function modulusBits(key: CryptoKey): number {
  return (key.algorithm as RsaHashedKeyAlgorithm).modulusLength;
}

function pinnedSource(keys: readonly CryptoKey[]): KeySource {
  return {
    verificationKeys: () => Promise.resolve(keys),
    newerKeys: () => Promise.resolve(undefined),
    ready: () => ({ ready: true, keys: keys.length }),
  };
}

function jwksSource(pinned: readonly CryptoKey[], jwks: { url: string; fetch: KeyFetch }, clock: Clock): KeySource {
  let held: { keys: readonly CryptoKey[]; fetchedAtMs: number } | undefined;
  let triedAtMs: number | undefined;
  let pending: Promise<void> | undefined;
  let fault: AppError | undefined;

  const younger = (atMs: number | undefined, limitMs: number): boolean =>
    atMs !== undefined && clock.monotonicMs() - atMs < limitMs;

  function refresh(): Promise<void> {
    if (pending) return pending;
    if (younger(triedAtMs, JWKS_COOLDOWN_MS)) return Promise.resolve();
    triedAtMs = clock.monotonicMs();
    pending = fetchKeys(jwks.url, jwks.fetch, MAX_KEYS - pinned.length).then(
      (keys) => {
        held = { keys: [...pinned, ...keys], fetchedAtMs: clock.monotonicMs() };
        fault = undefined;
      },
      (error) => void (fault = toAppError(error)),
    ).finally(() => pending = undefined);
    return pending;
  }

  function current(): readonly CryptoKey[] | undefined {
    // Only an outage of the URL makes keys this old.
    if (held && clock.monotonicMs() - held.fetchedAtMs < JWKS_STALE_MS) return held.keys;
    return pinned.length > 0 ? pinned : undefined;
  }

  async function verificationKeys(): Promise<readonly CryptoKey[]> {
    const fetched = younger(held?.fetchedAtMs, JWKS_FRESH_MS) ? undefined : refresh();
    const keys = current();
    // Held keys are served while newer ones are on their way, so a slow URL delays no one.
    if (keys) return keys;
    await fetched;
    const late = current();
    if (late) return late;
    throw new AppError("UPSTREAM_UNREACHABLE", `Cannot verify tokens: no key from the JWKS URL yet`, {
      retryable: true,
      cause: fault,
    });
  }

  return {
    verificationKeys,
    async newerKeys(tried) {
      // A fetch may have ended between the caller's try and this call.
      if (current() === tried) await refresh();
      const keys = current();
      return keys === tried ? undefined : keys;
    },
    ready() {
      if (!younger(held?.fetchedAtMs, JWKS_FRESH_MS)) void refresh();
      const keys = current()?.length ?? 0;
      return { ready: keys > 0, keys, ...(fault && { reason: fault.message }) };
    },
  };
}

async function fetchKeys(url: string, fetch: KeyFetch, most: number): Promise<CryptoKey[]> {
  const { status, body } = await fetch(url, { timeoutMs: JWKS_TIMEOUT_MS, maxBytes: JWKS_MAX_BYTES });
  if (status !== 200) throw new AppError("UPSTREAM_FAILED", `Cannot fetch keys: JWKS URL answered ${status}`);
  let listed: unknown;
  try {
    listed = JSON.parse(new TextDecoder().decode(body))?.keys;
  } catch {
    // Judged below, together with JSON of another shape.
  }
  const keys = (await Promise.all((Array.isArray(listed) ? listed : []).slice(0, 64).map(importSigningKey)))
    .filter((key) => key !== undefined);
  if (keys.length === 0) {
    throw new AppError("UPSTREAM_RESPONSE_INVALID", `Cannot fetch keys: JWKS URL lists no RS256 signing key`);
  }
  return keys.slice(0, most);
}

/** The RS256 verification key of one JWKS entry, or undefined when it is for something else or damaged. */
async function importSigningKey(entry: unknown): Promise<CryptoKey | undefined> {
  const { kty, n, e, use = "sig", alg = "RS256", key_ops: operations } = (entry ?? {}) as JWK;
  if (kty !== "RSA" || use !== "sig" || alg !== "RS256") return undefined;
  if (operations && !(Array.isArray(operations) && operations.includes("verify"))) return undefined;
  try {
    // Only the public members are passed on, whatever else the entry holds.
    const key = await crypto.subtle.importKey("jwk", { kty, n, e }, RS256, true, ["verify"]);
    return modulusBits(key) >= MIN_MODULUS_BITS ? key : undefined;
  } catch {
    return undefined;
  }
}
