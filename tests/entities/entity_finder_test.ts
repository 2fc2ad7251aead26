/** Tests of look-ups of entities by name or id: one of the installation, none, or more than one. */

import { assertEquals } from "@std/assert";
import { createNameBackfill } from "../../src/entities/name_backfill.ts";
import { createEntityFinder } from "../../src/entities/entity_finder.ts";
import { jsonText } from "../../src/base/json_text.ts";
import type { Database } from "../../src/db/db.ts";
import type { EntityQuery } from "../../src/engine/entity_lookup.ts";
import { addInstallation } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

interface Entity {
  type: string;
  id: string;
  name: string;
  archived?: boolean;
  parent?: string;
  deleted?: boolean;
}

async function cache({ sql }: Database, installationId: number, entities: readonly Entity[]) {
  for (const { type, id, parent = "", deleted = false, ...body } of entities) {
    await sql`
      insert into entity_cache (installation_id, workspace_id, entity_type, entity_id, parent_id, operation_id, body,
        read_number, deleted_at)
      values (${installationId}, 'w', ${type}, ${id}, ${parent}, 'op', ${jsonText({ id, ...body })}::text::json, 1,
        case when ${deleted} then now() end)`;
  }
}

Deno.test("an entity is found by its id or name in its own installation; none and several are other answers", async () => {
  const { db, stop } = await testDatabase();
  const [mine, other] = [await addInstallation(db), await addInstallation(db)];
  await cache(db, mine, [
    { type: "tag", id: "t1", name: "urgent" },
    { type: "tag", id: "t2", name: "Urgent", archived: true },
    { type: "tag", id: "t3", name: "old", archived: true },
    { type: "tag", id: "t4", name: "gone", deleted: true },
    { type: "user", id: "u1", name: "Ada" },
    { type: "user", id: "u2", name: "Ada" },
    { type: "client", id: "c1", name: "Quay", archived: true },
    { type: "client", id: "c2", name: "Quay" },
    { type: "task", id: "k1", name: "Design", parent: "p1" },
    { type: "task", id: "k2", name: "Design", parent: "p2" },
    { type: "project", id: "p1", name: "u1" },
  ]);
  await cache(db, other, [{ type: "tag", id: "t9", name: "theirs" }]);
  let now = 0;
  let reads = 0;
  const counted: Pick<Database, "scoped"> = { scoped: (...args) => (reads++, db.scoped(...args)) };
  const find = createEntityFinder({ db: counted, clock: { monotonicMs: () => now } });
  const found = (id: string, name: string, archived = false) => ({ entity: { id, name, archived } });
  const asked: EntityQuery[] = [
    { type: "tag", key: "urgent" },
    { type: "tag", key: "t2" },
    { type: "tag", key: "old" },
    { type: "tag", key: "gone" },
    { type: "tag", key: "t4" },
    { type: "tag", key: "theirs" },
    { type: "tag", key: "t9" },
    { type: "user", key: "Ada" },
    { type: "user", key: "u2" },
    { type: "client", key: "Quay" },
    { type: "task", key: "Design" },
    { type: "task", key: "Design", parent: "p2" },
    { type: "task", key: "k1", parent: "p2" },
    { type: "user", key: "u1" },
    { type: "tag", key: "NUL \u0000 '; drop table entity_cache; --" },
  ];
  const answers = await find(mine, asked);
  assertEquals(answers, [
    found("t1", "urgent"),
    found("t2", "Urgent", true),
    found("t3", "old", true),
    { matches: 0 },
    { matches: 0 },
    { matches: 0 },
    { matches: 0 },
    { matches: 2 },
    found("u2", "Ada"),
    found("c2", "Quay"),
    { matches: 2 },
    found("k2", "Design"),
    { matches: 0 },
    found("u1", "Ada"),
    { matches: 0 },
  ]);
  assertEquals(reads, 1);

  // What was found is at hand for 10 s, of this installation; what was not is looked for again.
  await db.sql`update entity_cache set body = '{"name": "renamed"}' where entity_id = 't1'`;
  assertEquals(await find(mine, [{ type: "tag", key: "urgent" }]), [found("t1", "urgent")]);
  assertEquals(reads, 1);
  assertEquals(await find(other, [{ type: "tag", key: "urgent" }]), [{ matches: 0 }]);
  now = 10_001;
  assertEquals(await find(mine, [{ type: "tag", key: "urgent" }, { type: "tag", key: "renamed" }]), [
    { matches: 0 },
    found("t1", "renamed"),
  ]);
  now += 60_000;
  const known = await find(mine, asked);
  now += 60_000;
  // As rows are that were written before names had a column.
  await db.sql`update entity_cache set name_key = null where entity_id <> 'c2'`;
  assertEquals(await find(mine, asked), known);
  // They are named some at a time, of all installations; once there are none left nothing more is asked.
  let statements = 0;
  const names = createNameBackfill({ scoped: (...args) => (statements++, db.scoped(...args)) }, {
    batch: 4,
    batches: 2,
  });
  assertEquals([await names.go(), await names.go(), await names.go()], [8, 3, 0]);
  const before = statements;
  assertEquals([await names.go(), statements - before], [0, 0]);
  now += 60_000;
  assertEquals(await find(mine, asked), known);
  await db
    .sql`update entity_cache set body = '{"name": "renamed"}' where installation_id = ${mine} and entity_id = 'c2'`;
  now += 60_000;
  assertEquals(await find(mine, [{ type: "client", key: "renamed" }]), [found("c2", "renamed")]);
  await stop();
});
