/** Worker side of the embedded database: opens PGlite and serves it on a socket file until it is stopped. */

import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import type { Socket } from "node:net";
import { inWholeMessages } from "./whole_messages.ts";

/** Where the database is: in a folder, or in memory, begun from a file when `template` names one. */
export interface EmbeddedPlace {
  /** Path of the socket file, which must not be there. */
  socket: string;
  folder?: string;
  template?: string;
}

export type EmbeddedMessage = { ready: true } | { failed: string } | { stopped: true } | { copied: true };

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<EmbeddedPlace | "stop" | { copyTo: string }>) => void) | null;
  postMessage(message: EmbeddedMessage): void;
};

let stop = (): Promise<void> => Promise.resolve();
let copyTo = (_folder: string): Promise<void> => Promise.reject(new Error("the database is not open"));

scope.onmessage = async (event) => {
  if (event.data === "stop") {
    await stop();
    scope.postMessage({ stopped: true });
    return;
  }
  try {
    if ("copyTo" in event.data) {
      await copyTo(event.data.copyTo);
      scope.postMessage({ copied: true });
      return;
    }
    const { socket, folder, template } = event.data;
    const db = folder === undefined && template !== undefined
      ? await openFrom(template)
      : await PGlite.create(folder === undefined ? {} : { dataDir: folder });
    // For the same reason as in postgres.ts. One session serves all connections.
    await db.exec("set enable_seqscan = off");
    const server = new PGLiteSocketServer({ db, path: socket, maxConnections: 50 });
    // It is called for each new socket, and private only in the types.
    const opened = server as unknown as { handleConnection(socket: Socket): Promise<void> };
    const handle = opened.handleConnection.bind(server);
    opened.handleConnection = (socket) => handle(inWholeMessages(socket));
    await server.start();
    // Between two statements: what is on the disk then is what a killed process would leave, and opens as that does.
    copyTo = (to) => db.runExclusive(() => Promise.resolve(copyFolder(folder!, to)));
    stop = async () => {
      await server.stop();
      await db.close();
    };
    scope.postMessage({ ready: true });
  } catch (error) {
    scope.postMessage({ failed: error instanceof Error ? error.message : String(error) });
  }
};

async function openFrom(template: string): Promise<PGlite> {
  const kept = await Deno.readFile(template).catch(() => undefined);
  if (kept) return await PGlite.create({ loadDataDir: new Blob([kept]) });
  const db = await PGlite.create();
  const written = `${template}.${crypto.randomUUID()}`;
  await Deno.writeFile(written, new Uint8Array(await (await db.dumpDataDir("none")).arrayBuffer()));
  await Deno.rename(written, template);
  return db;
}

function copyFolder(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const { name, isDirectory, isFile } of Deno.readDirSync(from)) {
    if (isDirectory) copyFolder(`${from}/${name}`, `${to}/${name}`);
    else if (isFile) Deno.copyFileSync(`${from}/${name}`, `${to}/${name}`);
  }
}
