/** Fires the due schedules of the flows of one installation: they move on, and their runs begin, in one transaction. */

import type { OnPoint } from "../base/crash_point.ts";
import { type Database, type Query, retryRolledBack, type TransactionSql } from "../db/db.ts";
import type { Logger } from "../telemetry/log.ts";
import { type Firing, planFiring } from "./catch_up.ts";
import { type Advance, advance, type DueInstallation, type DueSchedule, lockDue } from "./store.ts";

/** A slot that a flow runs for. */
export interface FlowSlot {
  scheduleId: number;
  flowId: number;
  slot: Date;
  /** Of a cron expression: on whose clock it is one. */
  zone?: string;
}

export interface FireOptions {
  db: Pick<Database, "scoped">;
  /** Starts a run for each of the slots, once however often it is called for one; gives how many were started. */
  startRuns(sql: TransactionSql, firing: { installationId: number; slots: readonly FlowSlot[] }): Promise<number>;
  /** Runs of the installation were started, and are committed. */
  onStarted?(installationId: number, runs: number): void;
  /** Slots of the installation passed without a run; the commit has that too. */
  onMissed?(installationId: number, slots: number): void;
  /** False where the setting enable_flows is off: then the slots of flows pass. */
  flowsEnabled(installation: { id: number; addon: string }): Promise<boolean>;
  /** Milliseconds since the epoch; absent: the database's time, which all instances share. */
  now?(): number;
  log: Logger;
  onPoint?: OnPoint;
}

/** What fired: runs or jobs, and schedules that moved on, also without any. */
export interface Fired {
  started: number;
  moved: number;
}

/** Of one transaction. More of an installation follow when others had theirs. */
const MAX_ROWS = 20;
const MAX_SLOTS = 50;

/** The instant that decides, in a statement. */
export function instant(sql: Query, now: FireOptions["now"]) {
  return now ? sql`${new Date(now())}::timestamptz` : sql`now()`;
}

/**
 * Each slot fires once over all instances: the rows are locked, and move on in the transaction that starts what the slots are
 * for. Where the add-on is not active, or its flows are off, the slots pass.
 */
export async function fire(installation: DueInstallation, options: FireOptions): Promise<Fired> {
  const { db, now, onPoint, log } = options;
  const installationId = installation.id;
  const flowsRun = await options.flowsEnabled(installation);
  const { fired, missed, reports } = await retryRolledBack(() =>
    db.scoped({ installationIds: [installationId] }, async (sql) => {
      const due = await lockDue(sql, { installationId, at: instant(sql, now), limit: MAX_ROWS });
      const none: Fired = { started: 0, moved: 0 };
      if (due.length === 0) return { fired: none, missed: 0, reports: [] };
      const plans = planAll(due);
      const advances = plans.map((plan) => toAdvance(plan, flowsRun));
      await advance(sql, installationId, advances);
      onPoint?.("after_advance");
      const slots = flowsRun ? plans.flatMap(slotsToRun) : [];
      const started = slots.length === 0 ? 0 : await options.startRuns(sql, { installationId, slots });
      onPoint?.("before_fire_commit");
      const missed = advances.reduce((sum, one) => sum + one.missed, 0);
      return { fired: { started, moved: plans.length }, missed, reports: plans.filter(isRemarkable) };
    })
  );
  onPoint?.("after_fire");
  if (fired.started > 0) options.onStarted?.(installationId, fired.started);
  if (missed > 0) options.onMissed?.(installationId, missed);
  for (const { schedule: { id }, firing, fault } of reports) {
    const named = { schedule_id: id, installation_id: installationId };
    if (fault !== undefined) log.warn("schedule.stopped", { ...named, reason: fault });
    else log.warn("schedule.slots_dropped", { ...named, before: firing.slots[0]!.toISOString() });
  }
  return fired;
}

interface Plan {
  schedule: DueSchedule;
  firing: Firing;
  fault?: string;
}

/** Of so many slots; what is left follows with the next look. */
function planAll(due: readonly DueSchedule[]): Plan[] {
  const plans: Plan[] = [];
  let left = MAX_SLOTS;
  for (const schedule of due) {
    if (left === 0) break;
    const plan = planOne(schedule, left);
    left -= plan.firing.slots.length;
    plans.push(plan);
  }
  return plans;
}

function planOne(schedule: DueSchedule, limit: number): Plan {
  try {
    const firing = planFiring(schedule, { limit });
    return { schedule, firing, fault: firing.nextAt ? undefined : "no date matches it any more" };
  } catch (error) {
    // It was read when it was saved; one that another version saved may say what this one cannot read.
    return {
      schedule,
      firing: { slots: [], nextAt: undefined, isCut: false, missed: 0 },
      fault: (error as Error).message,
    };
  }
}

/** Of a workspace whose add-on, or whose flows, are switched off no slot fires. */
function toAdvance(
  { schedule: { id, active }, firing: { nextAt, slots, missed }, fault }: Plan,
  flowsRun: boolean,
): Advance {
  const fires = active && flowsRun;
  return {
    id,
    nextAt,
    lastSlot: fires ? slots.at(-1) : undefined,
    missed: missed + (fires ? 0 : slots.length),
    fault,
  };
}

function slotsToRun({ schedule: { id, flowId, active, timing }, firing }: Plan): FlowSlot[] {
  const zone = "zone" in timing ? timing.zone : undefined;
  return active ? firing.slots.map((slot) => ({ scheduleId: id, flowId, slot, zone })) : [];
}

function isRemarkable({ firing, fault, schedule }: Plan): boolean {
  return fault !== undefined || (firing.isCut && schedule.active);
}
