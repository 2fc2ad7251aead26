/**
 * Serves on Deno Deploy: all add-ons and operators on one listener, and work by bursts. Nothing waits in memory: an instance is
 * started by a request or a tick, works while requests come and for a minute behind them, and may be ended at any time.
 */

import { createHandler, type Listener, serveTraffic, type Traffic } from "../http/server/listener.ts";
import { createCore } from "./core.ts";
import { createDispatch, findPlaces } from "./deploy_places.ts";
import { createServed } from "./served.ts";
import type { ProgramOptions } from "./shared.ts";
import { stopServing } from "./start.ts";

export interface Deployed {
  /** Where the host had it listen. */
  port: number;
  /** Each minute: what schedules, due waits and retries, and instances that ended have left. Never rejects. */
  tick(): Promise<void>;
  /** Every ten minutes: retention. Never rejects. */
  sweep(): Promise<void>;
  /** As Serving.stop() of start.ts. */
  stop(): Promise<void>;
}

/** How long is worked behind the last request or tick: until the next tick, so that jobs due in seconds run in time. */
const BURST_MS = 60_000;
/** Of a tick: the host drops the next one while one is in progress. */
const TICK_MS = 45_000;
const READS = new Set(["GET", "HEAD", "OPTIONS"]);

/** Opens everything and listens where the host says. Throws what createCore() and Deno.serve throw, with nothing left open. */
export async function startDeployed(options: ProgramOptions): Promise<Deployed> {
  const { clock, config } = options;
  const core = await createCore(options);
  let listener: Listener;
  try {
    listener = listenHere();
  } catch (error) {
    await core.stop();
    throw error;
  }
  // What an instance left that was ended in its work.
  void burst();

  function burst(): Promise<unknown> {
    return Promise.all(core.workers.map((worker) => worker.serveFor(BURST_MS)));
  }

  function listenHere(): Listener {
    const { addons, operators } = createServed(core, options);
    const { places } = findPlaces(config);
    const traffic: Traffic = { open: 0 };
    const handlerOf = (handler: typeof operators, basePath?: string) =>
      createHandler(
        {
          ...handler,
          onEnd: (fact) => {
            handler.onEnd(fact);
            if (fact.status < 400 && !READS.has(fact.method)) void burst();
          },
        },
        traffic,
        basePath,
      );
    const ofAddon = new Map(addons.map(({ profile: { key }, options }) => {
      const { basePath } = places.find((place) => place.key === key)!;
      return [key, handlerOf(options, basePath)];
    }));
    const find = createDispatch(places, { ofAddon, operators: handlerOf(operators) });
    return serveTraffic({ traffic, clock }, (request, remote) => find(request.url)(request, remote));
  }

  return {
    port: listener.port,
    tick: async () => {
      const over = new AbortController();
      const late = clock.sleep(TICK_MS, over.signal).catch(() => {});
      const work = async () => {
        await Promise.all([
          ...core.schedulers.map(({ drain }) =>
            // Fired with the next tick.
            drain().catch((error) => options.log.warn("schedule.look_failed", { error }))
          ),
          ...core.upkeep.map((work) => work()),
          core.auditSealer?.look(),
        ]);
        await burst();
      };
      await Promise.race([work(), late]);
      over.abort();
    },
    sweep: async () => void (await Promise.all(core.retention.map(({ tick }) => tick()))),
    stop: () => stopServing(core, [listener], clock),
  };
}
