/** Published attacks on languages such as that of flows: none is executed, none pollutes, and none holds the event loop. */

import { assert, assertEquals } from "@std/assert";
import { JSONPath } from "jsonpath-plus";
import { attacks, execute, measured, SCRIPTS, watchCanary } from "../support/attacks.ts";

/** What others may wait, 99 of 100 turns, and five times what plain work of some 5 ms takes on the machine meanwhile. */
const HELD_MS = 50;

const PROTOTYPES = [Object, Array, Function, String, Number, Promise, Map, RegExp].map((one) =>
  one.prototype as object
);

Deno.test("the list of attacks is executed 0 times, pollutes nothing, and holds the loop for less than 50 ms", async () => {
  using watched = watchCanary();
  // The canary sings where such a script is run: the library does, with its native evaluation.
  for (const path of SCRIPTS.slice(0, -2)) {
    try {
      const sandbox = { timewireCanary: watched.canary };
      JSONPath({ path, json: { items: [{ id: 1 }] }, eval: "native", sandbox });
    } catch {
      // What it cannot run.
    }
  }
  const library = watched.executed();
  console.log(library);
  assert(library >= 5, `${library} executions by the library`);

  const before = PROTOTYPES.map((one) => Reflect.ownKeys(one));
  const list = attacks();
  const values = new Map<string, unknown>();
  let refused = 0;
  // Once to see what comes of each, and once, when all is compiled, to see what it costs.
  for (const attack of list) {
    const end = await execute(attack);
    if ("refused" in end) refused++;
    else values.set(attack.name, end.value);
  }
  const { attacks: { thread }, plain } = await measured(list);

  assertEquals(watched.executed() - library, 0);
  assertEquals(PROTOTYPES.map((one) => Reflect.ownKeys(one)), before);
  assertEquals(({} as Record<string, unknown>).polluted, undefined);
  assert(list.length > 80 && refused > 50, `${refused} of ${list.length} refused`);
  assert(thread.turns > 2 * list.length && thread.p99 <= HELD_MS + 5 * plain.p99, JSON.stringify({ thread, plain }));

  // What an event holds stays text, and its own fields are data.
  assertEquals(values.get("a template in the event"), {
    a: "{{ globalThis.timewireCanary() }}",
    b: "x {{ globalThis.timewireCanary() }} $[?(globalThis.timewireCanary())]",
  });
  assertEquals(
    JSON.stringify(values.get("keys named __proto__")),
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"items":[{"__proto__":{"polluted":1}}]}',
  );
  for (const scripts of SCRIPTS) assert(!values.has(scripts), scripts);
});
