/** Tests of /ui/flows/templates: each template, filled in and saved, run on the simulator; whole entities before and after. */

import { isoDuration, readDuration } from "../../../src/engine/duration.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { TEMPLATES } from "../../../src/flows/templates/table.ts";
import { startSink } from "../../support/sink.ts";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { ask, assertProblem, type Json } from "../door.ts";

const ADDON = "universal_webhook";
const sink = startSink();
const CHAT = `${sink.url}/hook`;

let world: World;
let admin: Record<string, string>;
/** Of the fixtures. */
let project: Json;
let made = 0;

/** All events of templates come by the manifest. */
const ENV = { EGRESS_ALLOW: `127.0.0.1:${sink.port}`, MANIFEST_WEBHOOK_LIMIT: "20" };

worldOfFile({ env: ENV }, async (started) => {
  world = started;
  const { addonId } = await world.install(ADDON);
  admin = await world.viewer(ADDON);
  await world.simulator.updateSettings({ addonId, settings: [{ id: "enable_generic_http_actions", value: true }] });
  await eventually(async () => (await ui("/templates")).body.generic_http);
  [project] = await read("/projects");
});
Deno.test.afterAll(() => sink.stop());

const ui = (path = "", options: Parameters<typeof ask>[1] = {}) =>
  ask(`${world.url(ADDON)}/ui/flows${path}`, { headers: admin, ...options });
const read = (path: string) => change("GET", path) as Promise<Json[]>;

function change(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<Json> {
  return world.simulator.change({ workspaceId: world.workspaceId, method, path, body });
}

interface Entities {
  tags: Json[];
  clients: Json[];
  projects: Json[];
  tasks: Json[];
  users: Json[];
  groups: Json[];
  entries: Json[];
}

/** All that flows of templates could change, whole. */
async function entities(): Promise<Entities> {
  const [tags, clients, projects, users, groups] = await Promise.all(
    ["/tags", "/clients", "/projects", "/users", "/user-groups"].map((path) => read(`${path}?page-size=500`)),
  );
  const tasks = await Promise.all(projects!.map(({ id }) => read(`/projects/${id}/tasks?page-size=500`)));
  const entries = await Promise.all(users!.map(({ id }) => read(`/user/${id}/time-entries?page-size=500`)));
  return {
    tags: tags!,
    clients: clients!,
    projects: projects!,
    tasks: tasks.flat(),
    users: users!,
    groups: groups!,
    entries: entries.flat(),
  };
}

async function filled(id: string, blanks: Record<string, unknown>): Promise<Json> {
  const { status, body } = await ui("/templates", { body: { template: id, blanks } });
  assertEquals(status, 200, JSON.stringify(body));
  return body.flow;
}

/** What the event's body was when Clockify sent it last: the same again, but for one field, so that it is another delivery. */
async function sentAgain(event: string): Promise<() => Promise<unknown>> {
  const { simulator, workspaceId } = world;
  await simulator.settled();
  const last = (await simulator.listDeliveries({ event })).at(-1)!;
  return () => simulator.deliver({ workspaceId, event, payload: { ...JSON.parse(last.body), again: ++made } });
}

/**
 * Fills in the template, saves its flow, lets `happen` go on, waits until its run is over and removes it; gives what the
 * workspace was before and after, and what other systems got.
 */
async function ran(
  id: string,
  blanks: Record<string, unknown>,
  happen: () => Promise<unknown>,
  state = "COMPLETED",
): Promise<{ before: Entities; after: Entities; sent: Json[]; steps: string[] }> {
  const flow = await filled(id, blanks);
  const before = await entities();
  const saved = await ui("", { body: flow });
  assertEquals(saved.status, 201, JSON.stringify(saved.body));
  sink.requests.length = 0;
  await happen();
  const execution = await eventually(async () => {
    const { body } = await ui(`/${saved.body.id}/executions`);
    return body.executions.find(({ status }: Json) => status === "COMPLETED" || status === "FAILED");
  });
  assertEquals(execution.status, state, JSON.stringify(execution));
  assertEquals((await ui(`/${saved.body.id}`, { method: "DELETE" })).status, 200);
  const sent = sink.requests.map(({ method, path, headers: { authorization }, body }) => ({
    method,
    path,
    ...(authorization && { authorization }),
    body: JSON.parse(body),
  }));
  return { before, after: await entities(), sent, steps: execution.actions.map(({ id }: Json) => id) };
}

async function runWaits() {
  await eventually(async () => {
    const { body } = await ask(`${world.url(ADDON)}/ui/runs?state=waiting`, { headers: admin });
    return body.runs.length > 0;
  });
}

/** The event comes, and starts no run. */
async function ignored(id: string, blanks: Record<string, unknown>, event: () => Promise<unknown>) {
  const saved = await ui("", { body: await filled(id, blanks) });
  await event();
  await world.simulator.settled();
  await eventually(async () => {
    const { body } = await ask(`${world.url(ADDON)}/ui/webhooks?limit=1`, { headers: admin });
    return body.webhooks[0].outcome !== "waiting";
  });
  const { body } = await ui(`/${saved.body.id}/executions`);
  assertEquals(body.pagination.total, 0);
  assertEquals((await ui(`/${saved.body.id}`, { method: "DELETE" })).status, 200);
}

const chats = (text: string) => [{ method: "POST", path: "/hook", body: { text } }];
const entry = (fields: Record<string, unknown> = {}) =>
  change("POST", "/time-entries", {
    description: "Quay survey",
    start: "2026-11-16T08:00:00Z",
    end: "2026-11-16T17:00:00Z",
    billable: true,
    ...fields,
  });

/** The entities with the tag in place, whole, and the entry that has it. */
function tagged({ before, after }: { before: Entities; after: Entities }, entryId: string, name: string): Entities {
  const tag = after.tags.find((one) => one.name === name);
  assert(tag, `no tag ${name}`);
  const isNew = !before.tags.some(({ id }) => id === tag.id);
  return {
    ...before,
    tags: isNew
      ? inOrder([...before.tags, { ...tag, name, archived: false, workspaceId: world.workspaceId }], after.tags)
      : before.tags,
    entries: before.entries.map((one) => one.id === entryId ? { ...one, tagIds: [...one.tagIds ?? [], tag.id] } : one),
  };
}

function inOrder(items: Json[], like: Json[]): Json[] {
  const place = new Map(like.map(({ id }, index) => [id, index]));
  return items.toSorted((a, b) => (place.get(a.id) ?? -1) - (place.get(b.id) ?? -1));
}

Deno.test("the templates are listed with their blanks and what they need", async () => {
  const { status, body } = await ui("/templates");
  assertEquals(status, 200);
  assertEquals(body.templates.map(({ id }: Json) => id), TEMPLATES.map(({ id }) => id));
  for (const { id, sentence, blanks } of body.templates) {
    const names = blanks.map(({ name }: Json) => name);
    for (const [, name] of sentence.matchAll(/\{(\w+)\}/g)) assert(names.includes(name), `${id}: ${name}`);
    for (const { name, required } of blanks) assert(!required || sentence.includes(`{${name}}`), `${id}: ${name}`);
  }
  const of = (id: string) => body.templates.find((one: Json) => one.id === id);
  assertEquals(of("entries_without_project").needs, {
    scopes: ["TIME_ENTRY_READ", "TIME_ENTRY_WRITE"],
    plan: null,
    generic_http: false,
  });
  assertEquals([of("approval_reminder").needs.plan, of("approval_reminder").needs.generic_http], ["STANDARD", true]);
  assertEquals(of("long_timers").blanks[0], {
    name: "hours",
    label: "Longest time",
    type: "duration",
    required: false,
    default: "10 h",
  });
});

Deno.test("a template that is not filled in right has every fault at once, and texts stand as they are written", async () => {
  const fill = (id: string, blanks: unknown) => ui("/templates", { body: { template: id, blanks } });
  const wrong = await fill("long_timers", { hours: 8, tag: "", chat: "javascript:alert(1)", more: 1 });
  assertProblem(wrong, 422, "FLOW_INVALID");
  assertEquals(wrong.body.faults.map(({ path }: Json) => path), ["blanks.more", "blanks.hours", "blanks.chat"]);
  const missing = await fill("welcome_user", {});
  assertEquals(missing.body.faults, [{ path: "blanks.group", message: "is not filled in: Group" }]);
  const events = { events: ["NEW_TAG", "NO_EVENT"], message: "{{ uper(webhook.id) }}", chat: CHAT };
  const expression = await fill("events_to_chat", events);
  assertEquals(expression.body.faults.map(({ path }: Json) => path), ["blanks.events[1]", "blanks.message"]);
  assertMatch(expression.body.faults[1].excerpt, /\^ column 4$/);
  const later = await fill("events_to_chat", { message: "{{ steps.later.output }}", chat: CHAT });
  assertEquals(later.body.faults.map(({ path }: Json) => path), ["actions[0].body.text"]);
  assertProblem(await fill("no_such", {}), 404, "NOT_FOUND");

  const [find] =
    (await filled("tag_project_entries", { project: project.id, tag: "$.webhook.id {{ upper(1) }}" })).actions;
  assertEquals(find.body.name, "$$.webhook.id \\{{ upper(1) }}");
});

Deno.test("entries_without_project: the entry gets the project and nothing else", async () => {
  const { id } = await entry();
  const without = await sentAgain("NEW_TIME_ENTRY");
  const run = await ran("entries_without_project", { project: project.id }, without);
  assertEquals(run.after, {
    ...run.before,
    entries: run.before.entries.map((one) =>
      one.id === id ? { ...one, projectId: project.id, hourlyRate: project.hourlyRate } : one
    ),
    // What Clockify adds up.
    projects: run.before.projects.map((one) =>
      one.id === project.id ? { ...one, duration: isoDuration(readDuration(one.duration)! + 9 * 3_600_000) } : one
    ),
  });
  await entry({ projectId: project.id });
  await ignored("entries_without_project", { project: project.id }, await sentAgain("NEW_TIME_ENTRY"));
});

Deno.test("required_fields: an entry that lacks one gets the tag", async () => {
  const { id } = await entry({ description: "", projectId: project.id });
  const run = await ran("required_fields", {}, await sentAgain("NEW_TIME_ENTRY"));
  assertEquals(run.after, tagged(run, id, "incomplete"));
  await entry({ projectId: project.id });
  await ignored("required_fields", {}, await sentAgain("NEW_TIME_ENTRY"));
});

Deno.test("tag_project_entries: an entry of the project gets the tag, written as it is", async () => {
  const { id } = await entry({ projectId: project.id });
  const run = await ran(
    "tag_project_entries",
    { project: project.id, tag: "$.site {{1}}" },
    await sentAgain("NEW_TIME_ENTRY"),
  );
  assertEquals(run.after, tagged(run, id, "$.site {{1}}"));
  for (const other of [undefined, (await change("POST", "/projects", { name: "Other side" })).id]) {
    await entry({ projectId: other });
    await ignored("tag_project_entries", { project: project.id, tag: "never" }, await sentAgain("NEW_TIME_ENTRY"));
  }
});

Deno.test("fill_description: an empty description is filled", async () => {
  const { id } = await entry({ description: "", projectId: project.id });
  const run = await ran("fill_description", {}, await sentAgain("NEW_TIME_ENTRY"));
  assertEquals(run.after, {
    ...run.before,
    entries: run.before.entries.map((one) => one.id === id ? { ...one, description: `Work on ${project.name}` } : one),
  });
  const bare = await entry({ description: "" });
  const without = await ran("fill_description", {}, await sentAgain("NEW_TIME_ENTRY"));
  assertEquals(without.after, {
    ...without.before,
    entries: without.before.entries.map((one) =>
      one.id === bare.id ? { ...one, description: "Work on no project" } : one
    ),
  });
  await entry();
  await ignored("fill_description", {}, await sentAgain("NEW_TIME_ENTRY"));
});

Deno.test("tag_by_user: the user is read, and the entry gets a tag of the name", async () => {
  const { id, userId } = await entry();
  const run = await ran("tag_by_user", {}, await sentAgain("NEW_TIME_ENTRY"));
  const user = run.before.users.find((one) => one.id === userId);
  assertEquals(run.after, tagged(run, id, `by ${user.name}`));
  // Who has left is not read, and the entry stays as it is.
  const { simulator, workspaceId } = world;
  const payload = { id, userId: "64c777ddd3fcab07cfbb2999", workspaceId };
  const unread = () => simulator.deliver({ workspaceId, event: "NEW_TIME_ENTRY", payload });
  const gone = await ran("tag_by_user", {}, unread, "FAILED");
  assertEquals(gone.after, gone.before);
});

Deno.test("long_timers: a timer that runs on gets the tag, one that is stopped in time does not", async () => {
  const { id } = await change("POST", "/time-entries", { description: "Dive", start: new Date().toISOString() });
  const started = await sentAgain("NEW_TIMER_STARTED");
  const late = await ran("long_timers", { hours: "1 s", tag: "long", chat: CHAT }, started);
  assertEquals(late.after, tagged(late, id, "long"));
  const user = late.before.users.find((one) => one.id === world.ownerId);
  assertEquals(late.sent, chats(`${user.name} has a timer that runs for more than 1 s`));

  await change("PATCH", `/user/${world.ownerId}/time-entries`, { end: new Date(Date.now() + 1_000).toISOString() });
  const stopped = await sentAgain("TIMER_STOPPED");
  const inTime = await ran("long_timers", { hours: "1 h", tag: "never", chat: CHAT }, async () => {
    await started();
    await runWaits();
    await stopped();
  });
  assertEquals(inTime.after, inTime.before);
  assertEquals(inTime.sent, []);
});

Deno.test("project_tasks: the tasks are made in the new project, one of them only where it is missing", async () => {
  const { id } = await change("POST", "/projects", { name: "New pier" });
  await change("POST", `/projects/${id}/tasks`, { name: "Plan" });
  const run = await ran("project_tasks", { tasks: ["Plan", "$.build"] }, await sentAgain("NEW_PROJECT"));
  const tasks = run.after.tasks.filter(({ projectId }) => projectId === id);
  assertEquals(tasks.map(({ name }) => name).sort(), ["$.build", "Plan"]);
  const isNew = ({ name }: Json) => name === "$.build";
  assertEquals({ ...run.after, tasks: run.after.tasks.filter((one) => !isNew(one)) }, run.before);
  assertEquals(run.after.tasks.filter(isNew).map(({ projectId }) => projectId), [id]);
  await change("POST", "/clients", { name: "Harbour office" });
  await ignored("project_tasks", { tasks: ["Never"] }, await sentAgain("NEW_CLIENT"));
});

Deno.test("project_sync: the project is sent as it is, with the token, which the flow shows to none", async () => {
  const { id } = await change("POST", "/projects", { name: "Lock gate" });
  const token = "marker-7f31";
  const run = await ran("project_sync", { url: `${sink.url}/crm`, token }, await sentAgain("NEW_PROJECT"));
  assertEquals(run.after, run.before);
  const [{ body, ...request }] = run.sent as [Json];
  assertEquals(request, { method: "POST", path: "/crm", authorization: `Bearer ${token}` });
  assertEquals([body.event, body.project.id, body.project.name], ["NEW_PROJECT", id, "Lock gate"]);
  const saved = await ui("", { body: { ...await filled("project_sync", { url: CHAT, token }), enabled: false } });
  assert(!JSON.stringify(saved.body).includes(token));
  await ui(`/${saved.body.id}`, { method: "DELETE" });
});

Deno.test("approval_reminder: who is not answered in time is reminded of, and who is answered is not", async () => {
  const { simulator, workspaceId } = world;
  const owner = { userName: "Ines Varga" };
  const request = { id: "request-1", workspaceId, dateRange: { start: "2026-11-09T00:00:00Z" }, owner };
  const asked = (id: string) => () =>
    simulator.deliver({ workspaceId, event: "NEW_APPROVAL_REQUEST", payload: { ...request, id } });
  const late = await ran("approval_reminder", { days: "1 s", chat: CHAT }, asked("request-1"));
  assertEquals(late.after, late.before);
  assertEquals(late.sent, chats("The timesheet of Ines Varga from 2026-11-09 waits for approval"));
  const answered = (id: string) =>
    simulator.deliver({ workspaceId, event: "APPROVAL_REQUEST_STATUS_UPDATED", payload: { ...request, id } });
  const inTime = await ran("approval_reminder", { chat: CHAT }, async () => {
    await asked("request-2")();
    await runWaits();
    await answered("request-2");
  });
  assertEquals([inTime.after, inTime.sent], [inTime.before, []]);
  // The answer to another request is none.
  const other = await ran("approval_reminder", { days: "3 s", chat: CHAT }, async () => {
    await asked("request-3")();
    await runWaits();
    await answered("request-2");
  });
  assertEquals(other.sent, late.sent);
});

Deno.test("events_to_chat: the message is sent", async () => {
  await change("POST", "/tags", { name: "tide" });
  const again = await sentAgain("NEW_TAG");
  const run = await ran("events_to_chat", { events: ["NEW_TAG"], chat: CHAT }, again);
  assertEquals([run.after, run.sent], [run.before, chats("NEW_TAG: tide")]);
  await change("POST", "/clients", { name: "Pilots" });
  await ignored("events_to_chat", { events: ["NEW_TAG"], chat: CHAT }, await sentAgain("NEW_CLIENT"));
});

Deno.test("welcome_user: the person is in the group, and is welcomed", async () => {
  const { simulator, workspaceId, memberId } = world;
  const payload = { id: memberId, name: "Dario Holm", email: "dario@example.com" };
  const joined = () => simulator.deliver({ workspaceId, event: "USER_JOINED_WORKSPACE", payload });
  const group = await change("POST", "/user-groups", { name: "Newcomers" });
  const run = await ran("welcome_user", { group: group.id, chat: CHAT }, joined);
  assertEquals(run.after, {
    ...run.before,
    groups: run.before.groups.map((one) => one.id === group.id ? { ...one, userIds: [...one.userIds, memberId] } : one),
  });
  assertEquals(run.sent, chats("Welcome, Dario Holm"));
  // Clockify refuses one who is in the group already: the run says so, and nothing changes.
  const again = { ...payload, name: "Dario H." };
  const joinedAgain = () => simulator.deliver({ workspaceId, event: "USER_JOINED_WORKSPACE", payload: again });
  const twice = await ran("welcome_user", { group: group.id, chat: CHAT }, joinedAgain, "FAILED");
  assertEquals([twice.after, twice.sent], [twice.before, []]);
});

Deno.test("budget_alert: the entry that takes a project over the limit is reported, the next is not", async () => {
  const estimate = { estimate: "PT10H", type: "MANUAL" };
  const { id } = await change("POST", "/projects", { name: "Breakwater", estimate });
  await entry({ projectId: id });
  const crossed = await ran("budget_alert", { percent: 80, chat: CHAT }, await sentAgain("NEW_TIME_ENTRY"));
  assertEquals([crossed.after, crossed.sent], [crossed.before, chats("Project Breakwater has used 9 h of its 10 h")]);
  await entry({ projectId: id, start: "2026-11-17T08:00:00Z", end: "2026-11-17T08:30:00Z" });
  const next = await ran("budget_alert", { percent: 80, chat: CHAT }, await sentAgain("NEW_TIME_ENTRY"));
  assertEquals([next.after, next.sent], [next.before, []]);
  // A project without an estimate is never over it, and an entry without a project is none of it.
  const { id: free } = await change("POST", "/projects", { name: "Open water" });
  await entry({ projectId: free });
  const unlimited = await ran("budget_alert", { percent: 1, chat: CHAT }, await sentAgain("NEW_TIME_ENTRY"));
  assertEquals([unlimited.after, unlimited.sent], [unlimited.before, []]);
  await entry();
  await ignored("budget_alert", { percent: 1, chat: CHAT }, await sentAgain("NEW_TIME_ENTRY"));
});

Deno.test("weekly_report: at its time the hours of the week before are sent", async () => {
  const day = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10);
  await entry({ projectId: project.id, start: `${day}T08:00:00Z`, end: `${day}T10:30:00Z` });
  const { sql } = world.database.db;
  const fire = () => sql`update schedule set next_at = date_trunc('day', now())`;
  const run = await ran("weekly_report", { time: "0 0 * * *", chat: CHAT }, fire);
  assertEquals(run.after, run.before);
  const from = new Date(Date.now() - 7 * 86_400_000).toISOString().slice(0, 10);
  assertMatch(run.sent[0].body.text, new RegExp(`^\\d+(\\.\\d)? h from ${from} on, on: .*${project.name}`));
});

/** Without summer time, and the hour at which it is midnight in UTC. */
const ZONES = [{ zone: "Asia/Kolkata", hours: 5.5, time: "30 5 * * *" }, {
  zone: "America/Phoenix",
  hours: -7,
  time: "0 17 * * *",
}];
for (const { zone, hours, time } of ZONES) {
  Deno.test(`weekly_report: at midnight UTC the seven days before are those of ${zone}`, async () => {
    const { sql } = world.database.db;
    const [day] = await sql<{ at: Date }[]>`select date_trunc('day', now(), 'UTC') as at`;
    const dayMs = 86_400_000;
    const offsetMs = hours * 3_600_000;
    // Midnight of the zone's day, which another day of UTC may have begun.
    const today = Math.floor((day!.at.getTime() + offsetMs) / dayMs) * dayMs - offsetMs;
    const fire = () => sql`update schedule set next_at = ${day!.at.toISOString()}::timestamptz`;
    const run = await ran("weekly_report", { time, zone, chat: CHAT }, fire);
    assertEquals(run.after, run.before);
    const [asked] = (await world.simulator.listRequests({ method: "POST" })).filter(({ path }) =>
      path.endsWith("/reports/summary")
    ).slice(-1);
    const { dateRangeStart, dateRangeEnd } = JSON.parse(asked!.body);
    assertEquals([Date.parse(dateRangeStart), Date.parse(dateRangeEnd)], [today - 7 * dayMs, today - 1_000]);
    const from = new Date(today - 7 * dayMs + offsetMs).toISOString().slice(0, 10);
    assertMatch(run.sent[0].body.text, new RegExp(`^\\d+(\\.\\d)? h from ${from} on, on: `));
  });
}

Deno.test("a flow looks entities up by name and id: in a dry run, and in a run that changes the entry alone", async () => {
  const { id: tagId } = await change("POST", "/tags", { name: "night work" });
  const { id, userId } = await entry();
  const again = await sentAgain("NEW_TIME_ENTRY");
  const action = {
    id: "mark",
    operation_id: "updateTimeEntry",
    path_params: { id: "$.webhook.id" },
    body: {
      description: "By {{ cache.user($.webhook.userId).name }}",
      tagIds: ["{{ cache.tags['night work'].id }}"],
    },
  };
  const flow = { name: "Look up", trigger_event_types: ["NEW_TIME_ENTRY"], actions: [action] };
  const { body: { webhooks: [event] } } = await ask(`${world.url(ADDON)}/ui/webhooks?limit=1`, { headers: admin });
  const before = await entities();
  const name = before.users.find((one) => one.id === userId).name;
  const values = await eventually(async () => {
    const { status, body } = await ui("/test", { body: { definition: flow, event_id: event.id } });
    assertEquals(status, 200, JSON.stringify(body));
    const { values } = body.actions[0];
    return values.every((one: Json) => one.problem === undefined) && values;
  });
  assertEquals(values.map(({ value }: Json) => value), [id, `By ${name}`, tagId]);

  const saved = await ui("", { body: flow });
  await again();
  await eventually(async () => (await ui(`/${saved.body.id}/executions`)).body.executions[0]?.status === "COMPLETED");
  await ui(`/${saved.body.id}`, { method: "DELETE" });
  assertEquals(await entities(), {
    ...before,
    entries: before.entries.map((one) => one.id === id ? { ...one, description: `By ${name}`, tagIds: [tagId] } : one),
  });
});
