/**
 * The composition root. In this order it opens: what the whole process shares (shared.ts), the services of each database
 * with its jobs (services.ts, jobs.ts), and what each listener is given (listeners.ts). start.ts then opens the ports and
 * lets the workers run. At a stop, start.ts ends requests, streams, jobs and sweeps side by side; then what was opened here
 * ends in reverse order, the databases after all that writes to them, metrics and traces last.
 */

import type { Config, ProfileConfig } from "../config/config.ts";
import { readConsole } from "../http/api/console.ts";
import type { BodyAccount } from "../http/server/body_account.ts";
import { profileOf } from "../profiles/profiles.ts";
import type { Worker } from "../queue/worker.ts";
import type { Retention } from "../retention/sweep.ts";
import { localOperatorKey } from "../secrets/local_secrets.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { type OperatorKey, parseOperatorKeys } from "../verify/operator.ts";
import type { AddonAppDeps } from "./addon_app.ts";
import { createListenerParts } from "./listeners.ts";
import { type ListenerObserver, listenerObserver } from "./observers.ts";
import { OPERATOR_SERVICE, type OperatorAppDeps } from "./operator_app.ts";
import { openServices, type Services } from "./services.ts";
import { openShared, type ProgramOptions, type Stops } from "./shared.ts";
import { VERSION } from "./version.ts";

export interface Core {
  metrics: Metrics;
  /** Parts of one listener per profile. */
  listeners: { profile: ProfileConfig; app: AddonAppDeps; observer: ListenerObserver }[];
  /** Parts of the listener for operators. */
  operators: { deps: Omit<OperatorAppDeps, "addons">; observer: ListenerObserver };
  /** Of the request bodies of all listeners. */
  bodies: BodyAccount;
  /** One per database. */
  workers: Worker[];
  /** One per database. */
  retention: Retention[];
  /** Ends the streams of events and the exports under way, which would keep their connections open. Never rejects. */
  endStreams(): Promise<void>;
  /** Files of secrets that this machine made for itself. */
  localFiles: { operatorKey?: string };
  /** Stops the workers (jobs get `graceMs` to end), then the databases. Never rejects. */
  stop(graceMs: number): Promise<void>;
}

/** Opens everything but the ports. Throws START_FAILED, DATA_FOLDER_LOCKED or CONFIG_INVALID, with nothing left open. */
export async function createCore(options: ProgramOptions): Promise<Core> {
  const opened: Stops = [];
  const stopAll = async () => {
    for (const stop of opened.reverse()) await stop().catch((error) => options.log.warn("stop.failed", { error }));
  };
  try {
    return await assemble(options, opened, stopAll);
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function assemble(options: ProgramOptions, opened: Stops, stopAll: () => Promise<void>): Promise<Core> {
  const { config, log } = options;
  const profiles = config.profiles.map((profile) => ({ ...profile, facts: profileOf(profile.key) }));
  const databases = new Map<string, Services>();
  const shared = await openShared(options, {
    opened,
    databaseOf: (profileKey) => {
      const profile = profiles.find(({ key }) => key === profileKey);
      // The worker of a database takes the jobs of all its add-ons.
      return (profile ? databases.get(profile.databaseUrl ?? "") : databases.values().next().value)?.db;
    },
    addonOf: (key) => {
      const app = listeners.find(({ profile }) => profile.key === key)?.app;
      return app && { profile: app.profile, baseUrl: app.baseUrl, webhookLimit: app.webhookLimit };
    },
  });
  const { metrics, limits } = shared;
  for (const { databaseUrl } of profiles) {
    const name = databaseUrl ?? "";
    if (!databases.has(name)) databases.set(name, await openServices(databaseUrl, shared));
  }
  opened.push(() => limits.limiter.settled());

  const { operators, file } = await openOperators(config);
  const consoleFiles = await readConsole();
  const listeners = profiles.map(({ facts, ...profile }) => {
    const services = databases.get(profile.databaseUrl ?? "")!;
    const observer = listenerObserver(facts, { log, metrics, levelOf: services.settings.logLevel });
    const app = createListenerParts({ ...profile, facts }, {
      ...shared,
      version: VERSION,
      operators,
      consoleFiles,
      services,
      observer,
    });
    metrics.beforeScrape(async () =>
      metrics.set(
        "addon_healthcheck_database_status",
        [facts.service],
        await services.probe.database() === "ok" ? 1 : 0,
      )
    );
    return { profile, app, observer };
  });

  const all = [...databases.values()];
  const workers = all.map(({ worker }) => worker);
  return {
    metrics,
    bodies: limits.bodies,
    listeners,
    operators: {
      deps: {
        console: { files: consoleFiles },
        health: { ...listeners[0]!.app.health, service: OPERATOR_SERVICE, legacyRoute: false },
        metrics: config.metricsPort === undefined
          ? { scrape: () => metrics.scrape(OPERATOR_SERVICE), token: config.metricsToken }
          : undefined,
      },
      observer: listenerObserver({ service: OPERATOR_SERVICE }, { log, metrics, levelOf: () => undefined }),
    },
    workers,
    retention: all.map(({ retention }) => retention),
    endStreams: async () => void (await Promise.all(all.map(({ streams }) => streams.stop()))),
    localFiles: { operatorKey: file },
    stop: async (graceMs) => {
      await Promise.all(workers.map((worker) => worker.stop(graceMs)));
      await stopAll();
    },
  };
}

async function openOperators(config: Config): Promise<{ operators: readonly OperatorKey[]; file?: string }> {
  if (config.operatorApiKeys !== undefined) return { operators: parseOperatorKeys(config.operatorApiKeys) };
  if (config.profiles.some(({ databaseUrl }) => databaseUrl !== undefined)) return { operators: [] };
  const { list, file } = await localOperatorKey(config.database.dataDir);
  // Nobody chose it, and HOST is every interface by default: it counts on this machine alone.
  return { operators: parseOperatorKeys(list).map((key) => ({ ...key, loopbackOnly: true })), file };
}
