/** A PgBouncer of a test's own, before a server that trusts: made from the installed or unpacked binary, gone after stop. */

import { freePort, serverUser } from "./postgres_server.ts";

export interface PgBouncer {
  /** The same database by way of the pooler, for a login. */
  urlFor(login: string): string;
  stop(): Promise<void>;
}

/** Where .ci/run unpacks the package, with the libraries that it needs. */
const UNPACKED = `${Deno.env.get("HOME")}/.cache/timewire-pgbouncer`;

/** Why there is none here; undefined where there is one. */
export const PGBOUNCER_MISSING = await found("/usr/sbin/pgbouncer") || await found(`${UNPACKED}/usr/sbin/pgbouncer`)
  ? undefined
  : "PgBouncer is not installed";

async function found(path: string): Promise<string | undefined> {
  return await Deno.stat(path).then(() => path, () => undefined);
}

/** The installed one, or a copy of the unpacked one with its libraries: another user may not enter the folder of root. */
async function binaryFor(folder: string): Promise<string> {
  const installed = await found("/usr/sbin/pgbouncer");
  if (installed) return installed;
  await Deno.copyFile(`${UNPACKED}/usr/sbin/pgbouncer`, `${folder}/pgbouncer`);
  await Deno.chmod(`${folder}/pgbouncer`, 0o755);
  const libraries = `${UNPACKED}/usr/lib/x86_64-linux-gnu`;
  for await (const { name } of Deno.readDir(libraries)) {
    // Through links: what is named like the version is what is looked for.
    if (name.includes(".so.")) await Deno.copyFile(await Deno.realPath(`${libraries}/${name}`), `${folder}/${name}`);
  }
  return `${folder}/pgbouncer`;
}

/** `server` is the address of a database for any login without a password. */
export async function startPgBouncer(
  { server, mode, logins }: { server: string; mode: "session" | "transaction"; logins: string[] },
): Promise<PgBouncer> {
  const { hostname, port: serverPort, pathname } = new URL(server);
  const database = pathname.slice(1);
  const folder = await Deno.makeTempDir({ prefix: "timewire-pgbouncer-" });
  const port = freePort();
  await Deno.writeTextFile(`${folder}/users`, logins.map((login) => `"${login}" ""\n`).join(""));
  await Deno.writeTextFile(
    `${folder}/ini`,
    [
      "[databases]",
      `${database} = host=${hostname} port=${serverPort} dbname=${database}`,
      "[pgbouncer]",
      `pool_mode = ${mode}`,
      `listen_addr = 127.0.0.1`,
      `listen_port = ${port}`,
      `unix_socket_dir =`,
      `auth_type = trust`,
      `auth_file = ${folder}/users`,
      `default_pool_size = ${mode === "session" ? 30 : 3}`,
      "",
    ].join("\n"),
  );
  const user = await serverUser();
  if (user) {
    for (const file of ["", "/users", "/ini"]) await Deno.chown(folder + file, user.uid, user.gid);
  }
  const process = new Deno.Command(await binaryFor(folder), {
    args: [`${folder}/ini`],
    env: { LD_LIBRARY_PATH: folder },
    cwd: folder,
    stdout: "null",
    stderr: "piped",
    ...user,
  }).spawn();
  const lines = process.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let log = "";
  while (!log.includes("process up")) {
    const { value, done } = await lines.read();
    if (done) throw new Error(`Cannot start PgBouncer: ${log.trim()}`);
    log += value;
  }
  const rest = (async () => {
    while (true) {
      const { value, done } = await lines.read();
      if (done) return;
      log += value;
      if (Deno.env.get("PGBOUNCER_LOG")) console.log(value);
    }
  })();
  return {
    urlFor: (login) => `postgres://${login}@127.0.0.1:${port}/${database}`,
    stop: async () => {
      process.kill("SIGTERM");
      await process.status;
      await rest;
      await Deno.remove(folder, { recursive: true });
    },
  };
}
