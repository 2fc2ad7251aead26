/**
 * The outer form of a backup: a line that names the key, then the content in chunks, each encrypted and authenticated.
 *
 * AES-256-GCM under a key of the backup's own, derived by HKDF from a key of BACKUP_KEYS and a random salt. A nonce is the
 * number of its chunk and whether it is the last one (the STREAM construction, as in age): a chunk that was altered, left
 * out, repeated or moved does not open, nor does a file that ends early. The first line is part of what the key is derived
 * from, so that it is authenticated with every chunk.
 */

import { Buffer } from "node:buffer";
import { parseKeyList } from "../secrets/encryption.ts";
import { damaged, refused } from "./faults.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

/** What the first line says, after the name of the form. */
interface ChunkHead {
  /** Id of the key in BACKUP_KEYS. */
  key: string;
  /** base64url of 32 bytes. */
  salt: string;
  /** base64url of 16 bytes that only the right key gives: a wrong one is known from damage. */
  check: string;
}

const FORM = "timewire backup 1";
const MAX_HEAD_BYTES = 1_024;
/** Of content in a chunk; one that is longer is not read. */
const CHUNK_BYTES = 262_144;
const TAG_BYTES = 16;
const LENGTH_BYTES = 4;

/** Encrypts `content` under the first of `keys` (BACKUP_KEYS). */
export async function* sealChunks(content: AsyncIterable<Uint8Array>, keys: string): AsyncGenerator<Bytes> {
  const [[id, master]] = [...parseKeyList(keys, "BACKUP_KEYS")] as [[string, Bytes]];
  const salt = crypto.getRandomValues(new Uint8Array(32));
  const given = { key: id, salt: Buffer.from(salt).toString("base64url") };
  const head: ChunkHead = { ...given, check: await checkOf(master, given) };
  const line = `${FORM} ${JSON.stringify(head)}\n`;
  const key = await keyOf(master, head, "encrypt");
  yield new TextEncoder().encode(line);
  let number = 0;
  const seal = async (chunk: Bytes, isLast: boolean) => {
    const sealed = new Uint8Array(await crypto.subtle.encrypt(gcm(number++, isLast), key, chunk));
    const framed = new Uint8Array(LENGTH_BYTES + sealed.byteLength);
    new DataView(framed.buffer).setUint32(0, sealed.byteLength);
    framed.set(sealed, LENGTH_BYTES);
    return framed;
  };
  const chunk = new Uint8Array(CHUNK_BYTES);
  let filled = 0;
  for await (let rest of content) {
    while (rest.byteLength > 0) {
      // Not before there is more: the last chunk says that it is the last.
      if (filled === CHUNK_BYTES) {
        yield await seal(chunk, false);
        filled = 0;
      }
      const part = rest.subarray(0, CHUNK_BYTES - filled);
      chunk.set(part, filled);
      filled += part.byteLength;
      rest = rest.subarray(part.byteLength);
    }
  }
  yield await seal(chunk.subarray(0, filled), true);
}

/**
 * The content of what sealChunks() made. Throws CONFLICT when `keys` (BACKUP_KEYS) lack its key, before anything is
 * given, and ENCRYPTED_VALUE_INVALID at the first chunk that is not as it was written.
 */
export async function* openChunks(bytes: AsyncIterable<Uint8Array>, keys: string): AsyncGenerator<Bytes> {
  const input = createReader(bytes);
  const head = await readHead(input);
  const master = parseKeyList(keys, "BACKUP_KEYS").get(head.key);
  if (!master) {
    throw refused(`Cannot open the backup: it was made with the key "${head.key}", which BACKUP_KEYS does not have`);
  }
  if (await checkOf(master, head) !== head.check) {
    throw refused(
      `Cannot open the backup: BACKUP_KEYS has another key under "${head.key}" than the one it was made with`,
    );
  }
  const key = await keyOf(master, head, "decrypt");
  for (let number = 0;; number++) {
    const length = await input.exactly(LENGTH_BYTES);
    if (length === undefined) throw damaged("it ends before its last part");
    const bytes = new DataView(length.buffer, length.byteOffset).getUint32(0);
    if (bytes < TAG_BYTES || bytes > CHUNK_BYTES + TAG_BYTES) throw damaged(`part ${number + 1} has no valid length`);
    const sealed = await input.exactly(bytes);
    if (sealed === undefined) throw damaged(`it ends within part ${number + 1}`);
    const isLast = await input.isAtEnd();
    let content: Bytes;
    try {
      content = new Uint8Array(await crypto.subtle.decrypt(gcm(number, isLast), key, sealed));
    } catch (cause) {
      throw damaged(`part ${number + 1} is not as it was written, or the file was cut off or joined there`, cause);
    }
    if (content.byteLength > 0) yield content;
    if (isLast) return;
  }
}

type Reader = ReturnType<typeof createReader>;

/** Reads a stream in pieces of the length that is asked for. */
function createReader(bytes: AsyncIterable<Uint8Array>) {
  const source = bytes[Symbol.asyncIterator]();
  let held = new Uint8Array(0);
  /** Holds at least `wanted` bytes; false where there are not so many left. */
  async function fill(wanted: number): Promise<boolean> {
    const parts: Uint8Array[] = [held];
    let bytes = held.byteLength;
    while (bytes < wanted) {
      const { value, done } = await source.next();
      if (done) break;
      parts.push(value);
      bytes += value.byteLength;
    }
    if (parts.length > 1) held = new Uint8Array(Buffer.concat(parts, bytes));
    return bytes >= wanted;
  }
  function take(length: number): Bytes {
    const taken = held.slice(0, length);
    held = held.subarray(length);
    return taken;
  }
  return {
    exactly: async (length: number) => await fill(length) ? take(length) : undefined,
    isAtEnd: async () => !await fill(1),
    /** Up to a line feed, which is left out; undefined where none comes within `most` bytes. */
    line: async (most: number) => {
      await fill(most);
      const end = held.subarray(0, most).indexOf(10);
      return end === -1 ? undefined : take(end + 1).subarray(0, end);
    },
  };
}

async function readHead(input: Reader): Promise<ChunkHead> {
  const line = new TextDecoder().decode(await input.line(MAX_HEAD_BYTES));
  try {
    if (!line.startsWith(`${FORM} `)) throw new Error();
    const { key, salt, check } = JSON.parse(line.slice(FORM.length));
    if ([key, salt, check].some((value) => typeof value !== "string")) throw new Error();
    return { key, salt, check };
  } catch {
    throw damaged("its first line is not that of a Timewire backup of this form");
  }
}

function checkOf(master: Bytes, { key, salt }: Pick<ChunkHead, "key" | "salt">): Promise<string> {
  return derive(master, { salt, purpose: JSON.stringify(["check", key]), bits: 128 })
    .then((bytes) => Buffer.from(bytes).toString("base64url"));
}

async function keyOf(master: Bytes, head: ChunkHead, use: "encrypt" | "decrypt"): Promise<CryptoKey> {
  const { key, salt, check } = head;
  const bytes = await derive(master, { salt, purpose: JSON.stringify(["content", key, check]), bits: 256 });
  return await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, [use]);
}

async function derive(
  master: Bytes,
  { salt, purpose, bits }: { salt: string; purpose: string; bits: number },
): Promise<ArrayBuffer> {
  const key = await crypto.subtle.importKey("raw", master, "HKDF", false, ["deriveBits"]);
  const info = new TextEncoder().encode(`${FORM} ${purpose}`);
  const saltBytes = new Uint8Array(Buffer.from(salt, "base64url"));
  return await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: saltBytes, info }, key, bits);
}

function gcm(number: number, isLast: boolean): AesGcmParams {
  const iv = new Uint8Array(12);
  const view = new DataView(iv.buffer);
  view.setBigUint64(3, BigInt(number));
  view.setUint8(11, isLast ? 1 : 0);
  return { name: "AES-GCM", iv, tagLength: TAG_BYTES * 8 };
}
