/** `deno task test:postgres`: runs the whole suite on a private PostgreSQL server, or on the one that DATABASE_URL names. */

import { startPostgres } from "./postgres_server.ts";

const given = Deno.env.get("DATABASE_URL");
const server = given ? { url: given, stop: () => Promise.resolve() } : await startPostgres();
if (!server) Deno.exit(1);
const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", new URL("run.ts", import.meta.url).pathname, ...Deno.args],
  env: { DATABASE_URL: server.url },
}).spawn().status.finally(() => server.stop());
Deno.exit(code);
