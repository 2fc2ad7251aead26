/** The REST API: paging, error bodies, scopes, budgets, and the habits of time entries. */

import assert from "node:assert/strict";
import type { Clock } from "../../src/base/clock.ts";
import { call, withScene } from "./setup.ts";

Deno.test("lists page from 1 with Last-Page, in-progress defaults to 10, custom fields ignore paging", () =>
  withScene({}, async ({ simulator, api, ownerId, workspaceId }) => {
    const first = await api("GET", `/user/${ownerId}/time-entries`);
    assert.equal(first.json.length, 50);
    assert.equal(first.headers.get("Last-Page"), "false");
    const second = await api("GET", `/user/${ownerId}/time-entries?page=2`);
    assert.equal(second.headers.get("Last-Page"), "true");
    assert.ok(second.json.length > 0 && second.json.length < 50);
    assert.equal((await api("GET", "/projects?page=2&page-size=4")).headers.get("Last-Page"), "true");
    assert.equal((await api("GET", "/projects?page=9")).json.length, 0);
    assert.equal((await api("GET", "/projects?page=0")).json.code, 3000);
    assert.equal((await api("GET", "/projects?page=x")).json.code, 3002);
    assert.equal((await api("GET", "/time-entries/status/in-progress?page-size=1001")).status, 400);
    assert.equal((await api("GET", "/tags")).json.length, 6);
    assert.equal((await api("GET", "/tags?archived=false")).json.length, 5);

    const apiKey = await simulator.apiKey({ workspaceId, userId: ownerId });
    const fields = await api("GET", "/custom-fields?page-size=1&page=2", undefined, { "X-Api-Key": apiKey });
    assert.equal(fields.json.length, 3);
    assert.equal(fields.headers.get("Last-Page"), null);
  }));

Deno.test("refusals have Clockify's status and body", () =>
  withScene({}, async ({ simulator, installed, api, workspaceId }) => {
    const token = { "X-Addon-Token": installed.authToken };
    const gone = "000000000000000000000000";
    const body = async (path: string, method = "GET", headers: Record<string, string> = token) => {
      const answer = await api(method, path, undefined, headers);
      return [answer.status, answer.json?.code];
    };
    assert.deepEqual(await body("/clients", "GET", {}), [401, 1000]);
    assert.deepEqual(await body("/clients", "GET", { ...token, "X-Api-Key": "x" }), [401, 1000]);
    for (const headers of [{}, { ...token, "X-Api-Key": "x" }]) {
      const { json } = await api("GET", "/clients", undefined, headers as Record<string, string>);
      assert.equal(json.message, "Multiple or none auth tokens present");
    }
    assert.deepEqual(await body("/clients", "GET", { Authorization: `Bearer ${installed.authToken}` }), [401, 1000]);
    assert.deepEqual(await body("/clients", "GET", { "X-Api-Key": "x" }), [401, 4003]);
    assert.deepEqual(await body("/clients", "GET", { "X-Addon-Token": "x" }), [401, 4017]);
    const webhookToken = { "X-Addon-Token": installed.webhooks[0]!.authToken };
    assert.deepEqual(await body("/clients", "GET", webhookToken), [401, 4017]);
    assert.deepEqual(await body(`/projects/${gone}`), [400, 501]);
    assert.deepEqual(await body(`/time-entries/${gone}`), [400, 501]);
    assert.deepEqual(await body("/not-a-route"), [404, 3000]);
    assert.deepEqual(await body("", "PATCH"), [405, 3000]);
    assert.deepEqual(await body("/clients", "PATCH"), [405, 3000]);
    const missing = await api("POST", "/tags", { name: "new" });
    assert.equal(missing.status, 401);
    assert.match(missing.json.message, /TAG_WRITE/);
    const closed = await api("GET", "/webhooks");
    assert.equal(closed.status, 401);
    assert.match(closed.json.message, /API is not accessible/);
    const unknown = await call(`${simulator.apiUrl}/v1/workspaces/${gone}/clients`, "GET", undefined, token);
    assert.deepEqual([unknown.status, unknown.text], [404, ""]);
    const other = (await simulator.workspaces())[1]!.id;
    assert.notEqual(other, workspaceId);
    assert.equal(
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
    assert.equal(over!.json.message, "Too many requests");
    assert.equal(over!.headers.get("Retry-After"), null);
    now += 1000;
    assert.equal((await many(50)).length, 0);
    now += 1000;
    await simulator.setHourlyLimit({ workspaceId, requestsPerHour: 30 });
    assert.equal((await many(40)).length, 10);
  });
});

Deno.test("a viewer's token has the viewer's rights", () =>
  withScene({}, async ({ simulator, api, workspaceId, memberId, ownerId }) => {
    const viewer = { workspaceId, userId: memberId, addonKey: "fake-addon" };
    const headers = { "X-Addon-Token": await simulator.userToken(viewer) };
    assert.equal((await api("GET", "/clients", undefined, headers)).status, 200);
    assert.equal((await api("POST", "/clients", { name: "Mine" }, headers)).status, 403);
    assert.equal((await api("POST", `/user/${ownerId}/time-entries`, {}, headers)).status, 403);
    assert.equal((await api("POST", "/time-entries", { description: "Mine" }, headers)).json.userId, memberId);
    const ended = { "X-Addon-Token": await simulator.userToken({ ...viewer, expiresInSeconds: -60 }) };
    assert.equal((await api("GET", "/clients", undefined, ended)).json.code, 4017);
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
    assert.equal(started.status, 201);
    assert.deepEqual(started.json.timeInterval, { start: "2026-11-20T10:00:00Z", end: null, duration: null });
    assert.equal(started.json.customFieldValues[0].value, "");
    assert.equal((await api("GET", `${own}?in-progress=true`)).json[0].id, started.json.id);

    const stopped = await api("PATCH", own, { end: "2026-11-20T12:30:05Z" });
    assert.equal(stopped.json.timeInterval.duration, "PT2H30M5S");
    const idle = await api("PATCH", own, { end: "2026-11-20T12:31:00Z" });
    assert.equal(idle.status, 404);
    assert.deepEqual(idle.json, {
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
    assert.equal(written.json.customFieldValues[0].value, "Dock 4");
    const replaced = await api("PUT", one, { start: "2026-11-20T10:00:00Z", end: "2026-11-20T11:00:00Z" });
    assert.deepEqual([replaced.json.projectId, replaced.json.tagIds], [null, []]);
    assert.deepEqual(replaced.json.customFieldValues.map(({ value }: { value: unknown }) => value), [null, null, null]);
    const again = await api("PUT", one, { start: "2026-11-20T10:00:00Z" });
    assert.deepEqual(again.json.timeInterval, { start: "2026-11-20T10:00:00Z", end: null, duration: null });
    assert.equal((await api("PUT", one, {})).json.code, 3001);
    assert.equal((await api("PUT", one, { start: "2026-11-20T10:00:00Z", projectId: "f".repeat(24) })).json.code, 501);

    assert.deepEqual([(await api("DELETE", one)).status, (await api("GET", one)).json.code], [204, 501]);
  }));

Deno.test("switches are read as Clockify reads them, and what is none is refused", () =>
  withScene({}, async ({ api, memberId }) => {
    const own = `/user/${memberId}/time-entries`;
    const { json: running } = await api("POST", own, { start: "2026-11-20T10:00:00Z" });
    for (const yes of ["1", "true", "yes"]) {
      const { json } = await api("GET", `${own}?in-progress=${yes}&hydrated=${yes}`);
      assert.deepEqual(json.map(({ id, user }: { id: string; user?: { id: string } }) => [id, user?.id]), [
        [running.id, memberId],
      ]);
    }
    assert.ok((await api("GET", `${own}?in-progress=0`)).json.length > 1);
    for (const path of [`${own}?in-progress=maybe`, "/tags?archived=2", "/tags?strict-name-search=x"]) {
      const refused = await api("GET", path);
      assert.deepEqual([refused.status, refused.json.code], [400, 3000], path);
    }
    const named = async (query: string) =>
      (await api("GET", `/tags?${query}`)).json.map(({ name }: { name: string }) => name);
    assert.deepEqual(await named("name=on"), ["on site"]);
    assert.deepEqual(await named("name=on&strict-name-search=true"), []);
    assert.deepEqual(await named("name=on%20site&strict-name-search=1"), ["on site"]);
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
      await assert.rejects(person("DELETE", `${path}/${id}`), new RegExp(`400.*active ${noun}`));
      await person("PUT", `${path}/${id}`, { name: "Short-lived", ...ended });
      await person("DELETE", `${path}/${id}`);
    }
    const [tag] = await person("GET", "/tags?archived=true");
    assert.equal((await person("PUT", `/tags/${tag.id}`, { name: tag.name })).archived, false);
    const hook = { name: "All", url: "https://hooks.example.com/", webhookEvent: "NEW_TAG" };
    const made = await person("POST", "/webhooks", { ...hook, triggerSourceType: "WORKSPACE_ID", triggerSource: [] });
    assert.deepEqual(made.triggerSource, []);
    const users = (query: string) => person("GET", `/users?${query}`).then((all) => all.length);
    assert.equal(await users("account-statuses=ACTIVE,LIMITED"), await users("status=ALL"));
    assert.equal(await users("account-statuses=PENDING_EMAIL_VERIFICATION"), 0);
    await assert.rejects(users("account-statuses=PENDING"), /400.*3000/);
    await assert.rejects(users("status=DELETED"), /400.*3000/);
  }));

Deno.test("POST makes a new entry each time, whatever the Idempotency-Key", () =>
  withScene({}, async ({ simulator, installed, api }) => {
    const headers = { "X-Addon-Token": installed.authToken, "Idempotency-Key": "the same" };
    const entry = { start: "2026-11-20T10:00:00Z", end: "2026-11-20T11:00:00Z" };
    const ids = [];
    for (let i = 0; i < 2; i++) ids.push((await api("POST", "/time-entries", entry, headers)).json.id);
    assert.notEqual(ids[0], ids[1]);
    const recorded = await simulator.listRequests({ method: "POST", path: "/time-entries" });
    assert.deepEqual(recorded.map((request) => request.headers["idempotency-key"]), ["the same", "the same"]);
  }));

Deno.test("a list filtered by time misses fresh entries, a list by description shows them", () =>
  withScene({}, async ({ api, ownerId }) => {
    await api("POST", "/time-entries", {
      start: "2026-11-19T10:00:00Z",
      end: "2026-11-19T11:00:00Z",
      description: "Fresh one",
    });
    const own = `/user/${ownerId}/time-entries`;
    assert.equal((await api("GET", `${own}?description=fresh`)).json.length, 1);
    assert.equal((await api("GET", `${own}?start=2026-11-19T00:00:00Z&end=2026-11-19T23:00:00Z`)).json.length, 0);
  }));

function rejectsOnAbort(signal?: AbortSignal): Promise<void> {
  return new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
}
