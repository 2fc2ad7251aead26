/** The embedded database: PGlite in a Worker that serves the Postgres protocol on a socket file, and the lock of its data folder. */

import { type Clock, systemClock } from "../base/clock.ts";
import type { Database } from "./db.ts";
import { type OnStatement, openDriver } from "./driver.ts";
import { lockFolder } from "./folder_lock.ts";
import { AppError } from "../base/errors.ts";
import type { EmbeddedMessage, EmbeddedPlace } from "./embedded_worker.ts";
import { createScoping } from "./scope.ts";
import { withDeadlines } from "./within.ts";

export interface EmbeddedOptions {
  /** Folder that holds the database; made when missing. Undefined keeps everything in memory (tests). */
  dataDir?: string;
  /** File that a database in memory begins from, which is faster than making one; written when missing. */
  template?: string;
  clock?: Clock;
  onStatement?: OnStatement;
}

/**
 * Opens the database in `dataDir`, alone: a second process is refused with DATA_FOLDER_LOCKED, because two on one folder
 * corrupt it without an error. PGlite runs with fsync off: a killed process loses nothing, a power cut may.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<Database> {
  const lock = options.dataDir === undefined ? undefined : await lockFolder(options.dataDir);
  let server: EmbeddedServer;
  try {
    server = await startServer(options);
  } catch (error) {
    await lock?.release();
    throw error;
  }
  const sql = openDriver({
    user: "postgres",
    database: "postgres",
    path: server.socket,
    onStatement: options.onStatement,
    // All connections share one backend and its statements, the unnamed one too: a second connection would run between
    // the parse and the bind of the first. One connection pipelines, and PGlite runs one statement at a time anyway.
    max: 1,
    connect_timeout: 10,
  });
  const hints = new EventTarget();
  const { stop: _, ...scoping } = createScoping(sql);
  return withDeadlines({
    kind: "embedded",
    place: options.dataDir ?? "memory",
    sql,
    ...scoping,
    transaction: (work) => sql.begin(work) as ReturnType<typeof work>,
    // One process owns this database, so hints need no NOTIFY (which PGlite's socket does not carry).
    notify: (channel, text = "") => void hints.dispatchEvent(new CustomEvent(channel, { detail: text })),
    listen: (channel, onHint) => {
      const heard = (hint: Event) => onHint((hint as CustomEvent<string>).detail);
      hints.addEventListener(channel, heard);
      return Promise.resolve({
        stop: () => Promise.resolve(hints.removeEventListener(channel, heard)),
      });
    },
    snapshot: options.dataDir === undefined ? undefined : server.copyTo,
    stop: async () => {
      await sql.end({ timeout: 2 });
      await server.stop();
      await lock?.release();
    },
  }, options.clock ?? systemClock);
}

interface EmbeddedServer {
  /** Path of its socket file. */
  socket: string;
  /** Copies the data into a folder that is not there. Rejects when that fails, with nothing left of it. */
  copyTo(folder: string): Promise<void>;
  stop(): Promise<void>;
}

/** PGlite asks for no password: the socket and the files lie in folders that only this user of the machine may enter. */
const OWN_FOLDER = 0o700;
/** What the operating system takes as the address of a socket. */
const MAX_SOCKET_PATH = 100;

async function startServer({ dataDir, template }: EmbeddedOptions): Promise<EmbeddedServer> {
  const run = dataDir === undefined ? await Deno.makeTempDir({ prefix: "timewire-db-" }) : `${dataDir}/run`;
  const socket = `${run}/postgres.sock`;
  const place: EmbeddedPlace = dataDir === undefined ? { socket, template } : { socket, folder: `${dataDir}/postgres` };
  const fail = (reason: string) =>
    new AppError("START_FAILED", `Cannot open the embedded database in "${dataDir ?? "memory"}": ${reason}`);
  if (socket.length > MAX_SOCKET_PATH) {
    throw fail(
      `the path is longer than a socket may have; set DATA_DIR to one of ${MAX_SOCKET_PATH - 18} characters at most`,
    );
  }
  try {
    for (const folder of [run, place.folder]) if (folder !== undefined) await makeOwn(folder);
  } catch (error) {
    throw fail((error as Error).message);
  }
  // What a killed process left; the folder is locked, so no other process uses it.
  await Deno.remove(socket).catch(() => {});
  const worker = new Worker(new URL("./embedded_worker.ts", import.meta.url), { type: "module", name: "database" });
  const next = () =>
    new Promise<EmbeddedMessage>((resolve, reject) => {
      worker.onmessage = (event: MessageEvent<EmbeddedMessage>) => resolve(event.data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    });
  const started = next();
  worker.postMessage(place);
  const message = await started.catch((error) => ({ failed: String(error?.message ?? error) }));
  if (!("ready" in message)) {
    worker.terminate();
    throw fail("failed" in message ? message.failed : "the worker ended");
  }
  let copying: Promise<unknown> = Promise.resolve();
  const copy = async (folder: string) => {
    const answered = next();
    worker.postMessage({ copyTo: `${folder}/postgres` });
    const answer = await answered;
    if ("copied" in answer) return;
    await Deno.remove(folder, { recursive: true }).catch(() => {});
    throw new Error("failed" in answer ? answer.failed : "the worker ended");
  };
  return {
    socket,
    // One at a time: the worker's answers bear no name.
    copyTo: (folder) => {
      const copied = copying.catch(() => {}).then(() => copy(folder));
      copying = copied;
      return copied;
    },
    stop: async () => {
      await copying.catch(() => {});
      const stopped = next().catch(() => undefined);
      worker.postMessage("stop");
      await stopped;
      worker.terminate();
      if (dataDir === undefined) await Deno.remove(run, { recursive: true });
    },
  };
}

async function makeOwn(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true, mode: OWN_FOLDER });
  // A folder of a version before this one was open to the machine's other users.
  await Deno.chmod(folder, OWN_FOLDER);
}
