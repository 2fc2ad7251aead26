/** Runs that wait are rows: however many, the process keeps nothing of them, and each goes on with its signal. */

import { assert, assertEquals } from "@std/assert";
import { startChild } from "../support/child.ts";
import { fillDataFolder, migratedOnServer } from "../support/database.ts";

const PROGRAM = new URL("../support/many_waiting_program.ts", import.meta.url);
/** Twice as many wait in the end: WAITING_RUNS=10000 for the proof. */
const COUNT = Number(Deno.env.get("WAITING_RUNS") ?? 500);
/** Of the heap, for each: far below what a timer or a promise of each would keep. */
const MOST_BYTES = 300;
/** What the process itself keeps of its work, measured beside few runs. */
const SLACK_BYTES = 300_000;

Deno.test(`${2 * COUNT} runs that wait cost the process no memory, and all go on with their signals`, async () => {
  const folder = await Deno.makeTempDir({ prefix: "timewire-waiting-" });
  const database = await migratedOnServer();
  try {
    await fillDataFolder(folder);
    const env: Record<string, string> = database ? { DATABASE_URL: database.url } : { DATA_DIR: folder };
    const child = await startChild(PROGRAM, { ...env, COUNT: String(COUNT) }, ["--v8-flags=--expose-gc"]);
    assertEquals((await child.status).code, 0, child.errors());
    const { bytes, completed, left } = child.ready;
    assertEquals([completed, left], [2 * COUNT + 1, 0]);
    assert(bytes <= MOST_BYTES + SLACK_BYTES / COUNT, `${bytes} bytes for each`);
  } finally {
    await database?.stop();
    await Deno.remove(folder, { recursive: true });
  }
});
