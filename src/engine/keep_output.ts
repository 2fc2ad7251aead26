/** The output of a step as it is recorded: a large one is kept by itself, and one that is too large is a failure. */

import { Buffer } from "node:buffer";
import { AppError } from "../base/errors.ts";
import { jsonParts } from "./json_parts.ts";
import { INLINE_OUTPUT_BYTES, KeptOutput, type NewOutput } from "./outputs.ts";

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
export async function keepOutput(
  value: unknown,
  { id, maxBytes }: { id: string; maxBytes: number },
): Promise<SizedOutput> {
  if (value === undefined || value === null) return { output: value, bytes: 0 };
  const parts = await jsonParts(value);
  const bytes = parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
  if (bytes <= Math.min(INLINE_OUTPUT_BYTES, maxBytes)) return { output: value, bytes };
  if (bytes > maxBytes) throw tooLarge(bytes, maxBytes);
  return { output: new KeptOutput(id, bytes), bytes, kept: { id, bytes, value, parts } };
}

/** STEP_OUTPUT_TOO_LARGE. */
export function tooLarge(bytes: number, maxBytes: number): AppError {
  const why = `Cannot keep the step's output: ${bytes} bytes, ${maxBytes} allowed`;
  return new AppError("STEP_OUTPUT_TOO_LARGE", why);
}
