/** Find or create against the fake Clockify: the exact name, one entity whatever happens at once, and nothing else touched. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { type ActionScene, type Json, startActionScene } from "../support/action_scene.ts";

let scene: ActionScene;
Deno.test.beforeAll(async () => void (scene = await startActionScene()));
Deno.test.afterAll(() => scene.stop());

const find = (operation_id: string, body: Json, path_params: Json = {}) => ({ operation_id, path_params, body });
const posts = () => scene.sent().filter((call) => call.startsWith("POST "));

Deno.test("each kind is found by its exact name, and made once when there is none", async () => {
  const [project] = await scene.see("/projects");
  const [client] = await scene.see("/clients");
  const table: [string, Json, Json, string][] = [
    ["findOrCreateTag", {}, {}, "/tags"],
    ["findOrCreateClient", { note: "New" }, {}, "/clients"],
    ["findOrCreateProject", { clientId: client.id }, {}, "/projects"],
    ["findOrCreateTask", { estimate: "PT2H" }, { projectId: project.id }, `/projects/${project.id}/tasks`],
  ];
  for (const [operation, fields, path, list] of table) {
    // A name that contains it must not be taken for it.
    await scene.change("POST", list, { name: "needs-a-look-review", ...fields });
    scene.sent();
    const input = find(operation, { name: "needs-a-look", ...fields }, path);
    const made = await scene.done(input);
    assertEquals(posts(), [`POST ${list}`], operation);
    assertEquals(await scene.done(input), made);
    assertEquals(posts(), [], operation);
    const named = (await scene.see(`${list}?page-size=200`)).filter(({ name }: Json) => name === "needs-a-look");
    assertEquals(named, [made], operation);
    for (const [name, value] of Object.entries(fields)) assertStrictEquals(made[name], value);
  }
});

Deno.test("many at once end with one, also when another program makes it in between", async () => {
  const input = find("findOrCreateTag", { name: "rush" });
  const all = await Promise.all(Array.from({ length: 8 }, () => scene.done(input)));
  assertEquals(new Set(all.map(({ id }) => id)).size, 1);
  assertEquals(posts(), ["POST /tags"]);

  const { simulator } = scene;
  const { id } = await simulator.addFault({ kind: "hang", method: "POST", path: "*/tags", count: 1 });
  const running = scene.done(find("findOrCreateTag", { name: "between" }));
  while (!simulator.requests.some(({ method }) => method === "POST")) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const theirs = await scene.change("POST", "/tags", { name: "between" });
  await simulator.releaseFaults({ id });
  assertEquals(await running, theirs);
});

Deno.test("what is refused, empty or unreadable makes nothing and says why", async () => {
  const { simulator } = scene;
  scene.sent();
  for (const name of ["", "  ", 7]) {
    const result = await scene.run(find("findOrCreateTag", { name }));
    assert(result.outcome === "failed");
    assertEquals([result.error.code, result.error.details.path], ["OPERATION_INPUT_INVALID", "body.name"]);
  }
  assertEquals(scene.sent(), []);
  await simulator.addFault({ kind: "status", status: 503, method: "GET", path: "*/tags", count: 3 });
  const unread = await scene.run(find("findOrCreateTag", { name: "unread" }));
  assert(unread.outcome === "failed" && unread.error.retryable);
  assertEquals(unread.error.details.sent, false);
  await simulator.addFault({ kind: "status", status: 400, method: "POST", path: "*/tags", count: 1 });
  const refused = await scene.run(find("findOrCreateTag", { name: "refused" }));
  assert(refused.outcome === "failed");
  assertEquals(refused.error.code, "UPSTREAM_REJECTED");
  assertEquals((await scene.see("/tags")).filter(({ name }: Json) => /unread|refused/.test(name)), []);
});

Deno.test("a list is changed by what joins and leaves it, and a missing value fails the step", async () => {
  const [one, two, three] = await scene.see("/tags?archived=false");
  const entry = await scene.change("POST", "/time-entries", {
    start: "2026-11-20T09:00:00Z",
    end: "2026-11-20T10:00:00Z",
    description: "Kept",
    tagIds: [one.id, two.id],
  });
  const change = (tagIds: Json) =>
    scene.run({ operation_id: "updateTimeEntry", path_params: { id: entry.id }, body: { tagIds } });
  const added = await change({ $add: three.id });
  assert(added.outcome === "done");
  assertEquals(added.output, { ...entry, tagIds: [one.id, two.id, three.id] });
  const swapped = await change({ $remove: [two.id, "f".repeat(24)], $add: [one.id] });
  assert(swapped.outcome === "done");
  assertEquals(swapped.output, { ...entry, tagIds: [one.id, three.id] });
  for (const wrong of [{}, { $add: null }, { $add: "" }, { $add: [] }, { $add: [null] }, { add: one.id }, "text"]) {
    const result = await change(wrong === "text" ? [one.id, three.id] : wrong);
    if (wrong === "text") assertEquals(result.outcome, "done");
    else {assert(
        result.outcome === "failed" && result.error.code === "OPERATION_INPUT_INVALID",
        JSON.stringify(wrong),
      );}
  }
  assertEquals(await scene.see(`/time-entries/${entry.id}`), swapped.output);
});
