/** Which event types the coverage plan leaves to polling. */

import type { Database } from "../../db/db.ts";

/** The types by installation; undefined before the first check of coverage since its install. */
export function readPolledEvents(
  db: Pick<Database, "scoped">,
): (installation: { id: number }) => Promise<ReadonlySet<string> | undefined> {
  return ({ id }) =>
    db.scoped({ installationIds: [id] }, async (sql) => {
      const [check] = await sql`
        select 1 from coverage_check join installation on installation.id = installation_id
        where installation_id = ${id} and checked_at >= installed_at`;
      if (!check) return undefined;
      const rows = await sql<{ event_type: string }[]>`
        select event_type from coverage where installation_id = ${id} and way = 'polling'`;
      return new Set(rows.map((row) => row.event_type));
    });
}
