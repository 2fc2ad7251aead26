/** Reading request bodies within a limit. */

import { AppError } from "../errors.ts";

/**
 * The raw bytes. Throws BODY_TOO_LARGE past `maxBytes` (by the declared length before reading, else while reading) and
 * CONTENT_ENCODING_UNSUPPORTED for a compressed body: what was signed and stored are the bytes as sent.
 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const { headers } = request;
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    throw new AppError("CONTENT_ENCODING_UNSUPPORTED", `Cannot read the body: content-encoding must be absent`);
  }
  const declared = headers.get("content-length");
  if (declared !== null) {
    if (Number(declared) > maxBytes) throw tooLarge(maxBytes);
    return new Uint8Array(await request.arrayBuffer());
  }
  if (!request.body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
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

/** The bytes as text and as JSON. Of repeated keys the last one counts. Throws BODY_NOT_JSON. */
export function parseJsonText(bytes: Uint8Array): { text: string; json: unknown } {
  try {
    const text = utf8.decode(bytes);
    return { text, json: JSON.parse(text) };
  } catch {
    throw new AppError("BODY_NOT_JSON", "Cannot read the body: it is not valid JSON in UTF-8");
  }
}

/** As parseJsonText(), the JSON alone. */
export function parseJson(bytes: Uint8Array): unknown {
  return parseJsonText(bytes).json;
}

/** A JSON body sent as such: throws CONTENT_TYPE_UNSUPPORTED unless the content type says JSON. */
export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json" && !type?.endsWith("+json")) {
    throw new AppError("CONTENT_TYPE_UNSUPPORTED", "Cannot read the body: content-type must be application/json");
  }
  return parseJson(await readBody(request, maxBytes));
}

function tooLarge(maxBytes: number): AppError {
  return new AppError("BODY_TOO_LARGE", `Cannot read the body: more than ${maxBytes} bytes`, { details: { maxBytes } });
}
