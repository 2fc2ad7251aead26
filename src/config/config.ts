/** What the program runs with: all that variables say, typed. load.ts makes it of the environment. */

import type { BackupSettings } from "../backup/target.ts";
import type { HourlyLimits } from "../clockify/hourly_limits.ts";
import type { RetryPolicy } from "../engine/plan.ts";
import type { BreakerPolicy } from "../breakers/policy.ts";
import type { KafkaSettings } from "../kafka/settings.ts";
import type { OwnerKey, ProfileKey, WorkspaceSettings } from "../profiles/profile.ts";
import type { LogLevel } from "../telemetry/log.ts";

/** How much of a workspace is read at first. */
export interface BootstrapLimits {
  maxPages: number;
  /** Lists read side by side. */
  parallelLists: number;
  /** Maximum attempts to read one list. */
  maxTries: number;
  /** Entities of a page, 1 to 200. */
  pageSize: number;
}

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
  bootstrap: BootstrapLimits;
}

export interface Config {
  role: "all" | "listen" | "work";
  /** Of add-ons that this process does not serve, whose jobs it may work on. */
  bootstrap: BootstrapLimits;
  host: string;
  /** The listener for operators: their console, and the Workflow Management API. */
  api: {
    host: string;
    port: number;
    /** Of the Workflow Management API; undefined: the embedded database. */
    databaseUrl?: string;
    /** API_HOST names an address that is not loopback: others are meant to call. */
    isOpened: boolean;
    /** Pages of other origins that may call it. */
    cors: { origins: readonly string[]; credentials: boolean; methods: readonly string[]; headers: readonly string[] };
    /** Where its callers send their keys. */
    keyHeader: string;
    title: string;
    version: string;
    description: string;
    /** As in "/api/v1". */
    prefix: string;
    defaultPageSize: number;
    maxPageSize: number;
    /** GET /metrics of this listener. */
    metrics: boolean;
    /** False: its changes leave no audit rows. */
    auditLogging: boolean;
    /** Of its tokens; undefined: none are issued or taken. */
    jwt?: { secret: string; minutes: number };
  };
  /** Of agents that say nothing else. */
  agentBreaker: BreakerPolicy;
  /** Origins that may frame the console, a leading `*.` label allowed. */
  consoleFrameAncestors: readonly string[];
  /** /metrics on an inner port instead of every listener. */
  metricsPort?: number;
  /** What a scrape of /metrics must show; undefined: it is open. */
  metricsToken?: string;
  profiles: ProfileConfig[];
  /** Also of add-ons that this process does not serve: its worker takes their jobs too. */
  workspaceDefaults: Record<OwnerKey, WorkspaceSettings>;
  manifestWebhookLimit: number;
  /** The add-on's diagnostic routes. */
  debug: boolean;
  /** Set: runs of workflows are handed on through these brokers. */
  kafka?: KafkaSettings;
  /** Set: rate budgets are shared through this server. */
  redisUrl?: string;
  /** WEBHOOK_HMAC_SECRET. */
  hmacSecret?: string;
  /** TRUSTED_PROXIES as given. */
  trustedProxies?: string;
  /** EGRESS_ALLOW as given. */
  egressAllow?: string;
  database: {
    dataDir: string;
    poolSize: number;
    /** Statements are prepared and sessions keep settings; false: a pooler is between, whatever is found. */
    prepare: boolean;
    /** Each statement goes to the log. */
    echo: boolean;
    /** How long a request waits for the database. */
    requestMs: number;
  };
  backup: BackupSettings;
  /** `id:base64` list. Undefined: a key is kept in the data folder. */
  encryptionKeys?: string;
  /** `name:key` list. Undefined: one is made with the embedded database, for requests of this machine. */
  operatorApiKeys?: string;
  clockify: {
    publicKeyPem?: string;
    jwksUrl?: string;
    /** Takes the place of the API host of the claims (hosts.ts, apiOverride). */
    apiBaseUrl?: string;
    /** With `/v1`; where none is said it is served beside production's API alone. */
    auditBaseUrl?: string;
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
    /** Quota of an installation's stored events; 0: no quota. */
    storedBytes: number;
    /** JSON of all drafts of flows of an installation. */
    draftBytes: number;
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
  /** `pollMs` 0: lists are not polled; `reconcileMs` 0: missed events are not looked for. */
  coverage: { checkMs: number; heartbeatMs: number; pollMs: number; reconcileMs: number; reconcileGraceMs: number };
  retention: { auditDays: number; journalDays: number; uninstallGraceDays: number };
  worker: { concurrency: number; leaseMs: number };
  log: { level: LogLevel; format: "json" | "text" };
  /** Which program the commands ask (cli/target.ts); undefined: this machine's, by its own key. */
  commandLine: { url?: string; apiKey?: string };
  /** The standard variables of OpenTelemetry that were given, by name. */
  otel: Readonly<Record<string, string>>;
}

export interface ConfigFault {
  name: string;
  problem: string;
  remedy: string;
}
