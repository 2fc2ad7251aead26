/** What flows did in Clockify since an instant, counted from the journal of writes. */

import type { Database } from "../db/db.ts";

export const DONE_VERBS = ["created", "changed", "tagged", "deleted"] as const;

export interface DoneCount {
  /** As entities/bootstrap/lists.ts calls what was written. */
  entityType: string;
  /** tagged: nothing but the tags was changed. */
  verb: (typeof DONE_VERBS)[number];
  count: number;
}

export interface Done {
  /** The most frequent first, at most SHOWN. */
  counts: DoneCount[];
  /** Changes since then, by whom ever, that an undo could take back. */
  undoable: number;
  /** There are more changes than are counted: the numbers are of the newest. */
  isPart: boolean;
}

export interface DoneStore {
  done(installationId: number, since: Date): Promise<Done>;
}

const SHOWN = 6;
/** Read newest first by their index: some 15 ms on PostgreSQL 15. */
const MAX_COUNTED = 20_000;

export function createDoneStore({ db }: { db: Pick<Database, "scoped"> }): DoneStore {
  return {
    done: (installationId, since) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        const rows = await sql<
          { entity_type: string; verb: DoneCount["verb"]; done: number; undoable: number; counted: number }[]
        >`
          with newest as (
            select entity_type, origin, undoable and undone_by is null as undoable,
              case when before_state = 'none' then 'created' when operation_key like 'DELETE %' then 'deleted'
                when fields = array['tagIds'] then 'tagged' else 'changed' end as verb
            from change where installation_id = ${installationId} and created_at >= ${since} and state = 'done'
            order by created_at desc, id desc limit ${MAX_COUNTED}
          )
          select entity_type, verb, (count(*) filter (where origin = 'flow'))::int as done,
            (count(*) filter (where undoable))::int as undoable, count(*)::int as counted
          from newest group by entity_type, verb order by done desc, entity_type, verb`;
        const sum = (of: "undoable" | "counted") => rows.reduce((total, row) => total + row[of], 0);
        return {
          counts: rows.filter(({ done }) => done > 0).slice(0, SHOWN)
            .map(({ entity_type, verb, done }) => ({ entityType: entity_type, verb, count: done })),
          undoable: sum("undoable"),
          isPart: sum("counted") >= MAX_COUNTED,
        };
      }),
  };
}
