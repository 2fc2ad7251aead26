/** What the templates of a flow's keys see of a run that was started before: its input, or the event that started it. */

import type { Query } from "../../db/db.ts";
import { buildScope, installationFacts, type Scope } from "../../engine/scope.ts";
import { deliveryColumns, type DeliveryRow, readDelivery } from "../../events/delivery_row.ts";

interface Row extends DeliveryRow {
  has_input: boolean;
  input: unknown;
  event_id: number | null;
  workspace_id: string;
  time_zone: string | null;
}

/** `input`: stands in place of its own. Undefined where there is no such run, or its event was deleted. */
export async function readRunScope(
  sql: Query,
  { installationId, runId, input }: { installationId: number; runId: string; input?: { value: unknown } },
): Promise<Scope | undefined> {
  const [row] = await sql<Row[]>`
    select run.input is not null as has_input, run.input, event.id as event_id, run.workspace_id, ${
    deliveryColumns(sql)
  },
      (select body->'settings'->>'timeZone' from installation
        join entity_cache on entity_cache.installation_id = installation.id and entity_type = 'user'
          and entity_id = installation.as_user
        where installation.id = run.installation_id) as time_zone
    from run left join event on event.installation_id = run.installation_id and event.id = run.event_id
    where run.installation_id = ${installationId} and run.id = ${runId}`;
  if (!row) return undefined;
  const { event_id: id, workspace_id: workspaceId, time_zone: timeZone } = row;
  const read = id === null ? undefined : readDelivery(row, { id, workspaceId });
  if (!read && !row.has_input && !input) return undefined;
  return buildScope({
    body: input ? input.value : row.has_input ? row.input : read?.body,
    delivery: read?.delivery,
    installation: installationFacts({ workspaceId, timeZone }),
    results: [],
  });
}
