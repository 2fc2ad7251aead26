/** A verified delivery before it is stored, and the receipt that answers its sender. */

import { Buffer } from "node:buffer";
import { hash } from "node:crypto";

export interface Delivery {
  installationId: number;
  /** The installation's generation that the token was verified under. */
  generation: number;
  eventType: string;
  /** The bytes as they came. */
  body: Uint8Array;
  /** The same as text, when they are valid UTF-8 without NUL (as all JSON is): then they travel without hex, at half the size. */
  text?: string;
  /** True where `text` is absent although the body is such text: see asText(). */
  isText?: boolean;
  /** `resource:id` of what the event is about, or the name that its sender gave the delivery; undefined where there is none. */
  entityKey: string | undefined;
  /** How long an equal one is a repeat of it, 24 hours unless given; 0: never. */
  memorySeconds?: number;
  /** True where the sender names its deliveries: one of the same name is a repeat, whatever its body. */
  keyDecides?: boolean;
  /** A second name of the same memory: a delivery that has it is a repeat too, whatever its first one is. */
  otherKey?: string;
  /** Already redacted. */
  headers: Record<string, string>;
  requestId: string;
  traceparent?: string;
  /** An event of another system: its source's name, and the type its sender gave. `eventType` is then `custom:<source>`. */
  customSource?: string;
  customType?: string;
  /** No delivery of it was received: where it was found instead (reconcile/). */
  foundBy?: "delivery_log" | "entity_feed";
  /** The query of its address, redacted; a repeated name has the list of its values. */
  query?: Record<string, string | string[]>;
}

export interface Receipt {
  eventId: number;
  /** True when the same delivery was stored before; `eventId` is that of the first one. */
  duplicate: boolean;
}

/** A delivery with what the store compares: made once, before it waits for its batch. */
export interface PreparedDelivery extends Delivery {
  isText: boolean;
  /** What it holds of memory and of the statement: body, headers and query. */
  bytes: number;
  /** In hex; empty where the body does not count, undefined where the database makes it of what it stores. */
  comparedSha256: string | undefined;
  entity: string;
  memorySeconds: number;
  /** Installation, entity and type: what one batch may hold once. */
  batchKey: string;
  /** Equal ones that came while it waited, and are stored with it. */
  copies: number;
  /** Its batch has begun, or it was given up: no copy can be stored with it any more. */
  isClosed: boolean;
  /** The answer to its batch, once it is queued; undefined in it: its installation is not there. */
  answer: Promise<Receipt | undefined> | undefined;
}

const MAX_ENTITY_KEY = 200;
/** Forty times an ordinary body. */
const KEPT_TEXT_BYTES = 65_536;
/** How long most deliveries are remembered. */
export const DAY_SECONDS = 86_400;

/**
 * Adds the hash that is compared; where the body names no usable entity, its hash is the entity. `hashedBy` a server, the hash of
 * an ordinary body is made there: it costs 3 us beside 8 here.
 */
export function prepareDelivery(delivery: Delivery, hashedBy: "program" | "database" = "program"): PreparedDelivery {
  const { entityKey, eventType, installationId, memorySeconds = DAY_SECONDS, keyDecides } = delivery;
  const named = entityKey !== undefined && entityKey.length <= MAX_ENTITY_KEY && isPlain(entityKey);
  const bodySha256 = named && keyDecides
    ? ""
    : named && hashedBy === "database" && delivery.body.byteLength <= KEPT_TEXT_BYTES
    ? undefined
    : hash("sha256", delivery.body, "hex");
  const entity = named ? entityKey : `body:${bodySha256}`;
  return {
    ...delivery,
    isText: delivery.isText ?? delivery.text !== undefined,
    bytes: delivery.body.byteLength + besideBody(delivery),
    comparedSha256: bodySha256,
    entity,
    memorySeconds,
    batchKey: `${installationId} ${entity} ${eventType}`,
    copies: 0,
    isClosed: false,
    answer: undefined,
  };
}

/** True where `next` would be found to be a repeat of `waiting`, which comes before it. */
export function isCopyOf(waiting: PreparedDelivery, next: PreparedDelivery): boolean {
  return !waiting.isClosed && waiting.batchKey === next.batchKey && waiting.comparedSha256 === next.comparedSha256 &&
    next.memorySeconds > 0 && waiting.generation === next.generation &&
    (next.comparedSha256 !== undefined || Buffer.compare(waiting.body, next.body) === 0);
}

/** Characters of headers and query: a sender may fill those as well. */
function besideBody({ headers, query }: Delivery): number {
  let chars = query === undefined ? 0 : JSON.stringify(query).length;
  for (const name in headers) chars += name.length + headers[name]!.length;
  return chars;
}

/** Printable ASCII only: the key becomes SQL text, which refuses NUL and lone surrogates. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** A body's text as its delivery carries it: a large one is made again for its batch, so that what waits is held once. */
export function asText(text: string | undefined, body: Uint8Array): Pick<Delivery, "text" | "isText"> {
  return { text: body.byteLength <= KEPT_TEXT_BYTES ? text : undefined, isText: text !== undefined };
}

/** The text of the body, where it is such. */
export function textOf({ text, isText, body }: Delivery): string | undefined {
  return text ?? (isText ? utf8.decode(body) : undefined);
}

/**
 * The bodies one after another, in one text and one binary parameter: two large values are parsed faster than arrays of
 * many. `offsets` says where in its parameter each body starts, from 1, in bytes.
 */
export function joinBodies(deliveries: readonly PreparedDelivery[]): {
  text: string;
  binary: Uint8Array;
  offsets: number[];
} {
  const binaries: Uint8Array[] = [];
  let text = "";
  let textBytes = 0;
  let binaryBytes = 0;
  const offsets = deliveries.map((delivery) => {
    const { byteLength } = delivery.body;
    if (!delivery.isText) {
      binaries.push(delivery.body);
      binaryBytes += byteLength;
      return binaryBytes - byteLength + 1;
    }
    text += textOf(delivery);
    textBytes += byteLength;
    return textBytes - byteLength + 1;
  });
  return { text, binary: Buffer.concat(binaries), offsets };
}

/**
 * The headers one after another as JSON of ASCII alone: `offsets` says where each begins, from 1, and where the next would.
 * Within the JSON of the rows, of which they are the most, they would be read twice.
 */
export function joinHeaders(deliveries: readonly PreparedDelivery[]): { text: string; offsets: number[] } {
  let parts = deliveries.map(({ headers }) => JSON.stringify(headers));
  let text = parts.join("");
  if (Buffer.byteLength(text) !== text.length) {
    parts = parts.map(asAscii);
    text = parts.join("");
  }
  let end = 1;
  return { text, offsets: [end, ...parts.map(({ length }) => end += length)] };
}

function asAscii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
