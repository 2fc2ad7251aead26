/** Reading request bodies within limits of size, time and depth. */

import type { Context } from "hono";
import { AppError } from "../../base/errors.ts";
import { nextLoopTurn } from "../../base/event_loop.ts";
import { hasTooManyValues, isDeeperThan, MAX_JSON_VALUES } from "../../base/json_depth.ts";
import type { AppEnv } from "./app_env.ts";
import type { BodyHold } from "./body_account.ts";
import type { ReadHeaders } from "./read_headers.ts";

export interface BodyLimits {
  maxBytes: number;
  /** Levels of nesting in JSON. */
  maxDepth: number;
}

/** Where the request's account of bytes is found (body_account.ts): in its Hono context, or in its bindings. */
export interface BodyPlace {
  hold: BodyHold;
}

/**
 * Declared bodies up to this size are read by the runtime in one piece, at half the price of a stream. It keeps the declared
 * room until the sender sends the rest or closes, also after the answer: that is to be no more than an idle socket costs
 * (some 30 kB), so that a sender gains nothing by it.
 */
const WHOLE_BYTES = 16_384;
/** Buffer that the runtime makes for each read of a stream, however little arrives. */
const CHUNK_BYTES = 65_536;
const FIRST_BYTES = 4_096;
/**
 * Each chunk costs some 20 us of the thread, however small: a body may have so many, and one more for each kilobyte. What
 * networks and encoders cut is larger.
 */
const FREE_CHUNKS = 500;
const BYTES_PER_CHUNK = 1_024;
/** After so many in a row, which were all there at once, others have a turn. */
const CHUNKS_PER_TURN = 64;

/**
 * The raw bytes. They stay in the request's hold until it is answered. Throws BODY_TOO_LARGE past `maxBytes` (by the
 * declared length before reading, else while reading), BODY_TOO_SLOW, RATE_LIMITED and OVERLOADED when there is no
 * memory left for what arrives (body_account.ts), and CONTENT_ENCODING_UNSUPPORTED for a compressed body: what was
 * signed and stored are the bytes as sent.
 */
export async function readBody(
  request: Request,
  { maxBytes, hold, headers = request.headers }: Pick<BodyLimits, "maxBytes"> & BodyPlace & {
    headers?: ReadHeaders | Headers;
  },
): Promise<Uint8Array> {
  const encoding = headers.get("content-encoding") ?? undefined;
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    throw new AppError("CONTENT_ENCODING_UNSUPPORTED", `Cannot read the body: content-encoding must be absent`);
  }
  const declared = headers.get("content-length") ?? undefined;
  const declaredBytes = declared === undefined ? Infinity : Number(declared);
  if (declared !== undefined && declaredBytes > maxBytes) throw tooLarge({ maxBytes, actualBytes: declaredBytes });
  try {
    if (declaredBytes <= WHOLE_BYTES) {
      hold.resize(declaredBytes);
      return new Uint8Array(await hold.within(request.arrayBuffer()));
    }
    if (!request.body) return new Uint8Array();
    // A body that is given up is left, not cancelled: the runtime drops it with the answer, and in Deno 2.9 cancel() first
    // reads all that has arrived, chunk by chunk and without a turn for others.
    return await hold.within(readChunks(request.body.getReader(), { maxBytes, declaredBytes, hold }));
  } catch (error) {
    throw error instanceof AppError ? error : cutShort(error);
  }
}

/**
 * Into one buffer that grows with what arrives, never by what was declared. transfer() gives the memory of what is outgrown
 * or copied back at once: as garbage, tens of megabytes of it would lie about under a flood.
 */
async function readChunks(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  { maxBytes, declaredBytes, hold }: { maxBytes: number; declaredBytes: number } & BodyPlace,
): Promise<Uint8Array> {
  let buffer = new ArrayBuffer();
  let size = 0;
  let chunks = 0;
  // A verified sender has room for the whole body or is refused before it: of many that arrive together, all would be
  // given up half-way, each for want of what the others hold.
  const reserved = hold.isKnown() && declaredBytes !== Infinity ? Math.max(CHUNK_BYTES, declaredBytes) : CHUNK_BYTES;
  let held = reserved;
  try {
    hold.resize(held);
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const needed = size + part.value.byteLength;
      if (needed > maxBytes) throw tooLarge({ maxBytes });
      if (++chunks > FREE_CHUNKS + needed / BYTES_PER_CHUNK) throw tooManyChunks();
      if (chunks % CHUNKS_PER_TURN === 0) await nextLoopTurn();
      // Throws once the body was given up.
      hold.resize(held);
      if (needed > buffer.byteLength) {
        const roomy = Math.max(needed, Math.min(2 * buffer.byteLength, declaredBytes, maxBytes), FIRST_BYTES);
        held = Math.max(reserved, roomy);
        hold.resize(held);
        buffer = buffer.transfer(roomy);
      }
      new Uint8Array(buffer).set(part.value, size);
      part.value.buffer.transfer(0);
      size = needed;
    }
    hold.resize(size);
    return new Uint8Array(buffer.transfer(size));
  } catch (error) {
    buffer.transfer(0);
    throw error;
  }
}

// A byte order mark is kept, and refused by the parser, so that the text has exactly the bytes it was made from.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes as text and as JSON. Of repeated keys the last one counts. Throws BODY_NOT_JSON and JSON_TOO_DEEP. */
export function parseJsonText(
  bytes: Uint8Array,
  { maxDepth }: Pick<BodyLimits, "maxDepth">,
): { text: string; json: unknown } {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw notJson();
  }
  if (isDeeperThan(maxDepth, text)) throw jsonTooDeep({ maxDepth });
  if (hasTooManyValues(text)) throw tooManyValues();
  try {
    return { text, json: JSON.parse(text) };
  } catch {
    throw notJson();
  }
}

export function tooManyValues(): AppError {
  return new AppError("BODY_TOO_LARGE", `Cannot read the body: its JSON holds more than ${MAX_JSON_VALUES} values`);
}

export function jsonTooDeep({ maxDepth }: Pick<BodyLimits, "maxDepth">): AppError {
  return new AppError("JSON_TOO_DEEP", `Cannot read the body: it nests deeper than ${maxDepth} levels`, {
    details: { maxDepth },
  });
}

/** As parseJsonText(), the JSON alone. */
export function parseJson(bytes: Uint8Array, limits: Pick<BodyLimits, "maxDepth">): unknown {
  return parseJsonText(bytes, limits).json;
}

/** A JSON body sent as such: throws CONTENT_TYPE_UNSUPPORTED unless the content type says JSON. */
export async function readJson(
  { req: { raw: request }, env: { hold } }: Context<AppEnv>,
  limits: BodyLimits,
): Promise<unknown> {
  requireJsonType(request);
  return parseJson(await readBody(request, { ...limits, hold }), limits);
}

/** Throws CONTENT_TYPE_UNSUPPORTED. */
export function requireJsonType({ headers }: Request): void {
  const type = headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json" && !type?.endsWith("+json")) {
    throw new AppError("CONTENT_TYPE_UNSUPPORTED", "Cannot read the body: content-type must be application/json");
  }
}

/** Throws BODY_TOO_LARGE for bytes that were read under a larger limit than is allowed for them. */
export function requireSize({ byteLength: actualBytes }: Uint8Array, maxBytes: number): void {
  if (actualBytes > maxBytes) throw tooLarge({ maxBytes, actualBytes });
}

/** The sender went away, or its chunks make no sense. */
function cutShort(cause: unknown): AppError {
  return new AppError("REQUEST_INVALID", "Cannot read the body: it was cut short or is badly framed", { cause });
}

function tooManyChunks(): AppError {
  return new AppError(
    "REQUEST_INVALID",
    `Cannot read the body: it comes in more than ${FREE_CHUNKS} chunks of less than ${BYTES_PER_CHUNK} bytes; send larger ones`,
  );
}

function tooLarge(details: { maxBytes: number; actualBytes?: number }): AppError {
  return new AppError("BODY_TOO_LARGE", `Cannot read the body: more than ${details.maxBytes} bytes`, { details });
}

function notJson(): AppError {
  return new AppError("BODY_NOT_JSON", "Cannot read the body: it is not valid JSON in UTF-8");
}
