/** Headers of a request that are read once say what the request's own say. */

import { assertEquals } from "@std/assert";
import { readHeaders } from "../../../src/http/server/read_headers.ts";
import { redactHeaders } from "../../../src/telemetry/redact.ts";

Deno.test("readHeaders() has each header by its name in lower case, repeated ones as one", () => {
  const headers = new Headers([["X-Note", "a"], ["x-note", "b"], ["Content-Length", "5"], ["constructor", "c"]]);
  const read = readHeaders(headers);
  for (const name of ["x-note", "content-length", "constructor"]) {
    assertEquals(read.get(name) ?? null, headers.get(name));
  }
  assertEquals([read.get("forwarded"), read.get("tostring")], [undefined, undefined]);
});

Deno.test("redactHeaders() keeps of read headers what it keeps of the request's own", () => {
  const headers = new Headers({
    "clockify-signature": "s",
    "authorization": "Bearer x",
    "__proto__": "y",
    "user-agent": "Clockify",
    "x-note": `eyJ${"a".repeat(40)}.b.c`,
  });
  assertEquals(redactHeaders(readHeaders(headers)), redactHeaders(headers));
});
