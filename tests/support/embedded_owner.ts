/** A child that owns the embedded database in FOLDER: it commits ROWS rows, says `ready`, and goes on committing until killed. */

import { openEmbedded } from "../../src/db/embedded.ts";

const db = await openEmbedded({ dataDir: Deno.env.get("FOLDER")! });
await db.sql`create table if not exists kept (number int primary key)`;
const rows = Number(Deno.env.get("ROWS"));
for (let number = 1;; number++) {
  await db.sql`insert into kept (number) values (${number})`;
  if (number === rows) console.log(`ready ${JSON.stringify({ rows })}`);
}
