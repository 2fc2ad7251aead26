/** The drill: a backup under load, restored elsewhere, and a program that continues there with what the first one was doing. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import { type Serving, start } from "../../src/app/start.ts";
import { newKey } from "../../src/secrets/encryption.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { runVerb } from "../support/backup_place.ts";
import { createServerDatabase, migratedOnServer, SERVER_URL } from "../support/database.ts";
import { EFFECT, effects, EVENT, installFlow, newIds, statusOf } from "../support/signed_events.ts";
import { startTestSimulator } from "../support/simulator.ts";
import { configOf, eventually, worldEnv } from "../support/world.ts";

/** Acknowledged before the backup begins, and while it runs. */
const BEFORE = 150;
const SENDERS = 4;

Deno.test({
  name:
    "a backup under load, restored elsewhere: nothing that was acknowledged before it is missing, and its runs end there",
  ignore: SERVER_URL === undefined,
  fn: async () => {
    const simulator = await startTestSimulator({ ratePerSecond: 1_000 });
    const [source, target] = [(await migratedOnServer())!, await createServerDatabase(SERVER_URL!)];
    const backups = await Deno.makeTempDir({ prefix: "tw-drill-" });
    const shared = {
      ...worldEnv(simulator),
      PROFILES: "universal_webhook",
      POLL_MINUTES: "0",
      BACKUP_TARGET: backups,
      BACKUP_KEYS: newKey("b1"),
    };
    const begin = (url: string, env: Record<string, string> = {}): Promise<Serving> => {
      const config = configOf({ ...shared, ...env, DATABASE_URL: url });
      return start({
        config,
        clock: systemClock,
        log: createLogger({ ...config.log, clock: systemClock, write: () => {} }),
      });
    };
    const programs: Serving[] = [];
    try {
      const first = await begin(source.url);
      programs.push(first);
      const port = first.ports.universal_webhook!;
      const events = await installFlow(simulator, port);

      // Its call has no answer until the backup is made: a run in progress.
      await simulator.addFault({ kind: "hang", ...EFFECT });
      const [interrupted] = newIds(1) as [string];
      assertEquals(await statusOf(events.send(port, interrupted)), 200);
      await eventually(() => Promise.resolve(effects(simulator).has(interrupted)));

      const acked = new Set([interrupted]);
      let isOver = false;
      const senders = Array.from({ length: SENDERS }, async () => {
        while (!isOver) {
          const [id] = newIds(1) as [string];
          if (await statusOf(events.send(port, id)) === 200) acked.add(id);
        }
      });
      await eventually(() => Promise.resolve(acked.size >= BEFORE));
      const before = new Set(acked);
      const ofSource = { ...shared, DATABASE_URL: source.url };
      const made = await runVerb(ofSource, ["backup"]);
      assertEquals([made.code, made.error], [0, ""]);
      isOver = true;
      await Promise.all(senders);
      assert(acked.size > before.size, "the backup is made under load");
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      assertMatch(metrics, /^backup_last_success_timestamp_seconds \d{10}$/m);
      assertMatch(metrics, /^backup_last_size_bytes \d{4,}$/m);

      // The first machine is gone, in the middle of its work.
      await first.stop();
      await simulator.clearFaults();

      const ofTarget = { ...shared, DATABASE_URL: target.url };
      const wrong = await runVerb({ ...ofTarget, ENCRYPTION_KEYS: newKey("test") }, ["restore", "latest"]);
      assertMatch(wrong.error, /^Cannot load the dump: ENCRYPTION_KEYS do not open what is in it/);
      const restored = await runVerb(ofTarget, ["restore", "latest"]);
      assertEquals([restored.code, restored.error], [0, ""]);
      const refused = await runVerb(ofTarget, ["restore", "latest"]);
      assertMatch(refused.error, /is not empty: its rows \(.*\d+ of event.*\) would be deleted/);

      const second = await begin(target.url, { BACKUP_SCHEDULE: "15 3 * * *" });
      programs.push(second);
      const ids = async () => {
        const rows = await target.db.sql<{ id: string; state: string | null }[]>`
          select convert_from(body, 'UTF8')::json->>'id' as id, run.state
          from event left join run on run.event_id = event.id and run.installation_id = event.installation_id
          where event_type = ${EVENT}`;
        return new Map(rows.map(({ id, state }) => [id, state]));
      };
      await eventually(async () => [...(await ids()).values()].every((state) => state === "completed"));
      const found = await ids();
      assertEquals([...before].filter((id) => !found.has(id)), [], "acknowledged before the backup began");
      const done = effects(simulator);
      for (const id of found.keys()) assertEquals(done.get(id)?.done, true, id);
      const { keys } = done.get(interrupted)!;
      assert(keys.length > 1 && new Set(keys).size === 1, "the interrupted call was sent again under the same key");

      // The restored database knows of no backup: the schedule makes the one that it missed, in place of today's first.
      const names = () => [...Deno.readDirSync(backups)].map(({ name }) => name).filter((name) => name !== ".lock");
      const [old] = names();
      await second.core.backups!.tick();
      const left = names();
      assertEquals([left.length, left.includes(old!)], [1, false]);
      assertEquals((await runVerb(ofTarget, ["backup", "verify"])).code, 0);
    } finally {
      for (const program of programs) await program.stop();
      await simulator.stop();
      await source.stop();
      await target.stop();
      await Deno.remove(backups, { recursive: true });
    }
  },
});
