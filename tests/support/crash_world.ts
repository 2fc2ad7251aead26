/** What a crash test begins with: a simulator, and the environment of processes that share one database over their deaths. */

import type { Simulator } from "../../src/simulator/simulator.ts";
import { fillDataFolder, migratedOnServer } from "./database.ts";
import { startTestSimulator } from "./simulator.ts";
import { worldEnv } from "./world.ts";

export interface CrashWorld {
  simulator: Simulator;
  /** For support/crash_program.ts: the Universal Webhook add-on alone. */
  env: Record<string, string>;
  /** To be called when the last process has ended. */
  stop(): Promise<void>;
}

/** On the server that DATABASE_URL names, or embedded in a folder of its own. */
export async function startCrashWorld(): Promise<CrashWorld> {
  const simulator = await startTestSimulator({ ratePerSecond: 1_000 });
  const database = await migratedOnServer();
  const dataDir = await Deno.makeTempDir({ prefix: "timewire-crash-" });
  await fillDataFolder(dataDir);
  return {
    simulator,
    env: {
      ...worldEnv(simulator),
      PROFILES: "universal_webhook",
      DATA_DIR: dataDir,
      // Short, since on a server the next process takes a dead one's claims only when they end; long enough that no stall
      // of a busy machine ends the lease of a living owner.
      JOB_LEASE_SECONDS: "3",
      // Each start would read every list of the workspace; deaths in that have tests of their own.
      UW_BOOTSTRAP_ON_STARTUP: "false",
      POLL_MINUTES: "0",
      ...(database && { DATABASE_URL: database.url }),
    },
    stop: async () => {
      await simulator.stop();
      await database?.stop();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}

/** A forwarder with a fixed port, since ports change with every start; while the child is away it answers 503, as a proxy would. */
export function openDoor(port: () => number) {
  const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const headers = new Headers(request.headers);
      headers.delete("host");
      const body = request.body === null ? undefined : await request.arrayBuffer();
      const target = `http://127.0.0.1:${port()}${pathname}${search}`;
      const response = await fetch(target, { method: request.method, headers, body }).catch(() => undefined);
      if (!response) return new Response(null, { status: 503 });
      const text = await response.text();
      if (pathname !== "/manifest") return new Response(text, { status: response.status });
      return Response.json({ ...JSON.parse(text), baseUrl: `http://127.0.0.1:${server.addr.port}` });
    },
  );
  return { url: `http://127.0.0.1:${server.addr.port}`, stop: () => server.shutdown() };
}
