/** Reading request bodies within limits of size, time and depth. */

import type { Clock } from "../clock.ts";
import { AppError } from "../errors.ts";
import { isDeeperThan } from "../json_depth.ts";

export interface BodyLimits {
  maxBytes: number;
  /** Levels of nesting in JSON. */
  maxDepth: number;
  watch: BodyWatch;
}

/** Gives up on bodies that take too long. */
export interface BodyWatch {
  /** What `reading` gives, or BODY_TOO_SLOW once it has taken too long. */
  within<T>(reading: Promise<T>): Promise<T>;
}

/**
 * For a whole body, however large. Deno.serve waits for ever (reliability.md F11), and keeps the socket of a sender that was
 * answered in the middle of its body (2.9): closing those is the front proxy's work.
 */
const BODY_MS = 30_000;
const LOOK_EVERY_MS = 1_000;

/** One timer looks after all bodies under way, so that one which arrives at once costs none of its own. */
export function createBodyWatch(clock: Clock): BodyWatch {
  const open = new Set<{ since: number; giveUp(error: AppError): void }>();
  let looking = false;

  async function look() {
    looking = true;
    while (open.size > 0) {
      await clock.sleep(LOOK_EVERY_MS);
      const now = clock.monotonicMs();
      for (const { since, giveUp } of open) {
        // In the order of their beginning.
        if (now - since < BODY_MS) break;
        giveUp(new AppError("BODY_TOO_SLOW", `Cannot read the body: it was not whole after ${BODY_MS / 1000} s`));
      }
    }
    looking = false;
  }

  return {
    within: (reading) =>
      new Promise((resolve, reject) => {
        const entry = { since: clock.monotonicMs(), giveUp: reject };
        open.add(entry);
        if (!looking) look();
        reading.then((value) => {
          open.delete(entry);
          resolve(value);
        }, (error) => {
          open.delete(entry);
          reject(error instanceof AppError ? error : cutShort(error));
        });
      }),
  };
}

/**
 * The raw bytes. Throws BODY_TOO_LARGE past `maxBytes` (by the declared length before reading, else while reading),
 * BODY_TOO_SLOW, and CONTENT_ENCODING_UNSUPPORTED for a compressed body: what was signed and stored are the bytes as sent.
 */
export async function readBody(request: Request, { maxBytes, watch }: BodyLimits): Promise<Uint8Array> {
  const { headers } = request;
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    throw new AppError("CONTENT_ENCODING_UNSUPPORTED", `Cannot read the body: content-encoding must be absent`);
  }
  const declared = headers.get("content-length");
  if (declared !== null) {
    const actualBytes = Number(declared);
    if (actualBytes > maxBytes) throw tooLarge({ maxBytes, actualBytes });
    return new Uint8Array(await watch.within(request.arrayBuffer()));
  }
  if (!request.body) return new Uint8Array();
  const reader = request.body.getReader();
  try {
    return await watch.within(readChunks(reader, maxBytes));
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error;
  }
}

async function readChunks(reader: ReadableStreamDefaultReader<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.byteLength;
    if (size > maxBytes) throw tooLarge({ maxBytes });
    chunks.push(part.value);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
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
  try {
    return { text, json: JSON.parse(text) };
  } catch {
    throw notJson();
  }
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
export async function readJson(request: Request, limits: BodyLimits): Promise<unknown> {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json" && !type?.endsWith("+json")) {
    throw new AppError("CONTENT_TYPE_UNSUPPORTED", "Cannot read the body: content-type must be application/json");
  }
  return parseJson(await readBody(request, limits), limits);
}

/** Throws BODY_TOO_LARGE for bytes that were read under a larger limit than is allowed for them. */
export function requireSize({ byteLength: actualBytes }: Uint8Array, maxBytes: number): void {
  if (actualBytes > maxBytes) throw tooLarge({ maxBytes, actualBytes });
}

/** The sender went away, or its chunks make no sense. */
function cutShort(cause: unknown): AppError {
  return new AppError("REQUEST_INVALID", "Cannot read the body: it was cut short or is badly framed", { cause });
}

function tooLarge(details: { maxBytes: number; actualBytes?: number }): AppError {
  return new AppError("BODY_TOO_LARGE", `Cannot read the body: more than ${details.maxBytes} bytes`, { details });
}

function notJson(): AppError {
  return new AppError("BODY_NOT_JSON", "Cannot read the body: it is not valid JSON in UTF-8");
}
