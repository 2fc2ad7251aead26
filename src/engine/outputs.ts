/**
 * Outputs of steps and their sizes, as JSON text: a small one stands in the row of its step, a larger one is kept by itself and
 * read where a template names it; one that is too large fails the step.
 */

/** Up to here an output stands in its step's row. */
export const INLINE_OUTPUT_BYTES = 32_768;

/** Beyond this a step fails with STEP_OUTPUT_TOO_LARGE. */
export const MAX_OUTPUT_BYTES = 16_777_216;

/** Beyond this answers show the beginning alone, whoever asks. */
export const SHOWN_OUTPUT_BYTES = 1_048_576;

/** Of all outputs of an answer together: a run has up to 50 steps, a page up to 100 runs. */
export const MAX_OUTPUTS_BYTES = 8_000_000;

/** Stands as text in place of each output beyond that. */
export const OUTPUT_NOT_READ = "[not read: the outputs of this answer come to more than 8 MB]";

/** An output that is kept by itself, in place of its value. */
export class KeptOutput {
  /** `id` is unique in the run, and names one value for ever; `bytes` are those of its text in UTF-8. */
  constructor(
    /** Unique in the run. */
    readonly id: string,
    /** Of its text in UTF-8. */
    readonly bytes: number,
  ) {}
}

/** One that is not kept yet. */
export interface NewOutput {
  /** Unique in the run: the step's path and the number of its attempt. */
  id: string;
  /** Of its text in UTF-8. */
  bytes: number;
  /** JSON. */
  value: unknown;
  /** Texts that together are its own (json_parts.ts). */
  parts: readonly string[];
}
