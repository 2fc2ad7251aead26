/** Tests of the logger: the form of its lines, levels, redaction, and what happens when stdout is slow. */

import { assert, assertEquals, assertMatch, assertStrictEquals, fail } from "@std/assert";
import type { Clock } from "../../src/base/clock.ts";
import { AppError } from "../../src/base/errors.ts";
import { createLogger, type LogFormat, type LogLevel } from "../../src/telemetry/log.ts";
import { createStdoutWriter } from "../../src/telemetry/log_output.ts";
import { REDACTED } from "../../src/telemetry/redact.ts";

const NOON = Date.UTC(2026, 10, 21, 12, 0, 0, 123);
const JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
const clock: Clock = { now: () => NOON, monotonicMs: () => NOON, sleep: () => new Promise(() => {}) };

function recorder(level: LogLevel = "INFO", format: LogFormat = "json") {
  const lines: string[] = [];
  const log = createLogger({ level, format, clock, write: (line) => void lines.push(line) });
  return { log, lines, last: () => JSON.parse(lines.at(-1)!) };
}

Deno.test("createLogger() writes one JSON line with the four names first and fields in snake_case", () => {
  const { log, lines } = recorder();
  log.child({ logger: "ingest", workspaceId: "w1" }).info("event.received", {
    durationMs: 3,
    none: undefined,
    level: "x",
  });
  assertEquals(lines, [
    '{"timestamp":"2026-11-21T12:00:00.123Z","level":"INFO","logger":"timewire.ingest","message":"event.received",' +
    '"workspace_id":"w1","duration_ms":3,"field_level":"x"}\n',
  ]);
});

Deno.test("createLogger() writes nothing below its level and does not read the fields", () => {
  const { log, lines } = recorder("WARNING");
  const trap = Object.defineProperty({}, "x", { enumerable: true, get: () => fail("was read") });
  log.debug("a", trap);
  log.info("b", trap);
  log.warn("c");
  assertEquals(lines.length, 1);
  assertEquals([log.enabled("INFO"), log.enabled("WARNING"), log.enabled("ERROR")], [false, true, true]);
});

Deno.test("at() writes with a level of its own, and the logger keeps its", () => {
  const { log, lines } = recorder("INFO");
  const child = log.child({ logger: "engine" });
  assertStrictEquals(child.at(undefined), child);
  const chatty = child.at("DEBUG");
  chatty.debug("a");
  assert(chatty.enabled("DEBUG") && !child.enabled("DEBUG"));
  child.debug("b");
  const silent = log.at("ERROR");
  silent.info("c");
  silent.warn("d");
  silent.error("e");
  log.info("f");
  assertEquals(lines.map((line) => JSON.parse(line)).map(({ logger, message }) => [logger, message]), [
    ["timewire.engine", "a"],
    ["timewire", "e"],
    ["timewire", "f"],
  ]);
});

Deno.test("a log line holds no secret, wherever it stands", () => {
  const { log, lines, last } = recorder();
  log.info("install", {
    authToken: "s3cr3t-value",
    token_configured: true,
    traceId: "0123456789abcdef0123456789abcdef",
    body: { nested: [{ password: "s3cr3t-value" }], note: `see ${JWT}` },
    headers: new Map([["x-addon-token", "s3cr3t-value"]]),
  });
  assert(!lines.join().includes("s3cr3t-value") && !lines.join().includes("eyJ"));
  assertStrictEquals(last().auth_token, REDACTED);
  assertEquals(last().token_configured, true);
  assertEquals(last().trace_id, "0123456789abcdef0123456789abcdef");
});

Deno.test("an AppError is written as code, message, details and causes, with a stack only at DEBUG", () => {
  const cause = Object.assign(new Error("disk full for jane@example.com"), { code: "53100", query: "select 1" });
  const error = new AppError("DATABASE_UNAVAILABLE", "Cannot store", { details: { api_key: "k", tries: 2 }, cause });
  const production = recorder();
  production.log.error("store.failed", { error });
  assertEquals(production.last().error, {
    code: "DATABASE_UNAVAILABLE",
    message: "Cannot store",
    details: { api_key: REDACTED, tries: 2 },
    cause: { name: "Error", code: "53100", message: `disk full for ${REDACTED}` },
  });
  const debugging = recorder("DEBUG");
  debugging.log.error("store.failed", { error });
  assertMatch(debugging.last().error.stack, /log_test/);
});

Deno.test("logging never throws: cycles, wide graphs, BigInt, throwing getters", () => {
  const { log, lines, last } = recorder();
  const cyclic: Record<string, unknown> = { big: 10n };
  for (let i = 0; i < 50; i++) cyclic[`self${i}`] = cyclic;
  log.info("odd", { cyclic, fn: () => 1, symbol: Symbol("s"), nan: NaN, at: new Date(NaN), bytes: new Uint8Array(3) });
  assertEquals(last().cyclic.big, "10");
  assert(lines[0]!.length < 100_000);
  log.info("bad", {
    get boom(): string {
      throw new Error("no");
    },
  });
  assertEquals(last().message, "log.failed");
  assertEquals(last().event, "bad");
});

Deno.test("the text format stays on one line and cannot be faked by a line end", () => {
  const { log, lines } = recorder("INFO", "text");
  log.child({ logger: "http" }).warn("request.completed", { path: "/a\n12:00 ERROR fake", status: 404 });
  assertEquals(lines, [
    '12:00:00.123 WARN  timewire.http request.completed path="/a\\n12:00 ERROR fake" status=404\n',
  ]);
});

Deno.test("createStdoutWriter() gathers lines, flushes them whole, and survives full and broken pipes", () => {
  const written: string[] = [];
  let mode: "short" | "full" | "broken" = "short";
  const sink = {
    writeSync(bytes: Uint8Array) {
      if (mode === "full") throw new Deno.errors.WouldBlock();
      if (mode === "broken") throw new Deno.errors.BrokenPipe();
      const part = bytes.subarray(0, 3);
      written.push(new TextDecoder().decode(part));
      return part.length;
    },
  };
  const writer = createStdoutWriter(clock, sink);
  writer.write("one\n");
  writer.write("two\n");
  assertEquals(written.length, 0);
  writer.flush();
  assertEquals(written.join(""), "one\ntwo\n");
  mode = "full";
  writer.write("three\n");
  writer.flush();
  mode = "short";
  writer.flush();
  assertEquals(written.join(""), "one\ntwo\nthree\n");
  mode = "broken";
  writer.write("lost\n");
  writer.flush();
});
