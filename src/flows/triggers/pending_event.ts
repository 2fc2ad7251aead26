/**
 * An event with what evaluating its flows needs: read in one statement for many, and as the scope of conditions and
 * templates.
 */

import type { Database } from "../../db/db.ts";
import { buildScope, type DeliveryFacts, installationFacts, type Scope, type StepResult } from "../../engine/scope.ts";
import type { BodyReading } from "../../events/body_reading.ts";
import { deliveryColumns, type DeliveryRow, readDelivery } from "../../events/delivery_row.ts";
import { workIsOver } from "../../installations/uninstall.ts";
import { isAwaited } from "../../signals/event_waits.ts";

/** A flow that listens for an event, as the database says at this moment. */
export interface ListeningFlow {
  id: number;
  version: number;
  ordered: boolean;
}

export interface PendingEvent {
  id: number;
  /** Profile key. */
  addon: string;
  workspaceId: string;
  /** Time zone of the person who installed the add-on, as Clockify has it; null where that is not known. */
  timeZone: string | null;
  eventType: string;
  receivedAt: Date;
  entityKey: string;
  /** Null: its flows were not evaluated yet. */
  outcome: string | null;
  /** As flows see it (events/read_body.ts). */
  body: unknown;
  form: BodyReading["form"];
  delivery: DeliveryFacts;
  /** False once the add-on was uninstalled or switched off: then nothing runs. */
  active: boolean;
  /** The add-on was uninstalled since the event was queued; it may be back. */
  over: boolean;
  /** Flows that listen for its type now. */
  flows: ListeningFlow[];
  /** Steps of runs wait for an event of its type. */
  awaited: boolean;
}

interface EventRow extends DeliveryRow {
  id: number;
  addon: string;
  workspace_id: string;
  time_zone: string | null;
  entity_key: string;
  outcome: string | null;
  active: boolean;
  over: boolean;
  flows: ListeningFlow[];
  awaited: boolean;
}

/** An event to read; `generation` is that of the job it is read for. */
export interface EventPlace {
  installationId: number;
  eventId: number;
  generation?: number | null;
}

/** The events in the order of `wanted`; undefined for one that is gone, or of another installation. */
export async function loadEvents(
  db: Pick<Database, "scoped">,
  wanted: EventPlace[],
): Promise<(PendingEvent | undefined)[]> {
  const input = JSON.stringify(wanted.map(({ installationId, eventId, generation }) => ({
    installation_id: installationId,
    id: eventId,
    generation,
  })));
  const scope = { installationIds: wanted.map(({ installationId }) => installationId) };
  const rows = await db.scoped(scope, (sql) =>
    sql<EventRow[]>`
    select event.id, installation.addon, event.workspace_id, event.entity_key, event.outcome, ${deliveryColumns(sql)},
      installation.status = 'active' as active, ${workIsOver(sql, "wanted.generation")} as over,
      (select body->'settings'->>'timeZone' from entity_cache where entity_cache.installation_id = installation.id
        and entity_type = 'user' and entity_id = installation.as_user) as time_zone,
      coalesce((
        select json_agg(json_build_object('id', flow.id, 'version', flow.version, 'ordered', flow_trigger.ordered)
                        order by flow.id)
        from flow_trigger join flow on flow.id = flow_trigger.flow_id and flow.installation_id = flow_trigger.installation_id
        where flow_trigger.installation_id = event.installation_id
          and flow_trigger.event_type = event.event_type
          and (flow_trigger.custom_types is null or event.custom_type = any (flow_trigger.custom_types))), '[]') as flows,
      ${
      isAwaited(sql, {
        installationId: sql`event.installation_id`,
        eventType: sql`event.event_type`,
        customType: sql`event.custom_type`,
      })
    } as awaited
    from json_to_recordset(${input}::text::json) as wanted(installation_id bigint, id bigint, generation int)
    join event on event.installation_id = wanted.installation_id and event.id = wanted.id
    join installation on installation.id = event.installation_id`);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return wanted.map(({ eventId }) => {
    const row = byId.get(eventId);
    return row && {
      id: row.id,
      addon: row.addon,
      workspaceId: row.workspace_id,
      timeZone: row.time_zone,
      eventType: row.event_type,
      receivedAt: row.received_at,
      entityKey: row.entity_key,
      outcome: row.outcome,
      ...readDelivery(row, { id: row.id, workspaceId: row.workspace_id }),
      active: row.active,
      over: row.over,
      flows: row.flows,
      awaited: row.awaited,
    };
  });
}

/** The event with the one flow that is asked for, where one is. */
export function ofFlow(event: PendingEvent, flowId: unknown): PendingEvent {
  return flowId === undefined ? event : { ...event, flows: event.flows.filter(({ id }) => id === flowId) };
}

/** What expressions see of the event, with the outputs of earlier steps where there are any. */
export function eventScope(
  { workspaceId, timeZone, body, delivery }:
    & Pick<PendingEvent, "workspaceId" | "timeZone" | "body">
    & Partial<Pick<PendingEvent, "delivery">>,
  results: readonly StepResult[] = [],
): Scope {
  return buildScope({
    body,
    ...(delivery && { delivery }),
    installation: installationFacts({ workspaceId, timeZone }),
    results,
  });
}
