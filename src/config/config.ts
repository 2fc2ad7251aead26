/** The only reader of the environment: all variables checked at once, one typed Config out. */

import { load } from "@std/dotenv";
import type { HourlyLimits } from "../clockify/hourly_limits.ts";
import type { RetryPolicy } from "../engine/plan.ts";
import { AppError } from "../base/errors.ts";
import { nearestName } from "../base/nearest_name.ts";
import type { ProfileKey, WorkspaceSettings } from "../profiles/profile.ts";
import { assemble } from "./assemble.ts";
import { crossFaults, dangers } from "./checks.ts";
import {
  IGNORED,
  OUR_PREFIXES,
  PLANNED,
  type Values,
  type Variable,
  type VariableName,
  VARIABLES,
} from "./variables.ts";
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
  /** The standard variables of OpenTelemetry that were given, by name. */
  otel: Readonly<Record<string, string>>;
}

export interface ConfigFault {
  name: string;
  problem: string;
  remedy: string;
}

export type ConfigResult = { ok: true; config: Config; warnings: string[] } | { ok: false; faults: ConfigFault[] };

/** The environment over `.env` in the working directory; an empty value counts as unset. */
export async function readEnvironment(): Promise<Record<string, string>> {
  const file = await load().catch((error) => {
    throw new AppError("CONFIG_INVALID", `Cannot read .env: ${error.message}`, { cause: error });
  });
  return { ...file, ...filled(Deno.env.toObject()) };
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
  // Each was read by its own schema; those with a fallback are there unless a fault says otherwise.
  faults.push(
    ...crossFaults(values as Partial<Values>).filter(({ name }) => !(schemaOnly && name === "ENCRYPTION_KEYS")),
  );
  if (faults.length > 0) return { ok: false, faults };
  const otel = Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith("OTEL_")));
  const config = assemble(values as Values, otel);
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
    else if (OUR_PREFIXES.test(name)) {
      warnings.push(`${name} is unknown; did you mean ${nearestName(name, known)!.name}?`);
    }
  }
  return warnings;
}
