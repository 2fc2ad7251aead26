/** Row 17: attacks on expressions one after another, and what else the thread could not do meanwhile, in this process. */

import { attacks, execute, measured, watchCanary } from "../support/attacks.ts";
import type { RowResult } from "./report.ts";

const ROUNDS = 5;
const P99_MS = 50;

export async function attacksRow(): Promise<RowResult[]> {
  using canary = watchCanary();
  const list = attacks();
  // Once before it counts: the first of each kind compiles.
  for (const attack of list) await execute(attack);
  const { attacks: { clock } } = await measured(Array.from({ length: ROUNDS }, () => list).flat());
  const executed = canary.executed();
  return [{
    row: 17,
    title: `${list.length} attacks on expressions`,
    figures: [{
      what: "event loop held",
      values: { p99: `${clock.p99.toFixed(1)} ms`, longest: `${clock.most.toFixed(1)} ms`, turns: String(clock.turns) },
    }],
    bars: [
      { bar: "executed 0 times", value: String(executed), met: executed === 0 },
      { bar: `99 of 100 turns within ${P99_MS} ms`, value: `${clock.p99.toFixed(1)} ms`, met: clock.p99 < P99_MS },
    ],
    notes: [
      `${ROUNDS} rounds of tests/support/attacks.ts, each attack saved and run in turns of its own, as requests are`,
    ],
  }];
}
