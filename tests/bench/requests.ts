/** The requests of the load: Clockify's TIMER_STOPPED delivery of about 1.5 kB, each with a body of its own. */

import { Buffer } from "node:buffer";

export const EVENT_TYPE = "TIMER_STOPPED";
export const WEBHOOK_PATH = `/webhooks/clockify/${EVENT_TYPE}`;
/** Time entries that the load is about. */
const ENTITIES = 10_000;
/** Prime to ENTITIES, so that neighbours in time are about entries far apart and every entry takes its turn. */
const STRIDE = 7_919;
/** 24 hexadecimal digits as Clockify's ids; the last ten are overwritten for each request. */
const ID_STEM = "6afea6c7524cbb";
const ID_DIGITS = 10;
const MARK_DIGITS = 12;

const fixture = JSON.parse(
  await Deno.readTextFile(new URL(`../../fixtures/events/${EVENT_TYPE}.json`, import.meta.url)),
);

export interface RequestTarget {
  port: number;
  token: string;
  workspaceId: string;
  /** Sent instead of a delivery. */
  post?: Post;
}

/** A POST of JSON; of each request the idempotency key is its own. */
export interface Post {
  path: string;
  headers: Record<string, string>;
  body: string;
  /** What it is answered with. */
  status: number;
}

/** Id of the time entry that the request with this number is about. */
export function entityId(sequence: number): string {
  return ID_STEM + entityDigits(sequence);
}

/**
 * One connection's request, made once and changed in place, so that the generator costs the machine little: `next(n)` gives
 * header and body of request number `n` in one buffer, which stays the same object.
 */
export function createRequest(target: RequestTarget): { next(sequence: number): Uint8Array } {
  return target.post ? createPost(target.port, target.post) : createDelivery(target);
}

function createPost(port: number, { path, headers, body }: Post): { next(sequence: number): Uint8Array } {
  const mark = "#".repeat(MARK_DIGITS);
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    "content-type: application/json",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `idempotency-key: ${crypto.randomUUID()}-${mark}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  const request = Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`, "latin1");
  const places = placesOf(request, mark);
  return {
    next: (sequence) => {
      for (const place of places) request.write(String(sequence).padStart(MARK_DIGITS, "0"), place, "latin1");
      return request;
    },
  };
}

function createDelivery({ port, token, workspaceId }: RequestTarget): { next(sequence: number): Uint8Array } {
  const id = ID_STEM + "0".repeat(ID_DIGITS);
  const mark = "#".repeat(MARK_DIGITS);
  const body = JSON.stringify({
    ...fixture,
    id,
    workspaceId,
    description: `Measurements on site ${mark}`,
    customFieldValues: fixture.customFieldValues.map((value: object) => ({ ...value, timeEntryId: id })),
  });
  const head = [
    `POST ${WEBHOOK_PATH} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    "accept: application/json, */*",
    "accept-encoding: gzip",
    "user-agent: Clockify",
    "content-type: application/json",
    `clockify-signature: ${token}`,
    `clockify-webhook-event-type: ${EVENT_TYPE}`,
    `idempotency-key: 5f0c6a52-7f2c-4d0e-9a9e-${mark}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  const request = Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`, "latin1");
  const idPlaces = placesOf(request, id).map((place) => place + ID_STEM.length);
  const markPlaces = placesOf(request, mark);
  return {
    next: (sequence) => {
      const digits = entityDigits(sequence);
      for (const place of idPlaces) request.write(digits, place, "latin1");
      const number = String(sequence).padStart(MARK_DIGITS, "0");
      for (const place of markPlaces) request.write(number, place, "latin1");
      return request;
    },
  };
}

function entityDigits(sequence: number): string {
  return String(1_000_000_000 + (sequence * STRIDE) % ENTITIES);
}

function placesOf(buffer: Buffer, text: string): number[] {
  const places: number[] = [];
  for (let at = buffer.indexOf(text); at !== -1; at = buffer.indexOf(text, at + 1)) places.push(at);
  return places;
}
