/** How many bytes of drafts a workspace may have stored: drafts of its flows and of flows that were never saved, together. */

import { AppError } from "../../base/errors.ts";
import type { TransactionSql } from "../../db/db.ts";
import type { DraftDefinition } from "./draft_shape.ts";

/** The draft that is kept: of a flow, or of one that was never saved. */
export type DraftPlace = { installationId: number } & ({ flowId: number } | { newDraftId: number });

interface Sizes {
  others: number;
  before: number;
  given: number;
}

/**
 * Before the draft is written, and after its own row is locked: other drafts of the workspace wait until the transaction ends, so
 * that two at once are counted one after the other. Throws FLOW_INVALID where all of them would have more than `maxBytes` of JSON;
 * a draft that becomes no larger is kept all the same.
 */
export async function requireRoomForDraft(
  sql: TransactionSql,
  place: DraftPlace,
  { definition, maxBytes }: { definition: DraftDefinition; maxBytes: number },
): Promise<void> {
  const { installationId } = place;
  const [flowId, newDraftId] = "flowId" in place ? [place.flowId, 0] : [0, place.newDraftId];
  await sql`select pg_advisory_xact_lock(hashtextextended('flow drafts ' || ${installationId}::bigint, 0))`;
  const [sizes] = await sql<Sizes[]>`
    with draft as (
      select v.definition, v.flow_id = ${flowId}::bigint as own
      from flow join flow_version v
        on v.flow_id = flow.id and v.version = 0 and v.installation_id = ${installationId}
      where flow.installation_id = ${installationId} and flow.deleted_at is null
      union all
      select definition, id = ${newDraftId}::bigint from new_flow_draft where installation_id = ${installationId}
    )
    select coalesce(sum(octet_length(definition::text)) filter (where not own), 0)::float8 as others,
      coalesce(sum(octet_length(definition::text)) filter (where own), 0)::float8 as before,
      octet_length(${JSON.stringify(definition)}::text::jsonb::text)::float8 as given
    from draft`;
  const { others, before, given } = sizes!;
  if (others + given <= maxBytes || given <= before) return;
  throw new AppError(
    "FLOW_INVALID",
    `Cannot keep the draft: with its ${bytes(given)} the drafts of the workspace would have ${
      bytes(others + given)
    }, and ${bytes(maxBytes)} are allowed; publish or discard one first, or have DRAFTS_MB_PER_WORKSPACE raised`,
  );
}

function bytes(count: number): string {
  return `${count.toLocaleString("en-US")} bytes`;
}
