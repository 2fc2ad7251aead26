/** Tests of the audit: which requests leave a row, what it says, who reads it, and that a refused login is counted only. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { createAuditStore } from "../../../src/audit/store.ts";
import { eventually, OPERATOR_KEY, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const FLOW = {
  name: "marker-name",
  trigger_event_types: ["TIMER_STOPPED"],
  actions: [{ operation_id: "getTags", query_params: { name: "marker-secret" } }],
};

let world: World;
let admin: Record<string, string>;
const operator = { "x-api-key": OPERATOR_KEY };

worldOfFile({}, async (made) => {
  world = made;
  ({ admin } = await world.enter("universal_webhook"));
});

function call(path: string, options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}${path}`, { headers: admin, ...options });
}

async function entries(query = ""): Promise<Json[]> {
  const { status, body } = await call(`/ui/audit${query}`);
  assertEquals(status, 200, JSON.stringify(body));
  return body.entries;
}

Deno.test("each change by an admin leaves a row before it is answered: what, on what, with which end", async () => {
  const flow = (await call("/ui/flows", { body: FLOW, headers: { ...admin, "x-request-id": "made-1" } })).body;
  const [made] = await entries();
  assertEquals(made, {
    id: made.id,
    at: made.at,
    actor_kind: "user",
    actor: world.ownerId,
    action: "POST /ui/flows",
    target: flow.id,
    outcome: "done",
    request_id: "made-1",
    details: { http_status: 201 },
  });
  await call(`/ui/flows/${flow.id}`, { method: "PUT", body: { enabled: false } });
  assertProblem(await call(`/ui/flows/${flow.id}`, { method: "PUT", body: { actions: [] } }), 422, "FLOW_INVALID");
  await call(`/ui/flows/${flow.id}`);
  await call(`/ui/flows/${flow.id}`, { method: "DELETE" });
  const rows = (await entries()).slice(0, 2).map(({ action, target }) => [action, target]);
  assertEquals(
    rows,
    [["DELETE /ui/flows/:id", flow.id], ["PUT /ui/flows/:id", flow.id]],
    "reads and refusals leave none",
  );
  const stored = await world.database.db.sql`select * from audit`;
  assertNotMatch(JSON.stringify(stored), /marker|eyJ/);
});

Deno.test("every use of an operator's key leaves a row: reads, refusals and unknown workspaces too", async () => {
  const query = `?workspace_id=${world.workspaceId}`;
  await call(`/ui/flows${query}`, { headers: operator });
  assertProblem(await call(`/ui/flows${query}`, { headers: operator, body: {} }), 422, "FLOW_INVALID");
  const rows = await eventually(async () => {
    const found = await entries("?actor=tests");
    return found.length >= 2 && found;
  });
  assertEquals(
    rows.slice(0, 2).map(({ actor_kind, action, outcome, details }) => [actor_kind, action, outcome, details]),
    [
      ["operator", "POST /ui/flows", "refused", { http_status: 422, code: "FLOW_INVALID" }],
      ["operator", "GET /ui/flows", "done", { http_status: 200 }],
    ],
  );

  for (const workspace of ["unknown", "%00%ED%A0%80"]) {
    assertProblem(
      await call(`/ui/flows?workspace_id=${workspace}`, { headers: operator }),
      403,
      "INSTALLATION_UNKNOWN",
    );
  }
  assertProblem(await call("/ui/flows", { headers: operator }), 400, "REQUEST_INVALID");
  const strays = await eventually(async () => {
    const found = await world.database.db.sql`
      select workspace_id, outcome from audit where installation_id is null order by id`;
    return found.length === 3 && found;
  });
  assertEquals([strays[0]!.workspace_id, strays[0]!.outcome], ["unknown", "refused"]);
  assert((await entries()).every(({ actor }) => actor !== "unknown"), "no tenant sees them");
});

Deno.test("Clockify's lifecycle calls leave a row", async () => {
  const rows = await eventually(async () => {
    const found = await entries("?action=INSTALLED");
    return found.length > 0 && found;
  });
  assertEquals([rows[0].actor_kind, rows[0].outcome], ["clockify", "done"]);
});

Deno.test("a refused login is counted and leaves no row", async () => {
  const before = (await world.database.db.sql`select 1 from audit`).length;
  assertProblem(await call("/ui/flows", { headers: {} }), 401, "LOGIN_REQUIRED");
  assertProblem(await call("/ui/flows", { headers: { "x-api-key": `${OPERATOR_KEY}x` } }), 401, "LOGIN_INVALID");
  const member = await world.viewer("universal_webhook", { userId: world.memberId });
  assertProblem(await call("/ui/flows", { headers: member, body: FLOW }), 403, "ROLE_INSUFFICIENT");
  const { "x-addon-token": token } = admin;
  const other = `${world.url("api_studio")}/ui/flows`;
  assertProblem(await ask(other, { headers: { "x-addon-token": token! } }), 403, "LOGIN_WRONG_ADDON");
  assertEquals((await world.database.db.sql`select 1 from audit`).length, before);
  assertMatch(
    (await ask(`${world.url("api_studio")}/metrics`)).body,
    /^logins_refused_total\{service="api-studio",reason="login_wrong_addon"\} 1$/m,
  );
  const { body } = await call("/metrics");
  for (const reason of ["login_required", "login_invalid", "role_insufficient"]) {
    assertMatch(
      body,
      new RegExp(`^logins_refused_total\\{service="universal-webhook",reason="${reason}"\\} [1-9]`, "m"),
    );
  }
});

Deno.test("the log names the login of a refused request and its workspace, as far as they are known", async () => {
  const { workspaceId, memberId } = world;
  const member = await world.viewer("universal_webhook", { userId: memberId });
  const logged = async (path: string, headers: Record<string, string>) => {
    const { status, headers: heard } = await call(path, { headers, body: FLOW });
    assertEquals(status, 403);
    const id = heard.get("x-request-id");
    const line = world.logs.find(({ message, request_id }) => message === "request.completed" && request_id === id)!;
    return [line.actor_kind, line.actor, line.workspace_id];
  };
  assertEquals(await logged("/ui/flows", member), ["user", memberId, workspaceId]);
  assertEquals(await logged("/ui/flows?workspace_id=elsewhere", operator), ["operator", "tests", "elsewhere"]);
  await call("/ui/nothing", { headers: member });
  const last = world.logs.findLast(({ message }) => message === "request.completed")!;
  assert(!("actor" in last), "nobody was asked who it is");
});

Deno.test("the audit is for admins of the workspace, in pages and by time", async () => {
  const member = await world.viewer("universal_webhook", { userId: world.memberId });
  assertProblem(await call("/ui/audit", { headers: member }), 403, "ROLE_INSUFFICIENT");
  const first = (await call("/ui/audit?limit=1")).body;
  assertEquals([first.entries.length, first.pagination.has_more], [1, true]);
  const second = (await call(`/ui/audit?limit=1&cursor=${first.pagination.next_cursor}`)).body;
  assert(Number(second.entries[0].id) < Number(first.entries[0].id));
  assertEquals(await entries("?to=2020-01-01"), []);
  assertEquals(await entries("?from=2020-01-01"), await entries());
  assertProblem(await call("/ui/audit?limit=x"), 400, "REQUEST_INVALID");
  await world.database.db.sql`
    insert into audit (installation_id, actor_kind, actor, action, outcome) values (999, 'system', 'strange', 'x', 'done')`;
  assert((await entries("?actor=strange")).length === 0);
});

Deno.test("reads of operators are left out where that is asked for, a page at a time of what was looked through", async () => {
  const { sql } = world.database.db;
  const [{ id } = { id: 0 }] = await sql<{ id: number }[]>`
    select id from installation where addon = 'universal_webhook' and workspace_id = ${world.workspaceId}`;
  await sql`
    insert into audit (installation_id, actor_kind, actor, action, outcome)
    select ${id}, 'operator', 'left-out', case when n in (1, 9) then 'PUT /ui/guard' else 'GET /ui/stops' end, 'done'
    from generate_series(1, 9) n order by n`;
  const mine = "actor=left-out";
  assertEquals((await entries(`?${mine}`)).length, 9);
  const { body } = await call(`/ui/audit?${mine}&reads=omit`);
  assertEquals(body.entries.map(({ action }: Json) => action), ["PUT /ui/guard", "PUT /ui/guard"]);
  assertEquals(body.pagination.next_cursor, null);
  // Counted over all pages, with who made changes; reads are in neither.
  const page = (await call(`/ui/audit?${mine}&reads=omit&limit=1`)).body;
  assertEquals([page.total, page.entries.length, page.pagination.has_more], [2, 1, true]);
  await sql`
    insert into audit (installation_id, actor_kind, actor, action, outcome)
    values (${id}, 'operator', 'only-reads', 'GET /ui/stops', 'done')`;
  const all = (await call("/ui/audit?reads=omit")).body;
  assertEquals(all.total, (await entries("?limit=100")).filter(({ action }) => !/^(GET|HEAD) /.test(action)).length);
  const actors = all.actors.map(({ actor }: Json) => actor);
  assertEquals(actors.filter((actor: string) => /left-out|only-reads/.test(actor)), ["left-out"]);
  assertEquals(actors.length, new Set(actors).size);
  const withReads = (await call("/ui/audit")).body;
  assertEquals([withReads.total, withReads.actors], [null, []]);
  assertProblem(await call("/ui/audit?reads=none"), 400, "REQUEST_INVALID");

  const store = createAuditStore(world.database.db, { maxSeen: 4 });
  const pages: number[] = [];
  for (let beforeId: number | undefined, more = true; more;) {
    const page = await store.list(id, { actor: "left-out", withoutReads: true }, { limit: 50, beforeId });
    pages.push(page.entries.length);
    more = page.nextCursor !== null;
    beforeId = page.nextCursor ?? undefined;
  }
  assertEquals(pages, [1, 0, 1]);
});

Deno.test("a change stays answered though its row cannot be written: then it is in the log", async () => {
  const { sql } = world.database.db;
  await sql`alter table audit rename to audit_gone`;
  try {
    assertEquals((await call("/ui/flows", { body: FLOW })).status, 201);
  } finally {
    await sql`alter table audit_gone rename to audit`;
  }
  const line = world.logs.find(({ message }) => message === "audit.failed");
  assertMatch(JSON.stringify(line), /POST \/ui\/flows/);
});
