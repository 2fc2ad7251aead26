/** A private PostgreSQL server that can be frozen, and restarted as after a crash. Linux only: it reads /proc. */

import { type PostgresServerOptions, startPostgres } from "./postgres_server.ts";
import { openPostgres } from "../../src/db/postgres.ts";

export interface FragileServer {
  url: string;
  /** SIGSTOP to the server and every process of it: connections stay open, nothing answers. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** `pg_ctl -m immediate restart`: no shutdown, connections cut, recovery at start. Resolves when it accepts connections. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Undefined, with a sentence, when there are no server binaries. */
export async function startFragileServer(options: PostgresServerOptions = {}): Promise<FragileServer | undefined> {
  const server = await startPostgres(options);
  if (!server) return undefined;
  const admin = openPostgres({ url: server.url, poolSize: 1, applicationName: "timewire-tests" });
  const [row] = await admin.sql<{ data_directory: string }[]>`show data_directory`;
  await admin.stop();
  const folder = row!.data_directory;
  const { uid, gid } = await Deno.stat(folder);
  const bin = (await Deno.readLink(`/proc/${await postmaster(folder)}/exe`)).replace(/\/postgres$/, "");
  let restarted = false;

  async function pgCtl(...args: string[]) {
    const { success, stderr } = await new Deno.Command(`${bin}/pg_ctl`, {
      args: ["-D", folder, "-w", "-m", "immediate", ...args],
      cwd: folder,
      // As root the server would refuse to start; another user may only act as itself.
      ...(Deno.uid() === 0 && { uid: uid!, gid: gid! }),
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) throw new Error(`pg_ctl failed: ${new TextDecoder().decode(stderr)}`);
  }
  async function signalAll(signal: "SIGSTOP" | "SIGCONT") {
    const parent = await postmaster(folder);
    // The parent first at a stop: it starts no more children then.
    for (const pid of [parent, ...await childrenOf(parent)]) Deno.kill(pid, signal);
  }
  return {
    url: server.url,
    freeze: () => signalAll("SIGSTOP"),
    thaw: () => signalAll("SIGCONT"),
    restart: async () => {
      restarted = true;
      await pgCtl("-l", `${folder}/restart.log`, "restart");
    },
    stop: async () => {
      if (!restarted) return await server.stop();
      // The process that `server` would stop is gone; the one in its place is not its child.
      await pgCtl("stop");
      await Deno.remove(folder.replace(/\/data$/, ""), { recursive: true });
    },
  };
}

async function postmaster(folder: string): Promise<number> {
  return Number((await Deno.readTextFile(`${folder}/postmaster.pid`)).split("\n")[0]);
}

async function childrenOf(parent: number): Promise<number[]> {
  const found: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await Deno.readTextFile(`/proc/${name}/stat`).catch(() => "");
    // "pid (name) state ppid ...": the name may hold blanks and brackets.
    if (Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === parent) found.push(Number(name));
  }
  return found;
}
