/**
 * The composition root: what the program is made of, how it starts and how it stops.
 *
 * A start, one step after the other:
 * 1. shared.ts: traces and metrics, Clockify's keys, limits (limits.ts), the clients for Clockify and for other systems.
 * 2. services.ts, for each database: the database with its migrations, what requests ask of it, sweeps and streams; and
 *    by jobs.ts the actions, the engine, and the worker with a handler for each kind of job.
 * 3. rehearse.ts, for each database: its connections, with the path of an event gone through for none. The server works on
 *    that while step 4 is done here.
 * 4. listeners.ts, for each add-on: what its routes are given; addon_app.ts mounts them.
 * 5. start.ts: the ports, once 3 is over too; then the workers, which claim jobs from then on.
 *
 * A stop takes less than 5 s. start.ts ends, side by side, the listeners (requests in progress may finish), the streams, the
 * workers (claims are released), the sweeps and Kafka. Then what was opened ends one after the other, the last first (stops.ts):
 * rate budgets are stored; of each database what still writes to it (counts of events, audit), then itself; limits,
 * metrics and traces.
 */

import type { AuditSealer } from "../access/audit_seal.ts";
import { answerBackups } from "../backup/ask.ts";
import type { Config, ProfileConfig } from "../config/config.ts";
import { databaseUrlsOf } from "../config/databases.ts";
import type { Database } from "../db/db.ts";
import { readConsole } from "../http/api/console.ts";
import type { BodyAccount } from "../http/server/body_account.ts";
import type { Kafka } from "../kafka/kafka.ts";
import { profileOf } from "../profiles/profiles.ts";
import type { Worker } from "../queue/worker.ts";
import type { Retention } from "../retention/sweep.ts";
import type { Scheduler } from "../schedules/scheduler.ts";
import { localOperatorKey } from "../secrets/local_secrets.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { type OperatorKey, parseOperatorKeys } from "../verify/operator.ts";
import type { AddonAppDeps } from "./addon_app.ts";
import { rehearse } from "./rehearse.ts";
import { createListenerParts } from "./listeners.ts";
import { type ListenerObserver, listenerObserver } from "./observers.ts";
import { OPERATOR_SERVICE, type OperatorAppDeps } from "./operator_app.ts";
import { openServices, type Services } from "./services.ts";
import { openShared, type ProgramOptions, type Shared } from "./shared.ts";
import { createStops, type Stops } from "./stops.ts";
import type { BackupSchedule } from "./backup_schedule.ts";
import { VERSION } from "./version.ts";
import { createWorkflowApiParts } from "./workflow_api.ts";

export interface Core {
  metrics: Metrics;
  /** Parts of one listener per profile. */
  listeners: { profile: ProfileConfig; app: AddonAppDeps; observer: ListenerObserver }[];
  /** Parts of the listener for operators. */
  operators: { deps: Omit<OperatorAppDeps, "addons">; observer: ListenerObserver };
  /** Settles when the databases are ready for the first requests. Never rejects. */
  rehearsed: Promise<unknown>;
  /** Memory account of the request bodies of all listeners. */
  bodies: BodyAccount;
  /** One per database. */
  workers: Worker[];
  /** One per database; a worker runs and stops its own. */
  schedulers: Scheduler[];
  /** Where brokers are configured. */
  kafka?: Kafka;
  /** Of the database of the Workflow Management API. */
  auditSealer?: AuditSealer;
  /** One per database. */
  retention: Retention[];
  /** Where BACKUP_SCHEDULE is set, of a process that works. */
  backups?: BackupSchedule;
  /** What is to be done each minute beside the schedules, of each database. Never reject. */
  upkeep: (() => Promise<void>)[];
  /** Ends the streams of events and the exports in progress, which would keep their connections open. Never rejects. */
  endStreams(): Promise<void>;
  /** Files of secrets that this machine made for itself. */
  localFiles: { operatorKey?: string };
  /** Ends all that was opened here, once listeners, workers and sweeps are stopped. Never rejects. */
  stop(): Promise<void>;
}

/** Opens everything but the ports. Throws START_FAILED, DATA_FOLDER_LOCKED or CONFIG_INVALID, with nothing left open. */
export async function createCore(options: ProgramOptions): Promise<Core> {
  const stops = createStops(options.log);
  try {
    return await assemble(options, stops);
  } catch (error) {
    await stops.stopAll();
    throw error;
  }
}

async function assemble(options: ProgramOptions, stops: Stops): Promise<Core> {
  const { config, log } = options;
  const profiles = config.profiles.map((profile) => ({ ...profile, facts: profileOf(profile.key) }));
  const databases = new Map<string, Services>();
  const servicesOf = (profileKey: string) => {
    const profile = profiles.find(({ key }) => key === profileKey);
    // The worker of a database takes the jobs of all its add-ons.
    return profile ? databases.get(profile.databaseUrl ?? "") : databases.values().next().value;
  };
  const shared = await openShared(options, {
    stops,
    // All are asked when all is open.
    databaseOf: (profileKey) => servicesOf(profileKey)?.db,
    recorderOf: (profileKey) => servicesOf(profileKey)?.callRecorder,
    addonOf: (key) => {
      const app = listeners.find(({ profile }) => profile.key === key)?.app;
      return app && { profile: app.profile, baseUrl: app.baseUrl, webhookLimit: app.webhookLimit };
    },
  });
  const { metrics, limits } = shared;
  for (const databaseUrl of databaseUrlsOf(config)) {
    databases.set(databaseUrl ?? "", await openServices(databaseUrl, shared));
  }
  const ofApi = databases.get(config.api.databaseUrl ?? "")!;
  const embedded = databases.get("")?.db;
  if (embedded?.snapshot && !shared.database) {
    const { dataDir } = config.database;
    const answering = await answerBackups(embedded, { dataDir, log: log.child({ logger: "backup" }) });
    stops.add("backups", answering.stop);
  }
  // One that was handed in is in use already.
  const unused = shared.database ? [] : [...databases.values()];
  const rehearsed = Promise.all(
    unused.map(({ db }) => rehearse({ db, isOfApi: db === ofApi.db, clock: shared.clock, log })),
  );
  stops.add("rate budgets", () => limits.limiter.settled());

  const [first] = databases.values();
  const backups = await openBackups(shared, first!.db);

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
      ofApi,
      observer,
    });
    metrics.set("signature_verification", [facts.service], profile.requireSignature ? 1 : 0);
    metrics.beforeScrape(async () =>
      metrics.set(
        "addon_healthcheck_database_status",
        [facts.service],
        await services.probe.database() === "ok" ? 1 : 0,
      )
    );
    return { profile, app, observer };
  });

  metrics.set("api_info", [OPERATOR_SERVICE, config.api.version], 1);
  const all = [...databases.values()];
  return {
    metrics,
    rehearsed,
    bodies: limits.bodies,
    listeners,
    operators: {
      deps: {
        console: { files: consoleFiles },
        health: {
          service: OPERATOR_SERVICE,
          version: VERSION,
          probe: ofApi.probe,
          requireSignature: profiles.every(({ requireSignature }) => requireSignature),
          redis: limits.redis,
          legacyRoute: false,
          clock: shared.clock,
        },
        metrics: config.metricsPort === undefined && config.api.metrics
          ? { scrape: () => metrics.scrape(OPERATOR_SERVICE), token: config.metricsToken }
          : undefined,
        cors: { ...config.api.cors, prefix: config.api.prefix },
        api: createWorkflowApiParts({
          services: ofApi,
          metrics,
          operators,
          limits,
          clock: shared.clock,
          config: config.api,
        }),
      },
      observer: listenerObserver({ service: OPERATOR_SERVICE }, {
        log,
        metrics,
        levelOf: () => undefined,
        apiPrefix: config.api.prefix,
      }),
    },
    workers: all.map(({ worker }) => worker),
    schedulers: all.map(({ scheduler }) => scheduler),
    kafka: ofApi.kafka,
    auditSealer: ofApi.auditSealer,
    retention: all.map(({ retention }) => retention),
    backups,
    upkeep: all.flatMap(({ endForgottenChanges, nameEntities }) => [() => endForgottenChanges(), nameEntities]),
    endStreams: async () => void (await Promise.all(all.map(({ streams }) => streams.stop()))),
    localFiles: { operatorKey: file },
    stop: stops.stopAll,
  };
}

/** Loaded only where it is used, as its commands are. */
async function openBackups(shared: Shared, db: Database): Promise<BackupSchedule | undefined> {
  const { schedule } = shared.config.backup;
  if (schedule === undefined || shared.config.role === "listen") return undefined;
  const { createBackupSchedule } = await import("./backup_schedule.ts");
  return createBackupSchedule(schedule, { ...shared, db, log: shared.log.child({ logger: "backup" }) });
}

async function openOperators(config: Config): Promise<{ operators: readonly OperatorKey[]; file?: string }> {
  if (config.operatorApiKeys !== undefined) return { operators: parseOperatorKeys(config.operatorApiKeys) };
  if ([...databaseUrlsOf(config)].some((url) => url !== undefined)) return { operators: [] };
  const { list, file } = await localOperatorKey(config.database.dataDir);
  // A key that the program made itself: HOST is every interface by default, so this key is accepted on this machine
  // alone.
  return { operators: parseOperatorKeys(list).map((key) => ({ ...key, loopbackOnly: true })), file };
}
