/** Webhooks: what changes send, repeats, duplicates and disorder. */

import { assertEquals, assertNotEquals, assertStrictEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { withScene } from "./setup.ts";

Deno.test("a change by a person reaches the add-on with its stored token", () =>
  withScene({}, async ({ simulator, addon, installed, workspaceId, memberId }) => {
    const path = `/user/${memberId}/time-entries`;
    const times = { start: "2026-11-20T10:00:00Z", description: "No project" };
    await simulator.change({ workspaceId, method: "POST", path, body: times });
    await simulator.change({ workspaceId, method: "PATCH", path, body: { end: "2026-11-20T11:00:00Z" } });
    await simulator.settled();
    const [request] = addon.to("/webhooks/clockify/TIMER_STOPPED");
    const declared = installed.webhooks.find((webhook) => webhook.event === "TIMER_STOPPED")!;
    assertStrictEquals(request!.headers.get("clockify-signature"), declared.authToken);
    assertEquals(request!.headers.get("clockify-webhook-event-type"), "TIMER_STOPPED");
    const body = JSON.parse(request!.body);
    assertEquals([body.projectId, body.project, body.taskId, body.tagIds], [null, null, null, []]);
    assertEquals([body.userId, body.user.id, body.workspaceId], [memberId, memberId, workspaceId]);
    assertEquals(addon.to("/webhooks/clockify/NEW_TIMER_STARTED").length, 1);
  }));

Deno.test("a change through the API by the add-on itself sends webhooks too", () =>
  withScene({}, async ({ simulator, addon, api }) => {
    await api("POST", "/time-entries", { start: "2026-11-20T10:00:00Z", end: "2026-11-20T11:00:00Z" });
    await simulator.settled();
    assertEquals(addon.to("/webhooks/clockify/NEW_TIME_ENTRY").length, 1);
  }));

Deno.test("a 500 brings a byte-identical repeat with a new idempotency-key", () =>
  withScene({}, async ({ simulator, addon, workspaceId }) => {
    await simulator.configureDeliveries({ retryDelayMs: 1 });
    addon.answers.push(500, 503);
    await simulator.change({ workspaceId, method: "POST", path: "/tags", body: { name: "Näw <ü>" } });
    await simulator.settled();
    const tries = addon.to("/webhooks/clockify/NEW_TAG");
    assertEquals(tries.length, 3);
    assertEquals(new Set(tries.map((request) => request.body)).size, 1);
    assertEquals(new Set(tries.map((request) => request.headers.get("idempotency-key"))).size, 3);
    assertEquals(new Set(tries.map((request) => request.headers.get("clockify-signature"))).size, 1);
    const [delivery] = await simulator.listDeliveries({ event: "NEW_TAG" });
    assertEquals(delivery!.attempts.map((attempt) => attempt.status), [500, 503, 200]);
  }));

Deno.test("a delivery is given up after maxAttempts", () =>
  withScene({}, async ({ simulator, addon, workspaceId }) => {
    await simulator.configureDeliveries({ retryDelayMs: 1, maxAttempts: 2 });
    addon.answers.push(500, 500);
    await simulator.deliver({ workspaceId, event: "NEW_TAG" });
    await simulator.settled();
    assertEquals((await simulator.stats()).deliveries.givenUp, 1);
  }));

Deno.test("duplicates after a 200 and a shuffled burst can be asked for", () =>
  withScene({ seed: 7 }, async ({ simulator, addon, workspaceId }) => {
    await simulator.configureDeliveries({ duplicatesAfterSuccess: 1, hold: true, shuffle: true, doubledSlash: true });
    for (let i = 0; i < 8; i++) await simulator.deliver({ workspaceId, event: "NEW_TAG", payload: { id: i } });
    await simulator.settled();
    assertEquals(addon.to("/webhooks/clockify/NEW_TAG").length, 0);
    await simulator.configureDeliveries({ hold: false });
    await simulator.settled();
    const calls = addon.to("/webhooks/clockify/NEW_TAG");
    assertEquals(calls.length, 16);
    assertEquals(calls[0]!.path, "//webhooks/clockify/NEW_TAG");
    const order = [...new Set(calls.map((request) => JSON.parse(request.body).id))];
    assertEquals([...order].sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
    assertNotEquals(order, [0, 1, 2, 3, 4, 5, 6, 7]);
  }));

Deno.test("an inactive or deleted installation gets nothing", () =>
  withScene({}, async ({ simulator, addon, installed, workspaceId }) => {
    await simulator.setStatus({ addonId: installed.addonId, status: "INACTIVE" });
    assertEquals(await simulator.deliver({ workspaceId, event: "NEW_TAG" }), []);
    await simulator.setStatus({ addonId: installed.addonId, status: "ACTIVE" });
    assertEquals((await simulator.deliver({ workspaceId, event: "NEW_TAG", copies: 2 })).length, 2);
    await simulator.settled();
    await simulator.uninstall({ addonId: installed.addonId });
    assertEquals(await simulator.deliver({ workspaceId, event: "NEW_TAG" }), []);
    assertEquals(addon.to("/webhooks/clockify/NEW_TAG").length, 2);
  }));

Deno.test("deliver() moves the fixture body to the chosen workspace", () =>
  withScene({}, async ({ simulator, addon }) => {
    const other = (await simulator.workspaces())[1]!.id;
    await simulator.install({ manifestUrl: addon.manifestUrl, workspaceId: other });
    const [delivery] = await simulator.deliver({ workspaceId: other, event: "TIMER_STOPPED" });
    await simulator.settled();
    assertStrictEquals(JSON.parse(delivery!.body).workspaceId, other);
    await assertRejectsLike(simulator.deliver({ workspaceId: other, event: "TIME_ENTRY_CREATED" }), /no such event/);
  }));
