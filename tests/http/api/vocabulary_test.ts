/** Tests of GET /ui/flows/vocabulary: every name in it is one that a flow may be saved with. */

import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { builtinCatalogue } from "../../../src/clockify/operations.ts";
import { parseCondition } from "../../../src/engine/condition_shape.ts";
import { parseTemplate } from "../../../src/engine/mapping.ts";
import { operationOf } from "../../../src/flows/parse/results.ts";
import { PROFILES } from "../../../src/profiles/profiles.ts";
import type { World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { ask, assertProblem, type Json } from "../door.ts";

let world: World;

worldOfFile({ env: { UW_ENABLE_GENERIC_HTTP_ACTIONS: "true" } }, (made) => void (world = made));

for (const { key, events, scopes, features } of PROFILES) {
  Deno.test(`the vocabulary of ${key} holds what its flows can use`, async () => {
    await world.install(key);
    const headers = await world.viewer(key, { userId: world.memberId });
    const { status, body } = await ask(`${world.url(key)}/ui/flows/vocabulary`, { headers });
    assertEquals(status, 200, JSON.stringify(body));
    assertEquals(body.events.map(({ type }: Json) => type), events);
    assertEquals(body.custom_sources, []);
    assertStrictEquals(body.generic_http, features.genericHttpActions, "as in force");
    const paths: string[] = [
      ...body.events.flatMap(({ fields }: Json) => fields.map(({ path }: Json) => path)),
      ...body.roots.map(({ path }: Json) => path),
    ];
    for (const path of new Set(paths)) assertEquals(parseTemplate(path, "").faults, undefined, path);

    const catalogue = builtinCatalogue();
    const keys = new Set<string>();
    for (const one of body.operations) {
      const operation = operationOf(catalogue, one.name)!;
      assertStrictEquals(one.find_or_create ? one.name : `${operation.method} ${operation.path}`, one.key);
      if (one.full_replace?.reads) assertEquals(catalogue.find(one.full_replace.reads)!.access, "read");
      assert(operation.scope === "" || scopes.includes(operation.scope), one.key);
      keys.add(one.key);
      const known = [...one.path_params, ...[...one.query_params, ...one.body_fields].map(({ name }: Json) => name)];
      for (const name of Object.keys(one.entity_params)) assert(known.includes(name), `${name} of ${one.key}`);
      assert(one.summary.length > 0);
    }
    assertEquals(keys.size, body.operations.length);
    const callable = body.operations.map(({ operation_id }: Json) => operation_id);
    for (const { event_types, actions, asks } of body.intents) {
      for (const type of event_types ?? []) assert(events.includes(type), type);
      for (const { operation_id } of actions) {
        assert(callable.includes(operationOf(catalogue, operation_id)!.operationId));
      }
      for (const { action, path } of asks) assert(actions[action] && path.length > 1);
    }
    for (const { name, signature, description } of body.functions) {
      assert(signature.startsWith(`${name}(`) && signature.endsWith(")") && description.length > 0, name);
    }
    const samples: Json = { none: undefined, one: "x", list: ["x"], pattern: "x", weekdays: ["Monday"] };
    for (const { name, label, value } of body.operators) {
      const rule = { field: "a", operator: name, value: samples[value] };
      assert(label.length > 0 && parseCondition(rule, "").condition, name);
    }
    const names = new Set(body.operators.map(({ name }: Json) => name));
    for (const [type, listed] of Object.entries<Json[]>(body.operators_by_type)) {
      for (const { name, label } of listed) assert(names.has(name) && label.length > 0, `${name} of ${type}`);
    }
    const types = new Set(body.events.flatMap(({ fields }: Json) => fields.map((field: Json) => field.value_type)));
    for (const type of types) assert(type === null || String(type) in body.operators_by_type, String(type));
  });
}

Deno.test("each kind of step and type of action has words, fields that it takes, and an example that can be saved", async () => {
  const headers = await world.viewer("universal_webhook");
  const base = `${world.url("universal_webhook")}/ui`;
  const { body } = await ask(`${base}/flows/vocabulary`, { headers });
  assertEquals(body.kinds.map(({ kind }: Json) => kind), [
    "action",
    "branch",
    "parallel",
    "loop",
    "wait",
    "approval",
    "try",
    "end",
  ]);
  for (const { title, words, fields, example } of [...body.kinds, ...body.action_types]) {
    assert(title.length > 0 && words.length >= 4, title);
    const flow = { name: title, trigger_event_types: ["NEW_TIME_ENTRY"], actions: [example], enabled: false };
    const saved = await ask(`${base}/flows`, { headers, body: flow });
    assertEquals(saved.status, 201, JSON.stringify([example, saved.body]));
    // A name that is not known here would be a fault of its own.
    for (const { name, default: filled } of fields) {
      const [top] = name.split(/[.[]/);
      if (filled !== undefined && top === name) {
        assertEquals(saved.body.actions[0][name], example[name] ?? filled, name);
      }
      const odd = { ...flow, actions: [{ ...example, [top]: Symbol.for("odd").toString(), [`${top}_x`]: 1 }] };
      const { body: refused } = await ask(`${base}/flows`, { headers, body: odd });
      const hint = refused.faults.find(({ path }: Json) => path === `actions[0].${top}_x`);
      assertMatch(hint.message, new RegExp(`\\b${top}\\b`), name);
    }
  }
  const [, branch, , loop, wait, approval, tried] = body.kinds;
  const finds = (words: string[], phrase: string) => assert(words.includes(phrase), phrase);
  finds(branch.words, "if");
  finds(loop.words, "for each");
  finds(body.kinds[2].words, "at the same time");
  finds(body.kinds[2].words, "several at once");
  const action = (type: string) => body.action_types.find((one: Json) => one.type === type).words;
  for (const phrase of ["chat", "mail", "slack"]) finds(action("http"), phrase);
  finds(action("run_flow"), "another flow");
  finds(wait.words, "wait until");
  finds(approval.words, "ask a person");
  finds(tried.words, "on error");
});

Deno.test("parameters that hold an id say whose, and custom sources are the workspace's own", async () => {
  const headers = await world.viewer("universal_webhook");
  const base = `${world.url("universal_webhook")}/ui`;
  const made = await ask(`${base}/sources`, { headers, body: { name: "shop", scheme: "api_key" } });
  assertEquals(made.status, 201, JSON.stringify(made.body));
  const { body } = await ask(`${base}/flows/vocabulary`, { headers });
  assertEquals(body.custom_sources, [{ name: "shop", event_type: "custom:shop" }]);
  const update = body.operations.find(({ name }: Json) => name === "updateTimeEntry");
  assertEquals(update.entity_params, { id: "time_entry", projectId: "project", tagIds: "tag", taskId: "task" });
  assertEquals(update.full_replace, {
    entity: "time_entry",
    noun: "time entry",
    reads: "getTimeEntry",
    required: ["start"],
    unreadable: [],
    lists: ["customFields", "tagIds"],
  });
  assertEquals(update.body_fields.filter(({ required }: Json) => required), []);
  const words = (name: string) => body.operations.find((one: Json) => one.operation_id === name);
  const tag = ["archived:boolean", "id:string", "name:string", "workspaceId:string"];
  const fields = ({ answer }: Json) => answer.fields.map(({ name, type }: Json) => `${name}:${type}`);
  assertEquals([words("getTags").answer.shape, fields(words("getTags"))], ["list", tag]);
  assertEquals([words("getTag").answer.shape, fields(words("getTag"))], ["object", tag]);
  assertEquals(words("findOrCreateTag").find_or_create, { noun: "tag", reads: "getTags" });
  assertEquals(words("deleteTimeEntry").answer.shape, "none");
  assertMatch(words("updateMemberships").loses, /members/);
  const intent = body.intents.find(({ id }: Json) => id === "set_project");
  assertEquals(intent.asks, [
    { action: 0, path: ["body", "projectId"], label: "Project", type: "entity", entity: "project" },
  ]);
  const stopped = body.events.find(({ type }: Json) => type === "TIMER_STOPPED");
  assertEquals([stopped.family, stopped.title], ["time-tracking", "Timer stopped"]);
  const field = (path: string) => stopped.fields.find((one: Json) => one.path === path);
  assertEquals(field("$.webhook.tags[*].id"), {
    path: "$.webhook.tags[*].id",
    type: "objectId",
    value_type: "id",
  });
  const duration = field("$.webhook.timeInterval.duration");
  assertEquals([duration.type, duration.value_type], ["duration", "duration"]);
  assertEquals(body.operators_by_type.duration[0], { name: ">", label: "is longer than" });
  assertEquals(field("$.webhook.timeInterval.start").type, "date-time");
  assertProblem(await ask(`${base}/flows/vocabulary`, { headers, body: {} }), 405, "METHOD_NOT_ALLOWED");
});
