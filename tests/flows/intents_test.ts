/** Every intent saves as a flow for each of its events, and run against the fake Clockify changes what it says and nothing else. */

import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { EVENTS } from "../../src/clockify/events.ts";
import { builtinCatalogue } from "../../src/clockify/operations.ts";
import { SCOPES } from "../../src/clockify/scopes.ts";
import { resolve } from "../../src/engine/mapping.ts";
import { buildScope, type StepResult } from "../../src/engine/scope.ts";
import { checkAction, warnAction } from "../../src/flows/parse/check_action.ts";
import { parseFlow, type ParseFlowDeps } from "../../src/flows/parse/parse_flow.ts";
import { type ActionDraft, type Intent, intents, intentsFor } from "../../src/flows/vocabulary/intents.ts";
import { resultOf } from "../../src/flows/parse/results.ts";
import { toStep } from "../../src/flows/parse/to_plan.ts";
import { PROFILES } from "../../src/profiles/profiles.ts";
import { type ActionScene, type Json, startActionScene } from "../support/action_scene.ts";

const catalogue = builtinCatalogue();
const deps: ParseFlowDeps = {
  knownEvent: (type) => EVENTS.has(type),
  checkAction: (action) => checkAction({ catalogue, egressAllow: new Set(), scopes: SCOPES }, action),
  warnAction: (action) => warnAction({ catalogue }, action),
  resultOf: (action) => resultOf(catalogue, action),
};

let scene: ActionScene;
Deno.test.beforeAll(async () => void (scene = await startActionScene()));
Deno.test.afterAll(() => scene.stop());

/** The drafts with what is asked: an example, or the id of an entity. */
function filled({ actions, asks, is_complete }: Intent, ids: Record<string, string>): ActionDraft[] {
  const drafts = structuredClone(actions) as Json[];
  for (const { action, path, type, entity, example } of asks) {
    const value = type === "entity" ? ids[entity!] : example;
    assertNotStrictEquals(value, undefined, `${drafts[action].id}: ${path}`);
    let at = drafts[action];
    for (const key of path.slice(0, -1)) at = at[key] ??= {};
    at[path.at(-1)!] = value;
  }
  // What a person might name.
  if (!is_complete) {
    drafts.at(-1).body = drafts.at(-1).operation_id === "updateTimeEntry" ? { billable: false } : { name: "Chosen" };
  }
  return drafts;
}

const flowOf = (intent: Intent, type: string, actions: unknown) => ({
  name: intent.title,
  trigger_event_types: [type],
  actions,
});

Deno.test("each intent saves for each of its events, and not before what it asks is said", () => {
  const ids = { project: "p1", task: "t1", tag: "g1", user: "u1", client: "c1" };
  const seen = new Set<string>();
  for (const intent of intents()) {
    assert(!seen.has(intent.id) && intent.title !== "" && intent.words.length > 0, intent.id);
    seen.add(intent.id);
    for (const type of intent.event_types ?? ["NEW_TAG", "TIMER_STOPPED"]) {
      const saved = parseFlow(flowOf(intent, type, filled(intent, ids)), deps);
      assert(saved.ok, `${intent.id} for ${type}: ${JSON.stringify(saved)}`);
      assertEquals(saved.warnings, [], intent.id);
      if (intent.asks.length === 0 && intent.is_complete) continue;
      const unsaid = JSON.stringify(intent.actions).includes("required(");
      assertStrictEquals(
        parseFlow(flowOf(intent, type, intent.actions), deps).ok,
        unsaid && intent.id !== "create_time_entry",
      );
    }
  }
});

Deno.test("a profile is offered what its events and scopes allow", () => {
  for (const profile of PROFILES) {
    const offered = intentsFor({ profile, catalogue });
    for (const { event_types } of offered) {
      for (const type of event_types ?? []) assert(profile.events.includes(type));
    }
    const readOnly = { ...profile, scopes: profile.scopes.filter((scope) => scope.endsWith("_READ")) };
    assertEquals(intentsFor({ profile: readOnly, catalogue }), []);
    const blind = { ...profile, scopes: profile.scopes.filter((scope) => scope !== "TIME_ENTRY_READ") };
    assert(intentsFor({ profile: blind, catalogue }).every(({ id }) => id !== "set_description"));
  }
});

/** Objects that the events name, each with every field set, and where it is seen. */
const OBJECTS: Record<string, () => Promise<{ event: Json; path: string }>> = {
  TIME_ENTRY: async () => {
    const [project] = await scene.see("/projects");
    const [task] = await scene.see(`/projects/${project.id}/tasks`);
    const [, one, two] = await scene.see("/tags?archived=false");
    const body = { projectId: project.id, taskId: task.id, tagIds: [one.id, two.id], billable: true };
    const times = { start: "2026-11-20T09:00:00Z", end: "2026-11-20T10:00:00Z" };
    const made = await scene.change("POST", "/time-entries", { ...body, ...times, description: "Call" });
    return { event: await scene.see(`/time-entries/${made.id}?hydrated=true`), path: `/time-entries/${made.id}` };
  },
  PROJECT: async () => {
    const name = `Project ${crypto.randomUUID()}`;
    const [client] = await scene.see("/clients");
    const fields = { clientId: client.id, note: "A note", color: "#E91E63", billable: false };
    const rates = { hourlyRate: { amount: 7000 }, costRate: { amount: 3000 } };
    const event = await scene.change("POST", "/projects", { name, ...fields, ...rates });
    return { event, path: `/projects/${event.id}` };
  },
  TASK: async () => {
    const [project] = await scene.see("/projects");
    const name = `Task ${crypto.randomUUID()}`;
    const fields = { assigneeIds: [scene.ownerId], estimate: "PT3H", billable: false };
    const event = await scene.change("POST", `/projects/${project.id}/tasks`, { name, ...fields });
    return { event, path: `/projects/${project.id}/tasks/${event.id}` };
  },
  CLIENT: async () => {
    const name = `Client ${crypto.randomUUID()}`;
    const fields = { email: "a@b.example", address: "Quay 1", note: "A note", ccEmails: ["c@d.example"] };
    const event = await scene.change("POST", "/clients", { name, ...fields });
    return { event, path: `/clients/${event.id}` };
  },
  TAG: async () => {
    const event = await scene.change("POST", "/tags", { name: `Tag ${crypto.randomUUID()}` });
    return { event, path: `/tags/${event.id}` };
  },
};

const objectOf = (type: string) =>
  /TIME|TIMER/.test(type) ? "TIME_ENTRY" : Object.keys(OBJECTS).find((name) => type.includes(name))!;

/** Fields of the read shape that each may change. */
const CHANGES: Record<string, string[]> = {
  add_tag_to_time_entry: ["tagIds"],
  archive_client: ["archived"],
  archive_project: ["archived"],
  archive_tag: ["archived"],
  assign_task: ["assigneeIds"],
  change_client: ["name"],
  change_project: ["name"],
  change_tag: ["name"],
  change_task: ["name"],
  change_time_entry: ["billable"],
  finish_task: ["status"],
  remove_tag_from_time_entry: ["tagIds"],
  rename_client: ["name"],
  rename_project: ["name"],
  rename_tag: ["name"],
  rename_task: ["name"],
  set_billable: ["billable"],
  set_client_note: ["note"],
  set_description: ["description"],
  set_project: ["hourlyRate", "projectId", "taskId"],
  set_project_budget: ["budgetEstimate"],
  set_project_client: ["clientId", "clientName"],
  set_project_note: ["note"],
  set_project_rate: ["hourlyRate"],
  set_task: ["hourlyRate", "projectId", "taskId"],
  set_task_estimate: ["estimate"],
  stop_timer: ["timeInterval"],
};

async function runAll(actions: ActionDraft[], event: Json): Promise<void> {
  const results: StepResult[] = [];
  const { workspaceId } = scene;
  const delivery = { id: "1", type: "X", workspaceId, receivedAt: "2026-11-20T11:00:00.000Z" };
  for (const action of actions) {
    const step = toStep({ path_params: {}, query_params: {}, on_uncertain: "retry", ...action });
    const scope = buildScope({ body: event, delivery: delivery as never, results });
    results.push({ id: action.id, output: await scene.done(resolve(step.input, scope)) });
  }
}

for (const intent of intents().filter(({ event_types }) => event_types !== null)) {
  Deno.test(`${intent.title}: that alone`, async () => {
    const { event, path } = await OBJECTS[objectOf(intent.event_types![0]!)]!();
    const projects = await scene.see("/projects?archived=false");
    const project = projects.find(({ id }: Json) => id !== event.projectId);
    const [task] = await scene.see(`/projects/${project.id}/tasks`);
    const [client] = (await scene.see("/clients")).filter(({ id }: Json) => id !== event.clientId);
    const tag = event.tagIds?.[0] ?? "none";
    const ids = { project: project.id, task: task.id, client: client.id, tag, user: scene.memberId };
    if (intent.id === "stop_timer") {
      const running = await scene.change("POST", `/user/${event.userId}/time-entries`, {
        start: "2026-11-20T10:30:00Z",
      });
      const before = await scene.see(`/time-entries/${running.id}`);
      await runAll(filled(intent, ids), running);
      const timeInterval = { start: "2026-11-20T10:30:00Z", end: "2026-11-20T11:00:00Z", duration: "PT30M" };
      assertEquals(await scene.see(`/time-entries/${running.id}`), { ...before, timeInterval });
      return;
    }
    const before = await scene.see(path);
    await runAll(filled(intent, ids), event);
    const after = await scene.see(path);
    const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])).toSorted();
    assert(changed.length > 0 && changed.every((name) => CHANGES[intent.id]!.includes(name)), `changed ${changed}`);
  });
}

Deno.test("what is created for any event is made once", async () => {
  const [project] = await scene.see("/projects");
  const ids = { project: project.id, user: scene.memberId };
  for (const intent of intents().filter(({ event_types }) => event_types === null)) {
    scene.sent();
    await runAll(filled(intent, ids), {});
    const made = scene.sent().filter((call) => call.startsWith("POST "));
    assertEquals(made.length, 1, intent.id);
    if (intent.id === "create_time_entry") continue;
    await runAll(filled(intent, ids), {});
    assertEquals(scene.sent().filter((call) => call.startsWith("POST ")), [], intent.id);
  }
});
