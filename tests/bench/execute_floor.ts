/**
 * The floor of POST execute: a bare Hono route that parses the body and inserts one row, by the program's driver and settings. No
 * login, no workflow, no idempotency key, no run.
 *
 * Environment: FLOOR_DATABASE_URL. Ready: {port}.
 */

import { Hono } from "hono";
import { openPostgres } from "../../src/db/postgres.ts";
import { serveCommands } from "./child.ts";

const db = openPostgres({
  url: Deno.env.get("FLOOR_DATABASE_URL")!,
  poolSize: 4,
  applicationName: "timewire-bench-floor",
});
await db.sql.unsafe(`create table floor_run (id uuid primary key, body jsonb not null)`);

const app = new Hono();
app.post("/execute", async (c) => {
  const id = crypto.randomUUID();
  await db.sql`insert into floor_run (id, body) values (${id}, ${JSON.stringify(await c.req.json())}::text::jsonb)`;
  return c.json({ id, status: "PENDING" }, 202);
});

const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, app.fetch);

await serveCommands({
  ready: { port: server.addr.port },
  handle: () => Promise.reject(new Error("the floor server takes no commands")),
  end: async () => {
    await server.shutdown();
    await db.stop();
  },
});
