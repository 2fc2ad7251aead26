/** A child whose connection the server ends in the middle of a transaction; it says `ready` when its only connection serves again. */

import { openPostgres } from "../../src/db/postgres.ts";

const db = openPostgres({
  url: Deno.env.get("SERVER")!,
  poolSize: 1,
  applicationName: "timewire-tests",
  connectTimeoutSeconds: 1,
});
const code = await db.transaction(async (sql) => {
  await sql`create table half_done (id int)`;
  await sql`select pg_terminate_backend(pg_backend_pid())`;
}).then(() => "committed", (error) => error.code);
const [row] = await db.sql<{ left: boolean }[]>`select to_regclass('half_done') is not null as left`;
console.log(`ready ${JSON.stringify({ code, left: row!.left })}`);
await db.stop();
