/** `deno task test:postgres`: runs the whole suite on a private PostgreSQL server, or on the one that DATABASE_URL names. */

import { startPostgres } from "./postgres_server.ts";

/**
 * The disk is awaited nowhere: programs are killed here, and never the machine under the server. Each dropped database waited a
 * second for it, each commit 5 ms. Tests that end a server start their own, which awaits it.
 */
const settings = { fsync: "off", full_page_writes: "off" };
const given = Deno.env.get("DATABASE_URL");
const server = given ? { url: given, stop: () => Promise.resolve() } : await startPostgres({ settings });
if (!server) Deno.exit(1);
const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", new URL("run.ts", import.meta.url).pathname, ...Deno.args],
  env: { DATABASE_URL: server.url },
}).spawn().status.finally(() => server.stop());
Deno.exit(code);
