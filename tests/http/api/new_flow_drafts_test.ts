/** Tests of /ui/flow-drafts: what was begun of a new flow is kept, listed, made a flow or discarded, and its secrets stay its own. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { MAX_NEW_DRAFTS } from "../../../src/flows/store/new_drafts.ts";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

let world: World;
let admin: Record<string, string>;
let member: Record<string, string>;

worldOfFile({ env: { API_RATE_LIMIT_RPS: "100000", DRAFTS_MB_PER_WORKSPACE: "1" } }, async (made) => {
  world = made;
  ({ admin, member } = await world.enter("universal_webhook"));
  const { addonId } = (await world.simulator.listInstallations()).find((one) =>
    one.addonKey === "universal-webhook-api"
  )!;
  const settings = [{ id: "enable_generic_http_actions", value: true }];
  await world.simulator.updateSettings({ addonId, settings });
  await eventually(async () =>
    (await ui("/settings")).body.settings.some((one: Json) => one.id === settings[0]!.id && one.value === true)
  );
});

function ui(path: string, options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/ui${path}`, { headers: admin, ...options });
}
const begin = (definition: Json) => ui("/flow-drafts", { body: { definition } });
const put = (id: string, definition: Json, headers = admin) =>
  ui(`/flow-drafts/${id}`, { method: "PUT", headers, body: { definition } });
const listed = async (): Promise<Json[]> => (await ui("/flow-drafts")).body.drafts;

Deno.test("a draft of a new flow is kept with its faults, changed, and made a flow, which it is no more", async () => {
  const { status, body } = await begin({ name: "Begun", enabled: true });
  assertEquals([status, body.name, body.definition], [201, "Begun", { name: "Begun" }]);
  assert(body.faults.length > 0);
  assertEquals((await ui("/flow-drafts", { headers: member })).body.drafts.map(({ id }: Json) => id), [body.id]);
  const read = await ui(`/flow-drafts/${body.id}`);
  const tag = read.headers.get("etag")!;
  const whole = {
    name: "Done",
    trigger_event_types: ["NEW_TAG"],
    actions: [{
      id: "send",
      type: "http",
      method: "POST",
      url: "https://example.com/hook",
      headers: { authorization: "Bearer marker-secret" },
    }],
  };
  const changed = await put(body.id, whole, { ...admin, "if-match": tag });
  assertEquals(changed.status, 200, JSON.stringify(changed.body));
  assertNotMatch(JSON.stringify(changed.body), /marker-secret/);
  assertProblem(await put(body.id, { name: "Other" }, { ...admin, "if-match": tag }), 412, "PRECONDITION_FAILED");
  const [stored] = await world.database.db.sql<{ text: string }[]>`
    select definition::text as text from new_flow_draft where id = ${Number(body.id)}`;
  assertNotMatch(stored!.text, /marker-secret/, "sealed at rest");

  // As the page has it after a reload: the secret is the draft's.
  const shown = changed.body.definition;
  assertEquals((await put(body.id, { ...shown, name: "Again" })).status, 200);
  const flow = await ui("/flows", { body: { ...shown, name: "Again", draft_id: body.id } });
  assertEquals(flow.status, 201, JSON.stringify(flow.body));
  assertEquals(await listed(), []);
  assertProblem(await ui("/flows", { body: { ...whole, draft_id: body.id } }), 404, "NOT_FOUND");
  const [secret] = await world.database.db.sql<{ text: string }[]>`
    select definition::text as text from flow where id = ${Number(flow.body.id)}`;
  assertNotMatch(secret!.text, /marker-secret|\[redacted\]/);
  await ui(`/flows/${flow.body.id}`, { method: "DELETE" });
});

Deno.test("the secret of a draft opens in that draft alone: moved to another one it is none", async () => {
  const call = { id: "c", type: "http", url: "https://example.com/x", headers: { authorization: "Bearer marker-own" } };
  const definition = { name: "Own", trigger_event_types: ["NEW_TAG"], actions: [call] };
  const [own, other] = [(await begin(definition)).body, (await begin({ name: "Other" })).body];
  assertEquals(own.faults, []);
  await world.database.db.sql`
    update new_flow_draft set definition = (select definition from new_flow_draft where id = ${Number(own.id)})
    where id = ${Number(other.id)}`;
  const faults = ["actions[0].headers.authorization"];
  const shown = (await ui(`/flow-drafts/${other.id}`)).body;
  assertEquals(shown.faults.map(({ path }: Json) => path), faults);
  const refused = await ui("/flows", { body: { ...shown.definition, draft_id: other.id } });
  assertProblem(refused, 422, "FLOW_INVALID");
  assertEquals(refused.body.faults.map(({ path }: Json) => path), faults);
  const made = await ui("/flows", { body: { ...own.definition, draft_id: own.id } });
  assertEquals(made.status, 201, JSON.stringify(made.body));
  await ui(`/flows/${made.body.id}`, { method: "DELETE" });
  await ui(`/flow-drafts/${other.id}`, { method: "DELETE" });
});

Deno.test("two that save one draft at the same moment make one flow of it", async () => {
  const { body: { id } } = await begin({ name: "Once" });
  const save = (name: string) =>
    ui("/flows", {
      body: {
        name,
        trigger_event_types: ["NEW_TAG"],
        actions: [{ kind: "wait", id: "pause", for: "1 h" }],
        draft_id: id,
      },
    });
  const saved = await Promise.all([save("Here"), save("There")]);
  assertEquals(saved.map(({ status }) => status).toSorted(), [201, 404]);
  const flows: Json[] = (await ui("/flows")).body.flows;
  assertEquals(flows.filter(({ name }) => name === "Here" || name === "There").length, 1);
  await ui(`/flows/${saved.find(({ status }) => status === 201)!.body.id}`, { method: "DELETE" });
});

Deno.test("drafts of new flows are bounded in a workspace, also of those who begin at once, and end when they are discarded", async () => {
  assertProblem(await begin({ flavour: "x" }), 422, "FLOW_INVALID");
  assertProblem(await ui("/flow-drafts", { headers: member, body: { definition: {} } }), 403, "ROLE_INSUFFICIENT");
  const answers: Answer[] = [];
  for (let n = 0; n < MAX_NEW_DRAFTS - 1; n++) answers.push(await begin({ name: `Draft ${n}` }));
  const last = await Promise.all([begin({ name: "One" }), begin({ name: "Another" })]);
  assertEquals(last.map(({ status }) => status).toSorted(), [201, 409]);
  assertEquals((await listed()).length, MAX_NEW_DRAFTS);
  for (const { id } of await listed()) {
    assertEquals((await ui(`/flow-drafts/${id}`, { method: "DELETE" })).body, { status: "deleted", id });
  }
  for (const id of ["0", "x", answers[0]!.body.id]) {
    assertProblem(await ui(`/flow-drafts/${id}`), 404, "NOT_FOUND");
    assertProblem(await put(id, {}), 404, "NOT_FOUND");
  }
});

Deno.test("all drafts of a workspace share its bytes, also those kept at the same moment; what is refused leaves the draft of before", async () => {
  const large = (kilobytes: number, name = "L") => ({ name: name.padEnd(kilobytes * 1_000, "x") });
  const { body: flow } = await ui("/flows", {
    body: { name: "Full", trigger_event_types: ["NEW_TAG"], actions: [{ id: "tags", operation_id: "getTags" }] },
  });
  const path = `/flows/${flow.id}/draft`;
  const keep = (definition: Json, headers: Record<string, string> = {}) =>
    ui(path, { method: "PUT", headers: { ...admin, ...headers }, body: { definition } });
  const first = await keep(large(700));
  assertEquals(first.status, 200, JSON.stringify(first.body).slice(0, 500));
  const refused = await begin(large(400));
  assertProblem(refused, 422, "FLOW_INVALID");
  assertMatch(
    refused.body.detail,
    /^Cannot keep the draft: with its 400,\d{3} bytes .* 1,100,\d{3} bytes, and 1,048,576 bytes are allowed/,
  );
  assertMatch(refused.body.detail, /publish or discard one first, or have DRAFTS_MB_PER_WORKSPACE raised$/);
  const { body: small } = await begin(large(100));
  const both = await Promise.all(["A", "B"].map((name) => begin(large(200, name))));
  assertEquals(both.map(({ status }) => status).toSorted(), [201, 422], "1,000 kB are kept, 1,200 would be too many");

  for (
    const grown of [await keep(large(800), { "if-match": first.headers.get("etag")! }), await put(small.id, large(300))]
  ) {
    assertProblem(grown, 422, "FLOW_INVALID");
  }
  assertEquals((await ui(path)).headers.get("etag"), first.headers.get("etag"));
  assertEquals((await keep(large(600))).status, 200);
  assertEquals((await put(small.id, large(150))).status, 200);
  for (const { id } of await listed()) await ui(`/flow-drafts/${id}`, { method: "DELETE" });
  await ui(`/flows/${flow.id}`, { method: "DELETE" });
  const after = await begin(large(900));
  assertEquals(after.status, 201, "a draft goes with its flow");
  await ui(`/flow-drafts/${after.body.id}`, { method: "DELETE" });
});
