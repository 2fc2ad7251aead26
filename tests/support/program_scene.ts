/** A simulator, and programs that serve it one after another over one database. */

import type { Simulator } from "../../src/simulator/simulator.ts";
import { migratedOnServer } from "./database.ts";
import { makeDataDir, type Program, startProgram } from "./program.ts";
import { startTestSimulator } from "./simulator.ts";
import { worldEnv } from "./world.ts";

export interface ProgramScene {
  simulator: Simulator;
  start(): Promise<Program>;
  /** Kills what still runs, and takes the database away. */
  stop(): Promise<void>;
}

/** On the server that DATABASE_URL names, or embedded in a folder of its own; the Universal Webhook add-on unless `env` says more. */
export async function startProgramScene(env: Record<string, string> = {}): Promise<ProgramScene> {
  const simulator = await startTestSimulator({ ratePerSecond: 1_000 });
  const database = await migratedOnServer();
  const folder = await makeDataDir();
  // Made once: each program opens what the one before it sealed.
  const variables = {
    ...worldEnv(simulator),
    PROFILES: "universal_webhook",
    DATA_DIR: folder.path,
    ...(database && { DATABASE_URL: database.url }),
    ...env,
  };
  const started: Program[] = [];
  return {
    simulator,
    start: async () => {
      const program = await startProgram(variables);
      started.push(program);
      return program;
    },
    stop: async () => {
      for (const program of started) {
        program.kill("SIGKILL");
        await program.ended;
      }
      await simulator.stop();
      await database?.stop();
      await folder.remove();
    },
  };
}
