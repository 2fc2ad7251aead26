/** Tests of src/runs/open_places.ts: what a person asks of a run whose loops in loops came to 100,000 rows is read from the few that are open. */

import { assertEquals } from "@std/assert";
import type { Database } from "../../src/db/db.ts";
import type { PlanStep } from "../../src/engine/plan.ts";
import { readAgainSteps } from "../../src/runs/again_steps.ts";
import { readRanSteps } from "../../src/runs/retry_steps.ts";
import { loopOf, transform } from "../engine/plans.ts";
import { addRun } from "../engine/setup.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

/** Loops of 20 in the items of a loop that go on at the last of each. */
const OUTER = 2_500;
const INNER = 20;
/** Of a server: a look at each row by each loop takes 45 s. */
const STATEMENT = "10s";

const inner = loopOf("inner", [transform("leaf", 1)], { over: "$.webhook.few" });
const outer = loopOf("outer", [inner], { over: "$.webhook.many" });

async function addRows(db: Database): Promise<{ runId: string; installationId: number; root: PlanStep }> {
  const runId = await addRun(db, { steps: [outer] });
  const [run] = await db.sql<{ installation_id: number }[]>`select installation_id from run where id = ${runId}`;
  const { installation_id: installationId } = run!;
  const open = JSON.stringify({ begun: OUTER, open: [OUTER - 1], failed: 0, steps: 0, tries: 0, outputBytes: 0 });
  const openInner = JSON.stringify({ begun: INNER, open: [INNER - 1], failed: 0, steps: 0, tries: 0, outputBytes: 0 });
  await db.sql`
    insert into step (installation_id, run_id, path, kind, parent_path, action, state, decision, progress)
    select ${installationId}, ${runId}, path, kind, parent_path, '', state,
      case when kind = 'loop' then '{"on_error": "stop"}'::jsonb end, progress::jsonb
    from (
      select 'root/outer' as path, 'loop' as kind, 'root' as parent_path, 'cancelled' as state, ${open}::text as progress
      union all
      select 'root/outer#' || n, 'item', 'root/outer', 'completed', null from generate_series(0, ${OUTER - 2}::int) n
      union all
      select 'root/outer#' || n || '/inner', 'loop', 'root/outer#' || n,
        case when n = ${OUTER - 1}::int then 'cancelled' else 'completed' end, ${openInner}::text
      from generate_series(0, ${OUTER - 1}::int) n
      union all
      select 'root/outer#' || n || '/inner#' || m, 'item', 'root/outer#' || n || '/inner', 'completed', null
      from generate_series(0, ${OUTER - 1}::int) n, generate_series(0, ${INNER - 1}::int) m
      where n < ${OUTER - 1}::int or m < ${INNER - 1}::int
      union all
      select 'root/outer#' || n || '/inner#' || m || '/leaf', 'action', 'root/outer#' || n || '/inner#' || m,
        case when n = ${OUTER - 1}::int and m = ${INNER - 1}::int then 'failed' else 'completed' end, null
      from generate_series(0, ${OUTER - 1}::int) n, generate_series(0, ${INNER - 1}::int) m
    ) row`;
  return { runId, installationId, root: { kind: "sequence", id: "root", steps: [outer] } as PlanStep };
}

Deno.test("of loops in loops a retry and a run from a step in them read the rows that are open, and count the others", async () => {
  const { db, stop } = await testDatabase();
  const { runId, installationId, root } = await addRows(db);
  const last = `root/outer#${OUTER - 1}`;
  const { ran, again } = await db.scoped({ installationIds: [installationId] }, async (sql) => {
    await sql`select set_config('statement_timeout', ${STATEMENT}, true)`;
    return {
      ran: await readRanSteps(sql, { installationId, runs: [{ id: runId, roots: [root] }] }),
      again: await readAgainSteps(sql, {
        installationId,
        runId,
        roots: [root],
        around: [{ kind: "loop", path: "root/outer", item: 7, step: outer }],
      }),
    };
  });
  const { kept, finished, rows } = ran.get(runId)!;
  assertEquals([kept, finished], [OUTER * INNER - 1, ["root/outer/inner/leaf"]]);
  assertEquals(rows.map(({ path }) => path), [
    "root/outer",
    `${last}/inner`,
    `${last}/inner#${INNER - 1}/leaf`,
  ]);
  const items = Array.from({ length: OUTER - 1 }, (_, index) => `root/outer#${index}`);
  assertEquals(again.map(({ path }) => path).sort(), ["root/outer", ...items, "root/outer#7/inner"].sort());
  await stop();
});
