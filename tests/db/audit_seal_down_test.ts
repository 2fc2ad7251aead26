/** A test of migration 67's way back: what is not sealed yet is put into the chain as the sealer does. */

import { assertEquals } from "@std/assert";
import { appendAudit } from "../../src/access/audit.ts";
import { sealAudit } from "../../src/access/audit_seal.ts";
import { verifyAudit } from "../../src/access/audit_store.ts";
import { createHome } from "../../src/access/home.ts";
import { migrateDown, migrateUp } from "../../src/db/migrate.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

Deno.test("down and up again the audit is one unbroken chain, with what was not sealed at its end", async () => {
  const { db, stop } = await testDatabase();
  try {
    const { installationId } = await createHome(db)();
    const write = (entityId: string) =>
      db.scoped({ installationIds: [installationId] }, (sql) =>
        appendAudit(sql, { installationId, at: Date.now() }, {
          actor: "ana",
          action: "update",
          entityType: "agent",
          entityId,
          changes: { name: 'é "quoted" \\ \n', list: [1.5, null, { b: 1, a: 2 }] },
        }));
    await write("sealed");
    await sealAudit(db, installationId);
    await write("left 1");
    await write("left 2");
    const proof = await verifyAudit(db, installationId);
    assertEquals(proof.ok && [proof.rows, proof.unsealed], [1, 2]);
    while (await migrateDown(db) !== 67);
    await migrateUp(db);
    assertEquals(await verifyAudit(db, installationId), { ok: true, rows: 3, first: 1, last: 3, unsealed: 0 });
    const rows = await db.sql<{ entity_id: string }[]>`select entity_id from api_audit order by number`;
    assertEquals(rows.map(({ entity_id }) => entity_id), ["sealed", "left 1", "left 2"]);
  } finally {
    await stop();
  }
});
