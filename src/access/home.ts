/** The installation that all rows of the Workflow Management API hang on: one of its own, which no workspace has. */

import type { Database } from "../db/db.ts";

export interface Home {
  installationId: number;
  generation: number;
  workspaceId: string;
}

export const HOME_ADDON = "workflow_api";
const WORKSPACE = "workflow-api";

/** Makes it when it is first asked for: a start has no use for it. Rejects as the database does, and is asked again then. */
export function createHome(db: Pick<Database, "scoped">): () => Promise<Home> {
  let known: Promise<Home> | undefined;
  return () =>
    known ??= readHome(db).catch((error) => {
      known = undefined;
      throw error;
    });
}

/** Undefined where nothing asked for it yet. */
export async function findHome(db: Pick<Database, "scoped">): Promise<Home | undefined> {
  return await db.scoped({ workspaceId: WORKSPACE }, async (sql) => {
    const [found] = await sql<Home[]>`
      select id as "installationId", generation, workspace_id as "workspaceId" from installation
      where addon = ${HOME_ADDON} and workspace_id = ${WORKSPACE}`;
    return found;
  });
}

async function readHome(db: Pick<Database, "scoped">): Promise<Home> {
  const found = await findHome(db);
  if (found) return found;
  return await db.scoped({ workspaceId: WORKSPACE }, async (sql) => {
    const [made] = await sql<Home[]>`
      insert into installation (addon, workspace_id, addon_id, status, hosts)
      values (${HOME_ADDON}, ${WORKSPACE}, ${WORKSPACE}, 'active', '{}')
      on conflict (addon, workspace_id) do update set status = 'active'
      returning id as "installationId", generation, workspace_id as "workspaceId"`;
    return made!;
  });
}
