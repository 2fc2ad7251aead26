/** The rooms over one database: profiles that share the database share them. */

import type { Action } from "./actions/action.ts";
import { createClockifyAction } from "./actions/clockify.ts";
import { createForwardAction } from "./actions/forward.ts";
import { createHttpAction } from "./actions/http.ts";
import { httpPermits } from "./actions/http_permits.ts";
import { openSecrets } from "./actions/http_secrets.ts";
import { createAuditRecorder } from "./audit/record.ts";
import { createAuditStore } from "./audit/store.ts";
import type { Clock } from "./clock.ts";
import { createAddonApi } from "./clockify/addon_api.ts";
import type { ClockifyClient } from "./clockify/client.ts";
import { EVENTS } from "./clockify/events.ts";
import { webhookPath } from "./clockify/manifest.ts";
import type { Catalogue } from "./clockify/operations.ts";
import type { Config } from "./config.ts";
import type { OnPoint } from "./crash_point.ts";
import type { CoveredAddon } from "./coverage/check.ts";
import { createCoverage } from "./coverage/coverage.ts";
import { watchCoverage } from "./coverage/gauges.ts";
import { answerWithin, type Database, isUnavailable } from "./db/db.ts";
import { openEmbedded } from "./db/embedded.ts";
import { migrateUp } from "./db/migrate.ts";
import { openPostgres } from "./db/postgres.ts";
import { createJournal } from "./engine/journal.ts";
import { createEngine } from "./engine/run.ts";
import { AppError } from "./errors.ts";
import { createDeadLetters } from "./flows/dead_letter.ts";
import { createForwarding } from "./flows/builtin.ts";
import { createDispatch } from "./flows/dispatch.ts";
import { createExplain } from "./flows/explain.ts";
import { createFlowSecrets } from "./flows/secrets.ts";
import { createFlowStore } from "./flows/store.ts";
import { createTrial } from "./flows/trial.ts";
import { createHealthProbe } from "./http/health.ts";
import { createDashboardStore } from "./events/dashboard.ts";
import { createEventStore } from "./events/store.ts";
import { streamJson } from "./http/stream.ts";
import { createStreamHub } from "./stream/hub.ts";
import { createStreamReads } from "./stream/read.ts";
import { createIngest } from "./ingest/ingest.ts";
import { createTally } from "./ingest/tally.ts";
import { createCredentials } from "./installations/credentials.ts";
import { createKeyring } from "./installations/encryption.ts";
import { requireFittingKeys } from "./installations/key_check.ts";
import { createLifecycle } from "./installations/lifecycle.ts";
import { localEncryptionKey } from "./installations/local_secrets.ts";
import { createSettingsReader, readSettingsState } from "./installations/settings_read.ts";
import { createSettingsSource, readStoredSettings } from "./installations/settings.ts";
import { createInstallationStore } from "./installations/store.ts";
import { createSigningSecrets } from "./installations/signing_secrets.ts";
import { createUserTokens } from "./installations/user_tokens.ts";
import { engineObserver, readingObserver, throttleObserver } from "./observe.ts";
import { pollableEvents } from "./poll/families.ts";
import { createReading } from "./poll/reading.ts";
import type { ProfileKey } from "./profiles/profile.ts";
import { profileOf } from "./profiles/profiles.ts";
import { createPostgresQueue } from "./queue/postgres.ts";
import { createOpenedSources } from "./sources/opened.ts";
import { createSourceStore } from "./sources/store.ts";
import { createWorker, type JobHandler } from "./queue/worker.ts";
import { createReplay } from "./replay/replay.ts";
import { createRetentionReport } from "./retention/report.ts";
import { createRetention } from "./retention/sweep.ts";
import { createRunInspector } from "./runs/inspect.ts";
import { createRunList } from "./runs/list.ts";
import { createRunRetry } from "./runs/retry.ts";
import { createFlowStats } from "./runs/stats.ts";
import { createEntityNames } from "./entities/names.ts";
import { createKeyReports } from "./installations/key_report.ts";
import { createWorkspaceList } from "./installations/workspaces.ts";
import { createOverviewStore } from "./overview/overview.ts";
import { createPartStore } from "./overview/parts.ts";
import type { SafeFetch } from "./safe_fetch.ts";
import type { Logger } from "./telemetry/log.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import type { Tracing } from "./telemetry/tracing.ts";
import type { KeySource } from "./verify/keys.ts";
import { verifyUser } from "./verify/user.ts";
import { createWebhookVerifier, normalisePath } from "./verify/webhook.ts";

/** Most JSON bytes that a step may keep and that Clockify may answer with. */
export const MAX_STEP_BYTES = 1_048_576;
/** With the wait of ingest below the 5 s within which a sender must hear that the database is away. */
const REQUEST_MS = 2_000;

/** What all databases share. */
export interface Shared {
  config: Config;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  tracing: Tracing;
  keys: KeySource;
  catalogue: Catalogue;
  client: ClockifyClient;
  /** To addresses that workspaces choose. */
  targetFetch: SafeFetch;
  owner: string;
  actions: readonly Action[];
  /** What this process knows of an add-on that it serves; its address is final when the listeners are open. */
  addonOf(profileKey: string): CoveredAddon | undefined;
  database?: Database;
  onPoint?: OnPoint;
  /** Takes what must be stopped, in the order of opening. */
  opened: (() => Promise<unknown>)[];
}

export type Stack = Awaited<ReturnType<typeof openStack>>;

/** Opens the database and builds its rooms. Throws START_FAILED, DATA_FOLDER_LOCKED. */
export async function openStack(databaseUrl: string | undefined, shared: Shared) {
  const { config, clock, log, metrics, tracing, keys, client, catalogue, owner } = shared;
  const db = shared.database ?? await openDatabase(databaseUrl, config);
  if (!shared.database) shared.opened.push(() => db.stop());
  await migrateUp(db);
  const keyring = await createKeyring(config.encryptionKeys ?? await localEncryptionKey(config.database.dataDir));
  await requireFittingKeys(db, keyring);

  const installations = createInstallationStore(db);
  const credentials = createCredentials({
    store: installations,
    keyring,
    clock,
    apiBaseUrl: config.clockify.apiBaseUrl,
  });
  const settings = createSettingsSource({
    read: readStoredSettings({ db, keyring }),
    defaults: config.workspaceDefaults,
    clock,
  });
  const queue = createPostgresQueue(db, clock);
  const addonApi = createAddonApi(client);
  const userTokens = createUserTokens({
    api: addonApi,
    verify: (token, key) => verifyUser(token, { keys, addonKey: manifestKeyOf(key, config), clock }),
    clock,
  });
  const clockify = createClockifyAction({ catalogue, client, credentials: credentials.get, userTokens });
  const forwarding = createForwarding({ db, keyring, defaults: config.workspaceDefaults, retry: config.httpRetry });
  const signing = createSigningSecrets({ db, keyring, clock });
  const httpParts = { fetch: shared.targetFetch, clock, secrets: signing.open, maxResponseBytes: MAX_STEP_BYTES };
  const permits = httpPermits({ credentials, settings });
  const http = createHttpAction({
    ...httpParts,
    permit: permits.http,
    openSecrets: (input, installationId) => openSecrets(input, { installationId, keyring, toSend: true }),
  });
  const forward = createForwardAction({ ...httpParts, target: permits.forward });
  const actions = new Map([clockify, http, forward, ...shared.actions].map((action) => [action.type, action]));
  const engine = createEngine({
    journal: createJournal(db, clock),
    actions,
    clock,
    tracing,
    observer: engineObserver({ log, metrics, levelOf: settings.logLevel }),
    maxOutputBytes: MAX_STEP_BYTES,
    onPoint: shared.onPoint,
  });
  const flowsEnabled = async (installation: Parameters<typeof settings.of>[0]) =>
    (await settings.of(installation)).flows;
  const dispatch = createDispatch({
    db,
    clock,
    prime: engine.prime,
    flowsEnabled,
    wake: queue.wake,
    maxRunsPerMinute: config.limits.runsPerMinute,
    onDispatched: ({ outcome }) => metrics.add("events_dispatched_total", [outcome]),
    onThrottled: throttleObserver({ log, metrics, levelOf: settings.logLevel }, clock),
  });
  const coverage = createCoverage({
    db,
    keyring,
    client,
    credentials,
    addonOf: shared.addonOf,
    pollable: config.coverage.pollMs > 0 ? pollableEvents : new Set(),
    checkMs: config.coverage.checkMs,
    heartbeatMs: config.coverage.heartbeatMs,
    apiBaseUrl: config.clockify.apiBaseUrl,
    log,
    wake: queue.wake,
  });
  const ingest = createIngest({ db, clock, queueLimit: config.limits.ingestQueue, onWork: queue.wake });
  const reading = createReading({
    db,
    client,
    catalogue,
    credentials,
    settings,
    ingest,
    limitsOf: (addon) => (config.profiles.find(({ key }) => key === addon) ?? config.profiles[0]!).bootstrap,
    pollMs: config.coverage.pollMs,
    clock,
    observer: readingObserver({ log, metrics, levelOf: settings.logLevel }),
    wake: queue.wake,
  });
  const readSettings = createSettingsReader({
    db,
    keyring,
    api: addonApi,
    credentials,
    settings,
    defaults: config.workspaceDefaults,
    log,
  });
  const worker = createWorker({
    queue,
    handlers: {
      event: traced("event.dispatch", dispatch, tracing),
      run: engine.advance,
      coverage: coverage.check,
      bootstrap: reading.bootstrap,
      poll: reading.poll,
      settings: async (job, context) => {
        // As SETTINGS_UPDATED said, and as Clockify says when asked.
        await forwarding.sync(job.installationId);
        const outcome = await readSettings(job, context);
        await forwarding.sync(job.installationId);
        return outcome;
      },
    },
    clock,
    log,
    owner,
    concurrency: config.worker.concurrency,
    leaseMs: config.worker.leaseMs,
    onDiscard: createDeadLetters(db),
    onPoint: shared.onPoint,
  });
  // One process owns the embedded database: claims in it are those of a process that is gone.
  if (db.kind === "embedded") await queue.releaseAll();
  const tally = createTally({ db, clock, log });
  shared.opened.push(() => tally.stop());
  const auditRecorder = createAuditRecorder({ db, clock, log });
  shared.opened.push(() => auditRecorder.stop());
  const retention = createRetention({
    db,
    clock,
    defaults: config.workspaceDefaults,
    ...config.retention,
    owner,
    log,
    onDeleted: (table, rows) => metrics.add("retention_deleted_total", [table], rows),
  });
  shared.opened.push(() => retention.stop());
  metrics.beforeScrape(async () => {
    const seconds = await retention.secondsSinceFinish();
    if (seconds !== undefined) metrics.set("retention_last_run_seconds", [db.place], seconds);
  });
  watchCoverage(metrics, coverage.counts);
  const seen = new Map<string, string[]>();
  metrics.beforeScrape(async () => {
    metrics.set("ingest_waiting", [db.place], ingest.waiting());
    const counts = await queue.counts();
    // A kind and state that has no jobs any more is not counted: it is 0, not what it was.
    for (const labels of seen.values()) metrics.set("queue_jobs", labels, 0);
    for (const { kind, state, count } of counts) {
      const labels = [db.place, kind, state];
      seen.set(labels.join(), labels);
      metrics.set("queue_jobs", labels, count);
    }
  });
  const paths = new Map([...EVENTS.keys()].map((event) => [normalisePath(webhookPath(event)), event]));
  // What requests wait for has an end; the worker's own use of the same rooms has none.
  const prompt = <Room extends object>(room: Room) => answerWithin(room, { ms: REQUEST_MS, clock });
  const lookups = prompt(installations);
  const flows = prompt(createFlowStore(db));
  // Of what asks more than once, each statement has that end.
  const statements = prompt({ scoped: db.scoped });
  const openedSources = createOpenedSources({ db, keyring, clock });
  const streams = createStreamHub({ read: prompt(createStreamReads(db)), json: streamJson, clock, log });
  shared.opened.push(() => streams.stop());
  return {
    installations: lookups,
    settings: { ...settings, ...prompt({ of: settings.of, state: readSettingsState({ db, keyring }) }) },
    credentials,
    bootstrap: prompt(reading.room),
    forwarding: { results: prompt(forwarding).results },
    signing: prompt(signing),
    ingest,
    worker,
    retention,
    retentionReport: prompt({ report: createRetentionReport({ db, clock }) }).report,
    flows,
    trial: createTrial({ db: statements, flows, actions }),
    explain: createExplain({ db: statements, flows }),
    replay: createReplay({ db: statements, flowsEnabled, wake: queue.wake }),
    flowStats: prompt(createFlowStats(db)),
    runs: prompt({
      ...createRunList(db),
      ...createRunInspector(db),
      ...createRunRetry({ db, wake: queue.wake, onRetried: () => metrics.add("runs_retried_total") }),
    }),
    flowSecrets: createFlowSecrets(keyring),
    tally,
    events: prompt(createEventStore(db)),
    streams,
    dashboard: prompt(createDashboardStore(db)),
    database: { kind: db.kind, place: db.place },
    overview: prompt(createOverviewStore({ db, clock })),
    parts: prompt(createPartStore(db)),
    secondsSinceRetention: prompt({ read: retention.secondsSinceFinish }).read,
    names: prompt(createEntityNames(db)),
    keyReports: prompt(createKeyReports({ db, keyring })),
    workspaces: prompt({ list: createWorkspaceList(db) }).list,
    auditRecorder,
    audit: prompt(createAuditStore(db)),
    sources: prompt(createSourceStore({ db, keyring, clock })),
    openedSources: { ...openedSources, find: prompt(openedSources).find },
    lifecycle: prompt(createLifecycle({ db, keyring, eventOfPath: (path) => paths.get(path) })),
    coverage: { ...prompt(coverage.room), setKey: coverage.room.setKey },
    verifier: createWebhookVerifier({
      keys,
      clock,
      lookup: lookups.findWebhook,
      lookupPlain: prompt({ find: coverage.findPlain }).find,
    }),
    probe: createHealthProbe({ db, keys, clock }),
  };
}

/** Opens the database and makes sure that it answers. */
export async function openDatabase(url: string | undefined, config: Config): Promise<Database> {
  const { dataDir, poolSize } = config.database;
  if (url === undefined) return await openEmbedded({ dataDir });
  const db = openPostgres({ url, poolSize, applicationName: "timewire" });
  try {
    await db.sql`select 1`;
    return db;
  } catch (error) {
    await db.stop();
    const code = (error as { code?: string }).code;
    const reason = isUnavailable(error) ? `no answer (${code})` : (error as Error).message;
    throw new AppError(
      "START_FAILED",
      `Cannot open the database at ${db.place}: ${reason}; start it, or correct DATABASE_URL`,
      { cause: error },
    );
  }
}

/** The `sub` of an add-on's tokens; of one that this process does not serve, the profile's own. */
function manifestKeyOf(key: string, { profiles }: Config): string {
  return profiles.find((profile) => profile.key === key)?.addonKey ?? profileOf(key as ProfileKey).addonKey;
}

function traced(name: string, handler: JobHandler, tracing: Tracing): JobHandler {
  if (!tracing.enabled) return handler;
  return async (job, context) => {
    const span = tracing.startSpan(name, { parent: job.traceparent ?? undefined });
    try {
      // What the handler creates takes this span as its parent.
      return await handler({ ...job, traceparent: span.traceparent }, context);
    } finally {
      span.end();
    }
  };
}
