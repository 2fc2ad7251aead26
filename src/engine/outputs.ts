/**
 * Limit of the outputs of steps that one answer reads: a step may keep 1 MB, a run has up to 50 steps, a page up to 100
 * runs.
 */

/** Bytes of all outputs of an answer together, as JSON text. */
export const MAX_OUTPUTS_BYTES = 8_000_000;

/** Stands as text in place of each output beyond that. */
export const OUTPUT_NOT_READ = "[not read: the outputs of this answer come to more than 8 MB]";
