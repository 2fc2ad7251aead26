/** Asks our schemes about a delivery: a vector of fixtures/senders.json, or one that a sender's library made. */

import { Buffer } from "node:buffer";
import { parseNewSource } from "../../src/sources/definition.ts";
import type { SourceRequest, Verdict } from "../../src/sources/verdict.ts";
import { verifySource } from "../../src/sources/verify.ts";

export interface Vector {
  sender: string;
  secret: string;
  options?: Record<string, unknown>;
  method?: string;
  url?: string;
  headers: Record<string, string>;
  body: string;
  now: string;
}

export const URL_OF_SOURCE = "https://hooks.example.com/webhooks/custom/source-a2b3c4d5e6f7a2b3c4d5e6f7a2";

export function definitionOf(preset: string, options: Record<string, unknown> = {}) {
  return parseNewSource({ name: "test", preset, options, secret: null, allow_unsigned: true }).definition;
}

export interface Sent {
  secret?: string;
  body?: Uint8Array;
  headers?: Record<string, string>;
  url?: string;
  nowMs?: number;
}

/** The verdict on a vector, or on it with what `sent` has in place of its own. */
export function ask(vector: Vector, sent: Sent = {}): Verdict {
  const definition = definitionOf(vector.sender, vector.options);
  const request: SourceRequest = {
    headers: new Headers(sent.headers ?? vector.headers),
    method: vector.method ?? "POST",
    url: sent.url ?? vector.url ?? URL_OF_SOURCE,
    body: sent.body ?? Buffer.from(vector.body),
  };
  const secrets = [{ value: sent.secret ?? vector.secret }];
  return verifySource(definition, { request, secrets, nowMs: sent.nowMs ?? Date.parse(vector.now) });
}
