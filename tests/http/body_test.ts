/** Reading bodies: how long one may take. */

import assert from "node:assert/strict";
import type { AppError } from "../../src/errors.ts";
import { createBodyWatch, readBody } from "../../src/http/body.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";

const hasCode = (code: string) => (error: AppError) => error.code === code;

Deno.test("readBody() gives up on a body that is not whole after half a minute, and lets go of its stream", async () => {
  const clock = createFakeClock();
  const limits = { maxBytes: 100, maxDepth: 8, watch: createBodyWatch(clock) };
  let cancelled = false;
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array(1)),
    cancel: () => void (cancelled = true),
  });
  const slow = readBody(new Request("http://x/", { method: "POST", body }), limits);
  let ended = false;
  slow.catch(() => ended = true);
  await clock.advance(29_900);
  assert.equal(ended, false);
  await clock.advance(1_100);
  await assert.rejects(slow, hasCode("BODY_TOO_SLOW"));
  assert.equal(cancelled, true);
});

Deno.test("readBody() is timed from its own beginning, whoever reads beside it", async () => {
  const clock = createFakeClock();
  const watch = createBodyWatch(clock);
  let finishFirst = (_: string) => {};
  const first = watch.within(new Promise<string>((resolve) => finishFirst = resolve));
  await clock.advance(20_000);
  const second = watch.within(new Promise<string>(() => {}));
  second.catch(() => {});
  finishFirst("whole");
  assert.equal(await first, "whole");
  let ended = false;
  second.catch(() => ended = true);
  await clock.advance(29_000);
  assert.equal(ended, false);
  await clock.advance(2_000);
  assert.equal(ended, true);
  await assert.rejects(second, hasCode("BODY_TOO_SLOW"));
  await assert.rejects(watch.within(Promise.reject(new Error("reset"))), hasCode("REQUEST_INVALID"));
  await clock.advance(2_000);
});
