/** A private PostgreSQL server for tests and the bench: made from the installed binaries in a temporary folder, gone after stop. */

export interface PostgresServer {
  /** Superuser, database "postgres", loopback only. */
  url: string;
  /** Folder of its socket. */
  socketFolder: string;
  /** As `postgres --version` says it. */
  version: string;
  /** Stops the server and removes its folder. */
  stop(): Promise<void>;
}

export interface PostgresServerOptions {
  /** Settings beside the server's own defaults, as in postgresql.conf. */
  settings?: Record<string, string>;
  /** Files of its data folder beside its own, by name: certificates, `standby.signal` for one that is read only. */
  files?: Record<string, string>;
  /** Folder of initdb and postgres; the installed ones by default. */
  bin?: string;
  /** Takes the sentence that says why there is no server. */
  onMissing?(sentence: string): void;
}

/** A standby accepts "read-only connections". */
const STARTED = /ready to accept (read-only )?connections/;

/** Starts a server with default settings (fsync on) on a free port; undefined, with a sentence, when the binaries are missing. */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer | undefined> {
  const { settings = {}, onMissing = console.warn } = options;
  const bin = options.bin ?? await findBinaries();
  if (bin === undefined) {
    onMissing(
      "No PostgreSQL here: initdb is neither under /usr/lib/postgresql/*/bin nor on PATH; install it or set DATABASE_URL",
    );
    return undefined;
  }
  const user = await serverUser();
  const folder = await Deno.makeTempDir({ prefix: "timewire-postgres-" });
  const remove = () => Deno.remove(folder, { recursive: true });
  try {
    if (user) await Deno.chown(folder, user.uid, user.gid);
    await runToEnd(`${bin}/initdb`, [
      "-D",
      `${folder}/data`,
      "-U",
      "postgres",
      "-A",
      "trust",
      "-E",
      "UTF8",
      "--locale=C",
      "--no-sync",
    ], user);
    for (const [name, text] of Object.entries(options.files ?? {})) {
      await Deno.writeTextFile(`${folder}/data/${name}`, text, { mode: 0o600 });
      if (user) await Deno.chown(`${folder}/data/${name}`, user.uid, user.gid);
    }
    const port = freePort();
    const server = new Deno.Command(`${bin}/postgres`, {
      args: [
        "-D",
        `${folder}/data`,
        "-p",
        String(port),
        "-k",
        folder,
        ...Object.entries({ listen_addresses: "127.0.0.1", ...settings }).flatMap((
          [name, value],
        ) => ["-c", `${name}=${value}`]),
      ],
      cwd: folder,
      stdout: "null",
      stderr: "piped",
      ...user,
    }).spawn();
    const log = await untilStarted(server);
    let stopped = false;
    return {
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      socketFolder: folder,
      version: await runToEnd(`${bin}/postgres`, ["--version"]),
      stop: async () => {
        if (stopped) return;
        stopped = true;
        // Fast shutdown: sessions are ended, the data is written.
        server.kill("SIGINT");
        await server.status;
        await log.ended;
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Folder of initdb and postgres, newest version first. */
async function findBinaries(): Promise<string | undefined> {
  const root = "/usr/lib/postgresql";
  const versions: number[] = [];
  try {
    for await (const { name } of Deno.readDir(root)) if (/^\d+$/.test(name)) versions.push(Number(name));
  } catch {
    // Not a Debian-like machine: PATH decides.
  }
  versions.sort((a, b) => b - a);
  const folders = [...versions.map((version) => `${root}/${version}/bin`), ...(Deno.env.get("PATH") ?? "").split(":")];
  for (const folder of folders) {
    const found = await Promise.all(
      ["initdb", "postgres"].map((name) => Deno.stat(`${folder}/${name}`).catch(() => undefined)),
    );
    if (found.every((file) => file?.isFile)) return folder;
  }
  return undefined;
}

/** PostgreSQL refuses to run as root: then the user "postgres", else "nobody". */
export async function serverUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (Deno.uid() !== 0) return undefined;
  const users = (await Deno.readTextFile("/etc/passwd")).split("\n").map((line) => line.split(":"));
  const found = users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody");
  if (!found) throw new Error("Cannot start PostgreSQL as root: the machine has neither a user postgres nor nobody");
  return { uid: Number(found[2]), gid: Number(found[3]) };
}

async function runToEnd(command: string, args: string[], user?: { uid: number; gid: number }): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, cwd: "/", ...user }).output();
  if (!success) throw new Error(`${command} failed: ${new TextDecoder().decode(stderr).trim()}`);
  return new TextDecoder().decode(stdout).trim();
}

export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** Waits for the line that says so, and goes on reading the log, which would block the server when its pipe is full. */
async function untilStarted(server: Deno.ChildProcess): Promise<{ ended: Promise<void> }> {
  const reader = server.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let log = "";
  while (!STARTED.test(log)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`Cannot start PostgreSQL: ${log.trim()}`);
    log += value;
  }
  return { ended: drainReader(reader) };
}

async function drainReader(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  while (!(await reader.read()).done);
}
