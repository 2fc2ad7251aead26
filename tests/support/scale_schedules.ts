/** Schedules beside the load of scale_load.ts: their slots come while programs are replaced, and their runs wait until the last of them is. */

import { assert, assertEquals } from "@std/assert";
import type { Program } from "./program.ts";
import { askApi, make, type ScaleLoad } from "./scale_load.ts";
import type { Scene } from "./server_scene.ts";
import { eventually } from "./world.ts";

/** Of a schedule, come at once. */
const SLOTS = 10;

export interface ScaleSchedules {
  /** A schedule by the listener that came last: ten of its slots have come, and each has fired by then, by whichever program. */
  add(): Promise<void>;
  /** No further slot fires; each that did has one run, none between them was left out, and the runs go on, by the listener that came last. */
  end(): Promise<void>;
}

export function createSchedules({ database: { db: { sql } } }: Scene, load: ScaleLoad): ScaleSchedules {
  const made = new Map<string, { id: string; first: Date }>();
  let workflowId: string | undefined;
  const last = () => load.listeners.at(-1)!;

  return {
    add: async () => {
      workflowId ??= await addWaiting(last());
      const key = crypto.randomUUID();
      const id = await make(last(), "/schedules", {
        name: key,
        workflow_id: workflowId,
        cron: "* * * * *",
        input_data: { key },
        max_concurrent_runs: 100,
        missed_policy: "all",
      });
      const [row] = await sql<{ first: Date }[]>`
        update schedule set next_at = date_trunc('minute', now()) - ${SLOTS - 1}::int * interval '1 minute'
        from workflow_schedule own where own.schedule_id = schedule.id and own.id = ${id} returning slot_at as first`;
      made.set(key, { id, first: row!.first });
      await eventually(async () => {
        const [fired] = await sql<{ count: number }[]>`
          select count(*)::int as count from schedule_firing where workflow_schedule_id = ${id}`;
        return fired!.count >= SLOTS;
      });
    },
    end: async () => {
      for (const { id } of made.values()) assertEquals((await post(last(), `/schedules/${id}/pause`)).status, 200);
      for (const [key, { id, first }] of made) {
        const [fired] = await sql<{ first: Date; slots: number; minutes: number; runs: number; started: boolean }[]>`
          select min(slot) as first, count(*)::int as slots, count(distinct run_id)::int as runs,
            (extract(epoch from max(slot) - min(slot)) / 60)::int + 1 as minutes, bool_and(outcome = 'started') as started
          from schedule_firing where workflow_schedule_id = ${id}`;
        const { slots } = fired!;
        assert(slots >= SLOTS, `${slots}`);
        assertEquals({ ...fired }, { first, slots, minutes: slots, runs: slots, started: true });
        await eventually(async () => {
          const [waiting] = await sql<{ count: number }[]>`
            select count(*)::int as count from run join schedule_firing firing on firing.run_id = run.id
            where firing.workflow_schedule_id = ${id} and run.state = 'waiting'`;
          return waiting!.count === slots;
        });
        assertEquals((await post(last(), "/events", { event_type: "go", data: { key } })).status, 202);
        load.scheduled.set(key, slots);
      }
    },
  };
}

/** Its runs wait for an event with their key, and call the agent then. */
function addWaiting(program: Program): Promise<string> {
  return make(program, "/workflows", {
    name: "waiting",
    start_step: "go",
    steps: {
      go: { type: "wait_for_event", event_type: "go", match: { key: "${workflow.input.key}" }, next_step: "call" },
      call: { type: "agent", agent_name: "agent", input_mapping: { key: "${workflow.input.key}" } },
    },
  });
}

async function post(program: Program, path: string, body: unknown = {}): Promise<Response> {
  const answer = await askApi(program, path, body);
  await answer.body?.cancel();
  return answer;
}
