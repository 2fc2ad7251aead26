/** The only reader of the environment: all variables checked at once, one typed Config out. */

import { parseEnv } from "node:util";
import { apiOverride, assertAllowed, isLoopback, parseAllowedDomains } from "../clockify/hosts.ts";
import { type HourlyLimits, parseHourlyLimits } from "../clockify/hourly_limits.ts";
import { parseFrameAncestors } from "./frame_ancestors.ts";
import { describeUrl } from "../db/postgres.ts";
import { tlsKind } from "../db/tls.ts";
import type { RetryPolicy } from "../engine/plan.ts";
import { AppError } from "../base/errors.ts";
import { LEAST_BODIES } from "../http/server/body_account.ts";
import { profileOf } from "../profiles/profiles.ts";
import type { ProfileKey, WorkspaceSettings } from "../profiles/profile.ts";
import { IGNORED, OUR_PREFIXES, PLANNED, type Variable, type VariableName, VARIABLES } from "./variables.ts";
import type { LogLevel } from "../telemetry/log.ts";

export interface ProfileConfig {
  key: ProfileKey;
  addonKey: string;
  port: number;
  /** Public address that the manifest names; undefined: http://localhost and the port. */
  baseUrl?: string;
  /** Undefined: the embedded database. */
  databaseUrl?: string;
  requireSignature: boolean;
  /** ADDON_NAME and ADDON_DESCRIPTION: over the profile's own. */
  name?: string;
  description?: string;
  /** Settings of workspaces that set none themselves. */
  settings: WorkspaceSettings;
  bootstrap: {
    maxPages: number;
    /** Lists read side by side. */
    parallelLists: number;
    /** Tries of one list. */
    maxTries: number;
  };
}

export interface Config {
  role: "all" | "listen" | "work";
  host: string;
  /** The listener for operators: their console, later the Workflow Management API. */
  api: { host: string; port: number };
  /** Origins that may frame the console, a leading `*.` label allowed. */
  consoleFrameAncestors: readonly string[];
  /** /metrics on an inner port instead of every listener. */
  metricsPort?: number;
  /** What a scrape of /metrics must show; undefined: it is open. */
  metricsToken?: string;
  profiles: ProfileConfig[];
  /** Also of add-ons that this process does not serve: its worker takes their jobs too. */
  workspaceDefaults: Record<ProfileKey, WorkspaceSettings>;
  manifestWebhookLimit: number;
  /** The add-on's diagnostic routes. */
  debug: boolean;
  /** Set: rate budgets are shared by way of this server. */
  redisUrl?: string;
  /** WEBHOOK_HMAC_SECRET. */
  hmacSecret?: string;
  /** TRUSTED_PROXIES as given. */
  trustedProxies?: string;
  /** EGRESS_ALLOW as given. */
  egressAllow?: string;
  database: { dataDir: string; poolSize: number };
  /** `id:base64` list. Undefined: a key is kept in the data folder. */
  encryptionKeys?: string;
  /** `name:key` list. Undefined: one is made with the embedded database, for requests of this machine. */
  operatorApiKeys?: string;
  clockify: {
    publicKeyPem?: string;
    jwksUrl?: string;
    /** Takes the place of the API host of the claims (hosts.ts, apiOverride). */
    apiBaseUrl?: string;
    allowedDomains: string;
    openApiFile?: string;
    timeoutMs: number;
    ratePerSecond: number;
    /** Undefined: budgets of an hour are learnt. */
    perHour?: HourlyLimits;
    /** False: no budget of our own, only Clockify's answers. */
    rateLimited: boolean;
  };
  limits: {
    webhookBodyBytes: number;
    apiBodyBytes: number;
    /** Levels of nesting of a JSON body. */
    jsonDepth: number;
    /** Requests a second of one installation. */
    webhooksPerSecond: number;
    webhookBytesPerSecond: number;
    /** Of an installation's events; 0: no quota. */
    storedBytes: number;
    apiPerSecond: number;
    /** Runs of flows of one installation. */
    runsPerMinute: number;
    ingestQueue: number;
    /** Bytes of request bodies in this process at once. */
    bodyBytesInFlight: number;
  };
  /** For requests of flows to other systems. */
  httpRetry: RetryPolicy;
  /** 0: lists are never polled. */
  coverage: { checkMs: number; heartbeatMs: number; pollMs: number };
  retention: { auditDays: number; uninstallGraceDays: number };
  worker: { concurrency: number; leaseMs: number };
  log: { level: LogLevel; format: "json" | "text" };
  tracing: { endpoint?: string; serviceName: string };
}

export interface ConfigFault {
  name: string;
  problem: string;
  remedy: string;
}

export type ConfigResult = { ok: true; config: Config; warnings: string[] } | { ok: false; faults: ConfigFault[] };

/** The environment over `.env` in the working directory; an empty value counts as unset. */
export async function readEnvironment(): Promise<Record<string, string>> {
  const file = await Deno.readTextFile(".env").catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw new AppError("CONFIG_INVALID", `Cannot read .env: ${error.message}`, { cause: error });
  });
  return { ...parseEnv(file) as Record<string, string>, ...filled(Deno.env.toObject()) };
}

/** Without empty values and the blanks around others; without what Kubernetes adds for a service named like one of ours. */
function filled(env: Record<string, string>): Record<string, string> {
  const entries = Object.entries(env).map(([name, value]) => [name, value.trim()] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== "" && !value.startsWith("tcp://")));
}

/** Names that the schema reads, aliases included: what the permission set of deno.json must allow. */
export function knownVariables(): string[] {
  return Object.entries(VARIABLES).flatMap(([name, variable]: [string, Variable]) => [name, ...variable.aliases ?? []]);
}

/**
 * Checks everything and reports all faults at once; a fault names the variable as it was given, its shape and the remedy, never
 * a value. `schemaOnly`: nothing that is stored will be opened, so that its keys may be missing.
 */
export function loadConfig(
  given: Record<string, string>,
  { schemaOnly = false }: { schemaOnly?: boolean } = {},
): ConfigResult {
  const env = filled(given);
  const faults: ConfigFault[] = [];
  const warnings: string[] = [];
  const values: Partial<Record<VariableName, unknown>> = {};
  for (const [name, variable] of Object.entries(VARIABLES) as [VariableName, Variable][]) {
    const text = readOne(name, variable, { env, faults, warnings });
    if (text === undefined) continue;
    const parsed = variable.schema.safeParse(text);
    if (parsed.success) values[name] = parsed.data;
    else {
      const [issue] = parsed.error.issues;
      const problem = issue?.code === "custom" && issue.message ? issue.message : "the value has the wrong shape";
      const alias = env[name] === undefined ? variable.aliases?.find((alias) => env[alias] !== undefined) : undefined;
      faults.push({ name: alias ?? name, problem, remedy: `set ${variable.shape}` });
    }
  }
  warnings.push(...strangers(env));
  faults.push(...crossFaults(values).filter(({ name }) => !(schemaOnly && name === "ENCRYPTION_KEYS")));
  if (faults.length > 0) return { ok: false, faults };
  const config = assemble(values);
  warnings.push(...dangers(config));
  return { ok: true, config, warnings };
}

interface Reading {
  env: Record<string, string>;
  faults: ConfigFault[];
  warnings: string[];
}

function readOne(name: string, { aliases = [], fallback }: Variable, { env, faults, warnings }: Reading) {
  for (const alias of aliases) {
    if (env[alias] === undefined) continue;
    if (env[name] !== undefined && env[name] !== env[alias]) {
      faults.push({ name, problem: `${alias}, its other name, has another value`, remedy: `remove ${alias}` });
    } else warnings.push(`${alias} is read as ${name}; use ${name}`);
    return env[name] ?? env[alias];
  }
  return env[name] ?? fallback;
}

// deno-lint-ignore no-explicit-any -- the table holds its schemas as one type; each value was parsed by its own
type Values = Partial<Record<VariableName, any>>;

/** The variable that sets the port of each add-on. */
export const PORT_VARIABLES: Record<ProfileKey, VariableName> = {
  api_studio: "APP_PORT",
  universal_webhook: "UNIVERSAL_WEBHOOK_PORT",
  clockify_addon: "CLOCKIFY_ADDON_PORT",
};
const DATABASES: Record<ProfileKey, VariableName> = {
  api_studio: "API_STUDIO_DB_URL",
  universal_webhook: "UNIVERSAL_WEBHOOK_DB_URL",
  clockify_addon: "CLOCKIFY_ADDON_DB_URL",
};

/** What is wrong between variables. Looks only at those that are sound by themselves. */
function crossFaults(v: Values): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const profiles: ProfileKey[] = v.PROFILES ?? [];
  const databases = profiles.map((key) => v[DATABASES[key]] ?? v.DATABASE_URL);
  if (databases.some((url) => url !== undefined) && v.ENCRYPTION_KEYS === undefined) {
    faults.push({
      name: "ENCRYPTION_KEYS",
      problem: "it is required with an external database",
      remedy: "set k1:KEY with the output of `openssl rand -base64 32` as KEY, and keep it",
    });
  }
  if (v.ROLE !== undefined && v.ROLE !== "all" && databases.some((url) => url === undefined)) {
    faults.push({
      name: "ROLE",
      problem: "the embedded database serves one process only",
      remedy: "set DATABASE_URL, or ROLE=all",
    });
  }
  const override = v.CLOCKIFY_API_BASE_URL && apiOverride(v.CLOCKIFY_API_BASE_URL);
  if (override && v.ALLOWED_API_DOMAINS !== undefined && !isAllowed(override, v.ALLOWED_API_DOMAINS)) {
    faults.push({
      name: "CLOCKIFY_API_BASE_URL",
      problem: "its host is none of ALLOWED_API_DOMAINS, so that every call would be refused",
      remedy: "add the host there, or leave it unset: the hosts come from the tokens of the installations",
    });
  }
  if (v.BODY_BYTES_IN_FLIGHT !== undefined && v.BODY_BYTES_IN_FLIGHT < leastBodyBytes(v)) {
    faults.push({
      name: "BODY_BYTES_IN_FLIGHT",
      problem: "its shares could not hold the largest body",
      remedy: `set at least ${leastBodyBytes(v)}, which is ${LEAST_BODIES} times the largest body, or leave it unset`,
    });
  }
  const names = [...profiles.map((key) => PORT_VARIABLES[key]), "API_PORT" as const, "METRICS_PORT" as const];
  for (const [index, name] of names.entries()) {
    const twin = names.slice(0, index).find((other) => v[other] !== undefined && v[other] === v[name] && v[name] !== 0);
    if (twin) faults.push({ name, problem: `it is the port of ${twin} too`, remedy: "give each listener its own" });
  }
  return faults;
}

/** A body in flight is held as bytes, as text and in a statement too: some five times as much memory in all. */
const DEFAULT_BODY_BYTES = 33_554_432;

function leastBodyBytes(v: Values): number {
  return LEAST_BODIES * Math.max(v.WEBHOOK_MAX_PAYLOAD_BYTES ?? 0, v.API_CALL_MAX_PAYLOAD_BYTES ?? 0);
}

function isAllowed(url: string, list: string): boolean {
  try {
    assertAllowed(new URL(url), parseAllowedDomains(list));
    return true;
  } catch {
    return false;
  }
}

/** What works, and should not be left so. */
function dangers({ profiles, clockify, egressAllow, hmacSecret, redisUrl, operatorApiKeys }: Config): string[] {
  const warnings = profiles.filter(({ requireSignature }) => !requireSignature).map(({ key }) =>
    `SIGNATURES ARE NOT CHECKED on ${key}: anyone can send it events. For local tests only`
  );
  if (operatorApiKeys === undefined && profiles.some(({ databaseUrl }) => databaseUrl !== undefined)) {
    warnings.push(
      "No operator can log in: set OPERATOR_API_KEYS=admin:KEY with the output of `openssl rand -hex 32` as KEY",
    );
  }
  if (clockify.apiBaseUrl !== undefined) {
    warnings.push(`All calls to Clockify's API go to ${clockify.apiBaseUrl}, whatever the installations' tokens name`);
  }
  if (clockify.allowedDomains.includes("://")) {
    warnings.push(`Calls may go to more than Clockify's own hosts: ALLOWED_API_DOMAINS is ${clockify.allowedDomains}`);
  }
  if (egressAllow !== undefined) {
    warnings.push(`Flows may call private targets: EGRESS_ALLOW is ${egressAllow}`);
  }
  if (hmacSecret !== undefined) {
    warnings.push("Deliveries may be signed by HMAC instead of a Clockify token: WEBHOOK_HMAC_SECRET is set");
  }
  for (const url of new Set(profiles.flatMap(({ databaseUrl }) => databaseUrl ?? []))) {
    const kind = tlsKind(url);
    if (kind === "checked" || isLoopback(new URL(url).hostname)) continue;
    const danger = kind === "none" ? "may go without TLS" : "goes by TLS whose certificate is not checked";
    const place = describeUrl(url);
    warnings.push(`The connection to PostgreSQL at ${place} ${danger}: add sslmode=verify-full to its address`);
  }
  const redis = redisUrl === undefined ? undefined : new URL(redisUrl);
  if (redis?.protocol === "redis:" && !isLoopback(redis.hostname)) {
    warnings.push(`The connection to Redis at ${redis.host} goes without TLS: write rediss:// in REDIS_URL`);
  }
  return warnings;
}

function assemble(v: Values): Config {
  const perProfile: Record<ProfileKey, [baseUrl?: string, addonKey?: string, requireSignature?: boolean]> = {
    api_studio: [v.API_STUDIO_BASE_URL, v.API_STUDIO_ADDON_KEY, v.API_STUDIO_REQUIRE_SIGNATURE_VERIFICATION],
    universal_webhook: [
      v.UNIVERSAL_WEBHOOK_BASE_URL,
      v.UNIVERSAL_WEBHOOK_ADDON_KEY,
      v.UNIVERSAL_WEBHOOK_REQUIRE_SIGNATURE_VERIFICATION,
    ],
    clockify_addon: [v.CLOCKIFY_ADDON_BASE_URL, v.ADDON_KEY, v.REQUIRE_SIGNATURE_VERIFICATION],
  };
  const profiles = [...new Set(v.PROFILES as ProfileKey[])].map((key): ProfileConfig => {
    const [baseUrl, addonKey, requireSignature] = perProfile[key];
    return {
      key,
      addonKey: addonKey ?? profileOf(key).addonKey,
      port: v[PORT_VARIABLES[key]],
      baseUrl: baseUrl ?? v.PUBLIC_BASE_URL,
      databaseUrl: v[DATABASES[key]] ?? v.DATABASE_URL,
      requireSignature: requireSignature !== false,
      ...(key === "clockify_addon" && { name: v.ADDON_NAME, description: v.ADDON_DESCRIPTION }),
      settings: settingsOf(key, v),
      bootstrap: key === "clockify_addon"
        ? {
          maxPages: v.BOOTSTRAP_MAX_PAGES,
          parallelLists: v.BOOTSTRAP_BATCH_SIZE,
          maxTries: v.BOOTSTRAP_MAX_RETRIES,
        }
        : {
          maxPages: v.UW_BOOTSTRAP_MAX_PAGES,
          parallelLists: v.BOOTSTRAP_BATCH_SIZE,
          maxTries: v.BOOTSTRAP_MAX_RETRIES,
        },
    };
  });

  return {
    role: v.ROLE,
    host: v.HOST,
    api: { host: v.API_HOST ?? v.HOST, port: v.API_PORT },
    consoleFrameAncestors: parseFrameAncestors(v.CONSOLE_FRAME_ANCESTORS),
    metricsPort: v.METRICS_PORT,
    metricsToken: v.METRICS_TOKEN,
    profiles,
    workspaceDefaults: {
      api_studio: settingsOf("api_studio", v),
      universal_webhook: settingsOf("universal_webhook", v),
      clockify_addon: settingsOf("clockify_addon", v),
    },
    manifestWebhookLimit: v.MANIFEST_WEBHOOK_LIMIT,
    debug: v.DEBUG,
    redisUrl: v.USE_REDIS ? v.REDIS_URL : undefined,
    hmacSecret: v.WEBHOOK_HMAC_SECRET,
    trustedProxies: v.TRUSTED_PROXIES,
    egressAllow: v.EGRESS_ALLOW,
    database: { dataDir: v.DATA_DIR, poolSize: v.DATABASE_POOL_SIZE + v.DATABASE_MAX_OVERFLOW },
    encryptionKeys: v.ENCRYPTION_KEYS,
    operatorApiKeys: v.OPERATOR_API_KEYS,
    clockify: {
      publicKeyPem: v.CLOCKIFY_PUBLIC_KEY,
      jwksUrl: v.CLOCKIFY_JWKS_URL,
      apiBaseUrl: v.CLOCKIFY_API_BASE_URL && apiOverride(v.CLOCKIFY_API_BASE_URL),
      allowedDomains: v.ALLOWED_API_DOMAINS,
      openApiFile: v.CLOCKIFY_OPENAPI_FILE,
      timeoutMs: v.CLOCKIFY_TIMEOUT_SECONDS * 1_000,
      ratePerSecond: v.RATE_LIMIT_RPS,
      perHour: v.RATE_LIMIT_PER_HOUR && parseHourlyLimits(v.RATE_LIMIT_PER_HOUR),
      rateLimited: v.RATE_LIMIT_ENABLED,
    },
    limits: {
      webhookBodyBytes: v.WEBHOOK_MAX_PAYLOAD_BYTES,
      apiBodyBytes: v.API_CALL_MAX_PAYLOAD_BYTES,
      jsonDepth: v.MAX_JSON_DEPTH,
      webhooksPerSecond: v.WEBHOOK_RATE_LIMIT_RPS,
      webhookBytesPerSecond: v.WEBHOOK_RATE_LIMIT_BYTES,
      storedBytes: v.STORED_MB_PER_WORKSPACE * 1_048_576,
      apiPerSecond: v.API_RATE_LIMIT_RPS,
      runsPerMinute: v.MAX_RUNS_PER_MINUTE,
      ingestQueue: v.INGEST_QUEUE_LIMIT,
      bodyBytesInFlight: v.BODY_BYTES_IN_FLIGHT ?? Math.max(DEFAULT_BODY_BYTES, leastBodyBytes(v)),
    },
    httpRetry: {
      maxAttempts: v.WEBHOOK_REQUEST_MAX_RETRIES,
      initialDelayMs: v.WEBHOOK_REQUEST_BACKOFF_BASE,
      maxDelayMs: v.WEBHOOK_REQUEST_BACKOFF_CAP,
      multiplier: 2,
    },
    coverage: {
      checkMs: v.COVERAGE_CHECK_MINUTES * 60_000,
      heartbeatMs: v.HEARTBEAT_HOURS * 3_600_000,
      pollMs: v.POLL_MINUTES * 60_000,
    },
    retention: { auditDays: v.AUDIT_RETENTION_DAYS, uninstallGraceDays: v.UNINSTALL_GRACE_DAYS },
    worker: { concurrency: v.WORKER_CONCURRENCY, leaseMs: v.JOB_LEASE_SECONDS * 1_000 },
    log: { level: v.LOG_LEVEL, format: v.LOG_FORMAT },
    tracing: { endpoint: v.OTEL_EXPORTER_OTLP_ENDPOINT, serviceName: v.OTEL_SERVICE_NAME },
  };
}

/** What the environment says for workspaces that set nothing themselves; what a profile has no variable for is off. */
function settingsOf(key: ProfileKey, v: Values): WorkspaceSettings {
  const shared = {
    includeTimeEntries: false,
    timeEntryDays: 30,
    customWebhooks: false,
    flows: true,
    genericHttpActions: false,
    cacheTtlDays: v.CACHE_TTL_DAYS,
    developerMode: false,
    forwardingUrl: undefined,
    logLevel: v.LOG_LEVEL,
  };
  switch (key) {
    case "api_studio":
      return {
        ...shared,
        bootstrapOnInstall: true,
        includeHeavyEndpoints: v.API_STUDIO_BOOTSTRAP_INCLUDE_HEAVY_ENDPOINTS,
        bootstrapMaxRps: v.API_STUDIO_BOOTSTRAP_MAX_RPS,
        webhookLogDays: v.API_STUDIO_WEBHOOK_LOG_RETENTION_DAYS,
        flowExecutionDays: v.API_STUDIO_FLOW_EXECUTION_RETENTION_DAYS,
      };
    case "universal_webhook":
      return {
        ...shared,
        bootstrapOnInstall: true,
        includeHeavyEndpoints: v.UW_BOOTSTRAP_INCLUDE_HEAVY,
        bootstrapMaxRps: v.UW_BOOTSTRAP_MAX_RPS,
        includeTimeEntries: v.UW_BOOTSTRAP_INCLUDE_TIME_ENTRIES,
        timeEntryDays: v.UW_BOOTSTRAP_TIME_ENTRY_DAYS,
        customWebhooks: v.UW_ENABLE_CUSTOM_WEBHOOKS,
        flows: v.UW_ENABLE_FLOWS,
        genericHttpActions: v.UW_ENABLE_GENERIC_HTTP_ACTIONS,
        webhookLogDays: v.UW_WEBHOOK_LOG_RETENTION_DAYS,
        flowExecutionDays: v.UW_FLOW_EXECUTION_RETENTION_DAYS,
        cacheTtlDays: v.UW_CACHE_TTL_DAYS,
      };
    case "clockify_addon":
      return {
        ...shared,
        bootstrapOnInstall: v.AUTO_BOOTSTRAP_ON_INSTALL,
        includeHeavyEndpoints: false,
        bootstrapMaxRps: 25,
        webhookLogDays: v.WEBHOOK_LOG_RETENTION_DAYS,
        flowExecutionDays: v.FLOW_EXECUTION_RETENTION_DAYS,
      };
  }
}

/** Kubernetes sets these for every service of the namespace, also for one named like a prefix of ours. */
const KUBERNETES = /_(SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP))/;

/** Warnings for names that look like ours and are not read. */
function strangers(env: Record<string, string>): string[] {
  const known = new Set(knownVariables());
  const warnings: string[] = [];
  for (const name of Object.keys(env)) {
    if (known.has(name)) continue;
    if (KUBERNETES.test(name)) continue;
    if (IGNORED[name]) warnings.push(`${name} has no effect here: ${IGNORED[name]}`);
    else if (PLANNED.test(name)) warnings.push(`${name} is not used by this version yet`);
    else if (OUR_PREFIXES.test(name)) warnings.push(`${name} is unknown; did you mean ${nearest(name, known)}?`);
  }
  return warnings;
}

/** The known name with the fewest edits (Levenshtein). */
export function nearest(name: string, known: Iterable<string>): string {
  let best = "";
  let least = Infinity;
  for (const candidate of known) {
    const distance = edits(name, candidate);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same);
    }
    row = next;
  }
  return row[b.length]!;
}

/** The settings in force, for one line at start: secrets as `..._configured`, databases without user and password. */
export function maskedSummary(config: Config): Record<string, unknown> {
  return {
    role: config.role,
    host: config.host,
    profiles: config.profiles.map(({ key, port, baseUrl, databaseUrl, requireSignature }) => ({
      key,
      port,
      base_url: baseUrl ?? `http://localhost:${port}`,
      database: databaseUrl === undefined ? `embedded in ${config.database.dataDir}` : describeUrl(databaseUrl),
      signature_verification: requireSignature ? "on" : "OFF",
    })),
    operators: { host: config.api.host, port: config.api.port },
    console_frame_ancestors: config.consoleFrameAncestors,
    metrics_port: config.metricsPort,
    metrics_token_configured: config.metricsToken !== undefined,
    encryption_configured: config.encryptionKeys !== undefined,
    operators_configured: config.operatorApiKeys !== undefined,
    clockify_public_key: config.clockify.publicKeyPem === undefined ? "published" : "configured",
    jwks_url: config.clockify.jwksUrl,
    allowed_api_domains: config.clockify.allowedDomains,
    rate_limit_rps: config.clockify.ratePerSecond,
    redis: config.redisUrl === undefined ? "off" : describeUrl(config.redisUrl),
    hmac_secret_configured: config.hmacSecret !== undefined,
    egress_allow: config.egressAllow,
    worker: config.worker,
    log: config.log,
    tracing: config.tracing.endpoint === undefined ? "off" : "on",
  };
}
