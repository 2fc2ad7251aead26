/** Steps that are walked at the same time, under the one job of their run. */

import type { StepEnd } from "./walk.ts";

/**
 * How each ended, in the order of `walks`; at most `atOnce` are in progress. Where one throws, as a walk does that lost its
 * run, no further one begins, and those in progress are awaited first: nothing of the run goes on once its job is given back.
 */
export async function walkTogether(
  walks: readonly (() => Promise<StepEnd>)[],
  { atOnce }: { atOnce: number },
): Promise<StepEnd[]> {
  const ends: StepEnd[] = new Array(walks.length);
  const errors: unknown[] = [];
  let next = 0;
  async function walkOn() {
    while (next < walks.length && errors.length === 0) {
      const place = next++;
      try {
        ends[place] = await walks[place]!();
      } catch (error) {
        errors.push(error);
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, walks.length) }, walkOn));
  if (errors.length > 0) throw errors[0];
  return ends;
}
