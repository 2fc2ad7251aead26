/** Tests of a workspace over all its add-ons: who sees which, the merged list of events, and that nothing is changed this way. */

import { assert, assertEquals } from "@std/assert";
import { CONTRACTS } from "../../../src/http/api/contracts.ts";
import { READ_BESIDE } from "../../../src/http/api/read_beside.ts";
import { mergeNewest } from "../../../src/http/api/together.ts";
import type { ProfileKey } from "../../../src/profiles/profile.ts";
import { type Entered, eventually, OPERATOR_KEY, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

let world: World;
let studio: Entered;
let universal: Entered;
let reference: Entered;
let otherWorkspace: string;

worldOfFile({ env: { API_RATE_LIMIT_RPS: "100000", MANIFEST_WEBHOOK_LIMIT: "20" } }, async (made) => {
  world = made;
  studio = await world.enter("api_studio");
  universal = await world.enter("universal_webhook");
  reference = await world.enter("clockify_addon");
  const [, other] = await world.simulator.workspaces();
  otherWorkspace = other!.id;
  await world.install("api_studio", otherWorkspace);
});

const OPERATOR = { "x-api-key": OPERATOR_KEY };

function at(profile: ProfileKey, path: string, headers: Record<string, string>): Promise<Answer> {
  return ask(`${world.url(profile)}${path}`, { headers });
}

/** Writes events straight into the table, a minute apart, oldest first; gives their ids. */
async function add(installation: number, minutes: readonly number[], workspace = world.workspaceId): Promise<string[]> {
  const { sql } = world.database.db;
  const ids: string[] = [];
  for (const minute of minutes) {
    const time = new Date(Date.UTC(2026, 10, 21, 8, minute)).toISOString();
    const [made] = await sql<{ id: number }[]>`
      insert into event (id, installation_id, workspace_id, event_type, entity_key, request_id, headers, body, outcome,
        received_at)
      values (nextval('event_id_seq'), ${installation}, ${workspace}, 'NEW_TAG', 'tag:1', 'r', '{}',
        ${new TextEncoder().encode("{}")}, 'skipped', ${time}) returning id`;
    ids.push(String(made!.id));
  }
  return ids;
}

async function empty() {
  await world.database.db.sql`delete from event`;
}

const keysOf = ({ body }: Answer) => body.addons.map(({ key }: Json) => key);

Deno.test("an admin sees the add-ons of the workspace, a member the one they opened, an operator all", async () => {
  const all = ["api_studio", "universal_webhook", "clockify_addon"];
  assertEquals(keysOf(await at("api_studio", "/ui/addons", studio.admin)), all);
  assertEquals(keysOf(await at("universal_webhook", "/ui/addons", universal.admin)), all);
  assertEquals(keysOf(await at("universal_webhook", "/ui/addons", universal.member)), ["universal_webhook"]);
  const operator = await at("universal_webhook", `/ui/addons?workspace_id=${world.workspaceId}`, OPERATOR);
  assertEquals(keysOf(operator), all);
  // Of another workspace what that one has.
  assertEquals(keysOf(await at("api_studio", `/ui/addons?workspace_id=${otherWorkspace}`, OPERATOR)), ["api_studio"]);
  const own = operator.body.addons.filter(({ is_own }: Json) => is_own).map(({ key }: Json) => key);
  assertEquals(own, ["universal_webhook"]);
});

Deno.test("events of all add-ons are one list, newest first, page by page, each row once and with its add-on", async () => {
  await empty();
  const a = await add(studio.installationId, [1, 4, 7, 8]);
  const b = await add(universal.installationId, [2, 3, 9]);
  const c = await add(reference.installationId, [5, 6]);
  const [foreign] = await world.database.db.sql<{ id: number }[]>`
    select id from installation where workspace_id = ${otherWorkspace}`;
  const others = await add(foreign!.id, [10, 11], otherWorkspace);
  const due = [b[2], a[3], a[2], c[1], c[0], a[1], b[1], b[0], a[0]];
  for (const [profile, login] of [["api_studio", studio.admin], ["clockify_addon", reference.admin]] as const) {
    for (const limit of [1, 2, 4, 100]) {
      const rows: Json[] = [];
      let cursor: string | null = "";
      while (cursor !== null) {
        const { status, body }: Answer = await at(
          profile,
          `/ui/together/webhooks?limit=${limit}${cursor && `&cursor=${cursor}`}`,
          login,
        );
        assertEquals(status, 200, JSON.stringify(body));
        assert(body.webhooks.length <= limit);
        rows.push(...body.webhooks);
        cursor = body.pagination.next_cursor;
      }
      assertEquals(rows.map(({ id }) => id), due, `${profile}, ${limit} a page`);
      const addons = Object.fromEntries(rows.map(({ id, addon }) => [id, addon]));
      assertEquals([addons[a[0]!], addons[b[0]!], addons[c[0]!]], [
        "api_studio",
        "universal_webhook",
        "clockify_addon",
      ]);
      assert(rows.every(({ id }) => !others.includes(id)));
    }
  }
});

Deno.test("the list is narrowed to add-ons and by the filters of each list", async () => {
  await empty();
  const [a] = await add(studio.installationId, [1]);
  const [b] = await add(universal.installationId, [2]);
  const ids = async (query: string, headers = studio.admin) =>
    (await at("api_studio", `/ui/together/webhooks?${query}`, headers)).body.webhooks.map(({ id }: Json) => id);
  assertEquals(await ids("addons=universal_webhook"), [b]);
  assertEquals(await ids("addons=api_studio,universal_webhook"), [b, a]);
  assertEquals(await ids(`q=${a}`), [a]);
  assertEquals(await ids("event_type=NEW_PROJECT"), []);
  // A member has their own add-on alone, whatever they ask for.
  assertEquals(await ids("", studio.member), [a]);
  assertProblem(
    await at("api_studio", "/ui/together/webhooks?addons=universal_webhook", studio.member),
    400,
    "REQUEST_INVALID",
  );
  assertProblem(await at("api_studio", "/ui/together/webhooks?addons=nonsense", studio.admin), 400, "REQUEST_INVALID");
  for (const cursor of ["nonsense", btoa('{"api_studio":17}'), btoa("[]")]) {
    assertProblem(
      await at("api_studio", `/ui/together/webhooks?cursor=${cursor}`, studio.admin),
      400,
      "REQUEST_INVALID",
    );
  }
  const unreadable = await at("api_studio", "/ui/together/webhooks?search=outcome%3Anonsense", studio.admin);
  assertProblem(unreadable, 400, "REQUEST_INVALID");
  assertEquals(unreadable.body.faults[0].path, "search");
});

Deno.test("runs of all add-ons are one list, newest first, page by page, each row once", async () => {
  const flowOf = async (profile: ProfileKey, { admin }: Entered) => {
    const flow = await ask(`${world.url(profile)}/ui/flows`, {
      headers: { ...admin, "idempotency-key": crypto.randomUUID() },
      body: { name: "Read", trigger_event_types: ["NEW_TAG"], actions: [{ operation_id: "getTags" }] },
    });
    assertEquals(flow.status, 201, JSON.stringify(flow.body));
    return flow.body.id as string;
  };
  await flowOf("universal_webhook", universal);
  await flowOf("clockify_addon", reference);
  for (const number of [1, 2, 3]) {
    const payload = { id: `tag${number}`, workspaceId: world.workspaceId, name: `Tag ${number}` };
    await world.simulator.deliver({ workspaceId: world.workspaceId, event: "NEW_TAG", payload });
  }
  const { sql } = world.database.db;
  const stored = await eventually(async () => {
    const rows = await sql<{ id: string }[]>`
      select run.id from run join installation on installation.id = installation_id
      where installation.workspace_id = ${world.workspaceId} order by run.created_at desc, run.id desc`;
    return rows.length === 6 && rows.map(({ id }) => id);
  });
  for (const limit of [1, 4, 50]) {
    const rows: Json[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const path: string = `/ui/together/runs?limit=${limit}${cursor && `&cursor=${cursor}`}`;
      const { status, body }: Answer = await at("api_studio", path, studio.admin);
      assertEquals(status, 200, JSON.stringify(body));
      rows.push(...body.runs);
      cursor = body.pagination.next_cursor;
    }
    assertEquals(rows.map(({ id }) => id).toSorted(), stored.toSorted(), `${limit} a page`);
    const times = rows.map(({ created_at }) => created_at);
    assertEquals(times, times.toSorted().toReversed());
    assertEquals([...new Set(rows.map(({ addon }) => addon))].toSorted(), ["clockify_addon", "universal_webhook"]);
  }
  const none = await at("api_studio", "/ui/together/runs?state=cancelled", studio.admin);
  assertEquals(none.body.runs, []);
  // A member has the runs of their own add-on alone.
  assertEquals((await at("api_studio", "/ui/together/runs", studio.member)).body.runs, []);
  assertEquals((await at("universal_webhook", "/ui/together/runs", universal.member)).body.runs.length, 3);
});

Deno.test("issues and the search are over all add-ons too", async () => {
  const flowOf = async (profile: ProfileKey, { admin }: Entered, name: string) => {
    const flow = await ask(`${world.url(profile)}/ui/flows`, {
      headers: admin,
      body: {
        name,
        trigger_event_types: ["NEW_TAG"],
        // Of a tag that is not there: the run fails at once.
        actions: [{ operation_id: "getTag", path_params: { id: "64e0000000000000000000ff" } }],
      },
    });
    assertEquals(flow.status, 201, JSON.stringify(flow.body));
    return flow.body.id as string;
  };
  const there = await flowOf("universal_webhook", universal, "Invoices of May");
  const here = await flowOf("clockify_addon", reference, "Invoices of June");
  const search = async (q: string, headers = studio.admin) => {
    const { status, body } = await at("api_studio", `/ui/together/search?q=${encodeURIComponent(q)}`, headers);
    assertEquals(status, 200, JSON.stringify(body));
    return body.found.map(({ id, addon }: Json) => [id, addon]);
  };
  assertEquals(await search("invoices of"), [[there, "universal_webhook"], [here, "clockify_addon"]]);
  // Its id goes before names, whatever the add-on.
  assertEquals((await search(here))[0], [here, "clockify_addon"]);
  assertEquals(await search("invoices of", studio.member), []);
  assertProblem(await at("api_studio", "/ui/together/search", studio.admin), 400, "REQUEST_INVALID");

  const payload = { id: "tag9", workspaceId: world.workspaceId, name: "Tag 9" };
  await world.simulator.deliver({ workspaceId: world.workspaceId, event: "NEW_TAG", payload });
  const issues = await eventually(async () => {
    const answer = await at("api_studio", "/ui/together/issues", studio.admin);
    assertEquals(answer.status, 200, JSON.stringify(answer.body));
    return new Set(answer.body.issues.map(({ addon }: Json) => addon)).size >= 2 && answer;
  });
  const single = await Promise.all([
    at("universal_webhook", "/ui/issues", universal.admin),
    at("clockify_addon", "/ui/issues", reference.admin),
    at("api_studio", "/ui/issues", studio.admin),
  ]);
  const due = single.flatMap(({ body }) => body.issues);
  assertEquals(issues.body.issues.map(({ id }: Json) => id).toSorted(), due.map(({ id }: Json) => id).toSorted());
  assertEquals(issues.body.counts.open, single.reduce((sum, { body }) => sum + body.counts.open, 0));
  assertEquals(
    (await at("api_studio", "/ui/together/issues", studio.member)).body.issues.length,
    single[2]!.body.issues.length,
  );
});

Deno.test("what another add-on holds is read by ?addon=, by admins, and not changed by who is signed in elsewhere", async () => {
  await empty();
  const [b] = await add(universal.installationId, [2]);
  assertEquals((await at("api_studio", `/ui/webhooks/${b}?addon=universal_webhook`, studio.admin)).body.id, b);
  assertProblem(await at("api_studio", `/ui/webhooks/${b}`, studio.admin), 404, "NOT_FOUND");
  const session = await at("api_studio", "/ui/session?addon=universal_webhook", studio.admin);
  assertEquals(session.body.profile.key, "universal_webhook");
  assertEquals(session.body.can, {
    write: false,
    reason:
      "You are signed in to Clockify API Studio, and see what Universal Webhook + API Studio holds: to change it, " +
      "open Universal Webhook + API Studio",
  });
  const asMember = await at("api_studio", `/ui/webhooks/${b}?addon=universal_webhook`, studio.member);
  assertProblem(asMember, 403, "ROLE_INSUFFICIENT");
  // Bytes, exports, calls to Clockify and all else that is not in the list need a login to the add-on itself.
  for (
    const path of [`/ui/webhooks/${b}/raw`, "/ui/webhooks/export", "/ui/audit", "/ui/keys", "/ui/settings", "/ui/guard"]
  ) {
    assertProblem(await at("api_studio", `${path}?addon=universal_webhook`, studio.admin), 403, "ROLE_INSUFFICIENT");
  }
  for (const headers of [studio.admin, OPERATOR]) {
    const flow = await ask(
      `${world.url("api_studio")}/ui/flows?addon=universal_webhook&workspace_id=${world.workspaceId}`,
      { headers, body: { name: "Theirs" } },
    );
    assertProblem(flow, 403, "ROLE_INSUFFICIENT");
  }
  // The token itself stays one of its own add-on.
  assertProblem(await at("universal_webhook", "/ui/webhooks", studio.admin), 403, "LOGIN_WRONG_ADDON");
});

Deno.test("a token of another Clockify region opens no other add-on of the workspace", async () => {
  await empty();
  const [a] = await add(studio.installationId, [1]);
  await add(universal.installationId, [2]);
  const { sql } = world.database.db;
  const [{ hosts }] = await sql<[{ hosts: Record<string, string> }]>`
    select hosts from installation where id = ${universal.installationId}`;
  const set = (hosts: unknown) =>
    sql`update installation set hosts = ${JSON.stringify(hosts)}::text::jsonb where id = ${universal.installationId}`;
  for (const elsewhere of [{ ...hosts, backendUrl: "https://euc1.clockify.me/api" }, {}]) {
    await set(elsewhere);
    assertEquals(keysOf(await at("api_studio", "/ui/addons", studio.admin)), ["api_studio", "clockify_addon"]);
    const { body } = await at("api_studio", "/ui/together/webhooks", studio.admin);
    assertEquals(body.webhooks.map(({ id }: Json) => id), [a]);
    assertProblem(
      await at("api_studio", "/ui/webhooks?addon=universal_webhook", studio.admin),
      403,
      "INSTALLATION_UNKNOWN",
    );
    // An operator's key covers every workspace.
    const operator = await at("api_studio", `/ui/addons?workspace_id=${world.workspaceId}`, OPERATOR);
    assertEquals(keysOf(operator).length, 3);
  }
  await set(hosts);
});

Deno.test("an add-on that is uninstalled meanwhile is gone from the list, and a page that was begun continues without it", async () => {
  await empty();
  const a = await add(studio.installationId, [1, 3]);
  await add(reference.installationId, [2, 4]);
  const first = await at("api_studio", "/ui/together/webhooks?limit=1", studio.admin);
  assertEquals(first.body.webhooks[0].addon, "clockify_addon");
  const { sql } = world.database.db;
  await sql`update installation set status = 'uninstalled' where id = ${reference.installationId}`;
  const next = await at(
    "api_studio",
    `/ui/together/webhooks?cursor=${first.body.pagination.next_cursor}`,
    studio.admin,
  );
  assertEquals(next.body.webhooks.map(({ id }: Json) => id), [a[1], a[0]]);
  assertEquals(next.body.pagination.next_cursor, null);
  assertEquals(keysOf(await at("api_studio", "/ui/addons", studio.admin)), ["api_studio", "universal_webhook"]);
  assertProblem(await at("api_studio", "/ui/webhooks?addon=clockify_addon", studio.admin), 403, "INSTALLATION_UNKNOWN");
  await sql`update installation set status = 'active' where id = ${reference.installationId}`;
});

Deno.test("an operator's read of another add-on leaves one row in that add-on's audit", async () => {
  const { sql } = world.database.db;
  await sql`delete from audit`;
  const { status } = await at(
    "api_studio",
    `/ui/issues?addon=universal_webhook&workspace_id=${world.workspaceId}`,
    OPERATOR,
  );
  assertEquals(status, 200);
  const rows = await eventually(async () => {
    const rows = await sql<{ installation_id: number; action: string }[]>`select installation_id, action from audit`;
    return rows.length > 0 && rows;
  });
  assertEquals(rows.map((row) => ({ ...row })), [{
    installation_id: universal.installationId,
    action: "GET /ui/issues",
  }]);
});

Deno.test("every route that is read beside is a GET for members, and is there", () => {
  for (const path of READ_BESIDE) {
    const contract = CONTRACTS.find((one) => one.path === path && one.method === "get");
    assertEquals(contract?.who, "member", path);
  }
});

Deno.test("mergeNewest() ends before it passes over a list that has more", () => {
  const timeOf = (row: string) => row;
  const lists = [
    { key: "a", rows: ["9", "5"], next: "more" },
    { key: "b", rows: ["8", "7", "3"], next: null },
  ];
  const merged = mergeNewest(lists, { limit: 10, timeOf });
  assertEquals(merged.rows.map(({ row }) => row), ["9", "8", "7", "5"]);
  assertEquals([...merged.taken], [["a", 2], ["b", 2]]);
  assertEquals(mergeNewest(lists, { limit: 2, timeOf }).rows.map(({ key }) => key), ["a", "b"]);
  assertEquals(mergeNewest([], { limit: 2, timeOf }).rows, []);
});
