/** Listeners and workers as programs of their own on one database: some are killed or replaced under load, and nothing is lost or doubled. */

import { assertEquals } from "@std/assert";
import { listMigrations } from "../../src/db/migrate.ts";
import { commandLineOf } from "../support/command_line.ts";
import { assertNothingLostNorDoubled, egressTo, more, startLoad } from "../support/scale_load.ts";
import { endsWithin, type Program } from "../support/program.ts";
import { createSchedules } from "../support/scale_schedules.ts";
import { type Scene, testOnServer } from "../support/server_scene.ts";
import { checkOutVersionBefore } from "../support/version_before.ts";
import { startSink } from "../support/sink.ts";

// Short, so that what a killed one held goes on soon.
const LEASE = { JOB_LEASE_SECONDS: "5" };

testOnServer(
  "two listeners and three workers: one of each is killed under load, nothing is lost or doubled",
  async (scene) => {
    const sink = startSink();
    const env = { ...LEASE, ...egressTo(sink), WORKER_CONCURRENCY: "8" };
    const [first, second] = await Promise.all([1, 2].map(() => scene.start({ ...env, ROLE: "listen" })));
    const [killed] = await Promise.all([1, 2, 3].map(() => scene.start({ ...env, ROLE: "work" })));
    const load = await startLoad(scene, [first!, second!], sink);
    try {
      await more(load);
      killed!.kill("SIGKILL");
      await more(load);
      first!.kill("SIGKILL");
      await first!.ended;
      load.listeners = [second!];
      await more(load);
      await assertNothingLostNorDoubled(scene, load);
    } finally {
      await load.close();
    }
  },
);

testOnServer(
  "the version before is replaced under load, schedules fire beside it, and it comes back: nothing is lost or doubled",
  async (scene) => {
    const sink = startSink();
    const before = await checkOutVersionBefore();
    const env = { ...LEASE, ...egressTo(sink) };
    const replaced = await Promise.all([1, 2].map(() => scene.start(env, before.root)));
    const load = await startLoad(scene, [...replaced], sink);
    const schedules = createSchedules(scene, load);
    try {
      await more(load);
      for (const old of replaced) {
        // The first one applies the migrations while the old ones serve.
        load.listeners.push(await scene.start(env));
        await Promise.all([more(load), schedules.add()]);
        load.listeners.splice(load.listeners.indexOf(old), 1);
        await stopped(old);
        await more(load);
      }
      // Back, as docs/maintenance.md has it: the version before begins on the newer schema, beside the new one.
      load.listeners.push(await scene.start(env, before.root));
      await Promise.all([more(load), schedules.add()]);
      await stopped(load.listeners.shift()!);
      await more(load);
      await schedules.end();
      // And without the schema of the new one: senders find nobody meanwhile, and repeat.
      await Promise.all(load.listeners.splice(0).map(stopped));
      await migrateDownTo(before.root, scene);
      load.listeners.push(await scene.start(env, before.root));
      await more(load);
      await assertNothingLostNorDoubled(scene, load);
    } finally {
      await load.close();
      await before.remove();
    }
  },
);

async function stopped(program: Program): Promise<void> {
  program.kill("SIGTERM");
  assertEquals((await endsWithin(program, 15_000)).code, 0);
}

/** `migrate down` of this version, once for each migration that the version in the folder `root` does not know. */
async function migrateDownTo(root: URL, { database }: Scene): Promise<void> {
  const known = (await listMigrations(new URL("migrations/", root))).length;
  const ours = (await listMigrations()).map(({ number }) => number);
  const run = commandLineOf({ DATABASE_URL: database.url! });
  for (const number of ours.slice(known).reverse()) {
    const { code, json } = await run(["migrate", "down", "--json"]);
    assertEquals([code, json().databases[0].rolled_back], [0, number]);
  }
  const [{ count }] = await database.db.sql<[{ count: number }]>`select count(*)::int as count from timewire_migration`;
  assertEquals(count, known);
}
