/** Tests of schedules at the doors: a flow's schedules are kept, fire once a slot, and are listed with words and next firings. */

import { assert, assertEquals } from "@std/assert";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

let world: World;
let admin: Record<string, string>;

worldOfFile({ env: { API_RATE_LIMIT_RPS: "100000" } }, async (made) => {
  world = made;
  ({ admin } = await world.enter("universal_webhook"));
});

function ui(path: string, options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/ui${path}`, { headers: admin, ...options });
}

function save(schedules: unknown, fields: Json = {}): Promise<Answer> {
  const body = { name: "Report", triggers: { schedules }, actions: [{ operation_id: "getTags" }], ...fields };
  return ui("/flows", { body });
}

const change = ({ id }: Json, body: Json) => ui(`/flows/${id}`, { method: "PUT", body });

async function listed(flow: Json): Promise<Json[]> {
  const { body } = await ui("/schedules");
  return body.schedules.filter(({ flow_id }: Json) => flow_id === flow.id);
}

/** Whole days until the next firings, from the first. */
const gaps = (next: string[]) => next.map((one) => (Date.parse(one) - Date.parse(next[0]!)) / 86_400_000);

Deno.test("a flow's schedule fires its slot once, and is listed with words, next firings and what it did", async () => {
  const weekly = { cron: "0  9 * * mon", zone: "Asia/Tokyo" };
  const saved = await save([weekly, { cron: "*/30 * * * *", missed: "skip" }]);
  assertEquals(saved.status, 201, JSON.stringify(saved.body));
  const flow = saved.body;
  const { sql } = world.database.db;
  // The half hour that ends while this is tested fires nothing.
  await sql`update schedule set next_at = now() + interval '1 day' where cron = '*/30 * * * *'`;
  assertEquals(flow.triggers.schedules, [
    { cron: "0 9 * * mon", zone: "Asia/Tokyo", missed: "one" },
    { cron: "*/30 * * * *", zone: "UTC", missed: "skip" },
  ]);
  assertEquals(flow.schedules.map(({ words }: Json) => words), [
    "every Monday at 09:00 in Tokyo",
    "every 30 minutes UTC",
  ]);
  assertEquals(gaps(flow.schedules[0].next), [0, 7, 14, 21, 28]);
  assertEquals((await ui(`/flows/${flow.id}`)).body.schedules.length, 2);
  const mine = await listed(flow);
  assertEquals(
    mine.map(({ cron, missed, enabled, last_fired_at, last_run }) => [
      cron,
      missed,
      enabled,
      last_fired_at,
      last_run,
    ]),
    [
      ["*/30 * * * *", "skip", true, null, null],
      ["0 9 * * mon", "one", true, null, null],
    ],
  );
  assertEquals(mine[1]!.next, flow.schedules[0].next);

  // Its slot comes.
  await sql`update schedule set next_at = '2026-11-23T00:00:00Z' where id = ${Number(mine[1]!.id)}`;
  const fired = await eventually(async () => {
    const [row] = (await listed(flow)).filter(({ id }) => id === mine[1]!.id);
    return row.last_run?.state === "completed" && row;
  });
  assert(Date.parse(fired.last_fired_at) >= Date.parse("2026-11-23T00:00:00Z"));
  assertEquals(new Date(fired.last_fired_at).getUTCDay(), 1);
  const { body: run } = await ui(`/runs/${fired.last_run.id}`);
  assertEquals([run.trigger, run.event_id, run.flow.id], ["schedule", null, flow.id]);
  const [stored] = await sql<{ input: Json }[]>`select input from run where id = ${fired.last_run.id}`;
  assertEquals(stored!.input, {
    scheduled_at: fired.last_fired_at,
    slot: fired.last_fired_at.replace(":00.000Z", "Z"),
    zone: "Asia/Tokyo",
  });

  // A change of the flow leaves the schedule that it keeps where it is, and takes the other away.
  const changed = await change(flow, { name: "Renamed", triggers: { schedules: [{ ...weekly, missed: "all" }] } });
  assertEquals(changed.status, 200, JSON.stringify(changed.body));
  const [kept, ...others] = await listed(flow);
  assertEquals(others, []);
  assertEquals([kept.id, kept.flow_name, kept.missed, kept.last_fired_at, kept.next], [
    mine[1]!.id,
    "Renamed",
    "all",
    fired.last_fired_at,
    fired.next,
  ]);

  // Off, nothing of it fires, and it goes on from its next slot when it is on again.
  assertEquals((await change(flow, { enabled: false })).body.schedules[0].next, []);
  const [off] = await listed(flow);
  assertEquals([off.enabled, off.next], [false, []]);
  await sql`update schedule set next_at = '2026-11-02T00:00:00Z' where id = ${Number(kept.id)}`;
  assertEquals((await change(flow, { enabled: true })).status, 200);
  const [on] = await listed(flow);
  assertEquals([on.enabled, on.next, on.last_fired_at], [true, fired.next, fired.last_fired_at]);
  assertEquals((await ui(`/runs?flow_id=${flow.id}`)).body.runs.length, 1);

  assertEquals((await ui(`/flows/${flow.id}`, { method: "DELETE" })).status, 200);
  assertEquals(await listed(flow), []);
});

Deno.test("what cannot be scheduled is a fault with its place; a flow takes ten schedules", async () => {
  const refused = await save([
    { cron: "0 9 * *" },
    { cron: "@daily" },
    { cron: "0 0 31 2 *" },
    { cron: "99 * * * *", zone: "UTC" },
    { cron: "0 99 * * *", zone: "Berlin" },
    { cron: "0 9 * * *", missed: "never" },
    { cron: 9, zones: "UTC" },
    "0 9 * * *",
  ]);
  assertProblem(refused, 422, "FLOW_INVALID");
  const faults = new Map(refused.body.faults.map(({ path, message }: Json) => [path, message]));
  assertEquals([...faults.keys()], [
    "triggers.schedules[0].cron",
    "triggers.schedules[1].cron",
    "triggers.schedules[2].cron",
    "triggers.schedules[3].cron",
    "triggers.schedules[4].zone",
    "triggers.schedules[4].cron",
    "triggers.schedules[5].missed",
    "triggers.schedules[6].zones",
    "triggers.schedules[6].cron",
    "triggers.schedules[7]",
  ]);
  assertEquals(
    faults.get("triggers.schedules[0].cron"),
    "expected 5 fields (minute hour day month weekday), found 4",
  );
  assertEquals(faults.get("triggers.schedules[2].cron"), "no date matches it");
  assertEquals(faults.get("triggers.schedules[4].zone"), "expected a time zone such as Europe/Berlin or UTC");
  const many = Array.from({ length: 11 }, (_, minute) => ({ cron: `${minute} 9 * * *` }));
  assertEquals((await save(many)).body.faults.map(({ message }: Json) => message), [
    "must be a list of at most 10 schedules",
  ]);
  assertEquals((await save([many[0], many[0]])).body.faults.map(({ message }: Json) => message), [
    'hold "0 9 * * *" in UTC twice',
  ]);
  // The answer of a flow may be sent back as it is.
  const { body: flow } = await save([many[0]]);
  assertEquals((await change(flow, flow)).status, 200);
  assertEquals((await listed(flow)).length, 1);
});
