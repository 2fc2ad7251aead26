/** From the values of all variables to the Config that the program takes. */

import { apiOverride, auditBase, isLoopback } from "../clockify/hosts.ts";
import { parseHourlyLimits } from "../clockify/hourly_limits.ts";
import { LEAST_BODIES } from "../http/server/body_account.ts";
import type { ProfileKey, WorkspaceSettings } from "../profiles/profile.ts";
import { profileOf } from "../profiles/profiles.ts";
import type { Config, ProfileConfig } from "./config.ts";
import { apiDatabaseOf } from "./databases.ts";
import { parseFrameAncestors } from "./frame_ancestors.ts";
import { DATABASE_VARIABLES, PORT_VARIABLES, SETTING_VARIABLES, type Values } from "./variables.ts";

export function assemble(v: Values, otel: Config["otel"]): Config {
  const perProfile: Record<ProfileKey, [baseUrl?: string, addonKey?: string, requireSignature?: boolean]> = {
    api_studio: [v.API_STUDIO_BASE_URL, v.API_STUDIO_ADDON_KEY, v.API_STUDIO_REQUIRE_SIGNATURE_VERIFICATION],
    universal_webhook: [
      v.UNIVERSAL_WEBHOOK_BASE_URL,
      v.UNIVERSAL_WEBHOOK_ADDON_KEY,
      v.UNIVERSAL_WEBHOOK_REQUIRE_SIGNATURE_VERIFICATION,
    ],
    clockify_addon: [v.CLOCKIFY_ADDON_BASE_URL, v.ADDON_KEY, v.REQUIRE_SIGNATURE_VERIFICATION],
  };
  const bootstrap = {
    maxPages: v.UW_BOOTSTRAP_MAX_PAGES,
    parallelLists: v.BOOTSTRAP_BATCH_SIZE,
    maxTries: v.BOOTSTRAP_MAX_RETRIES,
    pageSize: v.BOOTSTRAP_PAGE_SIZE,
  };
  const maxPages: Record<ProfileKey, number> = {
    api_studio: v.API_STUDIO_BOOTSTRAP_MAX_PAGES,
    universal_webhook: v.UW_BOOTSTRAP_MAX_PAGES,
    clockify_addon: v.BOOTSTRAP_MAX_PAGES,
  };
  const profiles = [...new Set(v.PROFILES)].map((key): ProfileConfig => {
    const [baseUrl, addonKey, requireSignature] = perProfile[key];
    return {
      key,
      addonKey: addonKey ?? profileOf(key).addonKey,
      port: v[PORT_VARIABLES[key]],
      baseUrl: baseUrl ?? v.PUBLIC_BASE_URL,
      databaseUrl: v[DATABASE_VARIABLES[key]] ?? v.DATABASE_URL,
      requireSignature: requireSignature !== false,
      ...(key === "clockify_addon" && { name: v.ADDON_NAME, description: v.ADDON_DESCRIPTION }),
      settings: settingsOf(key, v),
      bootstrap: { ...bootstrap, maxPages: maxPages[key] },
    };
  });

  return {
    bootstrap,
    role: v.ROLE,
    host: v.HOST,
    api: {
      host: v.API_HOST ?? v.HOST,
      port: v.API_PORT,
      databaseUrl: apiDatabaseOf(v),
      keyHeader: v.API_KEY_HEADER,
      title: v.API_TITLE,
      version: v.API_VERSION,
      description: v.API_DESCRIPTION,
      prefix: v.API_PREFIX,
      defaultPageSize: v.DEFAULT_PAGE_SIZE,
      maxPageSize: v.MAX_PAGE_SIZE,
      metrics: v.ENABLE_METRICS,
      auditLogging: v.ENABLE_AUDIT_LOGGING,
      cors: {
        origins: v.CORS_ORIGINS,
        credentials: v.CORS_ALLOW_CREDENTIALS,
        methods: v.CORS_ALLOW_METHODS,
        headers: v.CORS_ALLOW_HEADERS,
      },
      isOpened: v.API_HOST !== undefined && !isLoopback(v.API_HOST),
      jwt: v.JWT_SECRET === undefined ? undefined : { secret: v.JWT_SECRET, minutes: v.JWT_EXPIRATION_MINUTES },
    },
    agentBreaker: {
      enabled: v.CIRCUIT_BREAKER_ENABLED,
      failures: v.CIRCUIT_BREAKER_FAILURE_THRESHOLD,
      failureRate: v.CIRCUIT_BREAKER_FAILURE_RATE_THRESHOLD,
      windowMs: v.CIRCUIT_BREAKER_WINDOW_SIZE_SECONDS * 1_000,
      openSeconds: v.CIRCUIT_BREAKER_TIMEOUT_SECONDS,
      mostSeconds: v.CIRCUIT_BREAKER_TIMEOUT_SECONDS,
      trials: v.CIRCUIT_BREAKER_HALF_OPEN_MAX_CALLS,
    },
    consoleFrameAncestors: parseFrameAncestors(v.CONSOLE_FRAME_ANCESTORS),
    metricsPort: v.METRICS_PORT,
    metricsToken: v.METRICS_TOKEN,
    profiles,
    workspaceDefaults: {
      api_studio: settingsOf("api_studio", v),
      universal_webhook: settingsOf("universal_webhook", v),
      clockify_addon: settingsOf("clockify_addon", v),
      // Of an add-on's settings it has those of its runs.
      workflow_api: settingsOf("clockify_addon", v),
    },
    manifestWebhookLimit: v.MANIFEST_WEBHOOK_LIMIT,
    debug: v.DEBUG,
    kafka: kafkaOf(v),
    redisUrl: v.USE_REDIS ? v.REDIS_URL : undefined,
    hmacSecret: v.WEBHOOK_HMAC_SECRET,
    trustedProxies: v.TRUSTED_PROXIES,
    egressAllow: v.EGRESS_ALLOW,
    database: {
      dataDir: v.DATA_DIR,
      poolSize: v.DATABASE_POOL_SIZE + v.DATABASE_MAX_OVERFLOW,
      prepare: v.DATABASE_PREPARE,
      echo: v.DATABASE_ECHO,
      requestMs: v.DATABASE_REQUEST_TIMEOUT_SECONDS * 1_000,
    },
    backup: {
      target: v.BACKUP_TARGET,
      keys: v.BACKUP_KEYS,
      schedule: v.BACKUP_SCHEDULE,
      keep: { daily: v.BACKUP_KEEP_DAILY, weekly: v.BACKUP_KEEP_WEEKLY, monthly: v.BACKUP_KEEP_MONTHLY },
      bucket: {
        accessKeyId: v.AWS_ACCESS_KEY_ID,
        secretAccessKey: v.AWS_SECRET_ACCESS_KEY,
        sessionToken: v.AWS_SESSION_TOKEN,
        region: v.AWS_REGION,
        endpoint: v.AWS_ENDPOINT_URL_S3,
        partBytes: v.BACKUP_PART_MB * 1_048_576,
      },
    },
    encryptionKeys: v.ENCRYPTION_KEYS,
    operatorApiKeys: v.OPERATOR_API_KEYS,
    clockify: {
      publicKeyPem: v.CLOCKIFY_PUBLIC_KEY,
      jwksUrl: v.CLOCKIFY_JWKS_URL,
      apiBaseUrl: v.CLOCKIFY_API_BASE_URL && apiOverride(v.CLOCKIFY_API_BASE_URL),
      auditBaseUrl: v.CLOCKIFY_AUDIT_LOG_BASE_URL && auditBase(v.CLOCKIFY_AUDIT_LOG_BASE_URL),
      allowedDomains: v.ALLOWED_API_DOMAINS,
      openApiFile: v.CLOCKIFY_OPENAPI_FILE,
      timeoutMs: v.CLOCKIFY_TIMEOUT_SECONDS * 1_000,
      ratePerSecond: v.RATE_LIMIT_RPS,
      perHour: v.RATE_LIMIT_PER_HOUR === undefined ? undefined : parseHourlyLimits(v.RATE_LIMIT_PER_HOUR),
      rateLimited: v.RATE_LIMIT_ENABLED,
    },
    limits: {
      webhookBodyBytes: v.WEBHOOK_MAX_PAYLOAD_BYTES,
      apiBodyBytes: v.API_CALL_MAX_PAYLOAD_BYTES,
      jsonDepth: v.MAX_JSON_DEPTH,
      webhooksPerSecond: v.WEBHOOK_RATE_LIMIT_RPS,
      webhookBytesPerSecond: v.WEBHOOK_RATE_LIMIT_BYTES,
      storedBytes: v.STORED_MB_PER_WORKSPACE * 1_048_576,
      draftBytes: v.DRAFTS_MB_PER_WORKSPACE * 1_048_576,
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
      reconcileMs: v.RECONCILE_MINUTES * 60_000,
      reconcileGraceMs: v.RECONCILE_GRACE_MINUTES * 60_000,
    },
    retention: {
      auditDays: v.AUDIT_RETENTION_DAYS,
      journalDays: v.JOURNAL_RETENTION_DAYS,
      uninstallGraceDays: v.UNINSTALL_GRACE_DAYS,
    },
    worker: { concurrency: v.WORKER_CONCURRENCY, leaseMs: v.JOB_LEASE_SECONDS * 1_000 },
    log: { level: v.LOG_LEVEL, format: v.LOG_FORMAT },
    commandLine: { url: v.TIMEWIRE_URL, apiKey: v.TIMEWIRE_API_KEY },
    otel,
  };
}

function kafkaOf(v: Values): Config["kafka"] {
  if (v.KAFKA_BROKERS === undefined) return undefined;
  const deadLetterOf = (topic: string) => v.KAFKA_DEAD_LETTER_TOPIC ?? `${topic}.dlq`;
  const sasl = usesSasl(v);
  return {
    brokers: v.KAFKA_BROKERS,
    clientId: v.KAFKA_CLIENT_ID,
    groupId: v.KAFKA_GROUP_ID,
    topics: {
      execution: { name: v.KAFKA_EXECUTION_TOPIC, deadLetters: deadLetterOf(v.KAFKA_EXECUTION_TOPIC) },
      cancellation: { name: v.KAFKA_CANCELLATION_TOPIC, deadLetters: deadLetterOf(v.KAFKA_CANCELLATION_TOPIC) },
    },
    tls: usesTls(v)
      ? { caFile: v.KAFKA_SSL_CA_FILE, certFile: v.KAFKA_SSL_CERT_FILE, keyFile: v.KAFKA_SSL_KEY_FILE }
      : undefined,
    sasl: sasl
      ? { mechanism: v.KAFKA_SASL_MECHANISM, username: v.KAFKA_SASL_USERNAME!, password: v.KAFKA_SASL_PASSWORD! }
      : undefined,
    maxMessageBytes: v.KAFKA_MAX_MESSAGE_BYTES,
    fallbackMs: v.KAFKA_FALLBACK_SECONDS,
  };
}

/** Whether KAFKA_SECURITY_PROTOCOL asks for a login. */
export function usesSasl(v: Partial<Values>): boolean {
  return v.KAFKA_SECURITY_PROTOCOL?.startsWith("SASL_") === true;
}

/** Whether it asks for TLS. */
export function usesTls(v: Partial<Values>): boolean {
  return v.KAFKA_SECURITY_PROTOCOL?.endsWith("SSL") === true;
}

/** What the environment says for workspaces that set nothing themselves; what a profile has no variable for is fixed. */
function settingsOf(key: ProfileKey, v: Values): WorkspaceSettings {
  const said = Object.entries(SETTING_VARIABLES[key]).map(([name, variable]) => [name, v[variable]]);
  return {
    bootstrapOnInstall: true,
    customWebhooks: false,
    flows: true,
    writesByHand: true,
    genericHttpActions: false,
    developerMode: false,
    forwardingUrl: undefined,
    ...Object.fromEntries(said),
  };
}

/** A body in flight is held as bytes, as text and in a statement too: some five times as much memory in all. */
const DEFAULT_BODY_BYTES = 33_554_432;

/** The least that BODY_BYTES_IN_FLIGHT may be: its smallest share holds the largest body. */
export function leastBodyBytes(v: Partial<Values>): number {
  return LEAST_BODIES * Math.max(v.WEBHOOK_MAX_PAYLOAD_BYTES ?? 0, v.API_CALL_MAX_PAYLOAD_BYTES ?? 0);
}
