/** The one parser of event bodies: what flows, the console and custom webhooks see of the bytes that came. */

import { Buffer } from "node:buffer";
import { parseJson } from "../base/json_parse.ts";
import { type BodyReading, readJsonText, withProblem } from "./body_reading.ts";
import { bomCharset, charsetOf, decodeText, isJson, isXml, mediaType, xmlCharset } from "./content_type.ts";
import { readForm, readMultipart } from "./form_body.ts";

export interface EventBody {
  /** The bytes as they came. */
  body: Uint8Array;
  /** The source it came by; null for Clockify's own events, whose bodies are JSON in UTF-8. */
  customSource: string | null;
  /** The header of the delivery, where it had one. */
  contentType: string | null;
}

/** More than any door lets in (MAX_JSON_DEPTH): what was stored can be read. */
const MAX_DEPTH = 1_000;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Never throws, whatever the bytes. Whole numbers beyond 2^53 keep their digits as text (json_parse.ts). */
export function readBody({ body, customSource, contentType }: EventBody, maxDepth = MAX_DEPTH): BodyReading {
  if (customSource === null) return readClockify(body);
  if (body.byteLength === 0) return { value: null, form: "empty" };
  const type = mediaType(contentType);
  if (type === "multipart/form-data") {
    return readMultipart(body, { contentType: contentType!, maxDepth }) ?? broken(body);
  }
  const statesJson = isJson(type);
  const isForm = type === "application/x-www-form-urlencoded";
  const mayBeText = statesJson || isForm || type === "" || isText(type) || charsetOf(contentType) !== undefined;
  // Senders often state another type for JSON, as curl does for -d.
  if (!mayBeText && !beginsLikeJson(body)) return binary(body);

  const stated = charsetOf(contentType) ?? (isXml(type) ? xmlCharset(body) : undefined);
  const { text, problem } = decodeText(body, bomCharset(body) ?? stated);
  if (text === undefined) return withProblem(binary(body), type === "" ? undefined : problem);
  if (statesJson || type === "" || /^\s*[{[]/.test(text)) {
    const read = readJsonText(text, maxDepth);
    if (read) return withProblem(read, problem);
  }
  if (!mayBeText || (type === "" && text.includes("\0"))) return binary(body);
  if (isForm) return readForm(body, { charset: stated, maxDepth });
  return withProblem(
    { value: { text }, form: "text" },
    statesJson ? "It is declared as JSON, and is not valid JSON" : problem,
  );
}

function readClockify(body: Uint8Array): BodyReading {
  try {
    return { value: parseJson(utf8.decode(body)), form: "json" };
  } catch {
    return { value: null, form: "binary", problem: "It is not JSON in UTF-8" };
  }
}

function binary(body: Uint8Array): BodyReading {
  return {
    value: { base64: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("base64") },
    form: "binary",
  };
}

function broken(body: Uint8Array): BodyReading {
  return {
    ...binary(body),
    problem: "It is declared as multipart/form-data, and no complete part was found in it",
  };
}

const TEXT_TYPES =
  /^text\/|[/+]xml$|^application\/(?:x-ndjson|jsonlines|csv|(?:x-)?yaml|(?:x-)?javascript|ecmascript|graphql|sql|toml|jwt|jose|x-sh)$|\+(?:yaml|json-seq)$/;

function isText(type: string): boolean {
  return TEXT_TYPES.test(type);
}

function beginsLikeJson(body: Uint8Array): boolean {
  const start = body.findIndex((byte) => ![0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf].includes(byte));
  return body[start] === 0x7b || body[start] === 0x5b;
}
