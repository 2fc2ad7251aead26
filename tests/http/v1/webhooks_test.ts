/** Tests of webhooks on runs at the door: signed, filtered, tried again, kept with the reason; the end of a run depends on none. */

import { assertEquals, assertMatch } from "@std/assert";
import { standardWebhookHeaders } from "../../../src/actions/standard_webhooks.ts";
import { eventually } from "../../support/world.ts";
import { type SinkRequest, startSink } from "../../support/sink.ts";
import { assertProblem, type Json } from "../door.ts";
import { apiWorldOfFile } from "./api_world.ts";

const receiver = startSink();
const world = apiWorldOfFile(async ({ addAgent }) => {
  await addAgent({ name: "echo" });
}, { EGRESS_ALLOW: `127.0.0.1:${receiver.port}` });
Deno.test.afterAll(() => receiver.stop());
const { api, addWorkflow, execute, ended } = world;

const validate = { only: { type: "validate", input: { a: 1 }, schema: {} } };
let count = 0;

async function addWebhook(more: Json = {}): Promise<Json> {
  const { status, body } = await api("/webhooks", { body: { url: `${receiver.url}/${++count}`, ...more } });
  assertEquals(status, 201, JSON.stringify(body));
  return body;
}

const sentTo = ({ url }: Json): SinkRequest[] =>
  receiver.requests.filter((request) => request.path === new URL(url).pathname);
const typesTo = (webhook: Json) => sentTo(webhook).map(({ body }) => JSON.parse(body).type);

async function settled({ id }: Json, state: string): Promise<Json> {
  return await eventually(async () => {
    const { body } = await api(`/webhooks/${id}/deliveries?state=${state}`);
    return body.total > 0 && body.items[0];
  });
}

Deno.test("each status of a run is one signed message, in order, by the secret that was shown once", async () => {
  const workflow = await addWorkflow(validate);
  const webhook = await addWebhook({ workflow_id: workflow.id });
  assertMatch(webhook.secret, /^whsec_/);
  assertEquals("secret" in (await api(`/webhooks/${webhook.id}`)).body, false);
  const runId = await execute(workflow);
  await ended(runId);
  await eventually(() => Promise.resolve(typesTo(webhook).includes("run.completed")));
  const types = typesTo(webhook);
  assertEquals([types[0], types.at(-1)], ["run.pending", "run.completed"]);
  const { body, headers } = sentTo(webhook).at(-1)!;
  const { type, timestamp, data } = JSON.parse(body);
  assertEquals([type, data.run_id, data.status, data.workflow_definition_id, data.triggered_by, data.error_code], [
    "run.completed",
    `run-${runId}`,
    "COMPLETED",
    workflow.id,
    "tests",
    null,
  ]);
  assertEquals(Number.isNaN(Date.parse(timestamp)), false);
  const id = headers["webhook-id"]!;
  const nowMs = Number(headers["webhook-timestamp"]) * 1_000;
  assertEquals(
    headers["webhook-signature"],
    standardWebhookHeaders({ id, nowMs, body, secrets: [webhook.secret] })["webhook-signature"],
  );
  const delivered = await settled(webhook, "delivered");
  assertEquals([delivered.attempts, delivered.http_status, delivered.reason], [1, 200, null]);
  const other = await addWorkflow(validate);
  await ended(await execute(other));
  const { secret, previous_until } = (await api(`/webhooks/${webhook.id}/rotate_secret`, { method: "POST" })).body;
  assertEquals(Date.parse(previous_until) > Date.now(), true);
  await api(`/webhooks/${webhook.id}/test`, { method: "POST" });
  await eventually(() => Promise.resolve(typesTo(webhook).includes("webhook.test")));
  const test = sentTo(webhook).at(-1)!;
  const signed = standardWebhookHeaders({
    id: test.headers["webhook-id"]!,
    nowMs: Number(test.headers["webhook-timestamp"]) * 1_000,
    body: test.body,
    secrets: [secret, webhook.secret],
  });
  assertEquals(test.headers["webhook-signature"], signed["webhook-signature"]);
  assertEquals(sentTo(webhook).every(({ body }) => JSON.parse(body).data.workflow_name !== other.name), true);
});

Deno.test("a webhook gets the statuses it asks for, also of a run that was cancelled and of one that failed", async () => {
  const all = await addWebhook({ statuses: ["FAILED", "CANCELLED"] });
  const failing = await addWorkflow({ only: { type: "validate", input: 1, schema: { type: "string" } } });
  await ended(await execute(failing));
  const waiting = await addWorkflow({ wait: { type: "wait_for_event", event_type: "never" } });
  const runId = await execute(waiting);
  await api(`/runs/${runId}/cancel`, { body: {} });
  await eventually(() => Promise.resolve(typesTo(all).length >= 2));
  assertEquals(typesTo(all).sort(), ["run.cancelled", "run.failed"]);
  const failed = sentTo(all).map(({ body }) => JSON.parse(body).data).find(({ status }) => status === "FAILED");
  assertMatch(failed.error_message, /does not fit the schema/);
  await api(`/webhooks/${all.id}`, { method: "PUT", body: { enabled: false } });
  await ended(await execute(failing));
  assertEquals(typesTo(all).length, 2);
});

Deno.test("a receiver that is away is tried again under the same id; one that refuses is not, and what failed is sent again by hand", async () => {
  const workflow = await addWorkflow(validate);
  const away = await addWebhook({ workflow_id: workflow.id, statuses: ["COMPLETED"] });
  const refusing = await addWebhook({ workflow_id: workflow.id, statuses: ["COMPLETED"] });
  const gone = await addWebhook({ workflow_id: workflow.id, statuses: ["COMPLETED"] });
  const forbidden = await addWebhook({ url: "http://127.0.0.1:1/hook", workflow_id: workflow.id });
  let isAway = true;
  receiver.answer = ({ path }) => {
    if (path === new URL(away.url).pathname && isAway) return new Response(null, { status: 503 });
    if (path === new URL(refusing.url).pathname && isAway) return new Response(null, { status: 400 });
    return new Response(null, { status: path === new URL(gone.url).pathname ? 410 : 204 });
  };
  const run = await ended(await execute(workflow));
  assertEquals(run.status, "COMPLETED");
  const refused = await settled(refusing, "failed");
  assertEquals([refused.attempts, refused.http_status, refused.reason], [1, 400, "the receiver answered 400"]);
  const { body: off } = await eventually(async () => {
    const answer = await api(`/webhooks/${gone.id}`);
    return !answer.body.enabled && answer;
  });
  assertMatch(off.fault, /410/);
  const { body: audited } = await api(`/audit?entity_type=webhook&entity_id=${gone.id}&actor=webhooks`);
  assertEquals(audited.items.map(({ changes }: Json) => changes), [{ enabled: false, reason: off.fault }]);
  assertMatch((await settled(forbidden, "failed")).reason, /port 1 is not one of/);
  const waiting = await eventually(async () => {
    const one = await settled(away, "pending");
    return one.attempts > 0 && one;
  });
  assertEquals([waiting.http_status, (await api(`/webhooks/${away.id}`)).body.pending], [503, 1]);
  isAway = false;
  const { sql } = world.world().database.db;
  await sql`update job set due_at = now() where kind = 'webhook' and finished_at is null`;
  await settled(away, "delivered");
  assertEquals(new Set(sentTo(away).map(({ headers }) => headers["webhook-id"])).size, 1);
  const again = `/webhooks/${refusing.id}/deliveries/${refused.id}/redeliver`;
  const sent = await api(again, { method: "POST" });
  assertEquals([sent.status, sent.body.state, sent.body.id], [202, "pending", refused.id]);
  await settled(refusing, "delivered");
  assertProblem(await api(again, { method: "POST" }), 409, "CONFLICT");
  receiver.answer = () => new Response(null, { status: 204 });
});

Deno.test("after the last attempt a message stays as failed; the last 100 of each end are kept", async () => {
  const webhook = await addWebhook({ statuses: ["PENDING"] });
  receiver.answer = () => new Response(null, { status: 500 });
  const { sql } = world.world().database.db;
  await sql`
    insert into webhook_delivery (installation_id, webhook_id, event, data, state, finished_at, created_at)
    select installation_id, id, 'run.failed', '{}', 'failed', now(), now() - interval '1 hour'
    from run_webhook, generate_series(1, 120) where id = ${webhook.id}`;
  await api(`/webhooks/${webhook.id}/test`, { method: "POST" });
  await eventually(async () => {
    const { attempts } = await settled(webhook, "pending");
    return attempts === 1;
  });
  await sql`update webhook_delivery set attempts = 7 where webhook_id = ${webhook.id} and state = 'pending'`;
  await sql`update job set due_at = now() where kind = 'webhook' and finished_at is null`;
  await eventually(async () => (await api(`/webhooks/${webhook.id}`)).body.pending === 0);
  const { body } = await api(`/webhooks/${webhook.id}/deliveries?state=failed`);
  assertEquals([body.total, body.items[0].event, body.items[0].attempts], [100, "webhook.test", 8]);
  receiver.answer = () => new Response(null, { status: 204 });
});

Deno.test("a message whose job is given up has failed, with the reason, and is sent again by hand", async () => {
  const webhook = await addWebhook({ statuses: ["CANCELLED"] });
  const { sql } = world.world().database.db;
  const sealed = async (text: string) =>
    (await sql<{ secret_sealed: string }[]>`
      with before as (select id, secret_sealed from run_webhook where id = ${webhook.id})
      update run_webhook set secret_sealed = ${text} from before where run_webhook.id = before.id
      returning before.secret_sealed`)[0]!.secret_sealed;
  const secret = await sealed("what no key opens");
  await api(`/webhooks/${webhook.id}/test`, { method: "POST" });
  await eventually(async () => {
    // The last of its attempts, at once.
    await sql`
      update job set attempt = 19, due_at = now() where kind = 'webhook' and state = 'retryable'
        and payload->>'delivery_id' in (select id::text from webhook_delivery where webhook_id = ${webhook.id})`;
    return (await api(`/webhooks/${webhook.id}`)).body.pending === 0;
  });
  const failed = await settled(webhook, "failed");
  assertMatch(failed.reason, /20 attempts/);
  await sealed(secret);
  const again = await api(`/webhooks/${webhook.id}/deliveries/${failed.id}/redeliver`, { method: "POST" });
  assertEquals(again.status, 202);
  await settled(webhook, "delivered");
});

Deno.test("beyond 2,000 that wait, a webhook gets no more, the last 100 of those are kept, and the run goes on", async () => {
  const workflow = await addWorkflow(validate);
  const webhook = await addWebhook({ workflow_id: workflow.id, statuses: ["COMPLETED"] });
  const { sql } = world.world().database.db;
  await sql`
    insert into webhook_delivery (installation_id, webhook_id, event, data)
    select installation_id, id, 'run.failed', '{}' from run_webhook, generate_series(1, 2000) where id = ${webhook.id}`;
  await sql`
    insert into webhook_delivery (installation_id, webhook_id, event, data, state, finished_at, created_at)
    select installation_id, id, 'run.failed', '{}', 'failed', now(), now() - interval '1 hour'
    from run_webhook, generate_series(1, 130) where id = ${webhook.id}`;
  assertEquals((await ended(await execute(workflow))).status, "COMPLETED");
  const dropped = await settled(webhook, "failed");
  assertEquals([dropped.attempts, dropped.reason], [0, "was not sent: 2,000 deliveries of the webhook wait"]);
  // Nothing ends of a receiver that is away: what is not sent must not grow with the runs.
  assertEquals((await api(`/webhooks/${webhook.id}/deliveries?state=failed`)).body.total, 101);
});

Deno.test("webhooks are bounded, one to an address, changed at their ETag, and deleted with what waits", async () => {
  const webhook = await addWebhook();
  const at = `/webhooks/${webhook.id}`;
  assertProblem(await api("/webhooks", { body: { url: webhook.url } }), 409, "CONFLICT");
  const etag = (await api(at)).headers.get("etag")!;
  const put = (body: Json) => api(at, { method: "PUT", body, headers: { "if-match": etag } });
  assertEquals((await put({ statuses: ["FAILED"] })).body.statuses, ["FAILED"]);
  assertProblem(await put({ statuses: [] }), 412, "PRECONDITION_FAILED");
  // The address may be a secret of its receiver: who is no admin sees its host, and keeps it by sending that.
  for (const role of ["viewer", "editor", "operator"]) {
    const { key } = (await api("/keys", { body: { name: role, role } })).body;
    const headers = { "x-api-key": key };
    assertEquals((await api(at, { headers })).body.url, receiver.url);
    const { items } = (await api("/webhooks", { headers })).body;
    for (const { url } of items) assertEquals(new URL(url).origin, url);
    if (role === "viewer") continue;
    const kept = await api(at, { headers, method: "PUT", body: { url: receiver.url, description: role } });
    assertEquals([kept.status, kept.body.url, kept.body.description], [200, receiver.url, role]);
    assertEquals((await api(at)).body.url, webhook.url);
  }
  const wrong = await api("/webhooks", { body: { url: "ftp://x", statuses: ["DONE"], more: 1 } });
  assertProblem(wrong, 400, "REQUEST_INVALID");
  assertEquals(wrong.body.errors.map(({ field }: Json) => field).sort(), ["more", "statuses.0", "url"]);
  assertProblem(
    await api("/webhooks", { body: { url: `${receiver.url}/x`, workflow_id: crypto.randomUUID() } }),
    400,
    "REQUEST_INVALID",
  );
  for (let total = (await api("/webhooks")).body.total; total < 20; total++) await addWebhook();
  assertProblem(await api("/webhooks", { body: { url: `${receiver.url}/more` } }), 409, "CONFLICT");
  assertEquals((await api(at, { method: "DELETE" })).status, 200);
  for (const path of ["", "/deliveries"]) assertProblem(await api(`${at}${path}`), 404, "NOT_FOUND");
  const { body: audit } = await api(`/audit?entity_type=webhook&entity_id=${webhook.id}`);
  const actions = audit.items.map(({ action }: Json) => action);
  assertEquals(actions, ["delete", "update", "update", "update", "create"]);
  assertEquals(JSON.stringify(audit).includes("whsec_"), false);
});
