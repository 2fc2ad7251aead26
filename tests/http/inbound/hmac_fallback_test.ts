/** Tests of the variables around webhooks of other senders: WEBHOOK_HMAC_SECRET set, UW_ENABLE_CUSTOM_WEBHOOKS off. */

import { createHmac } from "node:crypto";
import { assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import type { World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem } from "../door.ts";

const SECRET = "a secret that older senders share with us";
const EVENT = "NEW_TAG";

let world: World;

worldOfFile({ env: { WEBHOOK_HMAC_SECRET: SECRET, UW_ENABLE_CUSTOM_WEBHOOKS: "false" } }, async (made) => {
  world = made;
  await world.install("universal_webhook");
});

function sign(body: string, secret = SECRET): string {
  return createHmac("sha256", secret).update(body).digest("hex");
}

function newBody(fields: Record<string, unknown> = {}): string {
  return JSON.stringify({ id: crypto.randomUUID(), workspaceId: world.workspaceId, ...fields });
}

function post(path: string, headers: Record<string, string>, body: string): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/webhooks/clockify${path}`, { headers, body });
}

Deno.test("an HMAC of the raw body is taken in each of the three headers, with and without sha256=", async () => {
  const { workspaceId } = world;
  const named = { "clockify-webhook-workspace-id": workspaceId };
  for (const header of ["clockify-signature", "x-webhook-signature", "x-addon-signature"]) {
    for (const prefix of ["", "sha256="]) {
      const body = newBody();
      const answer = await post(`/${EVENT}`, { [header]: prefix + sign(body), ...named }, body);
      assertEquals(answer.status, 200, JSON.stringify(answer.body));
      const { webhookId } = answer.body;
      assertEquals(answer.body, { webhookId, eventType: EVENT, workspaceId, status: "received" });
      const [row] = await world.database.db.sql`select headers from event where id = ${webhookId}`;
      assertEquals(row!.headers[header], "[redacted]");
    }
  }
  const { body: metrics } = await ask(`${world.url("universal_webhook")}/metrics`);
  assertMatch(metrics, /clockify_hmac_fallback_total\{service="universal-webhook"\} 6\n/);
});

Deno.test("workspace and event come from path, header or body", async () => {
  const tellings: [string, Record<string, string>, string][] = [
    [`/${EVENT}`, {}, newBody()],
    ["", { "clockify-webhook-event-type": EVENT }, newBody()],
    ["", {}, newBody({ eventType: EVENT })],
  ];
  for (const [path, headers, body] of tellings) {
    const answer = await post(path, { ...headers, "x-webhook-signature": sign(body) }, body);
    assertEquals([answer.status, answer.body.eventType], [200, EVENT], JSON.stringify(answer.body));
  }
  const nowhere = JSON.stringify({ id: "1" });
  assertProblem(await post(`/${EVENT}`, { "x-webhook-signature": sign(nowhere) }, nowhere), 400, "REQUEST_INVALID");
  const silent = newBody();
  assertProblem(await post("", { "x-webhook-signature": sign(silent) }, silent), 403, "WEBHOOK_WRONG_EVENT");
  const other = newBody({ workspaceId: "64a687e29ae1f428e7ebe399" });
  assertProblem(await post(`/${EVENT}`, { "x-webhook-signature": sign(other) }, other), 403, "INSTALLATION_UNKNOWN");
  const torn = { "clockify-webhook-workspace-id": world.workspaceId, "x-webhook-signature": sign(other) };
  assertProblem(await post(`/${EVENT}`, torn, other), 403, "WEBHOOK_WRONG_WORKSPACE");
});

Deno.test("a wrong HMAC is refused, and a Clockify token still decides where there is one", async () => {
  const body = newBody();
  const right = sign(body);
  for (
    const signature of [sign(body, "guess"), sign(`${body} `), `${right.startsWith("0") ? 1 : 0}${right.slice(1)}`]
  ) {
    assertProblem(
      await post(`/${EVENT}`, { "x-webhook-signature": signature }, body),
      401,
      "WEBHOOK_SIGNATURE_INVALID",
    );
  }
  for (const signature of ["", "sha1=00", right.slice(1), `${right}0`]) {
    assertProblem(
      await post(`/${EVENT}`, { "x-webhook-signature": signature }, body),
      401,
      "WEBHOOK_SIGNATURE_MISSING",
    );
  }
  const beside = { "clockify-signature": "no.real.token", "x-webhook-signature": right };
  assertProblem(await post(`/${EVENT}`, beside, body), 401, "WEBHOOK_SIGNATURE_INVALID");
  const { workspaceId, simulator } = world;
  const [genuine] = await simulator.deliver({ workspaceId, event: "TIMER_STOPPED", payload: { id: "1", workspaceId } });
  await simulator.settled();
  assertEquals(genuine!.attempts[0]!.status, 200);
});

Deno.test("lifecycle calls are never signed by HMAC", async () => {
  const body = newBody();
  const answer = await ask(`${world.url("universal_webhook")}/lifecycle/deleted`, {
    headers: { "clockify-signature": sign(body), "x-webhook-signature": sign(body) },
    body,
  });
  assertProblem(answer, 401, "LIFECYCLE_TOKEN_INVALID");
});

Deno.test("an inactive add-on takes no HMAC", async () => {
  const { addonId } = (await world.simulator.listInstallations())[0]!;
  await world.simulator.setStatus({ addonId, status: "INACTIVE" });
  const body = newBody();
  assertProblem(await post(`/${EVENT}`, { "x-webhook-signature": sign(body) }, body), 403, "INSTALLATION_UNKNOWN");
  await world.simulator.setStatus({ addonId, status: "ACTIVE" });
});

Deno.test("an end that another instance saw counts at once: what is remembered of the workspace stores nothing", async () => {
  const { sql } = world.database.db;
  const { workspaceId } = world;
  const send = () => {
    const body = newBody();
    return post(`/${EVENT}`, { "x-webhook-signature": sign(body) }, body);
  };
  const stored = async () => {
    const [row] = await sql<{ count: number }[]>`
      select count(*)::int as count from event where workspace_id = ${workspaceId} and event_type = ${EVENT}`;
    return row!.count;
  };
  assertEquals((await send()).status, 200);
  const before = await stored();
  // As an uninstall leaves it, which this process was not called about.
  await sql`update installation set status = 'uninstalled' where workspace_id = ${workspaceId}`;
  assertProblem(await send(), 403, "INSTALLATION_UNKNOWN");
  assertProblem(await send(), 403, "INSTALLATION_UNKNOWN");
  assertStrictEquals(await stored(), before);
  // As a reinstall: the first delivery finds that it is newer, and the next one knows it.
  await sql`update installation set status = 'active' where workspace_id = ${workspaceId}`;
  assertEquals((await send()).status, 200);
  await sql`update installation set generation = generation + 1 where workspace_id = ${workspaceId}`;
  assertProblem(await send(), 403, "INSTALLATION_UNKNOWN");
  assertEquals((await send()).status, 200);
  assertEquals(await stored(), before + 2);
});

Deno.test("UW_ENABLE_CUSTOM_WEBHOOKS=false shuts the sources of workspaces that set nothing themselves", async () => {
  const base = world.url("universal_webhook");
  const headers = await world.viewer("universal_webhook");
  const body = { name: "shut", scheme: "none", allow_unsigned: true };
  const { url } = (await ask(`${base}/ui/sources`, { headers, body })).body;
  assertProblem(await ask(base + new URL(url).pathname, { body: {} }), 403, "FEATURE_OFF");
});
