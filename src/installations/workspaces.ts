/** The workspaces that have an add-on, for operators: with their names, and when something last came from each. */

import type { Database } from "../db/db.ts";
import type { InstallationStatus } from "./store.ts";

export interface WorkspaceEntry {
  workspaceId: string;
  /** As it was read from Clockify; null when it was not. */
  name: string | null;
  status: Exclude<InstallationStatus, "uninstalled">;
  installedAt: Date;
  lastEventAt: Date | null;
}

/** Those of one add-on that are not uninstalled, by name, then by id; those without a name last. */
export function createWorkspaceList(db: Pick<Database, "scoped">): (addon: string) => Promise<WorkspaceEntry[]> {
  return async (addon) => {
    const rows = await db.scoped("all", (sql) =>
      sql<WorkspaceRow[]>`
        select * from (select workspace_id, status, installed_at,
          (select nullif(body->>'name', '') from entity_cache
            where installation_id = installation.id and entity_type = 'workspace'
              and entity_id = installation.workspace_id) as name,
          (select max(last_at) from event_tally where installation_id = installation.id
            and hour = (select max(hour) from event_tally where installation_id = installation.id)) as last_event_at
        from installation where addon = ${addon} and status <> 'uninstalled') listed
        order by lower(name) nulls last, workspace_id`);
    return rows.map((row) => ({
      workspaceId: row.workspace_id,
      name: row.name,
      status: row.status,
      installedAt: row.installed_at,
      lastEventAt: row.last_event_at,
    }));
  };
}

interface WorkspaceRow {
  workspace_id: string;
  name: string | null;
  status: WorkspaceEntry["status"];
  installed_at: Date;
  last_event_at: Date | null;
}
