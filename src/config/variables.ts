/** Every environment variable by topic: its name, shape, default and meaning. assemble.ts turns them into a Config, and docs/configuration.md is made of them. */

import { z } from "zod";
import { apiOverride, auditBase, parseAllowedDomains } from "../clockify/hosts.ts";
import { parseHourlyLimits } from "../clockify/hourly_limits.ts";
import {
  addonKey,
  checked,
  database,
  flag,
  number,
  oneOf,
  port,
  say,
  seconds,
  share,
  text,
  url,
  type ValueOf,
  type Variable,
} from "./shapes.ts";
import { checkKeyring, parseKeyList } from "../secrets/encryption.ts";
import { apiPrefix } from "./api_prefix.ts";
import { parseFrameAncestors } from "./frame_ancestors.ts";
import { parseEgressAllow } from "../egress/allow.ts";
import { parseTrustedProxies } from "../http/server/proxies.ts";
import { requireTiming } from "../schedules/timing.ts";
import { parseOperatorKeys } from "../verify/operator.ts";
import type { ProfileKey } from "../profiles/profile.ts";

export type { Variable } from "./shapes.ts";

const days = (fallback: number) => number(fallback, { min: 0, max: 3_650, unit: "days (0 keeps)" });
const rate = (fallback: number) => number(fallback, { min: 1, max: 50, unit: "requests a second" });

const names = z.string().transform((list) => list.split(",").map((one) => one.trim()).filter((one) => one !== ""));

const LISTENERS = {
  PROFILES: say(
    "Which add-ons this process serves; workflow_api alone: none, as the Workflow Management API always is.",
    {
      schema: z.string().transform((list) =>
        list.split(",").map((name) => name.trim().replaceAll("-", "_")).filter((name) => name !== "")
      )
        .pipe(z.array(z.enum(["api_studio", "universal_webhook", "clockify_addon", "workflow_api"])).min(1))
        .transform((list) => list.filter((name) => name !== "workflow_api")),
      shape: "a comma-separated list of api_studio, universal_webhook, clockify_addon, or workflow_api",
      fallback: "api_studio,universal_webhook,clockify_addon",
    },
  ),
  ROLE: say(
    "listen receives and stores, work runs flows and background jobs, all does both.",
    oneOf(["all", "listen", "work"], "all"),
  ),
  HOST: say("Address the listeners bind.", text("0.0.0.0", "the address to listen on")),
  APP_PORT: say("Port of API Studio.", port(8000, ["API_STUDIO_PORT"])),
  UNIVERSAL_WEBHOOK_PORT: say("Port of Universal Webhook.", port(8001)),
  CLOCKIFY_ADDON_PORT: say("Port of the Clockify Add-on.", port(8002)),
  API_PORT: say("Port of the operators' console and the Workflow Management API.", port(8003)),
  API_HOST: say("Address that listener binds; unset: HOST.", text(undefined, "the address to listen on")),
  METRICS_PORT: say(
    "Moves /metrics from the listeners, each of which shows its own add-on, to one port that shows all.",
    port(undefined),
  ),
  METRICS_TOKEN: say("Closes /metrics to all that do not send it as Authorization: Bearer.", {
    ...text(undefined, "at least 16 printable characters without spaces"),
    schema: z.string().regex(/^[\x21-\x7e]{16,}$/),
    secret: true,
  }),
  PUBLIC_BASE_URL: say("Public address that the manifests name, for all add-ons.", url()),
  API_STUDIO_BASE_URL: say("The same for API Studio alone.", url()),
  UNIVERSAL_WEBHOOK_BASE_URL: say("The same for Universal Webhook alone.", url()),
  CLOCKIFY_ADDON_BASE_URL: say("The same for the Clockify Add-on alone.", url(["BASE_URL"])),
  TRUSTED_PROXIES: say(
    "Proxies whose X-Forwarded-For is believed: limits and the log then name the sender.",
    checked(parseTrustedProxies, text(undefined, "addresses or ranges with commas, as in 10.0.0.0/8,::1")),
  ),
  API_STUDIO_ADDON_KEY: say("Manifest key of API Studio: the `sub` of its tokens.", addonKey()),
  UNIVERSAL_WEBHOOK_ADDON_KEY: say("Manifest key of Universal Webhook.", addonKey()),
  ADDON_KEY: say("Manifest key of the Clockify Add-on.", addonKey()),
  ADDON_NAME: say("Manifest name of the Clockify Add-on.", text(undefined, "1 to 50 characters")),
  ADDON_DESCRIPTION: say("Manifest description of the Clockify Add-on.", text(undefined, "text")),
  MANIFEST_WEBHOOK_LIMIT: say(
    "Webhooks that Clockify grants a manifest: 10, or 20 where it says so.",
    number(10, { min: 1, max: 20, unit: "a number" }),
  ),
  DEBUG: say("true opens the add-on's diagnostic routes to operators.", flag(false)),
} as const satisfies Record<string, Variable>;

const STORAGE = {
  DATABASE_URL: say("PostgreSQL of all add-ons; unset: the embedded database.", database()),
  API_STUDIO_DB_URL: say("A database of its own for API Studio.", database()),
  UNIVERSAL_WEBHOOK_DB_URL: say(
    "A database of its own for Universal Webhook.",
    database(["UNIVERSAL_WEBHOOK_DATABASE_URL"]),
  ),
  CLOCKIFY_ADDON_DB_URL: say("A database of its own for the Clockify Add-on.", database()),
  WORKFLOW_DB_URL: say("A database of its own for the Workflow Management API.", database()),
  DATA_DIR: say(
    "Folder of the embedded database and the secrets made at first start.",
    text("./data", "./data, /data, /var/lib/timewire or a folder below them"),
  ),
  DATABASE_POOL_SIZE: say(
    "Connections to each database, beside three for storing deliveries and one for wake-ups.",
    number(10, { min: 2, max: 1_000, unit: "connections" }),
  ),
  DATABASE_MAX_OVERFLOW: say("Added to the pool.", number(0, { min: 0, max: 1_000, unit: "connections" })),
  DATABASE_PREPARE: say(
    "Prepare statements and keep settings in sessions; false behind a pooler that is not found by itself.",
    flag(true),
  ),
  DATABASE_ECHO: say("Log each statement that is sent to a database, without its values.", flag(false)),
  USE_REDIS: say("Share rate budgets between instances through Redis.", flag(false)),
  REDIS_URL: say("The Redis server.", {
    ...text("redis://localhost:6379/0", "an address such as redis://:password@host:6379/0"),
    schema: z.string().refine((text) => /^rediss?:$/.test(URL.parse(text)?.protocol ?? "")),
    secret: true,
  }),
} as const satisfies Record<string, Variable>;

const SECURITY = {
  ENCRYPTION_KEYS: say(
    "Keys that encrypt tokens and secrets at rest; the first encrypts, all open. Required with an external database.",
    checked(checkKeyring, { ...text(undefined, "id:base64 of 32 bytes, several with commas"), secret: true }),
  ),
  OPERATOR_API_KEYS: say(
    "Operators' keys for X-API-Key. With the embedded database and none set, one is made in DATA_DIR, for this machine.",
    checked(parseOperatorKeys, {
      ...text(undefined, "name:key with keys of at least 32 characters, several with commas"),
      secret: true,
    }),
  ),
  API_KEY_HEADER: say("Header that keys of the Workflow Management API are sent in; its operators' keys too.", {
    ...text("X-API-Key", "the name of a header, as in X-API-Key"),
    schema: z.string().regex(/^[A-Za-z0-9-]{1,100}$/).refine((name) => !/^(authorization|host|cookie)$/i.test(name)),
  }),
  CORS_ORIGINS: say("Origins whose pages may call the Workflow Management API.", {
    schema: names.pipe(z.array(z.string().refine((one) => one === "*" || URL.parse(one)?.origin === one)).min(1)),
    shape: "origins with commas, as in https://app.example.com, or * without credentials",
    fallback: "http://localhost:3000",
  }),
  CORS_ALLOW_CREDENTIALS: say("Whether those pages may send credentials.", flag(true)),
  CORS_ALLOW_METHODS: say("Methods that they may use; *: all.", {
    schema: names.pipe(z.array(z.string().regex(/^([A-Z]+|\*)$/)).min(1)),
    shape: "methods with commas, or *",
    fallback: "*",
  }),
  CORS_ALLOW_HEADERS: say("Headers that they may send; *: all.", {
    schema: names.pipe(z.array(z.string().regex(/^([A-Za-z0-9-]+|\*)$/)).min(1)),
    shape: "names of headers with commas, or *",
    fallback: "*",
  }),
  JWT_SECRET: say(
    "Signs the tokens of the Workflow Management API, also those of another issuer; unset: it accepts keys alone.",
    {
      ...text(undefined, "at least 32 characters, as of `openssl rand -hex 32`"),
      schema: z.string().min(32),
      secret: true,
    },
  ),
  JWT_ALGORITHM: say("Of those tokens.", oneOf(["HS256"], "HS256", (text) => text.toUpperCase())),
  JWT_EXPIRATION_MINUTES: say(
    "Life of a token that is issued.",
    number(60, { min: 1, max: 525_600, unit: "minutes" }),
  ),
  CLOCKIFY_PUBLIC_KEY: say("Keys that Clockify's tokens are verified with; unset: the published one.", {
    schema: z.string().regex(/-----BEGIN PUBLIC KEY-----/),
    fallback: undefined,
    shape: "one or several PEM public keys, each from -----BEGIN PUBLIC KEY----- to -----END PUBLIC KEY-----",
  }),
  CLOCKIFY_JWKS_URL: say("Further keys from a JWKS document, read again as they rotate.", url()),
  API_STUDIO_REQUIRE_SIGNATURE_VERIFICATION: say(
    "false takes unsigned events, and from this machine an unsigned install: local tests only.",
    flag(true),
  ),
  UNIVERSAL_WEBHOOK_REQUIRE_SIGNATURE_VERIFICATION: say("The same for Universal Webhook.", flag(true)),
  REQUIRE_SIGNATURE_VERIFICATION: say("The same for the Clockify Add-on.", flag(true)),
  WEBHOOK_HMAC_SECRET: say(
    "Lets older senders sign deliveries by HMAC-SHA256 of the body with this secret instead of a Clockify token.",
    { ...text(undefined, "at least 32 characters"), schema: z.string().min(32), secret: true },
  ),
  CONSOLE_FRAME_ANCESTORS: say(
    "Pages that may show the console in a frame, and whose messages it accepts.",
    checked(
      parseFrameAncestors,
      text(
        "https://*.clockify.me,https://*.cake.com",
        "origins with commas, as in https://app.clockify.me,https://*.clockify.me",
      ),
    ),
  ),
  EGRESS_ALLOW: say(
    "Private targets that flows may call nevertheless: exact host:port pairs.",
    checked(parseEgressAllow, text(undefined, "host:port pairs with commas, as in 127.0.0.1:9000")),
  ),
} as const satisfies Record<string, Variable>;

const CLOCKIFY = {
  CLOCKIFY_API_BASE_URL: say(
    "Replaces the API host that token claims name. Clockify's public address changes nothing.",
    checked(apiOverride, text(undefined, "as in http://127.0.0.1:9400")),
  ),
  CLOCKIFY_AUDIT_LOG_BASE_URL: say(
    "Where Clockify's audit log is served: no token names it, and of production alone it is known. Unset: beside api.clockify.me, and elsewhere not called.",
    checked(auditBase, text(undefined, "as in https://auditlog-api.api.clockify.me")),
  ),
  ALLOWED_API_DOMAINS: say(
    "Hosts that are accepted as Clockify's.",
    checked(
      parseAllowedDomains,
      text("*.clockify.me", "hosts with commas, * for a suffix", ["CLOCKIFY_ALLOWED_API_DOMAINS"]),
    ),
  ),
  CLOCKIFY_OPENAPI_FILE: say(
    "An OpenAPI 3 document, JSON or YAML of at most 20 MB, that replaces the built-in catalogue of operations; GET /ui/api-explorer/catalogue says what it changes.",
    text(undefined, "a file"),
  ),
  CLOCKIFY_TIMEOUT_SECONDS: say("Timeout of one call to Clockify.", number(30, { min: 1, max: 300, unit: "seconds" })),
  RATE_LIMIT_RPS: say("Calls to Clockify per add-on and workspace.", rate(50)),
  RATE_LIMIT_PER_HOUR: say(
    "The same in an hour where Clockify limits that; unset: learnt from 429.",
    checked(
      parseHourlyLimits,
      text(undefined, "calls, or workspace:calls with commas"),
    ),
  ),
  RATE_LIMIT_ENABLED: say("false leaves the budget to Clockify's own 429 answers.", flag(true)),
  API_STUDIO_BOOTSTRAP_MAX_RPS: say("Calls a second while API Studio reads a workspace.", rate(25)),
  API_STUDIO_BOOTSTRAP_INCLUDE_HEAVY_ENDPOINTS: say("Also reads large lists.", flag(false)),
  API_STUDIO_BOOTSTRAP_INCLUDE_TIME_ENTRIES: say("Also reads time entries.", flag(false)),
  API_STUDIO_BOOTSTRAP_TIME_ENTRY_DAYS: say(
    "How far back time entries are read.",
    number(30, { min: 1, max: 365, unit: "days" }),
  ),
  API_STUDIO_BOOTSTRAP_MAX_PAGES: say(
    "Most pages that API Studio reads of one list.",
    number(200, { min: 1, max: 100_000, unit: "pages" }),
  ),
  API_STUDIO_ALLOW_WRITE_CALLS: say(
    "People of API Studio may write to Clockify by hand, as the guard allows.",
    flag(false),
  ),
  UW_BOOTSTRAP_MAX_RPS: say("The same for Universal Webhook.", {
    ...rate(25),
    aliases: ["UNIVERSAL_WEBHOOK_BOOTSTRAP_MAX_RPS"],
  }),
  UW_BOOTSTRAP_INCLUDE_HEAVY: say("Also reads large lists.", {
    ...flag(false),
    aliases: [
      "UW_BOOTSTRAP_INCLUDE_HEAVY_ENDPOINTS",
      "UNIVERSAL_WEBHOOK_BOOTSTRAP_INCLUDE_HEAVY",
      "UNIVERSAL_WEBHOOK_BOOTSTRAP_INCLUDE_HEAVY_ENDPOINTS",
    ],
  }),
  UW_BOOTSTRAP_INCLUDE_TIME_ENTRIES: say("Also reads time entries.", {
    ...flag(false),
    aliases: ["UNIVERSAL_WEBHOOK_BOOTSTRAP_INCLUDE_TIME_ENTRIES"],
  }),
  UW_BOOTSTRAP_TIME_ENTRY_DAYS: say("How far back time entries are read.", {
    ...number(30, { min: 1, max: 365, unit: "days" }),
    aliases: [
      "UW_BOOTSTRAP_TIME_ENTRY_DAYS_BACK",
      "UNIVERSAL_WEBHOOK_BOOTSTRAP_TIME_ENTRY_DAYS",
      "UNIVERSAL_WEBHOOK_BOOTSTRAP_TIME_ENTRY_DAYS_BACK",
    ],
  }),
  UW_BOOTSTRAP_MAX_PAGES: say("Most pages that Universal Webhook reads of one list.", {
    ...number(200, { min: 1, max: 100_000, unit: "pages" }),
    aliases: ["UNIVERSAL_WEBHOOK_BOOTSTRAP_MAX_PAGES"],
  }),
  AUTO_BOOTSTRAP_ON_INSTALL: say("The Clockify Add-on reads the workspace on install.", flag(true)),
  BOOTSTRAP_MAX_RPS: say("Calls a second while the Clockify Add-on reads a workspace.", rate(25)),
  BOOTSTRAP_INCLUDE_HEAVY: say("The Clockify Add-on also reads large lists.", flag(false)),
  BOOTSTRAP_INCLUDE_TIME_ENTRIES: say("The Clockify Add-on also reads time entries.", flag(false)),
  BOOTSTRAP_TIME_ENTRY_DAYS: say(
    "How far back it reads them.",
    number(30, { min: 1, max: 365, unit: "days" }),
  ),
  BOOTSTRAP_PAGE_SIZE: say(
    "Entities of one page of a list, for each add-on. Clockify's own default is 50, and 200 is what every list accepts.",
    number(50, { min: 1, max: 200, unit: "entities" }),
  ),
  BOOTSTRAP_BATCH_SIZE: say(
    "Lists of a workspace that are read in parallel.",
    number(10, { min: 1, max: 50, unit: "lists" }),
  ),
  BOOTSTRAP_MAX_RETRIES: say(
    "Maximum attempts to read one list before it counts as failed.",
    number(3, { min: 1, max: 20, unit: "attempts" }),
  ),
  BOOTSTRAP_MAX_PAGES: say(
    "Most pages the Clockify Add-on reads of one list.",
    number(1_000, { min: 1, max: 100_000, unit: "pages" }),
  ),
} as const satisfies Record<string, Variable>;

const WORK = {
  UW_ENABLE_CUSTOM_WEBHOOKS: say("Universal Webhook accepts webhooks of other systems.", {
    ...flag(true),
    aliases: ["UNIVERSAL_WEBHOOK_ENABLE_CUSTOM_WEBHOOKS"],
  }),
  UW_ENABLE_FLOWS: say("Universal Webhook runs flows.", { ...flag(true), aliases: ["UNIVERSAL_WEBHOOK_ENABLE_FLOWS"] }),
  UW_ENABLE_GENERIC_HTTP_ACTIONS: say("Its flows may call other systems.", {
    ...flag(false),
    aliases: ["UNIVERSAL_WEBHOOK_ENABLE_GENERIC_HTTP_ACTIONS"],
  }),
  WEBHOOK_REQUEST_MAX_RETRIES: say(
    "Maximum attempts of an HTTP request to another system.",
    number(5, { min: 1, max: 20, unit: "attempts" }),
  ),
  WEBHOOK_REQUEST_BACKOFF_BASE: say("Backoff before the first retry of such a request.", seconds("0.5", 60)),
  WEBHOOK_REQUEST_BACKOFF_CAP: say("Longest backoff before a later retry.", seconds("5.0", 3_600)),
  WORKER_CONCURRENCY: say(
    "Jobs that run at once (concurrency). One installation has at most half of them, and fewer beside others.",
    number(192, { min: 1, max: 1_000, unit: "jobs" }),
  ),
  JOB_LEASE_SECONDS: say(
    "Lease of a job: after it another instance rescues the job of a killed one.",
    number(25, { min: 1, max: 300, unit: "seconds" }),
  ),
  COVERAGE_CHECK_MINUTES: say(
    "How often the webhooks of an installation are checked.",
    number(15, { min: 1, max: 1_440, unit: "minutes" }),
  ),
  HEARTBEAT_HOURS: say(
    "Quiet time after which a webhook is checked although nothing failed.",
    number(24, { min: 1, max: 720, unit: "hours" }),
  ),
  POLL_MINUTES: say(
    "How often lists are read for events that have no webhook (0: never).",
    number(15, { min: 0, max: 1_440, unit: "minutes" }),
  ),
  RECONCILE_MINUTES: say(
    "How often Clockify's delivery logs and entity feeds are read for events that were missed (0: never).",
    number(60, { min: 0, max: 1_440, unit: "minutes" }),
  ),
  RECONCILE_GRACE_MINUTES: say(
    "How late a delivery may come before its event counts as missed.",
    number(10, { min: 0, max: 60, unit: "minutes" }),
  ),
} as const satisfies Record<string, Variable>;

const LIMITS = {
  WEBHOOK_MAX_PAYLOAD_BYTES: say(
    "Largest delivery.",
    number(5_242_880, { min: 1_024, max: 52_428_800, unit: "bytes" }),
  ),
  API_CALL_MAX_PAYLOAD_BYTES: say(
    "Largest body of any other request.",
    number(1_048_576, { min: 1_024, max: 52_428_800, unit: "bytes" }),
  ),
  BODY_BYTES_IN_FLIGHT: say(
    "All request bodies at once; above it 503 or 429. Unset: 33554432, or 6 of the largest.",
    number(undefined, { min: 2_097_152, max: 17_179_869_184, unit: "bytes" }),
  ),
  MAX_JSON_DEPTH: say("Deepest nesting of a JSON body.", number(64, { min: 8, max: 1_000, unit: "levels" })),
  WEBHOOK_RATE_LIMIT_RPS: say(
    "Deliveries per installation, ten times as many in a burst; above it 429.",
    number(5_000, { min: 1, max: 1_000_000, unit: "deliveries a second" }),
  ),
  WEBHOOK_RATE_LIMIT_BYTES: say(
    "Their bytes, two seconds' worth or four of the largest in a burst; above it 429.",
    number(10_485_760, { min: 65_536, max: 1_073_741_824, unit: "bytes a second" }),
  ),
  API_RATE_LIMIT_RPS: say(
    "Other requests per installation, ten times as many in a burst; above it 429.",
    number(100, { min: 1, max: 1_000_000, unit: "requests a second" }),
  ),
  MAX_RUNS_PER_MINUTE: say(
    "Runs of flows per installation and instance, ten seconds' worth in a burst; events above it wait.",
    number(6_000, { min: 60, max: 10_000_000, unit: "runs a minute" }),
  ),
  STORED_MB_PER_WORKSPACE: say(
    "Events, and outputs of steps above 32 kB, that an installation may have stored, a warning at 80 %, above it 429. The default holds 40,000 events a day for 90 days.",
    number(10_240, { min: 0, max: 100_000_000, unit: "MB (0: no quota)" }),
  ),
  INGEST_QUEUE_LIMIT: say(
    "Deliveries of one installation that may wait for their commit, of all twice as many; above it 503.",
    number(10_000, { min: 1, max: 1_000_000, unit: "deliveries" }),
  ),
} as const satisfies Record<string, Variable>;

const RETENTION = {
  API_STUDIO_WEBHOOK_LOG_RETENTION_DAYS: say("Events of API Studio are kept so long.", days(90)),
  API_STUDIO_FLOW_EXECUTION_RETENTION_DAYS: say("Its finished runs.", days(30)),
  API_STUDIO_CALL_LOG_RETENTION_DAYS: say("Its records of requests to Clockify, the newest 100,000 at most.", days(30)),
  UW_WEBHOOK_LOG_RETENTION_DAYS: say("Events of Universal Webhook.", {
    ...days(90),
    aliases: ["UNIVERSAL_WEBHOOK_WEBHOOK_LOG_RETENTION_DAYS"],
  }),
  UW_FLOW_EXECUTION_RETENTION_DAYS: say("Its finished runs.", {
    ...days(90),
    aliases: ["UNIVERSAL_WEBHOOK_FLOW_EXECUTION_RETENTION_DAYS"],
  }),
  UW_CALL_LOG_RETENTION_DAYS: say("Its records of requests to Clockify, the newest 100,000 at most.", {
    ...days(30),
    aliases: ["UNIVERSAL_WEBHOOK_CALL_LOG_RETENTION_DAYS"],
  }),
  UW_CACHE_TTL_DAYS: say("Its cached entities.", { ...days(7), aliases: ["UNIVERSAL_WEBHOOK_CACHE_TTL_DAYS"] }),
  WEBHOOK_LOG_RETENTION_DAYS: say("Events of the Clockify Add-on.", days(90)),
  FLOW_EXECUTION_RETENTION_DAYS: say("Its finished runs.", days(30)),
  CALL_LOG_RETENTION_DAYS: say("Its records of requests to Clockify, the newest 100,000 at most.", days(30)),
  CACHE_TTL_DAYS: say("Cached entities of API Studio and the Clockify Add-on.", days(7)),
  AUDIT_RETENTION_DAYS: say("The audit record.", number(365, { min: 90, max: 3_650, unit: "days" })),
  JOURNAL_RETENTION_DAYS: say("What was written to Clockify, and can be undone.", days(90)),
  UNINSTALL_GRACE_DAYS: say(
    "Data of an uninstalled workspace, kept for a reinstall.",
    number(30, { min: 0, max: 3_650, unit: "days" }),
  ),
} as const satisfies Record<string, Variable>;

const count = (fallback: number, unit: string) => number(fallback, { min: 0, max: 1_000, unit });

const BACKUP = {
  BACKUP_TARGET: say(
    "Where `deno task backup` keeps its files.",
    text("./backups", "./backups, /backups, /var/backups/timewire or a folder below them, or s3://bucket/prefix"),
  ),
  BACKUP_KEYS: say(
    "Keys that encrypt backups; the first encrypts, all open. Keep them apart from the backups and from ENCRYPTION_KEYS.",
    checked((list) => parseKeyList(list, "BACKUP_KEYS"), {
      ...text(undefined, "id:base64 of 32 bytes, several with commas"),
      secret: true,
    }),
  ),
  BACKUP_SCHEDULE: say(
    "When the serving program makes a backup by itself, once an hour at most; unset: never, `deno task backup` does.",
    checked(
      (cron) => requireTiming({ cron, zone: "UTC" }, new Date(0)),
      text(undefined, "a cron expression of five fields, by UTC, as in 15 3 * * *"),
    ),
  ),
  BACKUP_KEEP_DAILY: say(
    "Newest days of which the last backup is kept; with 0 in all three every backup is.",
    count(7, "days"),
  ),
  BACKUP_KEEP_WEEKLY: say("The same for weeks.", count(4, "weeks")),
  BACKUP_KEEP_MONTHLY: say("The same for months.", count(12, "months")),
  BACKUP_PART_MB: say(
    "Parts that a backup is uploaded to a bucket in, and is read in; 10,000 at most, so that the default takes 160 GB.",
    number(16, { min: 5, max: 1_024, unit: "MB" }),
  ),
  AWS_ACCESS_KEY_ID: say("Key id for s3://, of a key for that bucket alone.", text(undefined)),
  AWS_SECRET_ACCESS_KEY: say("Its secret.", { ...text(undefined), secret: true }),
  AWS_SESSION_TOKEN: say("The token of a temporary key.", { ...text(undefined), secret: true }),
  AWS_REGION: say("Region of the bucket.", text("us-east-1", "a region such as eu-central-1")),
  AWS_ENDPOINT_URL_S3: say("Address of another S3-compatible server; unset: AWS.", url()),
} as const satisfies Record<string, Variable>;

const WORKFLOW_API = {
  API_TITLE: say("Title that GET /api/v1 and the OpenAPI document name.", text("Workflow Management API", "text")),
  API_VERSION: say("Version that they name.", text("1.0.0", "text")),
  API_DESCRIPTION: say(
    "Description that they name.",
    text("REST API for managing workflow orchestration", "text"),
  ),
  API_PREFIX: say(
    "Path that all its routes are below.",
    checked(apiPrefix, text("/api/v1", "a path such as /api/v1, none that the console or the listener has")),
  ),
  DEFAULT_PAGE_SIZE: say(
    "Rows of a page where page_size is absent.",
    number(20, { min: 1, max: 1_000, unit: "rows" }),
  ),
  MAX_PAGE_SIZE: say("Largest page_size.", number(100, { min: 1, max: 1_000, unit: "rows" })),
  ENABLE_METRICS: say("false: its listener has no /metrics.", flag(true)),
  CIRCUIT_BREAKER_ENABLED: say(
    "Agents whose calls keep failing are not called for a while; each agent may say otherwise.",
    flag(true),
  ),
  CIRCUIT_BREAKER_FAILURE_THRESHOLD: say(
    "So many failed calls of an agent within the window open its breaker ...",
    number(5, { min: 1, max: 1_000, unit: "calls" }),
  ),
  CIRCUIT_BREAKER_FAILURE_RATE_THRESHOLD: say("... where they are at least this share of its calls.", share("0.5")),
  CIRCUIT_BREAKER_TIMEOUT_SECONDS: say(
    "So long it stays open.",
    number(60, { min: 1, max: 3_600, unit: "seconds" }),
  ),
  CIRCUIT_BREAKER_HALF_OPEN_MAX_CALLS: say(
    "Calls that are let through after that: so many answers close it, one failure opens it again.",
    number(3, { min: 1, max: 100, unit: "calls" }),
  ),
  CIRCUIT_BREAKER_WINDOW_SIZE_SECONDS: say(
    "Window in which calls of an agent are counted.",
    number(120, { min: 10, max: 3_600, unit: "seconds" }),
  ),
  ENABLE_AUDIT_LOGGING: say("false: changes of the API leave no rows in its audit.", flag(true)),
} as const satisfies Record<string, Variable>;

const topic = <const Fallback extends string | undefined>(fallback: Fallback) => ({
  ...text(fallback, "1 to 249 letters, digits, dots, - or _"),
  schema: z.string().regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/),
});
const noBlanks = <const Fallback extends string>(fallback: Fallback) => ({
  ...text(fallback, "up to 200 characters without blanks"),
  schema: z.string().regex(/^\S{1,200}$/),
});

const KAFKA = {
  KAFKA_BROKERS: say("Brokers that executions and cancellations go through; unset: PostgreSQL alone hands runs on.", {
    schema: names.pipe(z.array(z.string().regex(/^([^\s:,]+|\[[0-9A-Fa-f:]+\]):[1-9]\d{0,4}$/)).min(1).max(100)),
    shape: "host:port, several with commas",
    fallback: undefined,
  }),
  KAFKA_EXECUTION_TOPIC: say("Topic of requests to execute.", topic("workflow.execution.requests")),
  KAFKA_CANCELLATION_TOPIC: say("Topic of requests to cancel.", topic("workflow.cancellation.requests")),
  KAFKA_DEAD_LETTER_TOPIC: say(
    "Topic of messages that cannot be processed; unset: one for each topic, its name with .dlq.",
    topic(undefined),
  ),
  KAFKA_CLIENT_ID: say("Name of this program in the logs and quotas of the brokers.", noBlanks("executor-service")),
  KAFKA_GROUP_ID: say("Consumer group, the same for all instances.", noBlanks("executor-group")),
  KAFKA_SECURITY_PROTOCOL: say(
    "How brokers are spoken to.",
    oneOf(["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"], "PLAINTEXT", (text) => text.toUpperCase()),
  ),
  KAFKA_SASL_MECHANISM: say(
    "How the program logs in, with SASL_PLAINTEXT and SASL_SSL.",
    oneOf(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"], "PLAIN", (text) => text.toUpperCase()),
  ),
  KAFKA_SASL_USERNAME: say("Its user.", text(undefined, "text")),
  KAFKA_SASL_PASSWORD: say("Its password.", { ...text(undefined, "text"), secret: true }),
  KAFKA_SSL_CA_FILE: say(
    "File of the certificates that sign those of the brokers; unset: those of the system.",
    text(undefined, "path of a PEM file"),
  ),
  KAFKA_SSL_CERT_FILE: say(
    "File of the program's own certificate, where brokers ask.",
    text(undefined, "path of a PEM file"),
  ),
  KAFKA_SSL_KEY_FILE: say("File of its key.", text(undefined, "path of a PEM file")),
  KAFKA_MAX_MESSAGE_BYTES: say(
    "Largest message that is sent or processed: max.message.bytes of the topics, less 64 kB.",
    number(983_040, { min: 65_536, max: 16_777_216, unit: "bytes" }),
  ),
  KAFKA_FALLBACK_SECONDS: say(
    "A run that was accepted begins without its message after so long, as when brokers are away.",
    seconds("10", 3_600),
  ),
} as const satisfies Record<string, Variable>;

const TELEMETRY = {
  LOG_LEVEL: say(
    "Lowest level that is written; successful requests are at INFO, successful deliveries at DEBUG.",
    oneOf(["DEBUG", "INFO", "WARNING", "ERROR"], "INFO", (text) => text.toUpperCase()),
  ),
  LOG_FORMAT: say("json for machines, text for people.", oneOf(["json", "text"], "json")),
  OTEL_EXPORTER_OTLP_ENDPOINT: say("OTLP collector for traces; unset: none are made.", url()),
  OTEL_EXPORTER_OTLP_HEADERS: say("Sent to the collector with each request.", {
    ...text(undefined, "name=value, several with commas"),
    secret: true,
  }),
  OTEL_EXPORTER_OTLP_PROTOCOL: say(
    "Form of what is sent; unset: http/json.",
    { ...oneOf(["http/json", "http/protobuf", "grpc"], "http/json"), fallback: undefined },
  ),
  OTEL_SERVICE_NAME: say("service.name of what is sent; unset: timewire.", text(undefined)),
  OTEL_RESOURCE_ATTRIBUTES: say(
    "Resource attributes of what is sent.",
    text(undefined, "name=value with commas, as in deployment.environment.name=production"),
  ),
  OTEL_TRACES_SAMPLER: say(
    "Which traces are kept, with OTEL_TRACES_SAMPLER_ARG; unset: all.",
    text(undefined, "always_on, always_off, traceidratio or one of them behind parentbased_"),
  ),
  OTEL_METRICS_EXPORTER: say(
    "otlp sends the metrics to the collector too; unset: /metrics alone has them.",
    text(undefined, "otlp, console or none"),
  ),
} as const satisfies Record<string, Variable>;

const COMMAND_LINE = {
  TIMEWIRE_URL: say(
    "Where the commands find the program; unset: API_PORT of this machine.",
    { ...url(), shape: "the address of the operators' listener, as in https://timewire.example.com" },
  ),
  TIMEWIRE_API_KEY: say(
    "Operator's key of the commands; unset, for this machine's program: the first of OPERATOR_API_KEYS, or that of DATA_DIR.",
    {
      ...text(undefined, "an operator's key"),
      schema: z.string().regex(/^[\x21-\x7e]{32,}$/),
      secret: true,
    },
  ),
} as const satisfies Record<string, Variable>;

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
