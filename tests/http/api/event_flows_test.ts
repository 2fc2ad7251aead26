/** Tests of GET /ui/webhooks/{id}/flows: which flows listen, what each rule said and found, and who sees what of it. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const EVENT = "TIMER_STOPPED";

let world: World;
let admin: Record<string, string>;
let member: Record<string, string>;

worldOfFile({}, async (made) => {
  world = made;
  ({ admin, member } = await world.enter("universal_webhook"));
});

function ui(path: string, options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/ui${path}`, { headers: admin, ...options });
}

async function create(fields: Json): Promise<Json> {
  const body = { trigger_event_types: [EVENT], actions: [{ operation_id: "getTags" }], ...fields };
  const answer = await ui("/flows", { body });
  assertEquals(answer.status, 201, JSON.stringify(answer.body));
  return answer.body;
}

const rules = (...list: Json[]) => ({ type: "ALL", rules: list });

Deno.test("each flow says whether it listens, what its rules found, and which run it made", async () => {
  const { workspaceId, simulator } = world;
  const deaf = await create({ name: "Other event", trigger_event_types: ["NEW_TAG"] });
  const running = await create({
    name: "Runs",
    conditions: rules({ field: "project.name", operator: "in", value: ["Homepage", "Shop"] }),
  });
  const picky = await create({
    name: "Picky",
    conditions: rules(
      { field: "billable", operator: "==", value: true },
      { field: "apiToken", operator: "exists" },
      { field: "taskId", operator: "==", value: "t1" },
    ),
  });
  const off = await create({ name: "Off", enabled: false });
  const id = crypto.randomUUID();
  const payload = { id, workspaceId, billable: false, apiToken: "marker-secret", project: { name: "Homepage" } };
  await simulator.deliver({ workspaceId, event: EVENT, payload });
  const event = await eventually(async () => {
    const [row] = (await ui(`/webhooks?q=${id}`)).body.webhooks;
    return row?.outcome === "dispatched" && row;
  });

  const { status, body } = await ui(`/webhooks/${event.id}/flows`);
  assertEquals(status, 200, JSON.stringify(body));
  assertEquals([body.evaluated, body.event_id], ["now", event.id]);
  const summary = body.flows.map(({ name, enabled, listens, matched }: Json) => [name, enabled, listens, matched]);
  assertEquals(summary, [
    ["Runs", true, true, true],
    ["Picky", true, true, false],
    ["Off", false, true, true],
    ["Other event", true, false, null],
  ]);
  const [ran, unmatched, , other] = body.flows;
  const [run] = (await ui(`/webhooks/${event.id}`)).body.runs;
  assertEquals([ran.flow_id, ran.version, ran.run_id], [running.id, 1, run.run_id]);
  assertEquals(ran.rules, [{
    path: "conditions.rules[0]",
    field: "project.name",
    operator: "in",
    expected: ["Homepage", "Shop"],
    actual: "Homepage",
    matched: true,
    reason: null,
  }]);
  assertEquals([unmatched.flow_id, unmatched.run_id], [picky.id, null]);
  assertEquals(unmatched.rules.map(({ matched, actual, reason }: Json) => [matched, actual, reason]), [
    [false, false, "false is not true"],
    [true, "marker-secret", null],
    [false, undefined, "the field is missing"],
  ]);
  assertEquals([other.flow_id, other.rules], [deaf.id, []]);

  const seen = (await ui(`/webhooks/${event.id}/flows`, { headers: member })).body;
  assertNotMatch(JSON.stringify(seen), /marker-secret/);
  assertEquals(seen.flows.map(({ matched }: Json) => matched), body.flows.map(({ matched }: Json) => matched));
  assertEquals(seen.flows[1].rules[1].actual, "[redacted]");

  // As the flows are now, not as they were when the event came.
  assertEquals((await ui(`/flows/${picky.id}`, { method: "PUT", body: { conditions: null } })).status, 200);
  const now = (await ui(`/webhooks/${event.id}/flows`)).body.flows[1];
  assertEquals([now.version, now.matched, now.rules, now.run_id], [2, true, [], null]);
  for (const { id } of [deaf, running, picky, off]) await ui(`/flows/${id}`, { method: "DELETE" });
  assertEquals((await ui(`/webhooks/${event.id}/flows`)).body.flows, []);
});

Deno.test("conditions of flows and steps look entities up by name, as a run, an explanation and a test say", async () => {
  const { workspaceId, simulator } = world;
  const { db } = world.database;
  const [installation] = await db.sql<{ id: number }[]>`
    select id from installation where workspace_id = ${workspaceId} and addon = 'universal_webhook'`;
  const names = [["p1", "North quay"], ["p2", "Twice"], ["p3", "Twice"]];
  for (const [id, name] of names) {
    await db.sql`
      insert into entity_cache (installation_id, workspace_id, entity_type, entity_id, operation_id, body, read_number)
      values (${installation!.id}, ${workspaceId}, 'project', ${id}, 'getProjects', ${
      JSON.stringify({ id, name })
    }::text::jsonb, 1)`;
  }
  const isProject = (value: unknown, operator = "==") => ({ field: "projectId", operator, value });
  const quay = '{{ cache.project("North quay").id }}';
  const fits = await create({
    name: "Fits",
    conditions: rules(isProject(["p9", quay], "in")),
    actions: [{
      kind: "branch",
      id: "which",
      cases: [
        { if: rules(isProject(quay, "!=")), actions: [{ type: "transform", output: "other" }] },
        { name: "quay", if: rules(isProject("{{ cache.project(webhook.projectName).id }}")), actions: [] },
      ],
    }],
  });
  const fails = await create({ name: "Fails", conditions: rules(isProject("{{ cache.projects.Twice.id }}")) });
  const refused = await ui("/flows", {
    body: {
      name: "Refused",
      trigger_event_types: [EVENT],
      actions: [{ operation_id: "getTags" }],
      conditions: rules(
        isProject("{{ cache.project(steps.x.output).id }}"),
        isProject("{{ cache.project('x') }}"),
        isProject("{{ cache.projct('x').id }}"),
        isProject(quay, "matches"),
        { field: "timeInterval.duration", operator: ">", value: quay },
      ),
    },
  });
  assertEquals(refused.body.faults.map(({ path, message }: Json) => [path, message.slice(0, 40)]), [
    ["conditions.rules[1].value", "must name a field of what is looked up: "],
    ["conditions.rules[2].value", 'Cannot read the look-up: "projct" is not'],
    ["conditions.rules[3].value", "cannot be looked up: matches compares wi"],
    ["conditions.rules[4].value", "cannot be looked up: the field is a dura"],
  ]);

  const payload = { id: crypto.randomUUID(), workspaceId, projectId: "p1", projectName: "North quay" };
  await simulator.deliver({ workspaceId, event: EVENT, payload });
  const event = await eventually(async () => {
    const [row] = (await ui(`/webhooks?q=${payload.id}`)).body.webhooks;
    return row?.outcome === "dispatched" && row;
  });
  assertMatch(
    event.reason,
    /^flow_lookup_failed: "Fails"\. Cannot resolve conditions\.rules\[0\]\.value: cache\.project\("Twice"\) is not unique/,
  );
  const { flows } = (await ui(`/webhooks/${event.id}/flows`)).body;
  const [fitting, failing] = ["Fits", "Fails"].map((name) => flows.find((flow: Json) => flow.name === name));
  assertEquals([fitting.matched, fitting.rules[0].expected, failing.matched], [true, ["p9", quay], null]);
  assertMatch(failing.problem, /cache\.project\("Twice"\) is not unique: 2 of the type project have this name/);
  await eventually(async () => (await ui(`/runs/${fitting.run_id}`)).body.status === "COMPLETED");
  const [step] = await db.sql`select decision from step where run_id = ${fitting.run_id} and path = 'root/which'`;
  assertEquals(step!.decision, { taken: 1, item: 1, name: "quay" });
  const { id: _, enabled: __, ...definition } = fits;
  const tested = (await ui("/flows/test", { body: { definition, event_id: event.id } })).body;
  assertEquals([tested.matched, tested.actions[0].step.says], [true, 'takes case 2, "quay"']);
  for (const { id } of [fits, fails]) await ui(`/flows/${id}`, { method: "DELETE" });
});

Deno.test("for a member too, costly flows are answered within one request's work, and cheap ones beside them are decided", async () => {
  const { workspaceId, simulator } = world;
  const costly = (flow: number) => ({
    name: `Costly ${flow}`,
    enabled: false,
    conditions: {
      any: Array.from({ length: 200 }, (_, n) => ({ field: `$.webhook..x${flow}_${n}`, operator: "exists" })),
    },
  });
  const made: Json[] = [];
  for (let flow = 0; flow < 15; flow++) made.push(await create(costly(flow)));
  made.push(await create({ name: "Cheap", conditions: rules({ field: "rows[0].n", operator: "==", value: 0 }) }));
  const id = crypto.randomUUID();
  const rows = Array.from({ length: 5_000 }, (_, n) => ({ n, name: `row ${n}`, on: true }));
  await simulator.deliver({ workspaceId, event: EVENT, payload: { id, workspaceId, rows } });
  const event = await eventually(async () => {
    const [row] = (await ui(`/webhooks?q=${id}`)).body.webhooks;
    return row?.outcome === "dispatched" && row;
  });
  let turns = 0;
  const timer = setInterval(() => void turns++);
  const { status, body } = await ui(`/webhooks/${event.id}/flows`, { headers: member });
  clearInterval(timer);
  assertEquals(status, 200, JSON.stringify(body));
  const matched = Object.fromEntries(body.flows.map((flow: Json) => [flow.name, flow.matched]));
  assertEquals(matched.Cheap, true);
  assertEquals(matched["Costly 0"], null);
  const [{ problem, rules: verdicts }] = body.flows.filter(({ name }: Json) => name === "Costly 0");
  assertMatch(
    problem,
    /^Cannot evaluate conditions\.any\[\d+\] \(.+\): it takes more than the \d+ steps of work that this flow/,
  );
  assertEquals([verdicts.length, verdicts.at(-1).reason.startsWith("Cannot evaluate")], [200, true]);
  assert(turns >= 15, `${turns} turns of the event loop while 15 flows were asked`);
  for (const { id } of made) await ui(`/flows/${id}`, { method: "DELETE" });
});

Deno.test("an event that is not there, or of another workspace, is not found", async () => {
  for (const id of ["0", "999999", "99999999999999999999"]) {
    assertProblem(await ui(`/webhooks/${id}/flows`), 404, "NOT_FOUND");
  }
});
