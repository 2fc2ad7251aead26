/** Answers that are too large to be held, and files: they go from Clockify to the caller as they come. */

import { AppError } from "../../base/errors.ts";
import type { Overflow } from "../../egress/safe_fetch.ts";
import type { AnswerFacts } from "./explorer_schemas.ts";

/** Of one answer: half a minute of a connection, as long as a call may last by default. */
const MAX_LARGE_BYTES = 52_428_800;

/** What a browser shows or saves as what it is, and runs nothing of; all else is bytes. */
const FILE_TYPES: Readonly<Record<string, string>> = {
  "application/pdf": "pdf",
  "application/zip": "zip",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
  "image/gif": "gif",
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/webp": "webp",
  "text/csv": "csv",
  "text/plain": "txt",
};

export interface LargeOptions {
  /** The field of the answer that holds the data. */
  name: string;
  whole(facts: AnswerFacts): Record<string, unknown>;
  /** A file is answered as it is; its name, without its ending. */
  file?: string;
}

/**
 * Makes the call, and answers it: by `whole` where its data was held, else as a stream: of the same JSON, in which `name` comes
 * first, or of the file. What fails once the stream has begun breaks it off: a reader finds no end of the JSON, or of the file.
 */
export async function answerLarge(
  make: (overflow: Overflow) => Promise<AnswerFacts>,
  { name, whole, file }: LargeOptions,
): Promise<Response | Record<string, unknown>> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const utf8 = new TextEncoder();
  const begun = Promise.withResolvers<void>();
  let isBegun = false;
  let fileType: string | undefined;
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
        if (fileType === undefined) await write(utf8.encode(`{${JSON.stringify(name)}:`));
      }
      await write(chunk);
    },
    // A page in the place of a file is a proxy's.
    ...(file !== undefined && {
      file: (type) => {
        if (/\bhtml\b/.test(type)) return false;
        fileType = type;
        return true;
      },
    }),
  };
  const made = make(overflow);
  const ended = made.then(
    async (facts) => {
      if (!isBegun) return;
      if (facts.execution.answer?.kind !== "ok") {
        throw new AppError("UPSTREAM_RESPONSE_INVALID", "The answer was cut short");
      }
      if (fileType === undefined) {
        const { [name]: _sent, ...rest } = whole(facts);
        await write(utf8.encode(`,${JSON.stringify(rest).slice(1)}`));
      }
      await writer.close();
    },
  );
  // Where nothing was streamed, `made` says what happened; a reader that is gone hears nothing.
  ended.catch((error) => writer.abort(error).catch(() => {}));
  await Promise.race([made, begun.promise]);
  if (!isBegun) return whole(await made);
  return new Response(readable, {
    headers: fileType === undefined ? { "content-type": "application/json" } : fileHeaders(fileType, file!),
  });
}

/** It is saved and never shown in place: what a file holds is others'. */
function fileHeaders(type: string, name: string): Record<string, string> {
  const known = /^[\w.+/-]+/.exec(type)?.[0].toLowerCase() ?? "";
  const ending = Object.hasOwn(FILE_TYPES, known) ? FILE_TYPES[known]! : undefined;
  const text = /^text\//.test(known) ? "; charset=utf-8" : "";
  return {
    "content-type": ending === undefined ? "application/octet-stream" : known + text,
    "content-disposition": `attachment; filename="${name.replace(/[^\w.-]+/g, "_")}.${ending ?? "bin"}"`,
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
  };
}
