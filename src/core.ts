/** Composition root: picks the adapters, builds the rooms once per database, and stops them in reverse order. */

import { createClockifyAction } from "./actions/clockify.ts";
import type { Action } from "./actions/action.ts";
import type { Clock } from "./clock.ts";
import { createClockifyClient } from "./clockify/client.ts";
import { EVENTS } from "./clockify/events.ts";
import { assertAllowed, parseAllowedDomains } from "./clockify/hosts.ts";
import { webhookPath } from "./clockify/manifest.ts";
import { catalogueFromOpenApi } from "./clockify/openapi.ts";
import { builtinCatalogue, type Catalogue } from "./clockify/operations.ts";
import { createRateLimiter } from "./clockify/rate_limit.ts";
import type { Config, ProfileConfig } from "./config.ts";
import type { OnPoint } from "./crash_point.ts";
import { type Database, isUnavailable } from "./db/db.ts";
import { openEmbedded } from "./db/embedded.ts";
import { migrateUp } from "./db/migrate.ts";
import { openPostgres } from "./db/postgres.ts";
import { createJournal } from "./engine/journal.ts";
import { createEngine } from "./engine/run.ts";
import { AppError, ERROR_CODES } from "./errors.ts";
import { checkClockifyAction } from "./flows/check_action.ts";
import { createDispatch } from "./flows/dispatch.ts";
import { createFlowStore } from "./flows/store.ts";
import type { AddonAppDeps } from "./http/addon_app.ts";
import { createHealthProbe } from "./http/health.ts";
import { createIngest } from "./ingest/ingest.ts";
import { createCredentials } from "./installations/credentials.ts";
import { createKeyring } from "./installations/encryption.ts";
import { requireFittingKeys } from "./installations/key_check.ts";
import { createLifecycle } from "./installations/lifecycle.ts";
import { localEncryptionKey, localOperatorKey } from "./installations/local_secrets.ts";
import { createInstallationStore } from "./installations/store.ts";
import { engineObserver, listenerObserver } from "./observe.ts";
import { profileOf } from "./profiles/profiles.ts";
import { createPostgresQueue } from "./queue/postgres.ts";
import type { JobHandler } from "./queue/worker.ts";
import { createWorker, type Worker } from "./queue/worker.ts";
import { createSafeFetch } from "./safe_fetch.ts";
import type { Logger } from "./telemetry/log.ts";
import { createMetrics, type Metrics } from "./telemetry/metrics.ts";
import { startTracing, type Tracing } from "./telemetry/tracing.ts";
import { createKeySource } from "./verify/keys.ts";
import { type OperatorKey, parseOperatorKeys } from "./verify/operator.ts";
import { TOKEN_FAULTS } from "./verify/places.ts";
import { createUserVerifier } from "./verify/user.ts";
import { createWebhookVerifier, normalisePath } from "./verify/webhook.ts";

export const VERSION = "0.1.0";

export interface CoreOptions {
  config: Config;
  clock: Clock;
  log: Logger;
  /** A database that is already open and stays the caller's (tests); taken instead of the configured ones. */
  database?: Database;
  /** Actions beside "clockify" (tests and the bench). */
  actions?: readonly Action[];
  /** Told as the program passes the places at which a crash test may stop it. */
  onPoint?: OnPoint;
}

export interface Core {
  metrics: Metrics;
  /** Parts of one listener per profile. */
  listeners: { profile: ProfileConfig; app: AddonAppDeps; observer: ReturnType<typeof listenerObserver> }[];
  /** One per database. */
  workers: Worker[];
  /** Files of secrets that this machine made for itself. */
  localFiles: { operatorKey?: string };
  /** Stops the workers (jobs get `graceMs` to end), then the databases. Never rejects. */
  stop(graceMs: number): Promise<void>;
}

/** Most JSON bytes that a step may keep and that Clockify may answer with. */
const MAX_STEP_BYTES = 1_048_576;

/** Opens everything but the ports. Throws START_FAILED, DATA_FOLDER_LOCKED or CONFIG_INVALID, with nothing left open. */
export async function createCore(options: CoreOptions): Promise<Core> {
  const opened: (() => Promise<unknown>)[] = [];
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

async function assemble(
  { config, clock, log, actions = [], onPoint, database }: CoreOptions,
  opened: (() => Promise<unknown>)[],
  stopAll: () => Promise<void>,
): Promise<Core> {
  const profiles = config.profiles.map((profile) => ({ ...profile, facts: profileOf(profile.key) }));
  const metrics = createMetrics({
    clock,
    services: profiles.map(({ facts }) => facts.service),
    eventTypes: EVENTS.keys(),
    reasons: [...TOKEN_FAULTS, ...ERROR_CODES.map((code) => code.toLowerCase())],
  });
  opened.push(() => metrics.stop());
  const tracing = await startTracing(config.tracing);
  opened.push(() => tracing.stop());

  const allowed = parseAllowedDomains(config.clockify.allowedDomains);
  const fetch = createSafeFetch({ allow: (url) => assertAllowed(url, allowed), clock });
  const keys = await createKeySource({
    pem: config.clockify.publicKeyPem,
    jwks: config.clockify.jwksUrl === undefined
      ? undefined
      : { url: config.clockify.jwksUrl, fetch: keyFetch(config, clock) },
    clock,
  });
  const users = createUserVerifier({ keys, clock });
  const catalogue = await openCatalogue(config.clockify.openApiFile);
  const client = createClockifyClient({
    fetch,
    limiter: createRateLimiter({ clock, defaultPerSecond: config.clockify.ratePerSecond }),
    allowed,
    clock,
    timeoutMs: config.clockify.timeoutMs,
    maxResponseBytes: MAX_STEP_BYTES,
  });

  const owner = `${Deno.hostname()}:${Deno.pid}:${crypto.randomUUID().slice(0, 8)}`;
  const stacks = new Map<string, Awaited<ReturnType<typeof openStack>>>();
  const shared = {
    config,
    clock,
    log,
    metrics,
    tracing,
    keys,
    catalogue,
    client,
    owner,
    actions,
    onPoint,
    database,
    opened,
  };
  for (const { databaseUrl } of profiles) {
    const name = databaseUrl ?? "";
    if (!stacks.has(name)) stacks.set(name, await openStack(databaseUrl, shared));
  }
  const { operators, file } = await openOperators(config);

  const listeners = profiles.map(({ facts, ...profile }) => {
    const stack = stacks.get(profile.databaseUrl ?? "")!;
    const observer = listenerObserver(facts, { log, metrics });
    const { addonKey, baseUrl, requireSignature } = profile;
    const auth = {
      profile: facts,
      addonKey,
      users,
      operators,
      installations: stack.installations,
      onOperator: observer.onOperator,
    };
    const app: AddonAppDeps = {
      profile: facts,
      addonKey,
      baseUrl: baseUrl ?? `http://localhost:${profile.port}`,
      webhookLimit: config.manifestWebhookLimit,
      scrape: config.metricsPort === undefined ? metrics.scrape : undefined,
      health: {
        service: facts.service,
        version: VERSION,
        probe: stack.probe,
        requireSignature,
        legacyRoute: facts.features.legacyHealth,
        clock,
      },
      lifecycle: {
        profile: facts,
        addonKey,
        maxBodyBytes: config.limits.apiBodyBytes,
        keys,
        clock,
        installations: stack.installations,
        lifecycle: stack.lifecycle,
        assertHost: (url) => assertAllowed(new URL(url), allowed),
        onApplied: (call, installationId) => {
          stack.verifier.forget(installationId);
          stack.credentials.forget(installationId);
          observer.onLifecycle(call, installationId);
        },
      },
      webhooks: {
        profile: facts,
        addonKey,
        requireSignature,
        maxBodyBytes: config.limits.webhookBodyBytes,
        verifier: stack.verifier,
        installations: stack.installations,
        ingest: stack.ingest,
        tracing,
        onPoint,
        onReceived: observer.onReceived,
      },
      flows: {
        ...auth,
        flows: stack.flows,
        parse: {
          knownEvent: (type) => EVENTS.has(type),
          checkAction: (action) => checkClockifyAction(catalogue, action),
        },
        maxBodyBytes: config.limits.apiBodyBytes,
      },
    };
    metrics.beforeScrape(async () =>
      metrics.set("addon_healthcheck_database_status", [facts.service], await stack.probe.database() === "ok" ? 1 : 0)
    );
    return { profile, app, observer };
  });

  const workers = [...stacks.values()].map(({ worker }) => worker);
  return {
    metrics,
    listeners,
    workers,
    localFiles: { operatorKey: file },
    stop: async (graceMs) => {
      await Promise.all(workers.map((worker) => worker.stop(graceMs)));
      await stopAll();
    },
  };
}

interface Shared {
  config: Config;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  tracing: Tracing;
  keys: Awaited<ReturnType<typeof createKeySource>>;
  catalogue: Catalogue;
  client: ReturnType<typeof createClockifyClient>;
  owner: string;
  actions: readonly Action[];
  database?: Database;
  onPoint?: OnPoint;
  opened: (() => Promise<unknown>)[];
}

/** All rooms over one database: profiles that share the database share them. */
async function openStack(databaseUrl: string | undefined, shared: Shared) {
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
  const queue = createPostgresQueue(db, clock);
  const clockify = createClockifyAction({ catalogue, client, credentials: credentials.get });
  const engine = createEngine({
    journal: createJournal(db, clock),
    actions: new Map([clockify, ...shared.actions].map((action) => [action.type, action])),
    clock,
    tracing,
    observer: engineObserver(log, metrics),
    maxOutputBytes: MAX_STEP_BYTES,
    onPoint: shared.onPoint,
  });
  const dispatch = createDispatch({
    db,
    clock,
    prime: engine.prime,
    wake: queue.wake,
    onDispatched: ({ outcome }) => metrics.add("events_dispatched_total", [outcome]),
  });
  const worker = createWorker({
    queue,
    handlers: { event: traced("event.dispatch", dispatch, tracing), run: engine.advance },
    clock,
    log,
    owner,
    concurrency: config.worker.concurrency,
    leaseMs: config.worker.leaseMs,
    onPoint: shared.onPoint,
  });
  // One process owns the embedded database: claims in it are those of a process that is gone.
  if (db.kind === "embedded") await queue.releaseAll();
  const ingest = createIngest({ db, clock, queueLimit: config.limits.ingestQueue, onWork: queue.wake });
  metrics.beforeScrape(async () => {
    metrics.set("ingest_waiting", [], ingest.waiting());
    for (const { kind, state, count } of await queue.counts()) metrics.set("queue_jobs", [kind, state], count);
  });
  const paths = new Map([...EVENTS.keys()].map((event) => [normalisePath(webhookPath(event)), event]));
  return {
    installations,
    credentials,
    ingest,
    worker,
    flows: createFlowStore(db),
    lifecycle: createLifecycle({ db, keyring, eventOfPath: (path) => paths.get(path) }),
    verifier: createWebhookVerifier({ keys, clock, lookup: installations.findWebhook }),
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

async function openCatalogue(file: string | undefined): Promise<Catalogue> {
  if (file === undefined) return builtinCatalogue();
  try {
    return catalogueFromOpenApi(JSON.parse(await Deno.readTextFile(file)));
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError("START_FAILED", `Cannot read CLOCKIFY_OPENAPI_FILE "${file}": ${(error as Error).message}`);
  }
}

async function openOperators(config: Config): Promise<{ operators: readonly OperatorKey[]; file?: string }> {
  if (config.operatorApiKeys !== undefined) return { operators: parseOperatorKeys(config.operatorApiKeys) };
  if (config.profiles.some(({ databaseUrl }) => databaseUrl !== undefined)) return { operators: [] };
  const { list, file } = await localOperatorKey(config.database.dataDir);
  return { operators: parseOperatorKeys(list), file };
}

/** The way to CLOCKIFY_JWKS_URL: that host only, which an operator chose. */
function keyFetch(config: Config, clock: Clock) {
  const { origin } = new URL(config.clockify.jwksUrl!);
  const fetch = createSafeFetch({
    allow: (url) => {
      if (url.origin !== origin) throw new AppError("HOST_NOT_ALLOWED", "Cannot fetch keys: not the configured host");
    },
    clock,
  });
  return (
    url: string,
    { timeoutMs, maxBytes, signal }: { timeoutMs: number; maxBytes: number; signal?: AbortSignal },
  ) =>
    fetch({
      method: "GET",
      url,
      headers: { accept: "application/json" },
      timeoutMs,
      maxResponseBytes: maxBytes,
      signal,
    });
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
