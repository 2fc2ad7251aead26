/** Answers that are too large to be held: their JSON goes from Clockify to the caller as it comes, inside of the usual answer. */

import { AppError } from "../../base/errors.ts";
import type { Overflow } from "../../egress/safe_fetch.ts";
import type { AnswerFacts } from "./explorer_schemas.ts";

/** Of one answer: half a minute of a connection, as long as a call may last by default. */
const MAX_LARGE_BYTES = 52_428_800;

/**
 * Makes the call, and answers it: by `whole` where its data was held, else as a stream of the same JSON, in which `name` comes
 * first. What fails once the stream has begun breaks it off: a reader finds no end of the JSON.
 */
export async function answerLarge(
  make: (overflow: Overflow) => Promise<AnswerFacts>,
  { name, whole }: { name: string; whole: (facts: AnswerFacts) => Record<string, unknown> },
): Promise<Response | Record<string, unknown>> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const utf8 = new TextEncoder();
  const begun = Promise.withResolvers<void>();
  let isBegun = false;
  const write = async (chunk: Uint8Array) => {
    await writer.ready;
    await writer.write(chunk);
  };
  const overflow: Overflow = {
    maxBytes: MAX_LARGE_BYTES,
    take: async (chunk) => {
      if (!isBegun) {
        isBegun = true;
        begun.resolve();
        await write(utf8.encode(`{${JSON.stringify(name)}:`));
      }
      await write(chunk);
    },
  };
  const made = make(overflow);
  const ended = made.then(
    async (facts) => {
      if (!isBegun) return;
      const { [name]: _sent, ...rest } = whole(facts);
      if (facts.execution.answer?.kind !== "ok") {
        throw new AppError("UPSTREAM_RESPONSE_INVALID", "The answer was cut short");
      }
      await write(utf8.encode(`,${JSON.stringify(rest).slice(1)}`));
      await writer.close();
    },
  );
  // Where nothing was streamed, `made` says what happened; a reader that is gone hears nothing.
  ended.catch((error) => writer.abort(error).catch(() => {}));
  await Promise.race([made, begun.promise]);
  if (!isBegun) return whole(await made);
  return new Response(readable, { headers: { "content-type": "application/json" } });
}
