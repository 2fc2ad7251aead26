/** The REST API: paging, error bodies, scopes, budgets, and the habits of time entries. */

import { assert, assertEquals, assertMatch, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import type { Clock } from "../../src/base/clock.ts";
import { call, withScene } from "./setup.ts";

Deno.test("lists page from 1 with Last-Page, in-progress defaults to 10, custom fields ignore paging", () =>
  withScene({}, async ({ simulator, api, ownerId, workspaceId }) => {
    const first = await api("GET", `/user/${ownerId}/time-entries`);
    assertEquals(first.json.length, 50);
    assertEquals(first.headers.get("Last-Page"), "false");
    const second = await api("GET", `/user/${ownerId}/time-entries?page=2`);
    assertEquals(second.headers.get("Last-Page"), "true");
    assert(second.json.length > 0 && second.json.length < 50);
    assertEquals((await api("GET", "/projects?page=2&page-size=4")).headers.get("Last-Page"), "true");
    assertEquals((await api("GET", "/projects?page=9")).json.length, 0);
    assertEquals((await api("GET", "/projects?page=0")).json.code, 3000);
    assertEquals((await api("GET", "/projects?page=x")).json.code, 3002);
    assertEquals((await api("GET", "/time-entries/status/in-progress?page-size=1001")).status, 400);
    assertEquals((await api("GET", "/tags")).json.length, 6);
    assertEquals((await api("GET", "/tags?archived=false")).json.length, 5);

    const apiKey = await simulator.apiKey({ workspaceId, userId: ownerId });
    const fields = await api("GET", "/custom-fields?page-size=1&page=2", undefined, { "X-Api-Key": apiKey });
    assertEquals(fields.json.length, 3);
    assertEquals(fields.headers.get("Last-Page"), null);
  }));

Deno.test("refusals have Clockify's status and body", () =>
  withScene({}, async ({ simulator, installed, api, workspaceId }) => {
    const token = { "X-Addon-Token": installed.authToken };
    const gone = "000000000000000000000000";
    const body = async (path: string, method = "GET", headers: Record<string, string> = token) => {
      const answer = await api(method, path, undefined, headers);
      return [answer.status, answer.json?.code];
    };
    assertEquals(await body("/clients", "GET", {}), [401, 1000]);
    assertEquals(await body("/clients", "GET", { ...token, "X-Api-Key": "x" }), [401, 1000]);
    for (const headers of [{}, { ...token, "X-Api-Key": "x" }]) {
      const { json } = await api("GET", "/clients", undefined, headers as Record<string, string>);
      assertEquals(json.message, "Multiple or none auth tokens present");
    }
    assertEquals(await body("/clients", "GET", { Authorization: `Bearer ${installed.authToken}` }), [401, 1000]);
    assertEquals(await body("/clients", "GET", { "X-Api-Key": "x" }), [401, 4003]);
    assertEquals(await body("/clients", "GET", { "X-Addon-Token": "x" }), [401, 4017]);
    const webhookToken = { "X-Addon-Token": installed.webhooks[0]!.authToken };
    assertEquals(await body("/clients", "GET", webhookToken), [401, 4017]);
    assertEquals(await body(`/projects/${gone}`), [400, 501]);
    assertEquals(await body(`/time-entries/${gone}`), [400, 501]);
    assertEquals(await body("/not-a-route"), [404, 3000]);
    assertEquals(await body("", "PATCH"), [405, 3000]);
    assertEquals(await body("/clients", "PATCH"), [405, 3000]);
    const missing = await api("POST", "/tags", { name: "new" });
    assertEquals(missing.status, 401);
    assertMatch(missing.json.message, /TAG_WRITE/);
    const closed = await api("GET", "/webhooks");
    assertEquals(closed.status, 401);
    assertMatch(closed.json.message, /API is not accessible/);
    const unknown = await call(`${simulator.apiUrl}/v1/workspaces/${gone}/clients`, "GET", undefined, token);
    assertEquals([unknown.status, unknown.text], [404, ""]);
    const other = (await simulator.workspaces())[1]!.id;
    assertNotStrictEquals(other, workspaceId);
    assertEquals(
      (await call(`${simulator.apiUrl}/v1/workspaces/${other}/clients`, "GET", undefined, token)).status,
      401,
    );
  }));

Deno.test("the 51st request within a second is refused with 429, the next second starts afresh", () => {
  let now = Date.parse("2026-11-20T09:00:00Z");
  const clock: Clock = {
    now: () => now,
    monotonicMs: () => now,
    sleep: (_ms, signal) => rejectsOnAbort(signal),
  };
  return withScene({ clock }, async ({ api, simulator, workspaceId }) => {
    const many = async (count: number) => {
      const answers = await Promise.all(Array.from({ length: count }, () => api("GET", "/tags?page-size=1")));
      return answers.filter((answer) => answer.status === 429);
    };
    const [over] = await many(51);
    assertEquals(over!.json.message, "Too many requests");
    assertEquals(over!.headers.get("Retry-After"), null);
    now += 1000;
    assertEquals((await many(50)).length, 0);
    now += 1000;
    await simulator.setHourlyLimit({ workspaceId, requestsPerHour: 30 });
    assertEquals((await many(40)).length, 10);
  });
});

Deno.test("a viewer's token has the viewer's rights", () =>
  withScene({}, async ({ simulator, api, workspaceId, memberId, ownerId }) => {
    const viewer = { workspaceId, userId: memberId, addonKey: "fake-addon" };
    const headers = { "X-Addon-Token": await simulator.userToken(viewer) };
    assertEquals((await api("GET", "/clients", undefined, headers)).status, 200);
    assertEquals((await api("POST", "/clients", { name: "Mine" }, headers)).status, 403);
    assertEquals((await api("POST", `/user/${ownerId}/time-entries`, {}, headers)).status, 403);
    assertStrictEquals((await api("POST", "/time-entries", { description: "Mine" }, headers)).json.userId, memberId);
    const ended = { "X-Addon-Token": await simulator.userToken({ ...viewer, expiresInSeconds: -60 }) };
    assertEquals((await api("GET", "/clients", undefined, ended)).json.code, 4017);
  }));

Deno.test("time entries: timer, stop, full replace, custom fields, delete", () =>
  withScene({}, async ({ simulator, api, workspaceId, memberId }) => {
    const fields = await simulator.change({ workspaceId, method: "GET", path: "/custom-fields" }) as { id: string }[];
    const project = (await api("GET", "/projects?page-size=1")).json[0];
    const tag = (await api("GET", "/tags?name=needs-project")).json[0];
    const own = `/user/${memberId}/time-entries`;

    const started = await api("POST", own, {
      start: "2026-11-20T10:00:00Z",
      customFieldValues: [{ value: "ignored" }],
    });
    assertEquals(started.status, 201);
    assertEquals(started.json.timeInterval, { start: "2026-11-20T10:00:00Z", end: null, duration: null });
    assertEquals(started.json.customFieldValues[0].value, "");
    assertStrictEquals((await api("GET", `${own}?in-progress=true`)).json[0].id, started.json.id);

    const stopped = await api("PATCH", own, { end: "2026-11-20T12:30:05Z" });
    assertEquals(stopped.json.timeInterval.duration, "PT2H30M5S");
    const idle = await api("PATCH", own, { end: "2026-11-20T12:31:00Z" });
    assertEquals(idle.status, 404);
    assertEquals(idle.json, {
      message: `Currently running time entry doesn't exist on workspace ${workspaceId} for user ${memberId}.`,
      code: 404,
    });

    const one = `/time-entries/${started.json.id}`;
    const written = await api("PUT", one, {
      start: "2026-11-20T10:00:00Z",
      end: "2026-11-20T11:00:00Z",
      projectId: project.id,
      tagIds: [tag.id],
      customFields: [{ customFieldId: fields[0]!.id, sourceType: "WORKSPACE", value: "Dock 4" }],
    });
    assertEquals(written.json.customFieldValues[0].value, "Dock 4");
    const replaced = await api("PUT", one, { start: "2026-11-20T10:00:00Z", end: "2026-11-20T11:00:00Z" });
    assertEquals([replaced.json.projectId, replaced.json.tagIds], [null, []]);
    assertEquals(replaced.json.customFieldValues.map(({ value }: { value: unknown }) => value), [null, null, null]);
    const again = await api("PUT", one, { start: "2026-11-20T10:00:00Z" });
    assertEquals(again.json.timeInterval, { start: "2026-11-20T10:00:00Z", end: null, duration: null });
    assertEquals((await api("PUT", one, {})).json.code, 3001);
    assertEquals((await api("PUT", one, { start: "2026-11-20T10:00:00Z", projectId: "f".repeat(24) })).json.code, 501);

    assertEquals([(await api("DELETE", one)).status, (await api("GET", one)).json.code], [204, 501]);
  }));

Deno.test("switches are read as Clockify reads them, and what is none is refused", () =>
  withScene({}, async ({ api, memberId }) => {
    const own = `/user/${memberId}/time-entries`;
    const { json: running } = await api("POST", own, { start: "2026-11-20T10:00:00Z" });
    for (const yes of ["1", "true", "yes"]) {
      const { json } = await api("GET", `${own}?in-progress=${yes}&hydrated=${yes}`);
      assertEquals(json.map(({ id, user }: { id: string; user?: { id: string } }) => [id, user?.id]), [
        [running.id, memberId],
      ]);
    }
    assert((await api("GET", `${own}?in-progress=0`)).json.length > 1);
    for (const path of [`${own}?in-progress=maybe`, "/tags?archived=2", "/tags?strict-name-search=x"]) {
      const refused = await api("GET", path);
      assertEquals([refused.status, refused.json.code], [400, 3000], path);
    }
    const named = async (query: string) =>
      (await api("GET", `/tags?${query}`)).json.map(({ name }: { name: string }) => name);
    assertEquals(await named("name=on"), ["on site"]);
    assertEquals(await named("name=on&strict-name-search=true"), []);
    assertEquals(await named("name=on%20site&strict-name-search=1"), ["on site"]);
  }));

Deno.test("what is active is archived before it is deleted, and a PUT without archived brings it back", () =>
  withScene({}, async ({ simulator, workspaceId }) => {
    const person = async (method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown) =>
      // deno-lint-ignore no-explicit-any -- as the API answers
      await simulator.change({ workspaceId, method, path, body }) as any;
    const [project] = await person("GET", "/projects");
    const families: [string, string, Record<string, unknown>][] = [
      ["/clients", "client", { archived: true }],
      ["/projects", "project", { archived: true }],
      [`/projects/${project.id}/tasks`, "task", { status: "DONE" }],
    ];
    for (const [path, noun, ended] of families) {
      const { id } = await person("POST", path, { name: "Short-lived" });
      await assertRejectsLike(person("DELETE", `${path}/${id}`), new RegExp(`400.*active ${noun}`));
      await person("PUT", `${path}/${id}`, { name: "Short-lived", ...ended });
      await person("DELETE", `${path}/${id}`);
    }
    const [tag] = await person("GET", "/tags?archived=true");
    assertEquals((await person("PUT", `/tags/${tag.id}`, { name: tag.name })).archived, false);
    const hook = { name: "All", url: "https://hooks.example.com/", webhookEvent: "NEW_TAG" };
    const made = await person("POST", "/webhooks", { ...hook, triggerSourceType: "WORKSPACE_ID", triggerSource: [] });
    assertEquals(made.triggerSource, []);
    const users = (query: string) => person("GET", `/users?${query}`).then((all) => all.length);
    assertStrictEquals(await users("account-statuses=ACTIVE,LIMITED"), await users("status=ALL"));
    assertEquals(await users("account-statuses=PENDING_EMAIL_VERIFICATION"), 0);
    await assertRejectsLike(users("account-statuses=PENDING"), /400.*3000/);
    await assertRejectsLike(users("status=DELETED"), /400.*3000/);
  }));

Deno.test("POST makes a new entry each time, whatever the Idempotency-Key", () =>
  withScene({}, async ({ simulator, installed, api }) => {
    const headers = { "X-Addon-Token": installed.authToken, "Idempotency-Key": "the same" };
    const entry = { start: "2026-11-20T10:00:00Z", end: "2026-11-20T11:00:00Z" };
    const ids = [];
    for (let i = 0; i < 2; i++) ids.push((await api("POST", "/time-entries", entry, headers)).json.id);
    assertNotStrictEquals(ids[0], ids[1]);
    const recorded = await simulator.listRequests({ method: "POST", path: "/time-entries" });
    assertEquals(recorded.map((request) => request.headers["idempotency-key"]), ["the same", "the same"]);
  }));

Deno.test("a list filtered by time misses fresh entries, a list by description shows them", () =>
  withScene({}, async ({ api, ownerId }) => {
    await api("POST", "/time-entries", {
      start: "2026-11-19T10:00:00Z",
      end: "2026-11-19T11:00:00Z",
      description: "Fresh one",
    });
    const own = `/user/${ownerId}/time-entries`;
    assertEquals((await api("GET", `${own}?description=fresh`)).json.length, 1);
    assertEquals((await api("GET", `${own}?start=2026-11-19T00:00:00Z&end=2026-11-19T23:00:00Z`)).json.length, 0);
  }));

function rejectsOnAbort(signal?: AbortSignal): Promise<void> {
  return new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
}
