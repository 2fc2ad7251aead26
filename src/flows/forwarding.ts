/** Forwarding: a flow that Timewire keeps by itself, which sends every event to the address in the setting forwarding_url. */

import type { Database, TransactionSql } from "../db/db.ts";
import { jsonText } from "../base/json_text.ts";
import type { RunState } from "../engine/journal.ts";
import type { Plan, RetryPolicy } from "../engine/plan.ts";
import { FORWARD } from "../actions/forward.ts";
import type { Keyring } from "../secrets/encryption.ts";
import { openSettings, type SettingsRow } from "../installations/sealed_settings.ts";
import { ensureSigningSecret } from "../installations/signing_secrets.ts";
import { effectiveSettings } from "../installations/settings.ts";
import type { Profile, ProfileKey, WorkspaceSettings } from "../profiles/profile.ts";
import { profileOf } from "../profiles/profiles.ts";
import { allAttempts } from "./store/attempts.ts";

const BUILTIN = "forwarding";
const TIMEOUT_MS = 15_000;

/** How the newest try to forward one event ended. */
export interface ForwardResult {
  eventId: number;
  /** Undefined once retention took the event. */
  eventType: string | undefined;
  /** State of the run. */
  state: RunState;
  attempts: number;
  httpStatus: number | null;
  errorCode: string | null;
  errorMessage: string | null;
  /** Why it was not sent after all. */
  skipped: string | null;
  createdAt: Date;
  finishedAt: Date | null;
}

export interface Forwarding {
  /**
   * Makes the flow, switches it on or off as the stored settings say. Changes nothing when it stands so already. Where it is
   * on, the installation has a secret to sign with before the first event goes out.
   */
  sync(installationId: number): Promise<void>;
}

/** Newest first. */
export type ForwardResults = (installationId: number, limit: number) => Promise<ForwardResult[]>;

export interface ForwardingOptions {
  db: Pick<Database, "scoped">;
  keyring: Keyring;
  defaults: Readonly<Record<ProfileKey, WorkspaceSettings>>;
  retry: RetryPolicy;
}

export function createForwarding({ db, keyring, defaults, retry }: ForwardingOptions): Forwarding {
  return {
    sync: (installationId) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        // Locked, so that of two syncs at once the later one sees what the earlier one made.
        const [installation] = await sql<({ addon: string; workspace_id: string } & SettingsRow)[]>`
          select addon, workspace_id, settings, forwarding_url_sealed
          from installation where id = ${installationId} for no key update`;
        if (!installation) return;
        const profile = profileOf(installation.addon as ProfileKey);
        const stored = await openSettings(installation, { installationId, keyring });
        const { values } = effectiveSettings({ profile, defaults: defaults[profile.key], stored });
        const [flow] = await sql<{ id: number; enabled: boolean }[]>`
          select id, enabled from flow where installation_id = ${installationId} and builtin = ${BUILTIN}`;
        const on = values.forwardingUrl !== undefined;
        if (on) await ensureSigningSecret(sql, { installationId, keyring });
        if ((flow?.enabled ?? false) === on) return;
        const tenant = { installationId, workspaceId: installation.workspace_id };
        const id = on
          ? await saveFlow(sql, { tenant, profile, retry })
          : await switchOff(sql, installationId, flow!.id);
        await saveTriggers(sql, { installationId, id, events: on ? profile.events : [] });
      }),
  };
}

export function createForwardResults(db: Pick<Database, "scoped">): ForwardResults {
  return (installationId, limit) =>
    db.scoped({ installationIds: [installationId] }, async (sql) => {
      const rows = await sql<ResultRow[]>`
          select run.event_id, event.event_type, run.state, run.error_code, run.error_message, run.created_at, run.finished_at,
            coalesce(step.attempts, 0) as attempts,
            step.output->>'skipped' as skipped,
            (select attempt.http_status from ${allAttempts(sql)} attempt
             where attempt.installation_id = run.installation_id and attempt.run_id = run.id
               and attempt.path = step.path and attempt.number = step.attempts) as http_status
          from flow
          join run on run.installation_id = flow.installation_id and run.flow_id = flow.id
          left join event on event.installation_id = run.installation_id and event.id = run.event_id
          left join step on step.installation_id = run.installation_id and step.run_id = run.id
          where flow.installation_id = ${installationId} and flow.builtin = ${BUILTIN}
          order by run.created_at desc, run.event_id desc limit ${limit}`;
      return rows.map(toResult);
    });
}

async function switchOff(sql: TransactionSql, installationId: number, id: number): Promise<number> {
  await sql`
    update flow set enabled = false, version = version + 1, updated_at = now()
    where id = ${id} and installation_id = ${installationId}`;
  return id;
}

/** The row of the flow, made or switched on; its id. */
async function saveFlow(
  sql: TransactionSql,
  { tenant: { installationId, workspaceId }, profile, retry }: {
    tenant: { installationId: number; workspaceId: string };
    profile: Profile;
    retry: RetryPolicy;
  },
): Promise<number> {
  const definition = jsonText({ name: "Forwarding", trigger_event_types: profile.events, conditions: null });
  const [plan] = await sql<{ id: number }[]>`
    insert into plan (installation_id, body)
    values (${installationId}, ${jsonText(forwardPlan(retry))}::text::jsonb) returning id`;
  const [row] = await sql<{ id: number }[]>`
    insert into flow (installation_id, workspace_id, name, enabled, definition, plan_id, builtin)
    values (${installationId}, ${workspaceId}, 'Forwarding', true, ${definition}::text::jsonb, ${plan!.id}, ${BUILTIN})
    on conflict (installation_id, builtin) where builtin is not null do update set
      enabled = true, version = flow.version + 1, definition = excluded.definition, plan_id = excluded.plan_id,
      updated_at = now()
    returning id`;
  return row!.id;
}

async function saveTriggers(
  sql: TransactionSql,
  { installationId, id, events }: { installationId: number; id: number; events: readonly string[] },
) {
  await sql`delete from flow_trigger where flow_id = ${id} and installation_id = ${installationId}`;
  await sql`
    insert into flow_trigger (installation_id, event_type, flow_id, ordered)
    select ${installationId}::bigint, event_type, ${id}::bigint, false
    from json_array_elements_text(${JSON.stringify(events)}::text::json) as t(event_type)`;
}

/** One plan for every address: the action reads the address from the settings. */
function forwardPlan(retry: RetryPolicy): Plan {
  return {
    schema: 1,
    root: {
      kind: "sequence",
      id: "root",
      steps: [{
        kind: "action",
        id: "forward",
        action: FORWARD,
        input: {
          method: "POST",
          body: {
            event_id: "$.delivery.id",
            event_type: "$.delivery.type",
            workspace_id: "$.delivery.workspaceId",
            received_at: "$.delivery.receivedAt",
            payload: "$.event",
          },
          timeout_ms: TIMEOUT_MS,
        },
        retry,
        onUncertain: "retry",
      }],
    },
  };
}

interface ResultRow {
  event_id: number;
  event_type: string | null;
  state: RunState;
  attempts: number;
  http_status: number | null;
  skipped: string | null;
  error_code: string | null;
  error_message: string | null;
  created_at: Date;
  finished_at: Date | null;
}

function toResult(row: ResultRow): ForwardResult {
  return {
    eventId: row.event_id,
    eventType: row.event_type ?? undefined,
    state: row.state,
    attempts: row.attempts,
    httpStatus: row.http_status,
    errorCode: row.error_code,
    errorMessage: row.error_message,
    skipped: row.skipped,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  };
}
