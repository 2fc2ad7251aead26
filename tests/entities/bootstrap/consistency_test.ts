/** Tests of reading a list that changes between two pages: what is held afterwards is what Clockify has. */

import { assert, assertEquals } from "@std/assert";
import type { Database } from "../../../src/db/db.ts";
import { stopSharedDatabase, type TestDatabase, testDatabase } from "../../support/database.ts";
import { changingSource, newClient, randomOf, readerOf } from "./changing_source.ts";

let database: TestDatabase;
let db: Database;

Deno.test.beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
});
Deno.test.afterAll(async () => {
  await database.stop();
  await stopSharedDatabase();
});

Deno.test("a deletion on a page already read hides no entity, and what it deleted is not held", async () => {
  const source = changingSource(120);
  const reader = await readerOf(db, source);
  source.before = ({ page, size }) => {
    if (page === 2 && size === 50 && source.clients.length === 120) source.clients.shift();
  };
  const fact = await reader.read();
  assertEquals([fact.outcome, fact.faulty, fact.entities], ["complete", 0, 119]);
  assertEquals(await reader.mirror(), reader.source());
});

Deno.test("a list in one page is asked for once, and again only when something is missing from it", async () => {
  const source = changingSource(30);
  const reader = await readerOf(db, source);
  await reader.read();
  await reader.read();
  assertEquals(source.asked, ["1/50", "1/50"]);
  source.clients.splice(3, 2);
  await reader.read();
  assertEquals(source.asked.slice(2), ["1/50", "1/200"]);
  assertEquals(await reader.mirror(), reader.source());
});

Deno.test("whatever is deleted and made between pages, the mirror is exact when it rests, and no live entity was dropped", async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const random = randomOf(seed);
    const source = changingSource(Math.floor(random() * 320));
    const reader = await readerOf(db, source);
    await reader.read();
    let made = 1_000;
    const everSeen = new Set(source.clients.map(({ id }) => id));
    let changes = Math.floor(random() * 12);
    source.before = () => {
      for (; changes > 0 && random() < 0.5; changes--) {
        const at = Math.floor(random() * source.clients.length);
        if (random() < 0.6) source.clients.splice(at, 1);
        else source.clients.splice(at, 0, newClient(made++));
      }
    };
    const lasting = () => source.clients.filter(({ id }) => everSeen.has(id)).map(({ id }) => id);
    for (let reads = 0; reads < 3; reads++) {
      const fact = await reader.read();
      const held = new Set((await reader.mirror()).map(({ id }) => id));
      assertEquals(lasting().filter((id) => !held.has(id)), [], `seed ${seed}: a live entity is missing`);
      if (changes === 0 && fact.outcome === "complete") {
        assertEquals(await reader.mirror(), reader.source(), `seed ${seed}: ${source.asked.join(" ")}`);
      }
      for (const { id } of source.clients) everSeen.add(id);
    }
    changes = 0;
    assertEquals((await reader.read()).outcome, "complete");
    assertEquals(await reader.mirror(), reader.source(), `seed ${seed}`);
  }
});

Deno.test("a list that never rests is not called whole, and nothing of it is dropped", async () => {
  const source = changingSource(120);
  const reader = await readerOf(db, source);
  await reader.read();
  const before = source.clients.slice(0, 60);
  source.before = ({ page }) => {
    if (page === 1) source.clients.pop();
  };
  const fact = await reader.read();
  assertEquals(fact.outcome, "complete_with_errors");
  assertEquals(fact.lastError, "Not read completely: getClients: it changed while it was read, 5 times in a row");
  const held = new Set((await reader.mirror()).map(({ id }) => id));
  assertEquals(held.size, 120);
  assert(before.every(({ id }) => held.has(id)));
});

Deno.test("one empty answer drops nothing; answers that lack much are believed only when Clockify says so of the ids", async () => {
  const source = changingSource(40);
  const reader = await readerOf(db, source);
  await reader.read();
  source.before = ({ size }) => size === 50 ? [] : undefined;
  assertEquals((await reader.read()).outcome, "complete");
  assertEquals(await reader.mirror(), reader.source());

  source.before = () => source.clients.slice(0, 10);
  const doubted = await reader.read();
  assertEquals(
    doubted.lastError,
    "Not read completely: getClients: 30 of 40 are missing from it, yet Clockify still has them",
  );
  assertEquals(await reader.mirror(), reader.source());

  source.clients.splice(10);
  source.before = () => {};
  assertEquals((await reader.read()).outcome, "complete");
  assertEquals(await reader.mirror(), reader.source());
});
