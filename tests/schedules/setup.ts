/** Flows with schedules, instances that fire them at a time of the test's choosing, and what came of it. */

import type { OnPoint } from "../../src/base/crash_point.ts";
import type { Database } from "../../src/db/db.ts";
import { startScheduledRuns } from "../../src/flows/triggers/scheduled.ts";
import type { Policy } from "../../src/schedules/catch_up.ts";
import { createScheduler, type SchedulerOptions } from "../../src/schedules/scheduler.ts";
import { addSchedule, type Schedule } from "../../src/schedules/store.ts";
import type { Timing } from "../../src/schedules/timing.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";
import { addInstallation, type InstallationFields } from "../db/rows.ts";

export const HOURLY: Timing = { cron: "0 * * * *", zone: "UTC" };

/** A flow of an installation of its own, unless it is given one. */
export async function addFlow(
  db: Database,
  { installationId, enabled = true, ...fields }: InstallationFields & { installationId?: number; enabled?: boolean } =
    {},
): Promise<{ installationId: number; flowId: number }> {
  const id = installationId ?? await addInstallation(db, fields);
  const plan = JSON.stringify({ schema: 1, root: { kind: "sequence", id: "root", steps: [] } });
  const [flow] = await db.sql<{ id: number }[]>`
    with plan as (insert into plan (installation_id, body) values (${id}, ${plan}::text::jsonb) returning id)
    insert into flow (installation_id, workspace_id, name, enabled, version, definition, plan_id)
    select ${id}, 'workspace-1', 'Nightly', ${enabled}, 3, '{}', id from plan returning id`;
  return { installationId: id, flowId: flow!.id };
}

/** A schedule of the flow, its next slot set. */
export async function schedule(
  db: Database,
  { installationId, flowId, nextAt, timing = HOURLY, policy = "one" }: {
    installationId: number;
    flowId: number;
    nextAt: string | Date;
    timing?: Timing;
    policy?: Policy;
  },
): Promise<Schedule> {
  const scope = { installationIds: [installationId] };
  return await db.scoped(scope, async (sql) => {
    const added = await addSchedule(sql, { installationId, flowId, timing, policy });
    const at = new Date(nextAt);
    await sql`update schedule set next_at = ${at} where installation_id = ${installationId} and id = ${added.id}`;
    return { ...added, nextAt: at };
  });
}

export interface InstanceOptions
  extends Partial<Pick<SchedulerOptions, "flowsEnabled" | "startRuns" | "clock" | "standing">> {
  /** Absent: the database's time. */
  now?: () => string | Date;
  onPoint?: OnPoint;
}

/** An instance of the program, as far as it fires schedules. */
export function instance(db: Pick<Database, "scoped">, { now, ...options }: InstanceOptions = {}) {
  const logs: Record<string, unknown>[] = [];
  const clock = options.clock ?? createFakeClock();
  const log = createLogger({ level: "INFO", format: "json", clock, write: (line) => logs.push(JSON.parse(line)) });
  let wakes = 0;
  const scheduler = createScheduler({
    db,
    clock,
    log,
    startRuns: startScheduledRuns,
    flowsEnabled: () => Promise.resolve(true),
    now: now && (() => new Date(now()).getTime()),
    standing: [],
    wake: () => wakes++,
    ...options,
  });
  return { scheduler, logs, wakes: () => wakes };
}

export interface StartedRun {
  start_key: string;
  flow_id: number;
  flow_version: number;
  trigger_kind: string;
  state: string;
  event_id: number | null;
  input: unknown;
  /** It has an open job. */
  queued: boolean;
}

/** The runs there are, by their start keys. */
export async function readRuns({ sql }: Database): Promise<StartedRun[]> {
  const rows = await sql<StartedRun[]>`
    select start_key, flow_id, flow_version, trigger_kind, state, event_id, input, exists (
      select 1 from job where kind = 'run' and payload->>'run_id' = run.id::text and finished_at is null) as queued
    from run order by start_key`;
  return rows.map((row) => ({ ...row }));
}

/** The slots that runs were started for, of one schedule. */
export async function slotsOf(db: Database, { id }: { id: number }): Promise<string[]> {
  return (await readRuns(db)).flatMap(({ start_key }) =>
    start_key.startsWith(`schedule:${id}/`) ? [start_key.slice(`schedule:${id}/`.length)] : []
  ).sort((a, b) => Date.parse(a) - Date.parse(b));
}

export interface StoredSchedule {
  next_at: string;
  last_slot: string | null;
  enabled: boolean;
  fault: string | null;
}

export async function readSchedule({ sql }: Database, { id }: { id: number }): Promise<StoredSchedule> {
  const [row] = await sql<
    (Omit<StoredSchedule, "next_at" | "last_slot"> & { next_at: Date; last_slot: Date | null })[]
  >`
    select next_at, last_slot, enabled, fault from schedule where id = ${id}`;
  return { ...row!, next_at: row!.next_at.toISOString(), last_slot: row!.last_slot?.toISOString() ?? null };
}
