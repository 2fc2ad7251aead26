/** Encryption at rest: AES-256-GCM under named keys, each value bound to its installation, its column, its row and its key. */

import { Buffer } from "node:buffer";
import { AppError } from "../base/errors.ts";

/** Where a sealed value is stored; it opens nowhere else. */
export interface SealContext {
  installation: string;
  column: string;
  /** What of the installation it belongs to; absent: the column has one value for an installation. */
  row?: string;
}

export interface Keyring {
  /** Id of the key that seals. */
  readonly primaryKeyId: string;
  readonly keyIds: readonly string[];
  /**
   * `v1.<key id>.<nonce>.<ciphertext and tag>`, the last two base64url; a fresh random 96-bit nonce each time. Throws
   * ENCRYPTED_VALUE_INVALID for text with a lone surrogate, which UTF-8 cannot hold.
   */
  seal(plaintext: string, context: SealContext): Promise<string>;
  /** Throws ENCRYPTION_KEY_UNKNOWN naming the key id, ENCRYPTED_VALUE_INVALID for a damaged value or another context. */
  open(sealed: string, context: SealContext): Promise<string>;
}

/** What open() throws of a value that does not open: its key is not there, or it is damaged or of another place. */
export const UNOPENED: readonly unknown[] = ["ENCRYPTION_KEY_UNKNOWN", "ENCRYPTED_VALUE_INVALID"];

const VERSION = "v1";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;

/**
 * The keyring of `id:base64,id2:base64` (ENCRYPTION_KEYS): the first key seals, all open. Ids [A-Za-z0-9_-]{1,32}, keys of 32
 * bytes. Throws CONFIG_INVALID naming the entry by its position, without key material.
 */
export async function createKeyring(text: string): Promise<Keyring> {
  const keys = new Map<string, CryptoKey>();
  for (const [id, key] of parseKeyList(text)) {
    keys.set(id, await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]));
  }
  const [[primaryKeyId, primaryKey]] = [...keys] as [[string, CryptoKey]];

  return {
    primaryKeyId,
    keyIds: [...keys.keys()],
    async seal(plaintext, context) {
      if (!plaintext.isWellFormed()) throw invalid("seal", "text holds a lone surrogate");
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      const bytes = new TextEncoder().encode(plaintext);
      const sealed = await crypto.subtle.encrypt(gcm(nonce, context, primaryKeyId), primaryKey, bytes);
      return [VERSION, primaryKeyId, toBase64Url(nonce), toBase64Url(new Uint8Array(sealed))].join(".");
    },
    async open(sealed, context) {
      const { keyId, nonce, ciphertext } = parseSealed(sealed);
      const key = keys.get(keyId);
      if (!key) {
        throw new AppError("ENCRYPTION_KEY_UNKNOWN", `Cannot open value: ENCRYPTION_KEYS has no key "${keyId}"`, {
          details: { keyId },
        });
      }
      try {
        const bytes = await decrypt(key, { nonce, keyId, ciphertext, context });
        // ignoreBOM keeps a leading U+FEFF, which is part of the text here.
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
      } catch (cause) {
        throw invalid("open", `key "${keyId}" does not open it here`, { details: { keyId }, cause });
      }
    },
  };
}

/** Id of the key that a sealed value needs. Throws ENCRYPTED_VALUE_INVALID. */
export function keyIdOf(sealed: string): string {
  return parseSealed(sealed).keyId;
}

/** A fresh entry for ENCRYPTION_KEYS, `id:base64`. Throws CONFIG_INVALID for an id of another form. */
export function newKey(id: string): string {
  if (!KEY_ID.test(id)) {
    throw new AppError("CONFIG_INVALID", "Cannot make a key: an id is 1 to 32 letters, digits, _ or -");
  }
  return `${id}:${Buffer.from(crypto.getRandomValues(new Uint8Array(KEY_BYTES))).toString("base64")}`;
}

/** Where the key check is stored. */
export const KEY_CHECK_CONTEXT: SealContext = { installation: "", column: "key_check" };
const KEY_CHECK_TEXT = "timewire key check";

/** A known text sealed under the keyring's first key, to be stored beside the data. */
export function createKeyCheck(keyring: Keyring): Promise<string> {
  return keyring.seal(KEY_CHECK_TEXT, KEY_CHECK_CONTEXT);
}

/** Resolves when the keyring opens the stored check; else throws ENCRYPTION_KEY_UNKNOWN or ENCRYPTED_VALUE_INVALID. */
export async function verifyKeyCheck(keyring: Keyring, stored: string): Promise<void> {
  const text = await keyring.open(stored, KEY_CHECK_CONTEXT);
  if (text !== KEY_CHECK_TEXT) throw invalid("open", "key check holds another text");
}

/** Throws what createKeyring() throws of the text; for a look at the configuration before anything is opened. */
export function checkKeyring(text: string): void {
  parseKeyList(text);
}

/**
 * The keys of `id:base64,id2:base64` by their ids, in that order; `variable` is named in faults. Throws CONFIG_INVALID naming
 * the entry by its position, without key material.
 */
export function parseKeyList(text: string, variable = "ENCRYPTION_KEYS"): Map<string, Uint8Array<ArrayBuffer>> {
  const fault = (problem: string) => new AppError("CONFIG_INVALID", `Cannot read ${variable}: ${problem}`);
  const keys = new Map<string, Uint8Array<ArrayBuffer>>();
  const entries = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  for (const [index, entry] of entries.entries()) {
    const [id, key] = parseKey(entry, index + 1, fault);
    if (keys.has(id)) throw fault(`entry ${index + 1} repeats the id "${id}"`);
    keys.set(id, key);
  }
  if (keys.size === 0) throw fault("it is empty, expected id:base64 of a 32-byte key");
  return keys;
}

function parseKey(
  entry: string,
  position: number,
  fault: (problem: string) => AppError,
): [id: string, key: Uint8Array<ArrayBuffer>] {
  const colon = entry.indexOf(":");
  const id = entry.slice(0, Math.max(colon, 0));
  // Without a valid id the text before the colon may be the key itself, so it is not quoted.
  if (!KEY_ID.test(id)) throw fault(`entry ${position} has no valid id before a colon`);
  const text = entry.slice(colon + 1);
  const key = new Uint8Array(Buffer.from(text, "base64"));
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text) || key.byteLength !== KEY_BYTES) {
    throw fault(`key "${id}" is not base64 of ${KEY_BYTES} bytes`);
  }
  return [id, key];
}

interface Encrypted {
  nonce: Uint8Array<ArrayBuffer>;
  keyId: string;
  ciphertext: Uint8Array<ArrayBuffer>;
  context: SealContext;
}

async function decrypt(key: CryptoKey, { nonce, keyId, ciphertext, context }: Encrypted): Promise<ArrayBuffer> {
  try {
    return await crypto.subtle.decrypt(gcm(nonce, context, keyId), key, ciphertext);
  } catch (error) {
    if (context.row === undefined) throw error;
    // Sealed by a version that did not bind it to its row; a value that is bound to another row does not open so either.
    return await crypto.subtle.decrypt(gcm(nonce, { ...context, row: undefined }, keyId), key, ciphertext);
  }
}

function gcm(nonce: Uint8Array<ArrayBuffer>, { installation, column, row }: SealContext, keyId: string): AesGcmParams {
  const bound = JSON.stringify({ version: VERSION, installation, column, row, keyId });
  return { name: "AES-GCM", iv: nonce, additionalData: new TextEncoder().encode(bound), tagLength: TAG_BYTES * 8 };
}

function parseSealed(sealed: string) {
  const [version, keyId = "", nonceText = "", text = "", ...rest] = sealed.split(".");
  const nonce = fromBase64Url(nonceText);
  const ciphertext = fromBase64Url(text);
  const wellFormed = version === VERSION && KEY_ID.test(keyId) && nonce?.byteLength === NONCE_BYTES &&
    ciphertext && ciphertext.byteLength >= TAG_BYTES && rest.length === 0;
  if (!wellFormed) throw invalid("open", `it does not have the form ${VERSION}.<key id>.<nonce>.<ciphertext>`);
  return { keyId, nonce, ciphertext };
}

function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

/** The bytes of unpadded base64url in its one canonical spelling, else undefined. */
function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(Buffer.from(text, "base64url"));
  return toBase64Url(bytes) === text ? bytes : undefined;
}

function invalid(
  verb: "seal" | "open",
  problem: string,
  options: { details?: Record<string, unknown>; cause?: unknown } = {},
) {
  return new AppError("ENCRYPTED_VALUE_INVALID", `Cannot ${verb} value: ${problem}`, options);
}
