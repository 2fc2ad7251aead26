/** Tests of the issues of webhooks at the door: a row for a webhook and a reason, muted, resolved, back by itself, sent again. */

import { assertEquals, assertMatch } from "@std/assert";
import { startSink } from "../../support/sink.ts";
import { eventually } from "../../support/world.ts";
import { assertProblem, type Json } from "../door.ts";
import { apiWorldOfFile } from "./api_world.ts";

const receiver = startSink();
const world = apiWorldOfFile(() => {}, { EGRESS_ALLOW: `127.0.0.1:${receiver.port}` });
Deno.test.afterAll(() => receiver.stop());
const { api, addWorkflow, execute, ended } = world;

let count = 0;

/** A workflow, and a webhook on the ends of its runs alone. */
async function addWatched(): Promise<{ webhook: Json; run(): Promise<string> }> {
  const workflow = await addWorkflow({ only: { type: "validate", input: { a: 1 }, schema: {} } });
  const of = { url: `${receiver.url}/${++count}`, workflow_id: workflow.id, statuses: ["COMPLETED"] };
  const { status, body: webhook } = await api("/webhooks", { body: of });
  assertEquals(status, 201, JSON.stringify(webhook));
  return {
    webhook,
    run: async () => {
      const id = await execute(workflow);
      await ended(id);
      return `run-${id}`;
    },
  };
}

async function issuesOf({ id }: Json, state?: string): Promise<Json[]> {
  const { body } = await api(`/webhook_issues${state === undefined ? "" : `?state=${state}`}`);
  return body.issues.filter((one: Json) => one.webhook_id === id);
}

/** Once it has so many messages. */
const counted = (webhook: Json, count: number): Promise<Json> =>
  eventually(async () => (await issuesOf(webhook)).find((one) => one.count === count));

const sentTo = ({ url }: Json) => receiver.requests.filter(({ path }) => path === new URL(url).pathname);
const mark = (issue: Json, body: Json) => api(`/webhook_issues/${issue.id}`, { method: "PUT", body });
const sendAgain = (issue: Json) => api(`/webhook_issues/${issue.id}/send_again`, { method: "POST" });

Deno.test("messages that were given up are one issue for a webhook and a reason; what failed is sent again, and nothing else", async () => {
  const { webhook, run } = await addWatched();
  const other = await addWatched();
  let status = 400;
  receiver.answer = ({ path }) => new Response(null, { status: path === new URL(webhook.url).pathname ? status : 204 });
  assertEquals([await issuesOf(webhook), (await api("/webhook_issues?state=open")).body.is_cut], [[], false]);
  const runs = [await run(), await run()];
  await other.run();
  const issue = await counted(webhook, 2);
  assertEquals(
    [issue.kind, issue.state, issue.http_status, issue.reason, issue.webhook_enabled, issue.came_back],
    ["failed", "open", 400, "the receiver answered 400", true, false],
  );
  assertEquals(issue.messages.map(({ run_id, event }: Json) => [run_id, event]), [
    [runs[1], "run.completed"],
    [runs[0], "run.completed"],
  ]);
  assertEquals([issue.last_at, issue.first_at], issue.messages.map(({ failed_at }: Json) => failed_at));
  // Another reason is another row.
  status = 403;
  await run();
  const forbidden = await eventually(async () =>
    (await issuesOf(webhook)).find(({ http_status }) => http_status === 403)
  );
  assertEquals((await issuesOf(webhook)).map(({ id, count }) => [id, count]), [[forbidden.id, 1], [issue.id, 2]]);
  // A message that a person sent to try the webhook is none.
  await api(`/webhooks/${webhook.id}/test`, { method: "POST" });
  await eventually(() => Promise.resolve(sentTo(webhook).length === 4));
  await eventually(async () => (await api(`/webhooks/${webhook.id}`)).body.pending === 0);
  assertEquals((await issuesOf(webhook)).map(({ count }) => count), [1, 2]);

  status = 204;
  const again = await sendAgain(issue);
  assertEquals([again.status, again.body], [202, { sent: 2 }]);
  await eventually(async () => (await issuesOf(webhook)).length === 1);
  await eventually(() => Promise.resolve(sentTo(webhook).length === 6));
  const ids = sentTo(webhook).map(({ headers }) => headers["webhook-id"]);
  assertEquals(new Set(ids.slice(4)), new Set(ids.slice(0, 2)));
  assertEquals((await issuesOf(webhook)).map(({ id }) => id), [forbidden.id]);
  assertEquals(sentTo(other.webhook).length, 1);
  assertProblem(await sendAgain(issue), 404, "NOT_FOUND");
  const { body: audited } = await api(`/audit?entity_type=webhook&entity_id=${webhook.id}&action=redeliver`);
  assertEquals(new Set(audited.items[0].changes.delivery_ids), new Set(ids.slice(0, 2)));
});

Deno.test("an issue of a webhook is muted, opened and resolved, and comes back by itself with what failed since", async () => {
  const { webhook, run } = await addWatched();
  receiver.answer = () => new Response(null, { status: 400 });
  await run();
  const issue = await counted(webhook, 1);
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const { body: muted } = await mark(issue, { state: "muted", until });
  assertEquals([muted.state, muted.muted_until, muted.marked_by], ["muted", until, "tests"]);
  assertEquals([await issuesOf(webhook, "open"), (await issuesOf(webhook, "muted")).length], [[], 1]);
  await run();
  assertEquals((await counted(webhook, 2)).state, "muted");
  assertEquals((await mark(issue, { state: "open" })).body.state, "open");
  assertEquals((await mark(issue, { state: "resolved" })).body.state, "resolved");
  assertEquals((await api("/webhook_issues")).body.counts.resolved >= 1, true);
  const last = await run();
  const back = await counted(webhook, 1);
  assertEquals([back.id, back.state, back.came_back, back.messages[0].run_id], [issue.id, "open", true, last]);
  // Only what failed since it was resolved.
  assertEquals((await sendAgain(back)).body, { sent: 1 });
  await eventually(() => Promise.resolve(sentTo(webhook).length === 4));
  const actions = (await api(`/audit?entity_type=webhook&entity_id=${webhook.id}`)).body.items;
  assertEquals(actions.map(({ action }: Json) => action), ["redeliver", "resolve", "reopen", "mute", "create"]);

  for (const body of [{ state: "gone" }, { state: "open", until }, { state: "muted", until: "soon" }, {}]) {
    assertProblem(await mark(issue, body), 400, "REQUEST_INVALID");
  }
  const unknown = { id: `failed-${"0".repeat(32)}` };
  assertProblem(await mark(unknown, { state: "resolved" }), 404, "NOT_FOUND");
  assertProblem(await sendAgain({ id: "failed-x" }), 404, "NOT_FOUND");
  const { sql } = world.world().database.db;
  assertEquals((await sql`select 1 from issue_mark where issue = ${unknown.id}`).length, 0);
});

Deno.test("a webhook that was switched off is one issue with what was not sent since, until it is on again and that is sent", async () => {
  const { webhook, run } = await addWatched();
  let status = 410;
  receiver.answer = () => new Response(null, { status });
  const { sql } = world.world().database.db;
  await run();
  const off = await counted(webhook, 1);
  assertEquals([off.kind, off.state, off.webhook_enabled, off.http_status], ["off", "open", false, 410]);
  assertMatch(off.reason, /410/);
  // What waited when it was switched off fails too.
  const [waited] = await sql<{ id: string }[]>`
    insert into webhook_delivery (installation_id, webhook_id, event, data, state, reason, finished_at)
    select installation_id, id, 'run.completed', '{}', 'failed', 'the webhook is switched off', now()
    from run_webhook where id = ${webhook.id} returning id`;
  assertEquals((await issuesOf(webhook)).map(({ id, count }) => [id, count]), [[off.id, 2]]);
  assertProblem(await sendAgain(off), 409, "CONFLICT");
  const viewer = (await api("/keys", { body: { name: `viewer-${count}`, role: "viewer" } })).body.key;
  const seen = await api("/webhook_issues", { headers: { "x-api-key": viewer } });
  const own = seen.body.issues.find(({ id }: Json) => id === off.id);
  // The address may be a secret of its receiver.
  assertEquals([seen.status, own.webhook_url], [200, receiver.url]);
  for (const [path, method] of [["", "PUT"], ["/send_again", "POST"]] as const) {
    const body = method === "PUT" ? { state: "resolved" } : undefined;
    const refused = await api(`/webhook_issues/${off.id}${path}`, { method, body, headers: { "x-api-key": viewer } });
    assertEquals(refused.status, 403);
  }

  assertEquals((await mark(off, { state: "resolved" })).body.state, "resolved");
  status = 204;
  assertEquals((await api(`/webhooks/${webhook.id}`, { method: "PUT", body: { enabled: true } })).body.fault, null);
  const left = await issuesOf(webhook);
  assertEquals(left.map(({ kind, count }) => [kind, count]), [["failed", 1], ["failed", 1]]);
  assertEquals(left.some(({ messages }) => messages[0].delivery_id === waited!.id), true);
  for (const one of left) assertEquals((await sendAgain(one)).body, { sent: 1 });
  await eventually(async () => (await api(`/webhooks/${webhook.id}`)).body.pending === 0);
  assertEquals(await issuesOf(webhook), []);

  // Off without a message that failed, as where they were taken out since: still an issue.
  status = 410;
  await api(`/webhooks/${webhook.id}/test`, { method: "POST" });
  const alone = await eventually(async () => (await issuesOf(webhook))[0]);
  assertEquals([alone.id, alone.kind, alone.count, alone.state, alone.came_back], [off.id, "off", 0, "open", true]);
});
