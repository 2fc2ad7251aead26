/** The oldest and the newest PostgreSQL that are supported: each migration up and down, an event to the end of its run, wake-ups. */

import { assertEquals } from "@std/assert";
import { openDatabase } from "../../src/app/open_database.ts";
import { listMigrations, migrateDown, migrateUp } from "../../src/db/migrate.ts";
import { SERVER_URL } from "../support/database.ts";
import { serveOneEvent } from "../support/one_event.ts";
import { startPostgres } from "../support/postgres_server.ts";
import { binariesOf } from "../support/postgres_versions.ts";

const CONFIG = { database: { dataDir: "", poolSize: 4, prepare: true, echo: false } };
const SETTINGS = {
  fsync: "off",
  full_page_writes: "off",
  DateStyle: "German",
  bytea_output: "escape",
  TimeZone: "Asia/Tokyo",
};

for (const major of Deno.env.get("POSTGRES_MAJORS")?.split(",") ?? ["14", "18"]) {
  const bin = await binariesOf(major);
  Deno.test({
    name: `PostgreSQL ${major}, with habits of another country, is migrated and serves an event` +
      (bin ? "" : ` (no PostgreSQL ${major} here)`),
    // Its servers are its own; once is enough.
    ignore: bin === undefined || SERVER_URL === undefined,
    fn: async () => {
      const server = (await startPostgres({ bin, settings: SETTINGS }))!;
      try {
        const db = await openDatabase(server.url, CONFIG);
        try {
          const all = (await listMigrations()).map(({ number }) => number);
          assertEquals(await migrateUp(db), all);
          const heard = Promise.withResolvers<string>();
          const listening = await db.listen("versions_test", (text) => text !== "" && heard.resolve(text));
          db.notify("versions_test", "a word");
          assertEquals(await heard.promise, "a word");
          await listening.stop();
          await serveOneEvent(db);
          assertEquals(await migrateDown(db), all.at(-1));
          assertEquals(await migrateUp(db), [all.at(-1)]);
        } finally {
          await db.stop();
        }
      } finally {
        await server.stop();
      }
    },
  });
}
