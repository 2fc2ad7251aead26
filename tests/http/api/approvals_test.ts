/** Tests of /ui/approvals at the door: who sees and decides what, what follows, the audit, the stream and the metrics. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

let world: World;
let installationId: number;
let admin: Record<string, string>;
let member: Record<string, string>;
let memberId: string;

worldOfFile({ env: { API_RATE_LIMIT_RPS: "100000" } }, async (made) => {
  world = made;
  ({ admin, member, installationId } = await world.enter("universal_webhook"));
  memberId = made.memberId;
});

function door(path: string, options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/ui${path}`, { headers: admin, ...options });
}

/** A run that waits for an approval, as its record leaves it; the approval's id. */
async function addApproval({ people = [memberId], roles = [] as string[], note = "May it? Ask ana@example.com" } = {}) {
  const { sql } = world.database.db;
  const id = crypto.randomUUID();
  const runId = crypto.randomUUID();
  const step = {
    kind: "approval",
    id: "manager",
    people,
    roles,
    note,
    ask: [],
    approved: [{ kind: "action", id: "thank", action: "clockify", input: { operation_id: "createNewTag" } }],
  };
  const plan = {
    schema: 1,
    root: {
      kind: "sequence",
      id: "root",
      steps: [step, { kind: "action", id: "action_2", action: "clockify", input: { operation_id: "getTags" } }],
    },
  };
  await sql`
    with plan as (
      insert into plan (installation_id, body) values (${installationId}, ${
    JSON.stringify(plan)
  }::text::jsonb) returning id
    ), flow as (
      insert into flow (installation_id, workspace_id, name, enabled, definition, plan_id)
      select ${installationId}, ${world.workspaceId}, 'Invoices', false, '{}', plan.id from plan returning id, plan_id
    )
    insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, state, trigger_kind, start_key, input, started_at)
    select ${runId}, ${installationId}, ${world.workspaceId}, flow.id, 1, flow.plan_id, 'waiting', 'api', ${`api:${runId}`}, '{}', now()
    from flow`;
  await sql`
    insert into job (kind, installation_id, payload, state, due_at)
    values ('run', ${installationId}, jsonb_build_object('run_id', ${runId}::text), 'scheduled', now() + interval '1 year')`;
  await sql`
    insert into step (installation_id, run_id, path, kind, state)
    values (${installationId}, ${runId}, 'root/manager', 'approval', 'running')`;
  await sql`
    insert into wait (installation_id, run_id, path, match_type, match_key)
    values (${installationId}, ${runId}, 'root/manager', 'approval', ${id})`;
  await sql`
    insert into approval (id, installation_id, run_id, path, people, roles, note)
    select ${id}, ${installationId}, ${runId}, 'root/manager', array(select jsonb_array_elements_text(${
    JSON.stringify(people)
  }::text::jsonb)), array(select jsonb_array_elements_text(${JSON.stringify(roles)}::text::jsonb)), ${note}`;
  return { id, runId };
}

const decide = (id: string, body: Json, headers = admin) => door(`/approvals/${id}/decide`, { headers, body });
const ids = ({ body }: Answer) => body.approvals.map((one: Json) => one.id);

Deno.test("a member who is asked decides, and the run is to go on with the answer; an admin who is not asked may only look", async () => {
  const { id, runId } = await addApproval();
  const seen = (await door(`/approvals/${id}`)).body;
  assertEquals([seen.state, seen.may_decide, seen.flow.name, seen.step], ["open", false, "Invoices", "root/manager"]);
  assertEquals(seen.people.map((one: Json) => one.id), [memberId]);
  assertEquals([seen.approve.then, seen.reject.then, seen.expire.then, seen.event], [
    "goes_on",
    "is_cancelled",
    "fails",
    null,
  ]);
  assertEquals([seen.approve.steps[0].name, seen.after[0].name, seen.after[0].title], [
    "thank",
    "Get tags",
    "GET /workspaces/{workspaceId}/tags",
  ]);
  const refused = await decide(id, { decision: "approve" });
  assertProblem(refused, 403, "ROLE_INSUFFICIENT");
  assertMatch(refused.body.detail, /^Cannot decide the approval: it is for \S/);
  assertProblem(await decide(id, { decision: "perhaps" }, member), 400, "REQUEST_INVALID");
  const { status, body } = await decide(id, { decision: "approve", note: " As agreed " }, member);
  assertEquals([status, body.state, body.decided_by, body.decision_note, body.may_decide], [
    200,
    "approved",
    memberId,
    "As agreed",
    false,
  ]);
  const again = await decide(id, { decision: "reject" }, member);
  assertProblem(again, 409, "CONFLICT");
  assertMatch(again.body.detail, /approved it at 2/);
  const answer = await eventually(async () => {
    const [step] = await world.database.db.sql<{ value: Json }[]>`
      select decision->'came'->'value' as value from step where run_id = ${runId} and path = 'root/manager'`;
    return step!.value;
  });
  assertEquals([answer.decision, answer.by, answer.at], ["approved", memberId, body.decided_at]);
  const audit = (await door("/audit")).body.entries.filter(({ target }: Json) => target === id);
  assertEquals(audit.map((one: Json) => [one.actor, one.action, one.outcome]), [
    [memberId, "POST /ui/approvals/:id/decide", "done"],
  ]);
  const metrics = (await ask(`${world.url("universal_webhook")}/metrics`)).body;
  assertMatch(metrics, /^approvals_decided_total\{service="universal-webhook",decision="approved"\} 1$/m);
});

Deno.test("whose time is over no one may decide, also where its paused run has not gone on yet", async () => {
  const { sql } = world.database.db;
  const { id, runId } = await addApproval();
  assertEquals((await door(`/approvals/${id}`, { headers: member })).body.may_decide, true);
  assertEquals((await door(`/runs/${runId}/pause`, { method: "POST" })).status, 200);
  const at = "2026-01-01T00:00:00.000Z";
  await sql`update wait set expires_at = ${at} where run_id = ${runId}`;
  await sql`update approval set expires_at = ${at} where id = ${id}`;
  const { state, may_decide, run_paused } = (await door(`/approvals/${id}`, { headers: member })).body;
  assertEquals([state, may_decide, run_paused], ["open", false, true]);
  const refused = await decide(id, { decision: "approve" }, member);
  assertProblem(refused, 409, "CONFLICT");
  assertEquals(
    refused.body.detail,
    `Cannot decide the approval: its time was over at ${at}; its run goes on without an answer`,
  );
  await door(`/runs/${runId}/cancel`, { method: "POST" });
});

Deno.test("lists by state, run and person, in pages; notes are redacted for members who are not asked", async () => {
  const mine = await addApproval();
  const admins = await addApproval({ people: [], roles: ["WORKSPACE_ADMIN"] });
  const last = await addApproval({ people: ["someone"] });
  const open = await door("/approvals?state=open&limit=2");
  assertEquals(ids(open), [last.id, admins.id]);
  const next = await door(`/approvals?state=open&limit=2&cursor=${open.body.pagination.next_cursor}`);
  assertEquals([ids(next), next.body.pagination.has_more], [[mine.id], false]);
  assertEquals(ids(await door("/approvals?mine=true&state=open", { headers: member })), [mine.id]);
  assertEquals(ids(await door("/approvals?mine=true&state=open")), [admins.id]);
  assertEquals(ids(await door(`/approvals?run_id=${last.runId}`)), [last.id]);
  const notes = (await door("/approvals?state=open", { headers: member })).body.approvals.map((one: Json) => one.note);
  assertEquals(notes.map((note: string) => note.includes("ana@example.com")), [false, false, true]);
  for (const query of ["state=gone", "mine=maybe", "cursor=x", "run_id=7"]) {
    assertProblem(await door(`/approvals?${query}`), 400, "REQUEST_INVALID");
  }
  assertProblem(await door("/approvals/7"), 404, "NOT_FOUND");
});

Deno.test("an approval is handed to a user of the workspace alone, and pages that are open hear of each change", async () => {
  const { id } = await addApproval();
  const response = await fetch(`${world.url("universal_webhook")}/ui/stream`, {
    headers: admin,
    signal: AbortSignal.timeout(120_000),
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const until = async (wanted: RegExp) => {
    while (!wanted.test(text)) text += (await reader.read()).value ?? "";
    text = text.replace(wanted, "");
  };
  await until(/event: hello/);
  const hand = (to: unknown, headers = member) => door(`/approvals/${id}/hand`, { headers, body: { to } });
  assertProblem(await hand(7), 400, "REQUEST_INVALID");
  const { status, body } = await hand("5e6a0f7c1f3b2a0012345679");
  // Where the workspace's users were read, this is none of them.
  if (status === 400) {
    const users = (await world.simulator.workspaces()).find((one) => one.id === world.workspaceId)!.users;
    const other = users.find((one) => one.id !== memberId)!;
    const handed = await hand(other.id);
    assertEquals([handed.status, handed.body.people.map((one: Json) => one.id), handed.body.handed_by], [
      200,
      [other.id],
      memberId,
    ]);
  } else assertEquals(body.handed_by, memberId);
  assertProblem(await decide(id, { decision: "approve" }, member), 403, "ROLE_INSUFFICIENT");
  assertProblem(await hand(memberId), 403, "ROLE_INSUFFICIENT");
  await until(new RegExp(`event: approvals\\s*data: \\{"changed":\\[[^\\]]*"${id}"`));
  await reader.cancel();
  assert((await ask(`${world.url("universal_webhook")}/metrics`)).body.includes("\napprovals_open "));
});

Deno.test("a flow asks by a link, goes on with the answer, waits for an event of its own, and says what came of each", async () => {
  const made = await door("/flows", {
    body: {
      name: "Ask first",
      trigger_event_types: ["TIMER_STOPPED"],
      actions: [
        {
          kind: "approval",
          id: "boss",
          people: [memberId],
          note: "May {{$.webhook.id}} be tagged?",
          deadline: "2 d",
          ask: [{ id: "ask", operation_id: "createNewTag", body: { name: "ask {{$.approval.link}}" } }],
          approved: [{
            id: "yes",
            operation_id: "createNewTag",
            body: { name: "yes {{$.webhook.id}} {{$.steps.boss.output.by}}" },
          }],
        },
        {
          kind: "wait",
          id: "tagged",
          event: {
            event_types: ["NEW_CLIENT"],
            conditions: { field: "$.webhook.id", operator: "==", value: "$.steps.yes.output.id" },
          },
          deadline: "1 h",
        },
        {
          id: "last",
          operation_id: "createNewTag",
          body: { name: "last {{$.steps.boss.output.by}} {{$.steps.tagged.output.event.body.name}}" },
        },
      ],
    },
  });
  assertEquals(made.status, 201, JSON.stringify(made.body));
  const { simulator, workspaceId } = world;
  const entry = crypto.randomUUID();
  await simulator.deliver({ workspaceId, event: "TIMER_STOPPED", payload: { id: entry, workspaceId } });
  const tags = async () => {
    const sent = await simulator.listRequests({ method: "POST" });
    return sent.filter(({ path }) => path.endsWith("/tags")).map(({ body }) => JSON.parse(body).name as string);
  };
  const asked = await eventually(async () =>
    await tags().then((all) => all.some((name) => name.startsWith("ask "))) &&
    (await door("/approvals?state=open&mine=true", { headers: member })).body.approvals.find((one: Json) =>
      one.note === `May ${entry} be tagged?`
    )
  );
  const link = (await tags()).find((name) => name.startsWith("ask "))!.slice(4);
  assertMatch(link, new RegExp(`^http://[^?#]+/ui/app/approvals/${asked.id}$`));
  // The page of the link is the console's, for whoever logs in there.
  assertEquals((await ask(`${world.url("universal_webhook")}${new URL(link).pathname}`)).status !== 404, true);
  assertEquals((await decide(asked.id, { decision: "approve" }, member)).status, 200);
  const run = async () => (await door(`/runs/${asked.run_id}`)).body;
  await eventually(async () => (await run()).waiting_reason === "waits for NEW_CLIENT");
  assert((await tags()).includes(`yes ${entry} ${memberId}`));
  const [step] = await world.database.db.sql<{ output: Json }[]>`
    select output from step where run_id = ${asked.run_id} and path = 'root/boss#0/yes'`;
  const payload = { id: step!.output.id, workspaceId, name: "as tagged" };
  await simulator.deliver({ workspaceId, event: "NEW_CLIENT", payload: { ...payload, id: "another" } });
  await simulator.deliver({ workspaceId, event: "NEW_CLIENT", payload });
  await eventually(async () => (await run()).state === "completed");
  assertEquals((await tags()).at(-1), `last ${memberId} as tagged`);
});
