/**
 * Listeners and workers as programs of their own on one database, with Kafka between them: some are killed and the broker goes away
 * under load, and every accepted run ends once.
 *
 * 20 times by KAFKA_RESTARTS=20, which takes 16 minutes of two cores that do nothing else: of each the start of the broker's Java
 * is the most, 10 s of a busy processor, and meanwhile the load goes on.
 */

import { KAFKA_MISSING, outsiderOf, startKafka } from "../support/kafka.ts";
import { assertNothingLostNorDoubled, egressTo, more, startLoad } from "../support/scale_load.ts";
import { testOnServer } from "../support/server_scene.ts";
import { startSink } from "../support/sink.ts";
import { eventually } from "../support/world.ts";

const RESTARTS = Number(Deno.env.get("KAFKA_RESTARTS") ?? 1);
/** Accepted events and runs while the broker is away, and while it is there again. */
const MEANWHILE = RESTARTS > 1 ? 40 : 150;

testOnServer(
  "two listeners and three workers on Kafka: one of each is killed and the broker is away under load, every run ends once",
  async (scene) => {
    const sink = startSink();
    const broker = await startKafka();
    const outsider = outsiderOf(broker.brokers);
    const begunByMessages = () => outsider.committed("executor-group", "workflow.execution.requests");
    const env = {
      ...egressTo(sink),
      KAFKA_BROKERS: broker.brokers,
      WORKER_CONCURRENCY: "8",
      // Short, so that what a killed one held goes on soon.
      JOB_LEASE_SECONDS: "5",
      KAFKA_FALLBACK_SECONDS: "3",
    };
    const [first, second] = await Promise.all([1, 2].map(() => scene.start({ ...env, ROLE: "listen" })));
    const [killed] = await Promise.all([1, 2, 3].map(() => scene.start({ ...env, ROLE: "work" })));
    const load = await startLoad(scene, [first!, second!], sink);
    try {
      await more(load);
      killed!.kill("SIGKILL");
      for (let times = 0; times < RESTARTS; times++) {
        await more(load, MEANWHILE);
        await broker.stop();
        await more(load, MEANWHILE);
        await broker.start();
      }
      first!.kill("SIGKILL");
      await first!.ended;
      load.listeners = [second!];
      await more(load);
      // How many do depends on the machine's speed: what waits too long begins without its message.
      const begun = await begunByMessages();
      await eventually(async () => await begunByMessages() > begun);
      await assertNothingLostNorDoubled(scene, load);
      const { runs } = await load.stop();
      console.log(`${runs.size} runs, ${await begunByMessages()} by their messages, ${RESTARTS} restarts`);
    } finally {
      await load.close();
      await outsider.stop();
      await broker.remove();
    }
  },
  KAFKA_MISSING,
);
