/** Tests of the configuration: every variable read and checked at once, and what a start says of it. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { nearestName } from "../../src/base/nearest_name.ts";
import { knownVariables, loadConfig } from "../../src/config/load.ts";
import { maskedSummary } from "../../src/config/summary.ts";
import { IGNORED } from "../../src/config/variables.ts";
import denoJson from "../../deno.json" with { type: "json" };

const SECRET = "hunter2-hunter2-hunter2-hunter2-hunter2";
const KEYS = `k1:${btoa("0".repeat(32))}`;

function load(env: Record<string, string> = {}) {
  const result = loadConfig(env);
  assert(result.ok, `expected a valid configuration: ${JSON.stringify(result)}`);
  return result;
}

function faultsOf(env: Record<string, string>) {
  const result = loadConfig(env);
  assert(!result.ok, "expected faults");
  return result.faults;
}

Deno.test("loadConfig() of an empty environment gives the documented defaults without a warning", () => {
  const { config, warnings } = load();
  assertEquals(warnings, []);
  assertEquals(config.profiles.map(({ key, port }) => [key, port]), [
    ["api_studio", 8000],
    ["universal_webhook", 8001],
    ["clockify_addon", 8002],
  ]);
  assert(
    config.profiles.every(({ requireSignature, databaseUrl }) => requireSignature && databaseUrl === undefined),
  );
  assertEquals(config.role, "all");
  assertEquals(config.database.poolSize, 10);
  assertEquals(config.clockify.timeoutMs, 30_000);
  assertEquals(config.worker.leaseMs, 25_000);
  assertEquals(config.limits.webhookBodyBytes, 5_242_880);
});

Deno.test("loadConfig() reports all faults at once, each with a remedy and without a secret", () => {
  const faults = faultsOf({
    APP_PORT: "http",
    ROLE: "boss",
    RATE_LIMIT_RPS: "51",
    LOG_FORMAT: "xml",
    DATABASE_URL: `sqlite+aiosqlite:///./${SECRET}.db`,
  });
  assertEquals(faults.map(({ name }) => name).sort(), [
    "APP_PORT",
    "DATABASE_URL",
    "LOG_FORMAT",
    "RATE_LIMIT_RPS",
    "ROLE",
  ]);
  assert(faults.every(({ problem, remedy }) => problem !== "" && remedy !== ""));
  assert(!JSON.stringify(faults).includes(SECRET));
  assertMatch(faults.find(({ name }) => name === "DATABASE_URL")!.remedy, /postgresql:\/\//);
});

Deno.test("loadConfig() asks for ENCRYPTION_KEYS as soon as a database is external", () => {
  const [fault] = faultsOf({ CLOCKIFY_ADDON_DB_URL: "postgresql://u:p@localhost/x" });
  assertEquals(fault!.name, "ENCRYPTION_KEYS");
  assertMatch(fault!.remedy, /openssl rand -base64 32/);
});

Deno.test("loadConfig() reads the Python spelling of a database URL and moves single profiles", () => {
  const { config } = load({
    DATABASE_URL: "postgresql+asyncpg://u:p@localhost/all",
    API_STUDIO_DB_URL: "postgresql://u:p@localhost/studio",
    ENCRYPTION_KEYS: KEYS,
    DATABASE_MAX_OVERFLOW: "5",
  });
  assertEquals(config.profiles.map(({ databaseUrl }) => databaseUrl), [
    "postgresql://u:p@localhost/studio",
    "postgresql://u:p@localhost/all",
    "postgresql://u:p@localhost/all",
  ]);
  assertEquals(config.database.poolSize, 15);
});

Deno.test("loadConfig() takes an alias with a warning and refuses one that disagrees", () => {
  const { config, warnings } = load({ API_STUDIO_PORT: "9000" });
  assertEquals(config.profiles[0]!.port, 9000);
  assertEquals(warnings.filter((text) => text.includes("APP_PORT")).length, 1);
  const [fault] = faultsOf({ API_STUDIO_PORT: "9000", APP_PORT: "9001" });
  assertEquals(fault!.name, "APP_PORT");
});

Deno.test("loadConfig() takes profile names with dashes", () => {
  assertEquals(load({ PROFILES: "clockify-addon, api-studio" }).config.profiles.map(({ key }) => key), [
    "clockify_addon",
    "api_studio",
  ]);
});

Deno.test("loadConfig() warns of names it does not read: later ones, Python ones, and misspelt ones with the nearest", () => {
  const { warnings } = load({
    REDIS_TTL_SECONDS: "3600",
    API_WORKERS: "4",
    UNIVERSAL_WEBHOK_PORT: "1",
    CLOCKIFY_JWKS_URI: "x",
    DATABSE_URL: "postgres://x/y",
    APP_PROT: "1",
    // Other programs' names, one of them near one of ours.
    DENO_DIR: "/cache",
    PORTS: "1",
    HOME: "/root",
    PYTHONUNBUFFERED: "1",
  });
  const about = (name: string) => warnings.filter((text) => text.includes(name));
  assertMatch(about("REDIS_TTL_SECONDS")[0]!, /not used by this version yet/);
  assertEquals(about("API_WORKERS").length, 1);
  assertMatch(about("CLOCKIFY_JWKS_URI")[0]!, /CLOCKIFY_JWKS_URL/);
  assertMatch(about("DATABSE_URL")[0]!, /did you mean DATABASE_URL\?/);
  assertMatch(about("APP_PROT")[0]!, /did you mean APP_PORT\?/);
  for (const name of ["DENO_DIR", "PORTS", "HOME", "PYTHONUNBUFFERED"]) assertEquals(about(name), [], name);
  assertEquals(nearestName("LOG_LEVLE", knownVariables())!.name, "LOG_LEVEL");
});

Deno.test("loadConfig() warns loudly where signatures are not checked", () => {
  const { config, warnings } = load({ REQUIRE_SIGNATURE_VERIFICATION: "false" });
  assertEquals(config.profiles.map(({ requireSignature }) => requireSignature), [true, true, false]);
  assert(warnings.some((text) => text.includes("clockify_addon")));
});

Deno.test("loadConfig() takes the documents' CLOCKIFY_API_BASE_URL for no override, and prints any other", () => {
  for (const path of ["", "/", "/api", "/api/", "/api/v1"]) {
    const { config, warnings } = load({ CLOCKIFY_API_BASE_URL: `https://api.clockify.me${path}` });
    assertEquals([config.clockify.apiBaseUrl, warnings], [undefined, []], path);
  }
  const local = { CLOCKIFY_API_BASE_URL: "http://127.0.0.1:9400", ALLOWED_API_DOMAINS: "http://127.0.0.1:9400" };
  const { config, warnings } = load(local);
  assertEquals(config.clockify.apiBaseUrl, "http://127.0.0.1:9400/api");
  assertMatch(warnings.join("; "), /All calls to Clockify's API go to http:\/\/127\.0\.0\.1:9400\/api/);
  assertEquals(load({ CLOCKIFY_API_BASE_URL: "https://euc1.clockify.me/api" }).warnings.length, 1);
  for (const value of ["http://127.0.0.1:9400", "https://api.clockify.me/other", "ftp://api.clockify.me", "clockify"]) {
    const [fault, ...others] = faultsOf({ CLOCKIFY_API_BASE_URL: value });
    assertEquals([fault!.name, others], ["CLOCKIFY_API_BASE_URL", []], value);
  }
});

Deno.test("loadConfig() warns of an API that others call and that takes no tokens, and asks a secret of 32 characters", () => {
  const warningsOf = (env: Record<string, string>) => {
    const result = loadConfig(env);
    return result.ok ? result.warnings : result.faults.map(({ name }) => name);
  };
  assertEquals(warningsOf({ API_HOST: "0.0.0.0" }).filter((one) => one.includes("JWT_SECRET")).length, 1);
  assertEquals(warningsOf({ API_HOST: "127.0.0.1" }), []);
  assertEquals(warningsOf({ API_HOST: "0.0.0.0", JWT_SECRET: "s".repeat(32) }), []);
  assertEquals(warningsOf({ CORS_ORIGINS: "*" }), ["CORS_ORIGINS"]);
  assertEquals(warningsOf({ CORS_ORIGINS: "*", CORS_ALLOW_CREDENTIALS: "false" }), []);
  assertEquals(warningsOf({ CORS_ORIGINS: "https://a.example/path" }), ["CORS_ORIGINS"]);
  assertEquals(warningsOf({ JWT_SECRET: "s".repeat(31), JWT_ALGORITHM: "RS256" }), ["JWT_SECRET", "JWT_ALGORITHM"]);
});

Deno.test("loadConfig() warns with the line to add where no operator could log in, and asks no keys of a schema change", () => {
  const env = { DATABASE_URL: "postgresql://u@localhost/all", ENCRYPTION_KEYS: KEYS };
  assertEquals(load(env).warnings, [
    "No operator can log in: set OPERATOR_API_KEYS=admin:KEY with the output of `openssl rand -hex 32` as KEY",
  ]);
  assertEquals(load({ ...env, OPERATOR_API_KEYS: `me:${SECRET}` }).warnings, []);
  const { ENCRYPTION_KEYS: _, ...without } = env;
  assertEquals(faultsOf(without).map(({ name }) => name), ["ENCRYPTION_KEYS"]);
  assertEquals(loadConfig(without, { schemaOnly: true }).ok, true);
});

Deno.test("loadConfig() names a variable as it was given, and checks trusted proxies", () => {
  assertEquals(faultsOf({ BASE_URL: "ftp://x" }).map(({ name }) => name), ["BASE_URL"]);
  assertEquals(faultsOf({ CLOCKIFY_ADDON_BASE_URL: "ftp://x" }).map(({ name }) => name), [
    "CLOCKIFY_ADDON_BASE_URL",
  ]);
  assertEquals(load({ TRUSTED_PROXIES: "10.0.0.0/8, ::1" }).config.trustedProxies, "10.0.0.0/8, ::1");
  assertEquals(faultsOf({ TRUSTED_PROXIES: "proxy.example" })[0]!.name, "TRUSTED_PROXIES");
});

Deno.test("loadConfig() gives all request bodies room for six of the largest, and refuses a setting with less", () => {
  const bytes = (env: Record<string, string>) => load(env).config.limits.bodyBytesInFlight;
  assertEquals(bytes({}), 33_554_432);
  assertEquals(bytes({ WEBHOOK_MAX_PAYLOAD_BYTES: "10000000" }), 60_000_000);
  assertEquals(bytes({ BODY_BYTES_IN_FLIGHT: "100000000" }), 100_000_000);
  const [fault] = faultsOf({ BODY_BYTES_IN_FLIGHT: "31000000" });
  assertEquals(fault!.name, "BODY_BYTES_IN_FLIGHT");
  assertMatch(fault!.remedy, /at least 31457280/);
});

Deno.test("loadConfig() reads hourly limits of workspaces", () => {
  const { config } = load({ RATE_LIMIT_PER_HOUR: "w1:100,30" });
  assertEquals(["w1", "w2"].map((id) => config.clockify.perHour!.of(id)), [100, 30]);
  assertEquals(load().config.clockify.perHour, undefined);
  assertEquals(faultsOf({ RATE_LIMIT_PER_HOUR: "0" })[0]!.name, "RATE_LIMIT_PER_HOUR");
});

Deno.test("loadConfig() warns of each connection off this machine whose other end is not checked", () => {
  const warningsOf = (databaseUrl: string, redisUrl = "rediss://redis.example") => {
    const env = {
      DATABASE_URL: databaseUrl,
      ENCRYPTION_KEYS: KEYS,
      OPERATOR_API_KEYS: `me:${SECRET}`,
      USE_REDIS: "true",
      REDIS_URL: redisUrl,
    };
    const { warnings } = load(env);
    assert(!warnings.join().includes(SECRET));
    return warnings;
  };
  const server = `postgresql://u:${SECRET}@db.example/all`;
  for (const query of ["", "?sslmode=disable", "?sslmode=prefer", "?sslmode=allow", "?application_name=x"]) {
    const [warning, ...others] = warningsOf(server + query);
    assertMatch(warning!, /PostgreSQL at db\.example:5432\/all may go without TLS: add sslmode=verify-full/, query);
    assertEquals(others, []);
  }
  assertMatch(warningsOf(`${server}?sslmode=require`).join(), /db\.example.*TLS whose certificate is not checked/);
  for (const safe of ["sslmode=verify-full", "sslmode=verify-ca", "sslmode=require&sslrootcert=/ca.crt"]) {
    assertEquals(warningsOf(`${server}?${safe}`), [], safe);
  }
  for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
    assertEquals(warningsOf(`postgresql://u@${host}/all`, `redis://${host}`), [], host);
  }
  const [redis] = warningsOf(`${server}?sslmode=verify-full`, `redis://u:${SECRET}@redis.example:6379/0`);
  assertMatch(redis!, /Redis at redis\.example:6379 goes without TLS: write rediss:/);
});

Deno.test("maskedSummary() holds no secret", () => {
  const { config } = load({
    DATABASE_URL: `postgresql://u:${SECRET}@localhost/all`,
    ENCRYPTION_KEYS: KEYS,
    OPERATOR_API_KEYS: `jo:${SECRET}`,
  });
  const text = JSON.stringify(maskedSummary(config));
  assert(!text.includes(SECRET) && !text.includes(KEYS.slice(3)));
});

Deno.test("the permission set of deno.json allows every variable that is read", () => {
  const allowed = denoJson.permissions?.timewire?.env?.allow;
  assert(allowed, "deno.json has no permissions.timewire.env.allow: the program could not read its configuration");
  const covered = (name: string) =>
    allowed.some((entry) => entry.endsWith("*") ? name.startsWith(entry.slice(0, -1)) : entry === name);
  assertEquals(knownVariables().filter((name) => !covered(name)), []);
  // None is allowed that nothing reads, not even to be named in a warning.
  const read = [...knownVariables(), ...Object.keys(IGNORED), "SIMULATOR_PORT"];
  const isUsed = (entry: string) =>
    read.some((name) => entry.endsWith("*") ? name.startsWith(entry.slice(0, -1)) : entry === name);
  assertEquals(allowed.filter((entry) => !isUsed(entry)), []);
});
