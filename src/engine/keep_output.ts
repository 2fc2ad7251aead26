/** The output of a step as it is recorded: a large one is kept by itself, and one that is too large is a failure. */

import { Buffer } from "node:buffer";
import { AppError } from "../base/errors.ts";
import { storableJson } from "../base/json_text.ts";
import { INLINE_OUTPUT_BYTES, KeptOutput, type NewOutput } from "./outputs.ts";
import { countJson } from "./turns.ts";

/** An output on its way into the record. */
export interface SizedOutput {
  /** The value, or its name where it is kept by itself. */
  output: unknown;
  /** Of its JSON. */
  bytes: number;
  /** The text of one that is kept by itself. */
  kept?: NewOutput;
}

/** `id` names it in the run for ever, where it is kept by itself. Throws STEP_OUTPUT_TOO_LARGE. */
export function keepOutput(value: unknown, { id, maxBytes }: { id: string; maxBytes: number }): SizedOutput {
  if (value === undefined || value === null) return { output: value, bytes: 0 };
  const text = JSON.stringify(value) ?? "";
  const bytes = Buffer.byteLength(text);
  if (bytes <= Math.min(INLINE_OUTPUT_BYTES, maxBytes)) return { output: value, bytes };
  countJson(bytes);
  if (bytes > maxBytes) throw tooLarge(bytes, maxBytes);
  return { output: new KeptOutput(id, bytes), bytes, kept: { id, bytes, value, json: storableJson(text) } };
}

/** STEP_OUTPUT_TOO_LARGE. */
export function tooLarge(bytes: number, maxBytes: number): AppError {
  const why = `Cannot keep the step's output: ${bytes} bytes, ${maxBytes} allowed`;
  return new AppError("STEP_OUTPUT_TOO_LARGE", why);
}
