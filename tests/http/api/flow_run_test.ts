/** Tests of POST /ui/flows/{id}/run: a run with an input of the flow's own form, once for a key, and every refusal with its reason. */

import { assertEquals, assertMatch } from "@std/assert";
import { systemClock } from "../../../src/base/clock.ts";
import { NO_CANCELS } from "../../../src/flows/triggers/gated_start.ts";
import { createOnDemand } from "../../../src/flows/triggers/on_demand.ts";
import { createRunBudget } from "../../../src/flows/gates/run_budget.ts";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

let world: World;
let admin: Record<string, string>;
let installationId: number;

worldOfFile({ env: { API_RATE_LIMIT_RPS: "100000", MAX_RUNS_PER_MINUTE: "60000" } }, async (made) => {
  world = made;
  ({ admin, installationId } = await world.enter("universal_webhook"));
});

function ui(path: string, options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/ui${path}`, { headers: admin, ...options });
}

function save(fields: Json): Promise<Answer> {
  const action = { id: "make", operation_id: "createNewTag", body: { name: "{{ $.webhook.name }}" } };
  return ui("/flows", { body: { name: "On demand", actions: [action], ...fields } });
}

async function create(fields: Json): Promise<Json> {
  const answer = await save(fields);
  assertEquals(answer.status, 201, JSON.stringify(answer.body));
  return answer.body;
}

function run({ id }: Json, body?: Json, key?: string): Promise<Answer> {
  const headers = { ...admin, ...(key !== undefined && { "idempotency-key": key }) };
  return ui(`/flows/${id}/run`, { method: "POST", headers, body });
}

async function finished(runId: string): Promise<Json> {
  return await eventually(async () => {
    const { body } = await ui(`/runs/${runId}`);
    return ["completed", "failed"].includes(body.state) && body;
  });
}

const faultsOf = ({ body }: Answer) => body.faults.map(({ path, message }: Json) => `${path}: ${message}`);

Deno.test("a program starts a run with what it gives, a person with the form; runs say which", async () => {
  const flow = await create({ triggers: { api: true } });
  assertEquals([flow.trigger_event_types, flow.triggers], [[], { api: true }]);
  const name = `Tag ${crypto.randomUUID()}`;
  const answer = await run(flow, { input: { name } });
  assertEquals([answer.status, Object.keys(answer.body)], [202, ["run_id"]]);
  assertEquals(answer.headers.get("location"), `/ui/runs/${answer.body.run_id}`);
  const done = await finished(answer.body.run_id);
  assertEquals([done.state, done.trigger, done.event_id], ["completed", "api", null]);
  const { body: { runs } } = await ui(`/runs?flow_id=${flow.id}`);
  assertEquals(runs.map(({ id, trigger }: Json) => [id, trigger]), [[answer.body.run_id, "api"]]);
  const sent = world.simulator.requests.filter(({ method, path }) => method === "POST" && path.endsWith("/tags"));
  assertEquals(sent.length, 1);

  const form = await create({
    triggers: { manual: { inputs: [{ name: "name", type: "text", default: `Default ${crypto.randomUUID()}` }] } },
  });
  assertEquals(form.triggers.manual.inputs[0].label, "name");
  const byHand = await run(form, { via: "manual" });
  assertEquals(byHand.status, 202);
  assertEquals((await finished(byHand.body.run_id)).trigger, "manual");
  assertProblem(await run(form, {}), 409, "CONFLICT");
  assertMatch((await run(flow, { via: "manual" })).body.detail, /is not to be run by hand; add "manual"/);
});

Deno.test("an Idempotency-Key starts one run, also once its answer is forgotten; another input under it is refused", async () => {
  const flow = await create({ triggers: { api: true } });
  const name = `Tag ${crypto.randomUUID()}`;
  const key = crypto.randomUUID();
  const first = await run(flow, { input: { name } }, key);
  const again = await run(flow, { input: { name } }, key);
  assertEquals([again.body, again.headers.get("idempotent-replayed")], [first.body, "true"]);
  await world.database.db.sql`delete from idempotency_key`;
  const later = await run(flow, { input: { name } }, key);
  assertEquals([later.status, later.body, later.headers.get("idempotent-replayed")], [202, first.body, null]);
  await world.database.db.sql`delete from idempotency_key`;
  assertProblem(await run(flow, { input: { name: "another" } }, key), 422, "IDEMPOTENCY_KEY_REUSED");
  assertProblem(
    await run(await create({ triggers: { api: true } }), { input: { name } }, key),
    422,
    "IDEMPOTENCY_KEY_REUSED",
  );
  assertEquals((await ui(`/runs?flow_id=${flow.id}`)).body.runs.length, 1);
});

Deno.test("an input that does not fit is refused with every fault at once, and starts nothing", async () => {
  const inputs = [
    { name: "name", type: "text", label: "Name of the tag", required: true },
    { name: "count", type: "number" },
    { name: "billable", type: "boolean" },
    { name: "day", type: "date" },
    { name: "length", type: "duration" },
    { name: "amount", type: "money" },
    { name: "project", type: "entity", entity_type: "project" },
    { name: "size", type: "choice", choices: ["small", "large"], default: "small" },
  ];
  const flow = await create({ triggers: { api: true, manual: { inputs } } });
  const wrong = {
    count: "3",
    billable: "yes",
    day: "tomorrow",
    length: "8",
    amount: "80 EUR",
    project: 7,
    size: "huge",
    sizes: "small",
  };
  const refused = await run(flow, { input: wrong });
  assertProblem(refused, 400, "REQUEST_INVALID");
  assertEquals(faultsOf(refused), [
    'input.sizes: "sizes" is not known here; did you mean "size"?',
    "input.name: is needed: Name of the tag",
    "input.count: must be a number, not text",
    "input.billable: must be true or false, not text",
    'input.day: must be a date or a time, as in "2026-11-16" or "2026-11-16T09:00:00Z"',
    'input.length: must be a duration, as in "8 h", "1 h 30 min", "8:30", "480 min" or "PT8H"',
    'input.amount: must be an amount: with its decimals as in "80.50", or in cents as 8050, without a currency',
    'input.project: must be the id of an entity, as in "64c777ddd3fcab07cfbb210c"',
    'input.size: must be one of "small", "large"',
  ]);
  assertEquals(faultsOf(await run(flow, { input: [1] })), [
    "input: must be an object of names and values, not a list",
  ]);
  assertEquals((await ui(`/runs?flow_id=${flow.id}`)).body.runs, []);

  const answer = await run(flow, { via: "manual", input: { name: `T ${crypto.randomUUID()}`, amount: "80.50" } });
  await finished(answer.body.run_id);
  const [row] = await world.database.db.sql<{ input: Json }[]>`
    select input from run where id = ${answer.body.run_id}`;
  const { name: _, ...rest } = row!.input;
  assertEquals(rest, {
    count: null,
    billable: null,
    day: null,
    length: null,
    amount: 8050,
    project: null,
    size: "small",
  });
});

Deno.test("what a flow declares is checked when it is saved", async () => {
  const wrong = await save({
    triggers: {
      apis: true,
      manual: {
        inputs: [
          { name: "1st", type: "text" },
          { name: "a", type: "texts" },
          { name: "b", type: "choice" },
          { name: "c", type: "text", entity_type: "tag", lable: "C" },
          { name: "d", type: "number", default: "3" },
          { name: "d", type: "entity", entity_type: "tag" },
          { name: "__proto__", type: "text" },
        ],
      },
    },
  });
  assertProblem(wrong, 422, "FLOW_INVALID");
  assertEquals(faultsOf(wrong), [
    'triggers.apis: "apis" is not known here; did you mean "api"?',
    'triggers.manual.inputs[0].name: must be 1 to 64 letters, digits or "_", and not begin with a digit, as in "project_id"',
    "triggers.manual.inputs[1].type: must be one of text, number, boolean, date, duration, money, entity, choice",
    'triggers.manual.inputs[2].choices: is needed for the type "choice"',
    'triggers.manual.inputs[3].lable: "lable" is not known here; did you mean "label"?',
    "triggers.manual.inputs[4].default: must be a number, not text",
    'triggers.manual.inputs[5].name: "d" is declared twice: names must differ',
    "triggers.manual.inputs[6].name: is a name that objects have by themselves: choose another",
  ]);
  for (const triggers of [undefined, {}, null]) {
    assertEquals(faultsOf(await save({ trigger_event_types: [], triggers })), [
      "trigger_event_types: must name at least one event",
    ]);
  }
});

Deno.test("a flow that is off, unknown, or fed too much is not run; flows off in the settings start none", async () => {
  const flow = await create({ triggers: { api: true } });
  await ui(`/flows/${flow.id}`, { method: "PUT", body: { enabled: false } });
  const off = await run(flow, { input: {} });
  assertProblem(off, 409, "CONFLICT");
  assertMatch(off.body.detail, /is switched off$/);
  await ui(`/flows/${flow.id}`, { method: "PUT", body: { enabled: true } });
  assertProblem(await run({ id: "999999" }, {}), 404, "NOT_FOUND");
  assertProblem(await run(flow, { input: { text: "x".repeat(262_200) } }), 413, "BODY_TOO_LARGE");
  assertProblem(await run(flow, { inputs: {} }), 400, "REQUEST_INVALID");
  // A patch keeps the triggers; null takes them away.
  const renamed = await ui(`/flows/${flow.id}`, { method: "PUT", body: { name: "Renamed" } });
  assertEquals(renamed.body.triggers, { api: true });
  const taken = await ui(`/flows/${flow.id}`, {
    method: "PUT",
    body: { triggers: null, trigger_event_types: ["NEW_TAG"] },
  });
  assertEquals([taken.status, "triggers" in taken.body], [200, false]);

  // Runs of all kinds count together, and what no budget is left for starts nothing.
  const api = await create({ triggers: { api: true } });
  const parts = { db: world.database.db, cancels: NO_CANCELS, clock: systemClock, wake: () => {} };
  const budget = createRunBudget({ perMinute: 6, clock: systemClock });
  const installation = { id: installationId, addon: "universal_webhook" };
  const demanded = { flowId: Number(api.id), via: "api", input: { name: crypto.randomUUID() } } as const;
  const { start } = createOnDemand({ ...parts, budget, flowsEnabled: () => Promise.resolve(true) });
  await start(installation, demanded);
  const limited = await start(installation, demanded).catch((error) => error);
  assertEquals([limited.code, limited.retryable, limited.details.retryInMs > 0], ["RATE_LIMITED", true, true]);
  const asleep = createOnDemand({ ...parts, budget, flowsEnabled: () => Promise.resolve(false) });
  assertEquals((await asleep.start(installation, demanded).catch((error) => error)).code, "FEATURE_OFF");
  assertEquals((await ui(`/runs?flow_id=${api.id}`)).body.runs.length, 1);
});
