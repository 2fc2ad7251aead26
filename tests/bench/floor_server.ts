/**
 * The floor of the acknowledgement: Deno.serve that reads the body and inserts the bodies that arrived together with one
 * statement. No verification, no duplicates, no jobs; the driver, the settings and the table options are the program's.
 *
 * Environment: FLOOR_DATABASE_URL, or FLOOR_DATA_DIR for the embedded database. Ready: {port}.
 */

import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import { openEmbedded } from "../../src/db/embedded.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { serveCommands } from "./child.ts";

const MAX_BATCH = 256;
const url = Deno.env.get("FLOOR_DATABASE_URL");
const db = url === undefined
  ? await openEmbedded({ dataDir: Deno.env.get("FLOOR_DATA_DIR")! })
  : openPostgres({ url, poolSize: 4, applicationName: "timewire-bench-floor" });

await db.sql.unsafe(`
  drop table if exists floor_event;
  create table floor_event (id bigint generated always as identity primary key, body bytea not null);
  alter table floor_event set (toast_tuple_target = 8160);
  alter table floor_event alter column body set storage external`);

interface Waiting {
  body: Uint8Array;
  stored(): void;
  failed(error: unknown): void;
}

const waiting: Waiting[] = [];
let busy = false;

function store(body: Uint8Array): Promise<void> {
  return new Promise((stored, failed) => {
    waiting.push({ body, stored, failed });
    // After the present turn of the event loop, so that what was read together is written together; setTimeout(0) waits a
    // whole millisecond and made this floor a quarter lower.
    if (!busy && waiting.length === 1) setImmediate(flush);
  });
}

async function flush() {
  busy = true;
  while (waiting.length > 0) {
    const batch = waiting.splice(0, MAX_BATCH);
    let offset = 1;
    const places = batch.map(({ body }) => {
      const place = { f: offset, l: body.byteLength };
      offset += body.byteLength;
      return place;
    });
    const bytes = Buffer.concat(batch.map(({ body }) => body));
    try {
      await db.sql`
        insert into floor_event (body)
        select substring(${bytes}::bytea from f for l)
        from json_to_recordset(${JSON.stringify(places)}::text::json) as place(f int, l int)`;
      for (const { stored } of batch) stored();
    } catch (error) {
      for (const { failed } of batch) failed(error);
    }
  }
  busy = false;
}

const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
  await store(new Uint8Array(await request.arrayBuffer()));
  return Response.json({ status: "received" });
});

await serveCommands({
  ready: { port: server.addr.port },
  handle: () => Promise.reject(new Error("the floor server takes no commands")),
  end: async () => {
    await server.shutdown();
    await db.stop();
  },
});
