/**
 * How many runs a run has started, with those that they started: counted in the table now and then, and in between by what
 * this process starts. A count reads the whole tree, so that counting before each of 1,000 starts is a million rows.
 */

import { createBoundedCache } from "../../base/bounded_cache.ts";
import type { Database, TransactionSql } from "../../db/db.ts";
import { createSlots, type Slots } from "../../engine/slots.ts";

/** A run that a step of a run started that a step started, and so on. */
export const MAX_DEPTH = 5;
/**
 * Of a run, of those that its steps started, of those that theirs did, and so on, together. Exact where one instance walks
 * them; each further instance may start what it was granted by then, PART of what was left.
 */
export const MAX_CHILDREN = 1_000;
/** Of what is left, that a process may start before it counts again. */
const PART = 1 / 16;
const MAX_TREES = 1_000;

/** Where a run stands among those that started each other. */
export interface Family {
  depth: number;
  chain: number;
  root: string;
}

export interface ChildPlaces {
  familyOf(run: { installationId: number; runId: string }): Promise<Family>;
  /**
   * What `start` gives, which starts the run of that key and says {isNew: true} where it had not been started; undefined where
   * the tree has no place for one more. Of one tree one at a time: those that start together wait here, and not each with a
   * connection of the pool.
   */
  take<T extends object>(
    of: { installationId: number; root: string; key: string },
    start: () => Promise<T>,
  ): Promise<T | undefined>;
}

interface Tree {
  turns: Slots;
  /** As many may be started before the table is asked. */
  granted: number;
}

export function createChildPlaces(db: Pick<Database, "scoped">): ChildPlaces {
  const families = createBoundedCache<string, Family>({ max: MAX_TREES });
  const trees = createBoundedCache<string, Tree>({ max: MAX_TREES });

  function treeOf(root: string): Tree {
    let tree = trees.get(root);
    if (!tree) trees.set(root, tree = { turns: createSlots(1), granted: 0 });
    return tree;
  }

  return {
    familyOf: async (run) => {
      const known = families.get(run.runId);
      if (known) return known;
      const family = await db.scoped({ installationIds: [run.installationId] }, (sql) => readFamily(sql, run));
      families.set(run.runId, family);
      return family;
    },
    take: async (of, start) => {
      const tree = treeOf(of.root);
      return await tree.turns.within(async () => {
        if (tree.granted < 1) {
          const count = await db.scoped({ installationIds: [of.installationId] }, (sql) => countChildren(sql, of));
          const left = MAX_CHILDREN - count;
          if (left < 1) return undefined;
          tree.granted = Math.max(1, Math.floor(left * PART));
        }
        // Where it fails it may have been started all the same.
        tree.granted--;
        const started = await start();
        if (!("isNew" in started && started.isNew)) tree.granted++;
        return started;
      });
    },
  };
}

async function readFamily(
  sql: TransactionSql,
  { installationId, runId }: { installationId: number; runId: string },
): Promise<Family> {
  const [row] = await sql<Family[]>`
    with recursive up as (
      select id, parent_run_id, depth, chain, 0 as steps from run
      where installation_id = ${installationId} and id = ${runId}
      union all
      select run.id, run.parent_run_id, up.depth, up.chain, steps + 1 from up
      join run on run.installation_id = ${installationId} and run.id = up.parent_run_id
      where steps < ${MAX_DEPTH + 1}::int
    )
    select depth, chain, id as root from up order by steps desc limit 1`;
  return row!;
}

/**
 * Of the whole tree, but for the one with that start key. A level at a time: as one statement it would be planned as if a run
 * had one child, and go through all children of the installation for each of them.
 */
async function countChildren(
  sql: TransactionSql,
  { installationId, root, key }: { installationId: number; root: string; key: string },
): Promise<number> {
  let count = 0;
  let parents = [root];
  for (let depth = 0; depth < MAX_DEPTH && parents.length > 0 && count < MAX_CHILDREN; depth++) {
    const rows = await sql<{ id: string }[]>`
      select id from run where installation_id = ${installationId} and start_key <> ${key}
        and parent_run_id = any(array(select value::uuid from json_array_elements_text(${
      JSON.stringify(parents)
    }::text::json)))
      limit ${MAX_CHILDREN}::int`;
    parents = rows.map(({ id }) => id);
    count += parents.length;
  }
  return count;
}
