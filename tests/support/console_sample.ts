/** What a console shows when it has something to show: events of many kinds, flows, and runs that ended, failed and wait. */

import { assertEquals } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import { NEEDS_PROJECT_FLOW } from "../../src/simulator/demo_flow.ts";
import { eventually, type World } from "./world.ts";

const PROFILE = "universal_webhook";

/** Fails at each of three tries: the simulator answers 500 to this change. */
const FAILING_FLOW = {
  name: "A new project is made billable",
  trigger_event_types: ["NEW_PROJECT"],
  actions: [{
    id: "make_billable",
    operation_id: "updateProject",
    path_params: { projectId: "$.webhook.id" },
    body: { billable: true, note: "Billable by default" },
    retry: { max_attempts: 3, initial_delay_ms: 100, max_delay_ms: 200 },
  }],
};
/** Waits: the simulator says to come again in an hour. */
const WAITING_FLOW = {
  name: "A new client gets a tag of its name",
  trigger_event_types: ["NEW_CLIENT"],
  actions: [{
    id: "make_tag",
    operation_id: "createNewTag",
    body: { name: "{{ $.webhook.name }}" },
    retry: { max_attempts: 5, initial_delay_ms: 1000, max_delay_ms: 60_000 },
  }],
};
const RESTING_FLOW = {
  name: "Long entries are looked at",
  enabled: false,
  trigger_event_types: ["NEW_TIME_ENTRY", "TIME_ENTRY_UPDATED"],
  conditions: {
    type: "ANY",
    rules: [
      { field: "$.webhook.billable", operator: "==", value: true },
      { field: "$.webhook.description", operator: "contains", value: "overtime" },
    ],
  },
  actions: [{ id: "find_tag", operation_id: "getTags", query_params: { name: "overtime" } }],
};
const WORK = [
  "Homepage copy",
  "Signage proofs",
  "Timetable, second draft",
  "Call with the harbour office",
  "Audio guide",
];
/** Sent as the fixtures have them, besides what people do below. */
const MORE_EVENTS = [
  "NEW_TASK",
  "NEW_APPROVAL_REQUEST",
  "TIME_OFF_REQUESTED",
  "TASK_UPDATED",
  "APPROVAL_REQUEST_STATUS_UPDATED",
  "EXPENSE_CREATED",
  "NEW_INVOICE",
];

/** Makes the sample in the world's first workspace, where Universal Webhook is installed, and waits for its runs. */
export async function makeSample(world: World): Promise<void> {
  const { simulator, workspaceId } = world;
  const [{ users } = { users: [] }] = await simulator.workspaces();
  await simulator.addFault({ kind: "status", method: "PUT", path: "/api/v1/*/projects/*", status: 500, count: null });
  await simulator.addFault({
    kind: "status",
    method: "POST",
    path: "/api/v1/*/tags",
    status: 503,
    retryAfter: "3600",
    count: null,
  });
  for (const flow of [NEEDS_PROJECT_FLOW, FAILING_FLOW, WAITING_FLOW, RESTING_FLOW]) await createFlow(world, flow);

  const projects = await simulator.change({ workspaceId, method: "GET", path: "/projects" }) as { id: string }[];
  for (let i = 0; i < 24; i++) {
    const { id: userId } = users[(i * i) % users.length]!;
    const change = (method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown) =>
      simulator.change({ workspaceId, userId, method, path, body });
    const project = i % 3 === 0 ? {} : { projectId: projects[i % projects.length]!.id };
    const entry = { start: at(-120 + i), description: WORK[i % WORK.length], billable: i % 2 === 0, ...project };
    const { id } = await change("POST", "/time-entries", entry) as { id: string };
    await change("PATCH", `/user/${userId}/time-entries`, { end: at(-60 + i) });
    if (i % 5 === 0) await change("PUT", `/time-entries/${id}`, { ...entry, end: at(-50 + i), description: "Edited" });
    if (i % 7 === 6) await change("DELETE", `/time-entries/${id}`);
    if (i % 3 === 1) await simulator.deliver({ workspaceId, event: MORE_EVENTS[i % MORE_EVENTS.length]!, copies: 2 });
    if (i % 4 === 0) await change("POST", "/time-entries", { ...entry, start: at(-300), end: at(-240) });
    const asOwner = { workspaceId, method: "POST" as const };
    if (i === 17) await simulator.change({ ...asOwner, path: "/projects", body: { name: "Harbour light festival" } });
    if (i === 19) await simulator.change({ ...asOwner, path: "/clients", body: { name: "Lighthouse Trust" } });
    // What the flows change is told by events, too, soon after.
    if (i % 3 === 0) await eventually(() => isCalm(world));
  }
  await simulator.settled();
  await eventually(() => isSettled(world));
  await spreadOverTheDay(world);
}

/** Whether every delivery came and no run is at work. */
async function isCalm({ simulator, database, workspaceId }: World): Promise<boolean> {
  await simulator.settled();
  const moving = await database.db.scoped(
    "all",
    (sql) =>
      sql`select 1 from run where workspace_id = ${workspaceId} and state in ('pending', 'running')
      union all select 1 from event where workspace_id = ${workspaceId} and outcome is null limit 1`,
  );
  return moving.length === 0;
}

/** Minutes from now, as Clockify writes instants. */
function at(minutes: number): string {
  return new Date(systemClock.now() + minutes * 60_000).toISOString().slice(0, 19) + "Z";
}

async function createFlow(world: World, flow: unknown): Promise<void> {
  const response = await fetch(`${world.url(PROFILE)}/ui/flows`, {
    method: "POST",
    headers: { ...await world.viewer(PROFILE), "content-type": "application/json" },
    body: JSON.stringify(flow),
  });
  assertEquals(response.status, 201, await response.text());
}

/** Whether each run came to where it stays, every event is counted, and the names of the workspace's data are known. */
async function isSettled({ database, workspaceId }: World): Promise<boolean> {
  const [counts] = await database.db.scoped(
    "all",
    (sql) =>
      sql<{ uncounted: number; failed: number; moving: number; read: number }[]>`
      select
        (select count(*) from event)::int - (select coalesce(sum(stored), 0) from event_tally)::int as uncounted,
        (select count(*)::int from run join flow on flow.id = flow_id
         where run.workspace_id = ${workspaceId} and state = 'failed' and name = ${FAILING_FLOW.name}) as failed,
        (select count(*)::int from run where workspace_id = ${workspaceId} and state in ('pending', 'running')) as moving,
        (select count(*)::int from bootstrap_state join installation on installation.id = installation_id
         where addon = ${PROFILE} and bootstrap_state.status = 'COMPLETE') as read`,
  );
  return counts!.uncounted <= 0 && counts!.failed > 0 && counts!.moving === 0 && counts!.read > 0;
}

/** Moves events and their runs back, older ones further, so that the charts of a day have a shape. */
async function spreadOverTheDay({ database }: World): Promise<void> {
  await database.db.scoped("all", async (sql) => {
    await sql`
      create temporary table shift on commit drop as
      select id as event_id, sum(gap) over (partition by installation_id order by id desc) as back
      from (select id, installation_id, interval '1 second' * (140 + n * 37 % 60 + 1400 * sin(n / 9.0) ^ 2) as gap
            from (select id, installation_id, row_number() over (partition by installation_id order by id desc) as n
                  from event) numbered) apart`;
    await sql`
      create temporary table dropped on commit drop as
      select installation_id, event_type, sum(duplicates) as duplicates from event_tally group by 1, 2`;
    await sql`update installation set installed_at = installed_at - interval '6 days'`;
    await sql`update event set received_at = received_at - back, finished_at = finished_at - back
      from shift where event_id = id`;
    await sql`update step set started_at = step.started_at - back, finished_at = step.finished_at - back
      from run join shift using (event_id) where run_id = run.id`;
    await sql`update attempt set started_at = attempt.started_at - back, finished_at = attempt.finished_at - back
      from run join shift using (event_id) where run_id = run.id`;
    await sql`update run set created_at = created_at - back, started_at = started_at - back,
        finished_at = finished_at - back
      from shift where shift.event_id = run.event_id`;
    await sql`delete from event_tally`;
    await sql`
      insert into event_tally as tally (installation_id, hour, event_type, stored, last_at)
      select installation_id, date_trunc('hour', received_at), event_type, count(*), max(received_at)
      from event group by 1, 2, 3
      on conflict (installation_id, hour, event_type)
        do update set stored = excluded.stored, last_at = excluded.last_at`;
    await sql`
      update event_tally as tally set duplicates = dropped.duplicates from dropped
      where dropped.installation_id = tally.installation_id and dropped.event_type = tally.event_type
        and tally.hour = (select max(hour) from event_tally as other
          where other.installation_id = tally.installation_id and other.event_type = tally.event_type)`;
  });
}
