/** What all databases and listeners of the process share: opened first, stopped last. */

import type { CallRecorder } from "../calls/recorder.ts";
import type { Action } from "../engine/action.ts";
import type { Clock } from "../base/clock.ts";
import type { OnPoint } from "../base/crash_point.ts";
import { AppError, ERROR_CODES } from "../base/errors.ts";
import { createBudgetStore } from "../clockify/budget_store.ts";
import { type ClockifyClient, createClockifyClient } from "../clockify/client.ts";
import { EVENTS } from "../clockify/events.ts";
import { type AllowedDomains, assertAllowed, parseAllowedDomains } from "../clockify/hosts.ts";
import { diffCatalogues } from "../clockify/catalogue_diff.ts";
import { builtinSourced, type CatalogueSource, type SourcedCatalogue } from "../clockify/catalogue_source.ts";
import { builtinCatalogue, type Catalogue } from "../clockify/operations.ts";
import type { Config } from "../config/config.ts";
import type { CoveredAddon } from "../coverage/check.ts";
import type { Database } from "../db/db.ts";
import { type EgressAllow, parseEgressAllow } from "../egress/allow.ts";
import { createPinnedFetch } from "../egress/pinned.ts";
import { assertPublicHost } from "../egress/resolve.ts";
import { createSafeFetch, type SafeFetch } from "../egress/safe_fetch.ts";
import { tracedFetch } from "../egress/traced_fetch.ts";
import { createThreadTurns, type ThreadTurns } from "../limits/thread_turns.ts";
import { profileOf } from "../profiles/profiles.ts";
import { SOURCE_FAULTS } from "../sources/verdict.ts";
import type { Logger } from "../telemetry/log.ts";
import { watchLoopDelay } from "../telemetry/loop_delay.ts";
import { createMetrics, type Metrics } from "../telemetry/metrics.ts";
import { startSdk } from "../telemetry/sdk.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import { createKeySource, type KeySource } from "../verify/keys.ts";
import { TOKEN_FAULTS } from "../verify/token_rules.ts";
import { createUserVerifier, type UserVerifier } from "../verify/user.ts";
import { VERSION } from "./version.ts";
import { type Limits, openLimits } from "./limits.ts";
import { callObserver } from "./observers.ts";
import { OPERATOR_SERVICE } from "./operator_app.ts";
import type { Stops } from "./stops.ts";

/** Of the time that a request has at the database, what it may wait in a line before it: the rest is for its statements. */
export const WAIT_SHARE = 0.75;
/** Most bytes that an answer to a step's call may have. */
export const MAX_STEP_BYTES = 1_048_576;

/** What the program is started with: its configuration, and what tests put in place of something. */
export interface ProgramOptions {
  config: Config;
  clock: Clock;
  log: Logger;
  /** A database that is already open and stays the caller's (tests); taken instead of the configured ones. */
  database?: Database;
  /** Actions beside "clockify" (tests and the bench). */
  actions?: readonly Action[];
  /** How long an answer of /metrics is kept; 0 in tests that count. */
  metricsKeptMs?: number;
  /** Called as the program passes the places at which a crash test may stop it. */
  onPoint?: OnPoint;
}

export interface Shared {
  config: Config;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  tracing: Tracing;
  /** Keys that Clockify's tokens are verified with. */
  keys: KeySource;
  users: UserVerifier;
  catalogue: Catalogue;
  /** Where it is from. */
  catalogueSource: CatalogueSource;
  /** Hosts of Clockify that calls may go to. */
  allowed: AllowedDomains;
  client: ClockifyClient;
  egressAllow: EgressAllow;
  /** To addresses that workspaces choose. */
  targetFetch: SafeFetch;
  limits: Limits;
  thread: ThreadTurns;
  /** Names this process on its claims. */
  owner: string;
  actions: readonly Action[];
  /** What this process knows of an add-on that it serves; its address is final when the listeners are open. */
  addonOf(profileKey: string): CoveredAddon | undefined;
  database?: Database;
  onPoint?: OnPoint;
  /** Of all that was opened, in that order. */
  stops: Stops;
}

/** Throws START_FAILED and CONFIG_INVALID; what was opened until then is in `stops`. */
export async function openShared(
  { config, clock, log, actions = [], metricsKeptMs, onPoint, database }: ProgramOptions,
  { stops, databaseOf, recorderOf, addonOf }: Pick<Shared, "stops" | "addonOf"> & {
    /** That of an add-on, once it is open. */
    databaseOf(profileKey: string): Database | undefined;
    /** Of the calls for its workspaces, once it is open. */
    recorderOf(profileKey: string): CallRecorder | undefined;
  },
): Promise<Shared> {
  const { tracing, meter } = await startSdk({
    variables: config.otel,
    version: VERSION,
    onFault: (reason) => log.warn("telemetry.not_sent", { reason }),
  });
  stops.add("tracing", () => tracing.stop());
  const metrics = createMetrics({
    clock,
    services: config.profiles.map(({ key }) => profileOf(key).service),
    listeners: [OPERATOR_SERVICE],
    codes: ERROR_CODES,
    pushed: meter,
    eventTypes: EVENTS.keys(),
    keepMs: metricsKeptMs,
    reasons: [...TOKEN_FAULTS, ...SOURCE_FAULTS, ...ERROR_CODES.map((code) => code.toLowerCase())],
  });
  stops.add("metrics", () => metrics.stop());
  const loopDelay = watchLoopDelay({ metrics, clock });
  stops.add("loop delay", () => loopDelay.stop());

  const { jwksUrl, publicKeyPem: pem } = config.clockify;
  const jwks = jwksUrl === undefined ? undefined : { url: jwksUrl, fetch: keyFetch(jwksUrl, clock) };
  const keys = await createKeySource({ pem, jwks, clock });
  metrics.beforeScrape(() => {
    const { keys: count, reason } = keys.ready();
    metrics.set("verification_keys", [], count);
    metrics.set("verification_key_source_up", [], reason === undefined ? 1 : 0);
    return Promise.resolve();
  });
  const limits = await openLimits({ config, clock, log, metrics, store: createBudgetStore(databaseOf) });
  stops.add("limits", () => limits.stop());
  const allowed = parseAllowedDomains(config.clockify.allowedDomains);
  const clockifyFetch = createSafeFetch({
    allow: async (url, signal) => {
      if (!assertAllowed(url, allowed).mayBePrivate) await assertPublicHost(url, { signal });
    },
    clock,
  });
  const client = createClockifyClient({
    fetch: tracedFetch(clockifyFetch, { tracing, peer: "clockify" }),
    limiter: limits.limiter,
    allowed,
    clock,
    timeoutMs: config.clockify.timeoutMs,
    maxResponseBytes: MAX_STEP_BYTES,
    onSent: callObserver(metrics, recorderOf),
  });
  const egressAllow = parseEgressAllow(config.egressAllow ?? "");
  const { catalogue, source: catalogueSource } = await openCatalogue(config.clockify.openApiFile);
  if (catalogueSource.kind === "file") reportCatalogue({ catalogue, source: catalogueSource }, log);
  return {
    config,
    clock,
    log,
    metrics,
    tracing,
    keys,
    users: createUserVerifier({ keys, clock }),
    catalogue,
    catalogueSource,
    allowed,
    client,
    egressAllow,
    targetFetch: tracedFetch(createPinnedFetch({ allow: egressAllow, clock }), { tracing, peer: "target" }),
    limits,
    thread: createThreadTurns(clock),
    owner: `${Deno.hostname()}:${Deno.pid}:${crypto.randomUUID().slice(0, 8)}`,
    actions,
    addonOf,
    database,
    onPoint,
    stops,
  };
}

/** Throws START_FAILED for a file that cannot be read, CONFIG_INVALID for one that is no OpenAPI document. */
async function openCatalogue(file: string | undefined): Promise<SourcedCatalogue> {
  if (file === undefined) return builtinSourced();
  try {
    const { MAX_OPENAPI_BYTES, sourcedFromText } = await import("../clockify/catalogue_file.ts");
    const { size } = await Deno.stat(file);
    if (size > MAX_OPENAPI_BYTES) throw new Error(`it has ${size} bytes, at most ${MAX_OPENAPI_BYTES} are read`);
    return sourcedFromText(await Deno.readTextFile(file), file);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError("START_FAILED", `Cannot read CLOCKIFY_OPENAPI_FILE "${file}": ${(error as Error).message}`);
  }
}

/** What the file changes, in numbers; GET /ui/api-explorer/catalogue names it. */
function reportCatalogue({ catalogue, source }: SourcedCatalogue, log: Logger): void {
  const { added, removed, changed } = diffCatalogues(builtinCatalogue(), catalogue);
  log.info("catalogue.loaded", {
    file: source.file,
    document_version: source.version,
    operations: catalogue.list().length,
    added: added.length,
    removed: removed.length,
    changed: changed.length,
  });
}

/** The way to CLOCKIFY_JWKS_URL: that host only, which an operator chose. */
function keyFetch(jwksUrl: string, clock: Clock) {
  const { origin } = new URL(jwksUrl);
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
