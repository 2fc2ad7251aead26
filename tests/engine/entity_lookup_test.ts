/** Look-ups of templates: how they are read, what is asked at once, and what a step is refused for. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertThrowsLike } from "../support/assert_like.ts";
import { entityQueries, parseTemplate, resolveTemplate, templateReferences } from "../../src/engine/mapping.ts";
import { type EntityAnswer, type EntityQuery, withEntities } from "../../src/engine/entity_lookup.ts";
import { buildScope } from "../../src/engine/scope.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { addRun, done, fakeAction, readRun, setUpEngine, step } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

const template = (written: unknown) => {
  const parsed = parseTemplate(written, "body");
  assertEquals(parsed.faults, undefined);
  return parsed.template!;
};
const scopeOf = (body: unknown) => buildScope({ body, results: [] });
const tag = (id: string, name: string): EntityAnswer => ({ entity: { id, name, archived: false } });

Deno.test("a template's look-ups are asked once each, with the values that they have where it stands", () => {
  const read = template({
    a: 'x {{ cache.tag("urgent").id }} {{ cache.tags.urgent.name }}',
    b: ["$.cache.clients['North quay'].id", "{{ upper(cache.user( $.webhook.userId ).name) }}"],
    c: '{{ cache.task(webhook.name, "p1") }}',
    d: "{{ if(webhook.none, cache.user(webhook.none).id) }}",
  });
  const queries: EntityQuery[] = [
    { type: "tag", key: "urgent" },
    { type: "client", key: "North quay" },
    { type: "user", key: "7" },
    { type: "task", key: "Design", parent: "p1" },
  ];
  assertEquals(entityQueries(read, scopeOf({ userId: 7, name: "Design" })), queries);
  assertEquals(templateReferences(read).map(({ path }) => path.text), [
    "$.webhook.userId",
    "webhook.name",
    "webhook.none",
    "webhook.none",
  ]);
  const answers = [tag("t1", "urgent"), tag("c1", "North quay"), tag("7", "Ada"), tag("k1", "Design")];
  const scope = withEntities(scopeOf({ userId: 7, name: "Design" }), queries, answers);
  assertEquals(resolveTemplate(read, scope), {
    a: "x t1 urgent",
    b: ["c1", "ADA"],
    c: { id: "k1", name: "Design", archived: false },
  });
});

Deno.test("a look-up that cannot be read is a fault at its character", () => {
  const faults: [string, RegExp, number][] = [
    ["{{ cache.tagg('x').id }}", /"tagg" is not known here; did you mean "tag"\?/, 3],
    ["{{ cache.x }}", /known are project, client, tag/, 3],
    ["{{ cache.tag('x').nam }}", /did you mean "name"\?/, 3],
    ["{{ cache.tag() }}", /takes a name or an id/, 3],
    ["{{ cache.tag('a', 'b', 'c') }}", /takes a name or an id/, 3],
    ["{{ upper(cache.tag(cache.user('x').name).id) }}", /cannot be part of another/, 9],
    ["$.cache.tags[0]", /no look-up: write it as cache\.tag\("urgent"\)/, 0],
    ["$.cache.tags.x.name.y", /no look-up/, 0],
    ["{{ cache.tag('x' }}", /expected "," or "\)"/, 17],
    ["{{ cache }}", /"cache" is not known here/, 3],
  ];
  for (const [written, message, position] of faults) {
    const [fault] = parseTemplate(written, "").faults ?? [];
    assertMatch(fault?.message ?? "none", message, written);
    assertEquals(fault!.position, position, written);
  }
});

Deno.test("what is not there, not unique, or too much is said with the name", () => {
  const filled = (written: unknown, answers: EntityAnswer[], body: unknown = {}) => () => {
    const read = template(written);
    const queries = entityQueries(read, scopeOf(body));
    return resolveTemplate(read, withEntities(scopeOf(body), queries, answers));
  };
  assertThrowsLike(filled('{{ cache.user_group("Night shift").id }}', [{ matches: 0 }]), {
    code: "EXPRESSION_FAILED",
    message: /cache\.user_group\("Night shift"\) is not there: no user group with this name or id is known/,
  });
  assertThrowsLike(filled('a {{ cache.task("Design").id }}', [{ matches: 3 }]), {
    message:
      /"Design"\) is not unique: 3 of the type task .+ or the project, .+\n\{\{ cache\.task\("…"\)\.id \}\}\n {3}\^ column 6$/,
  });
  assertThrowsLike(filled("{{ cache.tag(webhook.none).id }}", []), { message: /takes a name or an id, not nothing/ });
  assertThrowsLike(filled("{{ cache.tag(webhook).id }}", []), { message: /takes a name or an id, not an object/ });
  assertThrowsLike(filled(Array.from({ length: 51 }, (_, n) => `{{ cache.tag("t${n}").id }}`), []), {
    message: /looks up 51 entities, at most 50 are supported/,
  });
  // No path leads into what was found.
  assertEquals(filled(["$.webhook.cache", "{{ webhook.cache }}"], [])(), []);
});

Deno.test("a step that looks something up reads it in its run's installation, others read nothing", async () => {
  const { db, stop } = await testDatabase();
  const action = fakeAction(({ input }) => done(input));
  const asked: [number, readonly EntityQuery[]][] = [];
  const runId = await addRun(db, {
    event: { id: "entity-1", tag: "urgent" },
    steps: [
      step("plain", { input: { tag: "$.webhook.tag" } }),
      step("looks", { input: { tagId: "{{ cache.tag(steps.plain.output.tag).id }}" } }),
      step("misses", { input: { tagId: '{{ cache.tag("none").id }}' } }),
    ],
  });
  const [row] = await db.sql<{ id: number }[]>`select id from installation`;
  const { next } = setUpEngine(db, [action], {
    findEntities: (installation, queries) => {
      asked.push([installation, queries]);
      return Promise.resolve(queries.map(({ key }) => key === "urgent" ? tag("t1", key) : { matches: 0 }));
    },
  });
  await next();
  assertEquals(asked, [
    [row!.id, [{ type: "tag", key: "urgent" }]],
    [row!.id, [{ type: "tag", key: "none" }]],
  ]);
  assertEquals(action.calls.map(({ input }) => input), [{ tag: "urgent" }, { tagId: "t1" }]);
  const run = await readRun(db, runId);
  assertEquals([run.state, run.error_code], ["failed", "EXPRESSION_FAILED"]);
  assert(run.error_message!.startsWith('Cannot resolve tagId: cache.tag("none") is not there'), run.error_message!);
  await stop();
});
