/** The world that the tests of one file share: started before the first, stopped after the last. */

import { stopSharedDatabase } from "./database.ts";
import { startWorld, type World, type WorldOptions } from "./world.ts";

/** Starts a world on an empty database before the file's first test; `begin` takes it, and makes in it what all its tests need. */
export function worldOfFile(options: WorldOptions, begin: (world: World) => void | Promise<void>): void {
  let world: World | undefined;
  Deno.test.beforeAll(async () => {
    world = await startWorld(options);
    await begin(world);
  });
  Deno.test.afterAll(async () => {
    await world?.stop();
    await stopSharedDatabase();
  });
}
