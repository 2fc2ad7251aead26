/** Versions and drafts of flows compared at the door: in words with names out of the cache, without secrets. */

import { assert, assertEquals, assertNotMatch } from "@std/assert";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const LIST_TAGS = { id: "list_tags", operation_id: "getTags" };
const FLOW = { name: "First", trigger_event_types: ["TIMER_STOPPED"], actions: [LIST_TAGS] };
const MASK = "[redacted]";

let world: World;
let admin: Record<string, string>;
let member: Record<string, string>;
let installationId: number;

worldOfFile({ env: { API_RATE_LIMIT_RPS: "100000" } }, async (made) => {
  world = made;
  ({ admin, member, installationId } = await world.enter("universal_webhook"));
  await eventually(async () => {
    const { body } = await ask(`${world.url("universal_webhook")}/ui/bootstrap`, { headers: admin });
    return body.status === "COMPLETE";
  });
  const { addonId } = (await world.simulator.listInstallations()).find((one) =>
    one.addonKey === "universal-webhook-api"
  )!;
  await world.simulator.updateSettings({ addonId, settings: [{ id: "enable_generic_http_actions", value: true }] });
  await eventually(async () => {
    const { body } = await ask(`${world.url("universal_webhook")}/ui/settings`, { headers: admin });
    return body.settings.some((one: Json) => one.id === "enable_generic_http_actions" && one.value === true);
  });
});

function flows(path = "", options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/ui/flows${path}`, { headers: admin, ...options });
}

async function create(fields: Json = {}): Promise<Json> {
  const { status, body } = await flows("", { body: { ...FLOW, ...fields } });
  assertEquals(status, 201, JSON.stringify(body));
  return body;
}

const save = async ({ id }: Json, body: Json) =>
  assertEquals((await flows(`/${id}`, { method: "PUT", body })).status, 200);
const putDraft = async ({ id }: Json, definition: Json) =>
  assertEquals((await flows(`/${id}/draft`, { method: "PUT", body: { definition } })).status, 200);
const compare = ({ id }: Json, query = "", headers = admin) => flows(`/${id}/compare${query}`, { headers });
const said = ({ body }: Answer) => body.changes.map(({ words }: Json) => words);

Deno.test("the draft beside what is published, two versions, and a version beside itself", async () => {
  const [tag] = await world.database.db.sql<{ id: string; name: string }[]>`
    select entity_id as id, body->>'name' as name from entity_cache
    where installation_id = ${installationId} and entity_type = 'tag' and deleted_at is null limit 1`;
  const mark = { id: "add_tag", operation_id: "updateTimeEntry", path_params: { id: "$.webhook.id" } };
  const flow = await create({ actions: [LIST_TAGS, { ...mark, body: { description: "x" } }] });
  assertProblem(await compare(flow), 404, "NOT_FOUND");
  const conditions = { all: [{ field: "$.webhook.timeInterval.duration", operator: ">", value: "8 h" }] };
  const actions = [{ ...mark, body: { description: "x", tagIds: { $add: tag!.id } } }, LIST_TAGS];
  await putDraft(flow, { ...FLOW, conditions, actions });
  const answer = await compare(flow);
  assertEquals(answer.status, 200, JSON.stringify(answer.body));
  assertEquals([answer.body.from, answer.body.to], [
    { version: 1, is_draft: false, present: true },
    { version: null, is_draft: true, present: false },
  ]);
  // Of two that changed places either moved. What a draft leaves out is no change.
  assertEquals(said(answer).filter((words: string) => !/now stands/.test(words)), [
    "Runs only when Duration is longer than 8 h",
    `Step 1 "Add tag" now adds the tag "${tag!.name}"`,
  ]);
  const [moved, ...others] = answer.body.changes.filter(({ kind }: Json) => kind === "moved");
  assertEquals(others, []);
  assertEquals([moved.before, moved.after].toSorted(), ["actions[0]", "actions[1]"]);
  const added = answer.body.changes.find(({ path }: Json) => path === "actions[0].body.tagIds");
  assertEquals([added.kind, added.before, added.after], ["added", null, { $add: tag!.id }]);

  await save(flow, { name: "Second", actions });
  await save(flow, { name: "Third" });
  assertEquals(said(await compare(flow, "?from=1&to=3"))[0], 'The flow is called "Third" (before: "First")');
  assertEquals((await compare(flow, "?from=2&to=2")).body.total, 0);
  assertEquals((await compare(flow, "?from=2&to=published")).body.to, { version: 3, is_draft: false, present: true });
  for (const query of ["?from=0", "?to=newest", "?from=1.5"]) {
    assertProblem(await compare(flow, query), 400, "REQUEST_INVALID");
  }
  assertProblem(await compare(flow, "?from=9"), 404, "NOT_FOUND");
  // With a fault it is compared as far as it goes.
  await putDraft(flow, { ...FLOW, name: "", actions });
  assertEquals(said(await compare(flow)), ['The flow is called nothing (before: "Third")']);
  await flows(`/${flow.id}`, { method: "DELETE" });
});

Deno.test("secrets are masked everywhere, and another one is said; members read the same", async () => {
  const marker = () => `MARK-${crypto.randomUUID()}`;
  const call = (secret: string) => ({
    id: "call",
    type: "http",
    url: "https://example.com/x",
    headers: { Authorization: secret, "X-Shop": "quay" },
  });
  const flow = await create({ actions: [call(marker())] });
  await save(flow, { actions: [call(marker()), { ...call(marker()), id: "again" }] });
  await putDraft(flow, { ...FLOW, actions: [{ kind: "loop", over: "$.webhook.tags", actions: [call(marker())] }] });
  for (const headers of [admin, member]) {
    const { body, status } = await compare(flow, "?from=1&to=2", headers);
    assertEquals(status, 200);
    assertEquals(body.changes.map(({ words, path, before, after }: Json) => [words, path, before, after]), [
      ['Step 1 "Call" has another secret at headers.Authorization', "actions[0].headers.Authorization", MASK, MASK],
      ['Step 2 "Again" is new', "actions[1]", null, body.changes[1].after],
    ]);
    assertEquals(body.changes[1].after.headers, { Authorization: MASK, "X-Shop": "quay" });
    assertNotMatch(JSON.stringify(body), /MARK-|sealed/);
    assertNotMatch(JSON.stringify((await compare(flow, "?from=2&to=1", headers)).body), /MARK-|sealed/);
    const drafted = await compare(flow, "", headers);
    assertEquals(said(drafted).slice(0, 2), [
      'Step 1 "Loop" is new',
      'Step 1.1 "Call" moved to each round of "Loop" (before: the flow itself)',
    ]);
    assertNotMatch(JSON.stringify(drafted.body), /MARK-|sealed/);
  }
  await flows(`/${flow.id}`, { method: "DELETE" });
});

Deno.test("a large comparison is bounded, and says how much there is", async () => {
  const long = "x".repeat(24_000);
  const steps = (text: string) =>
    Array.from({ length: 40 }, (_, n) => ({
      id: `set_${n}`,
      operation_id: "updateTag",
      path_params: { id: "$.webhook.id" },
      body: { name: text },
    }));
  const flow = await create({ actions: steps(`${long}a`) });
  await save(flow, { actions: steps(`${long}b`) });
  const { body } = await compare(flow, "?from=1&to=2");
  assertEquals([body.total, body.changes.length], [40, 40]);
  assertEquals(body.changes[0].before.truncated, true);
  assert(JSON.stringify(body).length < 1_500_000);
  for (const { words } of body.changes) assert(words.length < 500);
  await flows(`/${flow.id}`, { method: "DELETE" });
});
