/** The random commands of the ledger test (e2e/ledger_test.ts), by seed. */

import fc from "fast-check";

export const COMMANDS = 40;
export const ENTITIES = 6;
/** Instances that a command may name; where fewer run, the number wraps. */
const MAX_INSTANCES = 2;

export type Command =
  /** Events of these entities; equal entity and mark are equal bytes. */
  | { kind: "deliver"; events: { entity: number; mark: number; to: number }[] }
  | { kind: "rename" | "reword" | "meet" }
  /** Ends by itself after `length` more commands. */
  | { kind: "off" | "uninstalled"; length: number }
  | { kind: "kill"; which: number; moment: "now" | "at answer" | "at call" };

const event = fc.record({ entity: fc.nat(ENTITIES - 1), mark: fc.nat(2), to: fc.nat(MAX_INSTANCES - 1) });
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({ kind: fc.constant("deliver"), events: fc.array(event, { minLength: 1, maxLength: 4 }) }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom("rename", "reword") }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("off", "uninstalled"), length: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("kill"),
      which: fc.nat(MAX_INSTANCES - 1),
      moment: fc.constantFrom("now", "at answer", "at call"),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("meet") }) },
) as fc.Arbitrary<Command>;

/** Always the same of one seed. */
export function commandsOf(seed: number): Command[] {
  const all = fc.array(command, { minLength: COMMANDS, maxLength: COMMANDS, size: "max" });
  return fc.sample(all, { seed, numRuns: 1 })[0]!;
}
