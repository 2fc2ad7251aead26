/** Tests of what the demo shows people: an entry before and after, and which port is in use. */

import { assertEquals } from "@std/assert";
import { assertRejectsLike, assertThrowsLike } from "../support/assert_like.ts";
import { changedFields, entryLines } from "../../src/simulator/entry_lines.ts";
import { simulatorPort } from "../../src/simulator/port.ts";
import { startSimulator } from "../../src/simulator/simulator.ts";

const ENTRY = {
  id: "6b0b24ee08ff49b6f7a087f1",
  description: "Quay survey",
  tagIds: ["1"],
  projectId: null,
  timeInterval: { start: "2026-11-16T08:00:00Z", end: "2026-11-16T17:00:00Z", duration: "PT9H" },
  customFieldValues: [{ customFieldId: "7", name: "Location", value: "North quay" }],
  project: null,
  tags: [{ id: "1", name: "on site" }],
};

Deno.test("entryLines() shows each field and names all that changed, whatever it is", () => {
  assertEquals(entryLines(ENTRY, ENTRY).at(-1), "changed: nothing; everything else as it was");
  const tagged = { ...ENTRY, tagIds: ["1", "2"], tags: [...ENTRY.tags, { id: "2", name: "long" }] };
  assertEquals(entryLines(ENTRY, tagged), [
    "id                  6b0b24ee08ff49b6f7a087f1",
    "description         Quay survey",
    "timeInterval        2026-11-16T08:00:00Z to 2026-11-16T17:00:00Z (PT9H)",
    "customFieldValues   Location: North quay",
    "project             none",
    "tags                on site  ->  on site, long",
    "changed: tags; everything else as it was",
  ]);
  for (const name of Object.keys(ENTRY) as (keyof typeof ENTRY)[]) {
    const { [name]: _, ...without } = ENTRY;
    const shown = { tagIds: "tags", projectId: "project" }[name as string] ?? name;
    assertEquals(changedFields(ENTRY, without), [shown]);
    assertEquals(changedFields(without, ENTRY), [shown], "also what was not there");
  }
});

Deno.test("a port that is invalid or in use: one sentence with the variable that sets another", async () => {
  assertEquals(simulatorPort(undefined), 9400);
  assertEquals(simulatorPort("0"), 0);
  for (const text of ["", "http", "-1", "65536", "1.5"]) {
    assertThrowsLike(() => simulatorPort(text), { code: "CONFIG_INVALID", message: /; set SIMULATOR_PORT / });
  }
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  try {
    await assertRejectsLike(startSimulator({ port }), {
      code: "START_FAILED",
      message: `Cannot start the simulator: port ${port} is in use; stop what uses it or set SIMULATOR_PORT`,
    });
  } finally {
    taken.close();
  }
});
