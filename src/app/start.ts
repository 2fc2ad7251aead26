/** Serves until a signal: core, listeners, workers; then stops them within 5 s. */

import { stopSignals } from "../base/stop_signals.ts";
import { PORT_VARIABLES } from "../config/variables.ts";
import { type Core, createCore } from "./core.ts";
import { createMetricsApp } from "./addon_app.ts";
import { OPERATOR_SERVICE } from "./operator_app.ts";
import { createServed, type ServedAddon, sharedOptions } from "./served.ts";
import type { ProgramOptions } from "./shared.ts";
import { type HandlerOptions, listen, type Listener, type Place } from "../http/server/listener.ts";

export interface Serving {
  core: Core;
  /** Address of each profile's listener, by profile key. */
  ports: Record<string, number>;
  /** Port of the listener for operators; undefined where nothing listens (ROLE=work). */
  operatorPort?: number;
  /** Port of METRICS_PORT's listener, where it is set. */
  metricsPort?: number;
  /** Stops accepting, finishes what is in flight, releases claims. Never rejects; takes less than 5 s. */
  stop(): Promise<void>;
}

/** Time for requests and jobs in progress at a stop, within the 5 s that platforms allow. */
const GRACE_MS = 3_000;
const STOP_DEADLINE_MS = 4_700;

/**
 * Starts and waits for SIGTERM or SIGINT, then stops and exits 0; `setTicker` takes what is to be called every few minutes,
 * `setMinuteTicker` what is each minute.
 * Throws what createCore() and listen() throw.
 */
export async function serve(
  options: ProgramOptions & {
    setTicker(tick: () => Promise<unknown>): void;
    setMinuteTicker(tick: () => Promise<unknown>): void;
  },
): Promise<void> {
  const { log } = options;
  // Listened for from here on: a signal during the start stops what was started.
  const stopSignal = nextSignal();
  const serving = await start(options);
  for (const [profile, port] of Object.entries(serving.ports)) log.info("listener.ready", { profile, port });
  if (serving.operatorPort !== undefined) {
    log.info("listener.ready", { profile: "operators", port: serving.operatorPort });
  }
  const { operatorKey } = serving.core.localFiles;
  if (operatorKey) log.info("operator.key_file", { file: operatorKey });

  if (options.config.role !== "listen") {
    log.info("worker.ready", { concurrency: options.config.worker.concurrency });
    const { retention, schedulers, upkeep, backups } = serving.core;
    const eachMinute = () => {
      // Not awaited: it takes as long as the database is large.
      void backups?.tick();
      return Promise.all(upkeep.map((work) => work()));
    };
    options.setMinuteTicker(() => Promise.allSettled([...schedulers.map(({ drain }) => drain()), eachMinute()]));
    options.setTicker(() => Promise.all(retention.map(({ tick }) => tick())));
    for (const { catchUp } of retention) void catchUp();
    void eachMinute();
  }

  const signal = await stopSignal;
  log.info("stop.started", { signal });
  await serving.stop();
  log.info("stop.finished");
  Deno.exit(0);
}

/** Opens the core and every port, or nothing: what was opened before a failure is closed again. */
export async function start(options: ProgramOptions): Promise<Serving> {
  const { config, clock } = options;
  const core = await createCore(options);
  const listeners: Listener[] = [];
  let ports: Ports;
  try {
    const openPorts = preparePorts(core, options, listeners);
    await core.rehearsed;
    ports = openPorts();
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.stop(0)));
    await core.stop();
    throw error;
  }
  if (config.role !== "listen") { for (const worker of core.workers) worker.run(); }
  core.auditSealer?.run();
  core.kafka?.run({ consume: config.role !== "listen" });

  return {
    core,
    ...ports,
    stop: () => stopServing(core, listeners, clock),
  };
}

/** Ends what serves and what works beside it, then the core. Never rejects; takes less than 5 s. */
export async function stopServing(
  core: Core,
  listeners: readonly Listener[],
  clock: ProgramOptions["clock"],
): Promise<void> {
  const timer = new AbortController();
  const pause = (ms: number) => clock.sleep(ms, timer.signal).catch(() => {});
  // Side by side: a slow sender must not keep the claims, which another instance could continue with.
  const quiet = Promise.all(listeners.map((listener) => listener.stop(GRACE_MS)));
  const streams = core.endStreams();
  const idle = Promise.all(core.workers.map((worker) => worker.stop(GRACE_MS)));
  const swept = Promise.all(core.retention.map((retention) => retention.stop()));
  const left = core.kafka?.stop(GRACE_MS);
  const written = core.backups?.stop();
  const stopped = Promise.all([quiet, streams, idle, swept, left, written]).then(core.stop);
  await Promise.race([stopped, pause(STOP_DEADLINE_MS)]);
  timer.abort();
}

type Ports = Pick<Serving, "ports" | "operatorPort" | "metricsPort">;

/** Makes what ROLE and METRICS_PORT ask for; what it gives opens the ports, and puts each listener into `listeners` at once. */
function preparePorts(core: Core, options: ProgramOptions, listeners: Listener[]): () => Ports {
  const { config } = options;
  const open = (place: Place, handler: HandlerOptions): number => {
    const listener = listen(place, handler);
    listeners.push(listener);
    return listener.port;
  };
  const served = config.role === "work" ? undefined : createServed(core, options);
  return () => ({
    ports: Object.fromEntries((served?.addons ?? []).map((addon) => [addon.profile.key, openAddon(addon)])),
    operatorPort: served && openOperators(served.operators),
    metricsPort: config.metricsPort === undefined ? undefined : openMetrics(config.metricsPort),
  });

  function openAddon({ profile, app, options }: ServedAddon): number {
    const port = open({
      service: app.profile.service,
      hostname: config.host,
      port: profile.port,
      portVariable: PORT_VARIABLES[profile.key],
    }, options);
    // Port 0 was a wish for any: what manifest and sources say is known only now.
    if (profile.port === 0 && profile.baseUrl === undefined) {
      app.baseUrl = app.sources.baseUrl = app.customWebhooks.baseUrl = `http://localhost:${port}`;
    }
    return port;
  }

  function openOperators(handler: HandlerOptions): number {
    const { host: hostname, port } = config.api;
    return open({ service: OPERATOR_SERVICE, hostname, port, portVariable: "API_PORT" }, handler);
  }

  function openMetrics(port: number): number {
    return open({ service: "metrics", hostname: config.host, port, portVariable: "METRICS_PORT" }, {
      ...sharedOptions(core, options),
      app: createMetricsApp(
        { scrape: () => core.metrics.scrape(), token: config.metricsToken },
        core.operators.deps.health,
      ),
      maxOpenRequests: 100,
      onStart: () => {},
      onEnd: () => {},
    });
  }
}

/** The next SIGTERM or SIGINT. */
export function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of stopSignals()) Deno.addSignalListener(signal, () => resolve(signal));
  });
}
