/** Worker side of the embedded database: opens PGlite and serves it on a loopback port until told to stop. */

import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";

export type EmbeddedMessage = { port: number } | { failed: string } | { stopped: true };

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<{ open: string | null } | "stop">) => void) | null;
  postMessage(message: EmbeddedMessage): void;
};

let stop = (): Promise<void> => Promise.resolve();

scope.onmessage = async (event) => {
  if (event.data === "stop") {
    await stop();
    scope.postMessage({ stopped: true });
    return;
  }
  try {
    const db = await PGlite.create(event.data.open === null ? {} : { dataDir: event.data.open });
    const server = new PGLiteSocketServer({ db, host: "127.0.0.1", port: 0, maxConnections: 50 });
    await server.start();
    stop = async () => {
      await server.stop();
      await db.close();
    };
    scope.postMessage({ port: Number(server.getServerConn().split(":").at(-1)) });
  } catch (error) {
    scope.postMessage({ failed: error instanceof Error ? error.message : String(error) });
  }
};
