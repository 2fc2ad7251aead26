/** A program that is killed at a point of its run, and the one that goes on with its database: what the two left. */

import { assertEquals } from "@std/assert";
import { startChild } from "./child.ts";
import { fillDataFolder, migratedOnServer } from "./database.ts";

/**
 * Starts `program` until it kills itself when it passes `point` for the `nth` time, then once more until its end. Gives what
 * that one wrote to RESULT, and the lines that both wrote to LEDGER.
 */
export async function dieAndGoOn(
  program: URL,
  { point, nth }: { point: string; nth: number },
  // deno-lint-ignore no-explicit-any -- JSON of the program
): Promise<{ result: any; ledger: string[] }> {
  const folder = await Deno.makeTempDir({ prefix: "timewire-dying-" });
  const database = await migratedOnServer();
  try {
    await fillDataFolder(folder);
    const env = {
      ...(database ? { DATABASE_URL: database.url } : { DATA_DIR: folder }),
      LEDGER: `${folder}/ledger`,
      RESULT: `${folder}/result`,
    };
    const dying = await startChild(program, { ...env, CRASH_AT: point, CRASH_NTH: String(nth) });
    const { signal } = await dying.status;
    assertEquals(signal, "SIGKILL", `${point} is passed: ${dying.errors()}`);
    const next = await startChild(program, env);
    assertEquals((await next.status).code, 0, next.errors());
    return {
      result: JSON.parse(await Deno.readTextFile(env.RESULT)),
      ledger: (await Deno.readTextFile(env.LEDGER)).trim().split("\n"),
    };
  } finally {
    await database?.stop();
    await Deno.remove(folder, { recursive: true });
  }
}
