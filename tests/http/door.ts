/** Asking a listener as a stranger would, and what every refusal must look like. */

import { assert, assertEquals, assertNotMatch, assertStrictEquals } from "@std/assert";
import type { ErrorCode } from "../../src/base/errors.ts";
import { assertContracted } from "../support/contract_answers.ts";

// deno-lint-ignore no-explicit-any -- answers are read as a client would, without our types
export type Json = any;

export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed where it is JSON, else the text. */
  body: Json;
}

/** One request, whose answer is held against its route's contract. Text, bytes and streams are sent as they are, anything else as JSON. */
export async function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: unknown } = {},
): Promise<Answer> {
  const { body, method = body === undefined ? "GET" : "POST" } = options;
  const raw = typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;
  const response = await fetch(url, {
    method,
    headers: { "content-type": "application/json", ...options.headers },
    body: raw || body === undefined ? body as BodyInit | undefined : JSON.stringify(body),
  });
  const text = await response.text();
  const json = /[/+]json\b/.test(response.headers.get("content-type") ?? "");
  const answer = { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
  assertContracted({ method, path: new URL(url).pathname }, answer);
  return answer;
}

/** What must never be in an answer: tokens, stack frames, files, SQL. */
const INTERNALS = /eyJ|\bat \w+ \(|file:|\.ts\b|\bselect\b.+\bfrom\b|postgres|pglite/i;

/** Holds an answer against status and code, and against the form of application/problem+json. */
export function assertProblem(answer: Answer, status: number, code: ErrorCode): void {
  const { body, headers } = answer;
  assertEquals([answer.status, body.code], [status, code], JSON.stringify(body));
  assertEquals(headers.get("content-type"), "application/problem+json");
  assertEquals(body.status, status);
  assert(body.type && body.title && body.detail);
  assertStrictEquals(body.request_id, headers.get("x-request-id"));
  // A token to confirm with is random: any three letters may stand in it.
  assertNotMatch(JSON.stringify({ ...body, confirm_token: undefined }), INTERNALS);
}
