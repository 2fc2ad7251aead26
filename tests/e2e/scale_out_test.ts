/** Listeners and workers as programs of their own on one database: some are killed or replaced under load, and nothing is lost or doubled. */

import { assertEquals } from "@std/assert";
import { assertNothingLostNorDoubled, egressTo, more, startLoad } from "../support/scale_load.ts";
import { endsWithin } from "../support/program.ts";
import { testOnServer } from "../support/server_scene.ts";
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
  "two instances of the version before are replaced under load: nothing is lost or doubled",
  async (scene) => {
    const sink = startSink();
    const before = await checkOutVersionBefore();
    const env = { ...LEASE, ...egressTo(sink) };
    const replaced = await Promise.all([1, 2].map(() => scene.start(env, before.root)));
    const load = await startLoad(scene, [...replaced], sink);
    try {
      await more(load);
      for (const old of replaced) {
        // The first one applies the migrations while the old ones serve.
        load.listeners.push(await scene.start(env));
        await more(load);
        load.listeners.splice(load.listeners.indexOf(old), 1);
        old.kill("SIGTERM");
        assertEquals((await endsWithin(old, 15_000)).code, 0);
        await more(load);
      }
      await assertNothingLostNorDoubled(scene, load);
    } finally {
      await load.close();
      await before.remove();
    }
  },
);
