/** Composition root: builds what all databases share, the rooms of each (services.ts), and the parts of each listener; stops in reverse order. */

import type { Action } from "../actions/action.ts";
import { openBudgets } from "./limits.ts";
import type { Clock } from "../base/clock.ts";
import { createBudgetStore } from "../clockify/budget_store.ts";
import { createClockifyClient } from "../clockify/client.ts";
import { EVENTS } from "../clockify/events.ts";
import { assertAllowed, parseAllowedDomains } from "../clockify/hosts.ts";
import { catalogueFromOpenApi } from "../clockify/openapi.ts";
import { builtinCatalogue, type Catalogue } from "../clockify/operations.ts";
import type { Config, ProfileConfig } from "../config/config.ts";
import type { OnPoint } from "../base/crash_point.ts";
import type { Database } from "../db/db.ts";
import { parseEgressAllow } from "../egress/allow.ts";
import { createPinnedFetch } from "../egress/pinned.ts";
import { assertPublicHost } from "../egress/resolve.ts";
import { AppError, ERROR_CODES } from "../base/errors.ts";
import type { AddonAppDeps } from "./addon_app.ts";
import type { BodyAccount } from "../http/server/body_account.ts";
import { readConsole } from "../http/api/console.ts";
import { OPERATOR_SERVICE, type OperatorAppDeps } from "./operator_app.ts";
import { localOperatorKey } from "../secrets/local_secrets.ts";
import { type ListenerObserver, listenerObserver } from "./observers.ts";
import { createThreadTurns } from "../limits/thread_turns.ts";
import { createListenerParts } from "./listeners.ts";
import { profileOf } from "../profiles/profiles.ts";
import type { Worker } from "../queue/worker.ts";
import type { Retention } from "../retention/sweep.ts";
import { createSafeFetch } from "../egress/safe_fetch.ts";
import type { Logger } from "../telemetry/log.ts";
import { SOURCE_FAULTS } from "../sources/verify.ts";
import { openServices, type Services } from "./services.ts";
import { createMetrics, type Metrics } from "../telemetry/metrics.ts";
import { startTracing } from "../telemetry/tracing.ts";
import { createKeySource } from "../verify/keys.ts";
import { type OperatorKey, parseOperatorKeys } from "../verify/operator.ts";
import { TOKEN_FAULTS } from "../verify/token_rules.ts";
import { createUserVerifier } from "../verify/user.ts";
import { MAX_STEP_BYTES } from "./jobs.ts";

export const VERSION = "0.1.0";

export interface CoreOptions {
  config: Config;
  clock: Clock;
  log: Logger;
  /** A database that is already open and stays the caller's (tests); taken instead of the configured ones. */
  database?: Database;
  /** Actions beside "clockify" (tests and the bench). */
  actions?: readonly Action[];
  /** How long an answer of /metrics is kept; 0 in tests that count. */
  metricsKeptMs?: number;
  /** Told as the program passes the places at which a crash test may stop it. */
  onPoint?: OnPoint;
}

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
  { config, clock, log, actions = [], metricsKeptMs, onPoint, database }: CoreOptions,
  opened: (() => Promise<unknown>)[],
  stopAll: () => Promise<void>,
): Promise<Core> {
  const profiles = config.profiles.map((profile) => ({ ...profile, facts: profileOf(profile.key) }));
  const metrics = createMetrics({
    clock,
    services: [...profiles.map(({ facts }) => facts.service), OPERATOR_SERVICE],
    eventTypes: EVENTS.keys(),
    keepMs: metricsKeptMs,
    reasons: [...TOKEN_FAULTS, ...SOURCE_FAULTS, ...ERROR_CODES.map((code) => code.toLowerCase())],
  });
  opened.push(() => metrics.stop());
  const tracing = await startTracing(config.tracing);
  opened.push(() => tracing.stop());

  const allowed = parseAllowedDomains(config.clockify.allowedDomains);
  const egressAllow = parseEgressAllow(config.egressAllow ?? "");
  const targetFetch = createPinnedFetch({ allow: egressAllow, clock });
  const fetch = createSafeFetch({
    allow: async (url, signal) => {
      if (!assertAllowed(url, allowed).mayBePrivate) await assertPublicHost(url, { signal });
    },
    clock,
  });
  const keys = await createKeySource({
    pem: config.clockify.publicKeyPem,
    jwks: config.clockify.jwksUrl === undefined
      ? undefined
      : { url: config.clockify.jwksUrl, fetch: keyFetch(config, clock) },
    clock,
  });
  const users = createUserVerifier({ keys, clock });
  const catalogue = await openCatalogue(config.clockify.openApiFile);
  const databases = new Map<string, Services>();
  const servicesOf = (profileKey: string) => {
    const profile = profiles.find(({ key }) => key === profileKey);
    // The worker of a database takes the jobs of all its add-ons.
    return profile ? databases.get(profile.databaseUrl ?? "") : databases.values().next().value;
  };
  const store = createBudgetStore((profileKey) => servicesOf(profileKey)?.db);
  const budgets = await openBudgets({ config, clock, log, metrics, store });
  opened.push(() => budgets.stop());
  const client = createClockifyClient({
    fetch,
    limiter: budgets.limiter,
    allowed,
    clock,
    timeoutMs: config.clockify.timeoutMs,
    maxResponseBytes: MAX_STEP_BYTES,
  });

  const owner = `${Deno.hostname()}:${Deno.pid}:${crypto.randomUUID().slice(0, 8)}`;
  const thread = createThreadTurns(clock);
  const shared = {
    config,
    clock,
    log,
    metrics,
    tracing,
    keys,
    catalogue,
    client,
    targetFetch,
    owner,
    thread,
    actions,
    addonOf: (key: string) => {
      const app = listeners.find(({ profile }) => profile.key === key)?.app;
      return app && { profile: app.profile, baseUrl: app.baseUrl, webhookLimit: app.webhookLimit };
    },
    onPoint,
    database,
    opened,
  };
  for (const { databaseUrl } of profiles) {
    const name = databaseUrl ?? "";
    if (!databases.has(name)) databases.set(name, await openServices(databaseUrl, shared));
  }
  opened.push(() => budgets.limiter.settled());
  const { operators, file } = await openOperators(config);
  const consoleFiles = await readConsole();

  const listenerShared = {
    config,
    version: VERSION,
    clock,
    log,
    metrics,
    tracing,
    keys,
    users,
    operators,
    catalogue,
    allowed,
    egressAllow,
    budgets,
    thread,
    consoleFiles,
    onPoint,
  };
  const listeners = profiles.map(({ facts, ...profile }) => {
    const services = databases.get(profile.databaseUrl ?? "")!;
    const observer = listenerObserver(facts, { log, metrics, levelOf: services.settings.logLevel });
    const app = createListenerParts({ ...profile, facts }, { ...listenerShared, services, observer });
    metrics.beforeScrape(async () =>
      metrics.set("addon_healthcheck_database_status", [facts.service], await services.probe.database() === "ok" ? 1 : 0)
    );
    return { profile, app, observer };
  });

  const workers = [...databases.values()].map(({ worker }) => worker);
  return {
    metrics,
    bodies: budgets.bodies,
    listeners,
    operators: {
      deps: {
        console: { files: consoleFiles },
        health: { ...listeners[0]!.app.health, service: OPERATOR_SERVICE, legacyRoute: false },
        metrics: config.metricsPort === undefined ? { scrape: metrics.scrape, token: config.metricsToken } : undefined,
      },
      observer: listenerObserver({ service: OPERATOR_SERVICE }, { log, metrics, levelOf: () => undefined }),
    },
    workers,
    retention: [...databases.values()].map(({ retention }) => retention),
    endStreams: async () => void (await Promise.all([...databases.values()].map(({ streams }) => streams.stop()))),
    localFiles: { operatorKey: file },
    stop: async (graceMs) => {
      await Promise.all(workers.map((worker) => worker.stop(graceMs)));
      await stopAll();
    },
  };
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
  // Nobody chose it, and HOST is every interface by default: it counts on this machine alone.
  return { operators: parseOperatorKeys(list).map((key) => ({ ...key, loopbackOnly: true })), file };
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
