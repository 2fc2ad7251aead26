/** Every environment variable by topic: its name, shape, default and meaning. assemble.ts turns them into a Config, and docs/configuration.md is made of them. */

import type { ProfileKey, SettingName } from "../profiles/profile.ts";
import type { ValueOf, Variable } from "./shapes.ts";
import { BACKUP } from "./topics/backup.ts";
import { CLOCKIFY } from "./topics/clockify.ts";
import { COMMAND_LINE } from "./topics/command_line.ts";
import { KAFKA } from "./topics/kafka.ts";
import { LIMITS } from "./topics/limits.ts";
import { LISTENERS } from "./topics/listeners.ts";
import { RETENTION } from "./topics/retention.ts";
import { SECURITY } from "./topics/security.ts";
import { STORAGE } from "./topics/storage.ts";
import { TELEMETRY } from "./topics/telemetry.ts";
import { WORK } from "./topics/work.ts";
import { WORKFLOW_API } from "./topics/workflow_api.ts";

export type { Variable } from "./shapes.ts";

/** The topics in the order of the reference. */
export const VARIABLE_TOPICS: readonly (readonly [title: string, variables: Record<string, Variable>])[] = [
  ["Listeners and manifests", LISTENERS],
  ["Storage", STORAGE],
  ["Security", SECURITY],
  ["Clockify and the first read of a workspace", CLOCKIFY],
  ["Flows and background work", WORK],
  ["Limits", LIMITS],
  ["Retention", RETENTION],
  ["Backups", BACKUP],
  ["Workflow Management API", WORKFLOW_API],
  ["Kafka", KAFKA],
  ["Logs and traces", TELEMETRY],
  ["Command line", COMMAND_LINE],
];

export const VARIABLES = {
  ...LISTENERS,
  ...STORAGE,
  ...SECURITY,
  ...CLOCKIFY,
  ...WORK,
  ...LIMITS,
  ...RETENTION,
  ...BACKUP,
  ...WORKFLOW_API,
  ...KAFKA,
  ...TELEMETRY,
  ...COMMAND_LINE,
};

export type VariableName = keyof typeof VARIABLES;

/** All of them, each as its shape reads it. */
export type Values = { [Name in VariableName]: ValueOf<(typeof VARIABLES)[Name]> };

/** The variable that sets the port of each add-on. */
export const PORT_VARIABLES = {
  api_studio: "APP_PORT",
  universal_webhook: "UNIVERSAL_WEBHOOK_PORT",
  clockify_addon: "CLOCKIFY_ADDON_PORT",
} as const satisfies Record<ProfileKey, VariableName>;
/** The variable that names the database of one add-on alone. */
export const DATABASE_VARIABLES = {
  api_studio: "API_STUDIO_DB_URL",
  universal_webhook: "UNIVERSAL_WEBHOOK_DB_URL",
  clockify_addon: "CLOCKIFY_ADDON_DB_URL",
} as const satisfies Record<ProfileKey, VariableName>;

/** The variables of what a workspace may set, for those that set nothing; what an add-on has no variable for is fixed (assemble.ts). */
export const SETTING_VARIABLES = {
  api_studio: {
    includeHeavyEndpoints: "API_STUDIO_BOOTSTRAP_INCLUDE_HEAVY_ENDPOINTS",
    bootstrapMaxRps: "API_STUDIO_BOOTSTRAP_MAX_RPS",
    includeTimeEntries: "API_STUDIO_BOOTSTRAP_INCLUDE_TIME_ENTRIES",
    timeEntryDays: "API_STUDIO_BOOTSTRAP_TIME_ENTRY_DAYS",
    writesByHand: "API_STUDIO_ALLOW_WRITE_CALLS",
    webhookLogDays: "API_STUDIO_WEBHOOK_LOG_RETENTION_DAYS",
    flowExecutionDays: "API_STUDIO_FLOW_EXECUTION_RETENTION_DAYS",
    callLogDays: "API_STUDIO_CALL_LOG_RETENTION_DAYS",
    cacheTtlDays: "CACHE_TTL_DAYS",
    logLevel: "LOG_LEVEL",
  },
  universal_webhook: {
    includeHeavyEndpoints: "UW_BOOTSTRAP_INCLUDE_HEAVY",
    bootstrapMaxRps: "UW_BOOTSTRAP_MAX_RPS",
    includeTimeEntries: "UW_BOOTSTRAP_INCLUDE_TIME_ENTRIES",
    timeEntryDays: "UW_BOOTSTRAP_TIME_ENTRY_DAYS",
    customWebhooks: "UW_ENABLE_CUSTOM_WEBHOOKS",
    flows: "UW_ENABLE_FLOWS",
    genericHttpActions: "UW_ENABLE_GENERIC_HTTP_ACTIONS",
    webhookLogDays: "UW_WEBHOOK_LOG_RETENTION_DAYS",
    flowExecutionDays: "UW_FLOW_EXECUTION_RETENTION_DAYS",
    callLogDays: "UW_CALL_LOG_RETENTION_DAYS",
    cacheTtlDays: "UW_CACHE_TTL_DAYS",
    logLevel: "LOG_LEVEL",
  },
  clockify_addon: {
    bootstrapOnInstall: "AUTO_BOOTSTRAP_ON_INSTALL",
    includeHeavyEndpoints: "BOOTSTRAP_INCLUDE_HEAVY",
    bootstrapMaxRps: "BOOTSTRAP_MAX_RPS",
    includeTimeEntries: "BOOTSTRAP_INCLUDE_TIME_ENTRIES",
    timeEntryDays: "BOOTSTRAP_TIME_ENTRY_DAYS",
    webhookLogDays: "WEBHOOK_LOG_RETENTION_DAYS",
    flowExecutionDays: "FLOW_EXECUTION_RETENTION_DAYS",
    callLogDays: "CALL_LOG_RETENTION_DAYS",
    cacheTtlDays: "CACHE_TTL_DAYS",
    logLevel: "LOG_LEVEL",
  },
} as const satisfies Record<ProfileKey, Partial<Record<SettingName, VariableName>>>;

/** Undefined: the add-on has no variable for the setting. */
export function settingVariable(profile: ProfileKey, name: SettingName): VariableName | undefined {
  return (SETTING_VARIABLES[profile] as Partial<Record<SettingName, VariableName>>)[name];
}

/** Accepted so that older files keep working, without effect: each with the reason. */
export const IGNORED: Record<string, string> = {
  API_WORKERS: "one process uses its cores as they are; start more instances",
  API_RELOAD: "use deno task dev",
  API_DEBUG: "use LOG_LEVEL",
  AGENT_REGISTRY_URL: "agents are rows of the same database, made by POST /api/v1/agents",
  AGENT_REGISTRY_CACHE_TTL: "an agent is read for each attempt of a step, so that a change counts at once",
  POSTGRES_USER: "compose reads it",
  POSTGRES_PASSWORD: "compose reads it",
  POSTGRES_DB: "compose reads it",
  PORT: "each add-on has its own port variable",
  ADDON_VENDOR_NAME: "manifests have no such field",
  ADDON_VENDOR_URL: "manifests have no such field",
  CLOCKIFY_ENVIRONMENT: "hosts and keys come from the tokens' claims and CLOCKIFY_PUBLIC_KEY",
  CLOCKIFY_API_BASE: "hosts come from the tokens' claims",
  CLOCKIFY_DEVELOPER_API_BASE: "hosts come from the tokens' claims",
  CLOCKIFY_PTO_API_BASE: "hosts come from the tokens' claims",
  CLOCKIFY_REPORTS_API_BASE: "hosts come from the tokens' claims",
  CLOCKIFY_JWKS_PROD_URL: "set CLOCKIFY_JWKS_URL",
  CLOCKIFY_JWKS_DEV_URL: "set CLOCKIFY_JWKS_URL",
};

/** Families of names that later versions use; set today, each is named in a warning. */
export const PLANNED = /^REDIS_TTL/;

/** A name that begins so is meant for us; one that we do not know is probably misspelt. */
export const OUR_PREFIXES =
  /^(API_STUDIO_|BACKUP_|BODY_BYTES_|CONSOLE_|UW_|UNIVERSAL_WEBHOOK_|CLOCKIFY_|DATABASE_|ADDON_|API_|AGENT_REGISTRY_|CIRCUIT_BREAKER_|MANIFEST_|ENCRYPTION_|OPERATOR_|WEBHOOK_|INGEST_|WORKER_|JOB_|LOG_|METRICS_|RATE_LIMIT_|ALLOWED_API|PUBLIC_BASE|UNINSTALL_|EGRESS_|BOOTSTRAP_|AUTO_BOOTSTRAP|FLOW_EXECUTION_|CACHE_TTL|AUDIT_|COVERAGE_|HEARTBEAT_|POLL_|RECONCILE_|MAX_RUNS_|TRUSTED_|KAFKA_)/;
