/** Test of DATABASE_ECHO: what is sent to a database, without its values. */

import { assert, assertEquals } from "@std/assert";
import { openPostgres } from "../../src/db/postgres.ts";
import { SERVER_URL } from "../support/database.ts";

Deno.test({
  name: "each statement is shown as it is sent, and no value is in it",
  // The driver is the same; opening a second embedded database takes seconds.
  ignore: SERVER_URL === undefined,
  fn: async () => {
    const statements: string[] = [];
    const db = openPostgres({
      url: SERVER_URL!,
      poolSize: 2,
      applicationName: "timewire-tests",
      onStatement: (statement) => void statements.push(statement),
    });
    try {
      const [row] = await db.sql`select ${"a secret"}::text as value`;
      assertEquals(row!.value, "a secret");
      await db.transaction((sql) => sql`select ${7}::int as seven`);
    } finally {
      await db.stop();
    }
    assert(statements.includes("select $1::text as value"), statements.join("; "));
    assert(statements.some((statement) => statement.includes("select $1::int as seven")), statements.join("; "));
    assert(!statements.join().includes("a secret"));
  },
});
