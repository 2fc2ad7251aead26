/** Installations that were accepted without a signature: what ends them, and how a signed one replaces them. */

import type { Database, TransactionSql } from "../db/db.ts";
import { endInstallation } from "./uninstall.ts";

/**
 * Ends those of all add-ons but `keep`, at the start of the process; gives their workspaces. An add-on that this process does
 * not serve is none to keep: its rows would outlive the test that they were made for.
 */
export async function endUnverified(
  db: Pick<Database, "scoped">,
  { keep }: { keep: readonly string[] },
): Promise<string[]> {
  return await db.scoped("all", async (sql) => {
    const rows = await sql<{ id: number; workspace_id: string }[]>`
      select id, workspace_id from installation
      where not verified and status <> 'uninstalled'
        and addon not in (select json_array_elements_text(${JSON.stringify(keep)}::text::json))
      order by id for update`;
    for (const { id } of rows) await endInstallation(sql, id);
    return rows.map(({ workspace_id }) => workspace_id);
  });
}

/**
 * Ends an unverified installation whose workspace a signed call is about to install the add-on in. Nothing that was stored
 * without a signature may become the workspace's: its rows keep their own installation, which gives up the workspace's
 * name, and go as those of any uninstalled one.
 */
export async function stepAside(sql: TransactionSql, installationId: number): Promise<void> {
  await endInstallation(sql, installationId);
  await sql`update installation set workspace_id = ${`unverified:${installationId}`} where id = ${installationId}`;
}

/** Is the add-on, or was it once, installed here by a signed call; or another add-on is. Then only signed calls count. */
export async function hasVerified(
  sql: TransactionSql,
  { addon, workspaceId }: { addon: string; workspaceId: string },
): Promise<boolean> {
  const rows = await sql`
    select 1 from installation where workspace_id = ${workspaceId} and verified
      and (addon = ${addon} or status <> 'uninstalled') limit 1`;
  return rows.length > 0;
}
