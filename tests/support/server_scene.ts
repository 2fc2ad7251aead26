/** Scenes of several programs on one database of a PostgreSQL server: the one of DATABASE_URL, or one that the test file starts. */

import type { Simulator } from "../../src/simulator/simulator.ts";
import { createServerDatabase, SERVER_URL, type TestDatabase } from "./database.ts";
import { startPostgres } from "./postgres_server.ts";
import { endsWithin, makeDataDir, type Program, startProgram } from "./program.ts";
import { startTestSimulator } from "./simulator.ts";
import { worldEnv } from "./world.ts";

// The embedded database serves one process, so without DATABASE_URL these tests start a server of their own.
let missing = "";
const own = SERVER_URL ? undefined : await startPostgres({ onMissing: (why) => missing = why });
const serverUrl = SERVER_URL ?? own?.url;
Deno.test.afterAll(async () => await own?.stop());

export interface Scene {
  simulator: Simulator;
  database: TestDatabase;
  /** The program in the folder `root`, this checkout by default. */
  start(env?: Record<string, string>, root?: URL): Promise<Program>;
}

/** A test with a simulator and a new database of a server; what it starts is ended behind it. `lacking`: why it cannot run. */
export function testOnServer(name: string, work: (scene: Scene) => Promise<void>, lacking?: string) {
  const why = serverUrl === undefined ? missing : lacking;
  const ignore = why !== undefined;
  Deno.test({ name: ignore ? `${name} (ignored: ${why})` : name, ignore, fn: () => withScene(work) });
}

async function withScene(work: (scene: Scene) => Promise<void>) {
  // All requests are kept: tests look at each effect, of as many runs as they can make.
  const simulator = await startTestSimulator({ ratePerSecond: 1_000, keepRequests: 1_000_000 });
  const database = await createServerDatabase(serverUrl!);
  const folder = await makeDataDir({ empty: true });
  const shared = {
    ...worldEnv(simulator),
    PROFILES: "universal_webhook",
    DATA_DIR: folder.path,
    DATABASE_URL: database.url,
  };
  const started: Program[] = [];
  const start = async (env: Record<string, string> = {}, root?: URL) => {
    const program = await startProgram({ ...shared, ...env }, root);
    started.push(program);
    return program;
  };
  try {
    await work({ simulator, database, start });
  } finally {
    for (const program of started) program.kill("SIGTERM");
    for (const program of started) await endsWithin(program, 5_000);
    await simulator.stop();
    await database.stop();
    await folder.remove();
  }
}
