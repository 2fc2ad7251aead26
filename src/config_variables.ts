/** Every environment variable: its name, shape, default, and what to do when it is wrong. config.ts turns them into a Config. */

import { z } from "zod";
import { parseAllowedDomains } from "./clockify/hosts.ts";
import { toAppError } from "./errors.ts";
import { checkKeyring } from "./installations/encryption.ts";
import { parseOperatorKeys } from "./verify/operator.ts";

export interface Variable {
  schema: z.ZodType;
  /** Shape in words, for a fault: "a port from 0 to 65535". */
  shape: string;
  /** Taken when unset. */
  fallback?: string;
  aliases?: readonly string[];
  secret?: boolean;
}

const whole = (min: number, max: number) =>
  z.string().regex(/^-?\d{1,12}$/).transform(Number).pipe(z.number().min(min).max(max));
const number = (
  fallback: number | undefined,
  { min, max, unit }: { min: number; max: number; unit: string },
): Variable => ({
  schema: whole(min, max),
  shape: `${unit} from ${min} to ${max}`,
  fallback: fallback === undefined ? undefined : String(fallback),
});
const port = (fallback: number | undefined, aliases: string[] = []): Variable => ({
  ...number(fallback, { min: 0, max: 65_535, unit: "a port (0: any free one)" }),
  aliases,
});
const flag = (fallback: boolean): Variable => ({
  schema: z.string().toLowerCase().pipe(z.enum(["true", "false", "1", "0"])).transform((text) =>
    text === "true" || text === "1"
  ),
  shape: "true or false",
  fallback: String(fallback),
});
const url = (aliases: string[] = []): Variable => ({
  schema: z.string().refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? "")).transform((text) =>
    text.replace(/\/+$/, "")
  ),
  shape: "an address such as https://timewire.example.com",
  aliases,
});
const database = (aliases: string[] = []): Variable => ({
  schema: z.string().transform((text) => text.replace(/^postgresql\+asyncpg:/, "postgresql:"))
    .refine((text) => /^postgres(ql)?:$/.test(URL.parse(text)?.protocol ?? "")),
  shape:
    "a PostgreSQL address such as postgresql://user:password@host:5432/timewire (SQLite is not supported: leave it unset for the embedded database)",
  aliases,
  secret: true,
});
const text = (fallback?: string, shape = "text", aliases: string[] = []): Variable => ({
  schema: z.string().min(1),
  shape,
  fallback,
  aliases,
});
const oneOf = <const T extends readonly [string, ...string[]]>(
  values: T,
  fallback: T[number],
  normalise: (text: string) => string = (text) => text.toLowerCase(),
): Variable => ({
  schema: z.string().transform(normalise).pipe(z.enum(values)),
  shape: `one of ${values.join(", ")}`,
  fallback,
});
/** Text that `check` takes; what it throws becomes the fault. */
const checked = (check: (text: string) => unknown, variable: Variable): Variable => ({
  ...variable,
  schema: z.string().superRefine((text, context) => {
    try {
      check(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: toAppError(error).message });
    }
  }),
});
const addonKey = (): Variable => ({
  schema: z.string().min(2).max(50),
  shape: "the manifest key, 2 to 50 characters",
});

export const VARIABLES = {
  PROFILES: {
    schema: z.string().transform((list) =>
      list.split(",").map((name) => name.trim().replaceAll("-", "_")).filter((name) => name !== "")
    )
      .pipe(z.array(z.enum(["api_studio", "universal_webhook", "clockify_addon"])).min(1)),
    shape: "a comma-separated list of api_studio, universal_webhook, clockify_addon",
    fallback: "api_studio,universal_webhook,clockify_addon",
  },
  ROLE: oneOf(["all", "listen", "work"], "all"),
  HOST: text("0.0.0.0", "the address to listen on"),
  APP_PORT: port(8000, ["API_STUDIO_PORT"]),
  UNIVERSAL_WEBHOOK_PORT: port(8001),
  CLOCKIFY_ADDON_PORT: port(8002),
  METRICS_PORT: port(undefined),
  PUBLIC_BASE_URL: url(),
  API_STUDIO_BASE_URL: url(),
  UNIVERSAL_WEBHOOK_BASE_URL: url(),
  CLOCKIFY_ADDON_BASE_URL: url(["BASE_URL"]),
  API_STUDIO_ADDON_KEY: addonKey(),
  UNIVERSAL_WEBHOOK_ADDON_KEY: addonKey(),
  ADDON_KEY: addonKey(),
  MANIFEST_WEBHOOK_LIMIT: number(10, { min: 1, max: 20, unit: "a number" }),
  DATABASE_URL: database(),
  API_STUDIO_DB_URL: database(),
  UNIVERSAL_WEBHOOK_DB_URL: database(["UNIVERSAL_WEBHOOK_DATABASE_URL"]),
  CLOCKIFY_ADDON_DB_URL: database(),
  DATA_DIR: text("./data", "a folder"),
  DATABASE_POOL_SIZE: number(10, { min: 2, max: 1_000, unit: "connections" }),
  DATABASE_MAX_OVERFLOW: number(0, { min: 0, max: 1_000, unit: "connections" }),
  ENCRYPTION_KEYS: checked(checkKeyring, {
    ...text(undefined, "id:base64 of 32 bytes, several with commas"),
    secret: true,
  }),
  OPERATOR_API_KEYS: checked(parseOperatorKeys, {
    ...text(undefined, "name:key with keys of at least 32 characters, several with commas"),
    secret: true,
  }),
  CLOCKIFY_PUBLIC_KEY: {
    schema: z.string().regex(/-----BEGIN PUBLIC KEY-----/),
    shape: "one or several PEM public keys, each from -----BEGIN PUBLIC KEY----- to -----END PUBLIC KEY-----",
  },
  CLOCKIFY_JWKS_URL: url(),
  CLOCKIFY_API_BASE_URL: url(),
  ALLOWED_API_DOMAINS: checked(
    parseAllowedDomains,
    text("*.clockify.me", "hosts with commas, * for a suffix", ["CLOCKIFY_ALLOWED_API_DOMAINS"]),
  ),
  CLOCKIFY_OPENAPI_FILE: text(undefined, "a file"),
  CLOCKIFY_TIMEOUT_SECONDS: number(30, { min: 1, max: 300, unit: "seconds" }),
  RATE_LIMIT_RPS: number(50, { min: 1, max: 50, unit: "requests a second" }),
  API_STUDIO_REQUIRE_SIGNATURE_VERIFICATION: flag(true),
  UNIVERSAL_WEBHOOK_REQUIRE_SIGNATURE_VERIFICATION: flag(true),
  REQUIRE_SIGNATURE_VERIFICATION: flag(true),
  WEBHOOK_MAX_PAYLOAD_BYTES: number(5_242_880, { min: 1_024, max: 52_428_800, unit: "bytes" }),
  API_CALL_MAX_PAYLOAD_BYTES: number(1_048_576, { min: 1_024, max: 52_428_800, unit: "bytes" }),
  INGEST_QUEUE_LIMIT: number(10_000, { min: 1, max: 1_000_000, unit: "deliveries" }),
  WORKER_CONCURRENCY: number(64, { min: 1, max: 1_000, unit: "jobs" }),
  JOB_LEASE_SECONDS: number(25, { min: 1, max: 300, unit: "seconds" }),
  LOG_LEVEL: oneOf(["DEBUG", "INFO", "WARNING", "ERROR"], "INFO", (text) => text.toUpperCase()),
  LOG_FORMAT: oneOf(["json", "text"], "json"),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(),
  OTEL_SERVICE_NAME: text("timewire"),
} as const satisfies Record<string, Variable>;

export type VariableName = keyof typeof VARIABLES;

/** Accepted so that older files keep working, without effect: the program is one process that needs none of them. */
export const IGNORED = [
  "API_WORKERS",
  "API_RELOAD",
  "API_DEBUG",
  "DATABASE_ECHO",
  "DEBUG",
  "POSTGRES_USER",
  "POSTGRES_PASSWORD",
  "POSTGRES_DB",
  "ADDON_NAME",
  "ADDON_DESCRIPTION",
  "ADDON_VENDOR_NAME",
  "ADDON_VENDOR_URL",
  "CLOCKIFY_ENVIRONMENT",
];

/** Families of names that later versions use; set today, each is named in a warning. */
export const PLANNED =
  /^(API_STUDIO_(BOOTSTRAP|WEBHOOK_LOG|FLOW_EXECUTION)_|UW_|UNIVERSAL_WEBHOOK_(BOOTSTRAP|ENABLE|WEBHOOK_LOG|FLOW_EXECUTION|CACHE)_|BOOTSTRAP_|AUTO_BOOTSTRAP_|KAFKA_|REDIS_|USE_REDIS$|JWT_|CORS_|API_(TITLE|VERSION|DESCRIPTION|PREFIX|HOST|PORT|KEY_HEADER)$|WORKFLOW_|EGRESS_ALLOW$|UNINSTALL_GRACE_DAYS$|ENABLE_|DEFAULT_PAGE_SIZE$|MAX_PAGE_SIZE$|CIRCUIT_BREAKER_|WEBHOOK_HMAC_SECRET$|WEBHOOK_REQUEST_|RATE_LIMIT_ENABLED$|CLOCKIFY_(API_BASE|DEVELOPER_API_BASE|PTO_API_BASE|REPORTS_API_BASE|JWKS_PROD_URL|JWKS_DEV_URL)$)/;

/** A name that begins so is meant for us; one that we do not know is probably misspelt. */
export const OUR_PREFIXES =
  /^(API_STUDIO_|UW_|UNIVERSAL_WEBHOOK_|CLOCKIFY_|DATABASE_|ADDON_|API_|MANIFEST_|ENCRYPTION_|OPERATOR_|WEBHOOK_|INGEST_|WORKER_|JOB_|LOG_|METRICS_|RATE_LIMIT_|ALLOWED_API|PUBLIC_BASE|UNINSTALL_)/;
