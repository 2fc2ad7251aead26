/** Checks between variables that are valid by themselves, and warnings about settings that work but are dangerous. */

import { apiOverride, assertAllowed, auditBase, isLoopback, parseAllowedDomains } from "../clockify/hosts.ts";
import { describeUrl, isSocket, readAddress } from "../db/address.ts";
import { tlsKind } from "../db/tls.ts";
import { LEAST_BODIES } from "../http/server/body_account.ts";
import type { ProfileKey } from "../profiles/profile.ts";
import { leastBodyBytes, usesSasl, usesTls } from "./assemble.ts";
import type { Config, ConfigFault } from "./config.ts";
import { apiDatabaseOf, databaseUrlsOf } from "./databases.ts";
import { DATABASE_VARIABLES, PORT_VARIABLES, type Values } from "./variables.ts";

/** What is wrong between variables. Looks only at those that are sound by themselves. */
export function crossFaults(v: Partial<Values>): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const profiles: ProfileKey[] = v.PROFILES ?? [];
  const databases = [...profiles.map((key) => v[DATABASE_VARIABLES[key]] ?? v.DATABASE_URL), apiDatabaseOf(v)];
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
  if (v.CORS_ORIGINS?.includes("*") && v.CORS_ALLOW_CREDENTIALS) {
    faults.push({
      name: "CORS_ORIGINS",
      problem: "* together with credentials would let every page call as its reader",
      remedy: "name the origins, or set CORS_ALLOW_CREDENTIALS=false",
    });
  }
  faults.push(...kafkaFaults(v), ...backupFaults(v));
  const override = v.CLOCKIFY_API_BASE_URL && apiOverride(v.CLOCKIFY_API_BASE_URL);
  if (override && v.ALLOWED_API_DOMAINS !== undefined && !isAllowed(override, v.ALLOWED_API_DOMAINS)) {
    faults.push({
      name: "CLOCKIFY_API_BASE_URL",
      problem: "its host is none of ALLOWED_API_DOMAINS, so that every call would be refused",
      remedy: "add the host there, or leave it unset: the hosts come from the tokens of the installations",
    });
  }
  const audit = v.CLOCKIFY_AUDIT_LOG_BASE_URL;
  if (audit && v.ALLOWED_API_DOMAINS !== undefined && !isAllowed(auditBase(audit), v.ALLOWED_API_DOMAINS)) {
    faults.push({
      name: "CLOCKIFY_AUDIT_LOG_BASE_URL",
      problem: "its host is none of ALLOWED_API_DOMAINS, so that every call would be refused",
      remedy: "add the host there, or leave it unset",
    });
  }
  if (v.BODY_BYTES_IN_FLIGHT !== undefined && v.BODY_BYTES_IN_FLIGHT < leastBodyBytes(v)) {
    faults.push({
      name: "BODY_BYTES_IN_FLIGHT",
      problem: "its shares could not hold the largest body",
      remedy: `set at least ${leastBodyBytes(v)}, which is ${LEAST_BODIES} times the largest body, or leave it unset`,
    });
  }
  if ((v.DEFAULT_PAGE_SIZE ?? 0) > (v.MAX_PAGE_SIZE ?? Infinity)) {
    faults.push({
      name: "DEFAULT_PAGE_SIZE",
      problem: "it is above MAX_PAGE_SIZE",
      remedy: `set ${v.MAX_PAGE_SIZE} or less, or raise MAX_PAGE_SIZE`,
    });
  }
  const names = [...profiles.map((key) => PORT_VARIABLES[key]), "API_PORT" as const, "METRICS_PORT" as const];
  for (const [index, name] of names.entries()) {
    const twin = names.slice(0, index).find((other) => v[other] !== undefined && v[other] === v[name] && v[name] !== 0);
    if (twin) faults.push({ name, problem: `it is the port of ${twin} too`, remedy: "give each listener its own" });
  }
  return faults;
}

function kafkaFaults(v: Partial<Values>): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const fault = (name: ConfigFault["name"], problem: string, remedy: string) => faults.push({ name, problem, remedy });
  if (v.KAFKA_BROKERS === undefined) return faults;
  const protocol = v.KAFKA_SECURITY_PROTOCOL;
  for (const name of ["KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"] as const) {
    if (usesSasl(v) && v[name] === undefined) {
      fault(name, `KAFKA_SECURITY_PROTOCOL=${protocol} asks for a login`, "set it");
    }
    if (!usesSasl(v) && v[name] !== undefined) {
      fault(name, `KAFKA_SECURITY_PROTOCOL=${protocol} has no login`, "set SASL_SSL there, or remove it");
    }
  }
  const [cert, key] = [v.KAFKA_SSL_CERT_FILE, v.KAFKA_SSL_KEY_FILE];
  if ((cert === undefined) !== (key === undefined)) {
    const name = cert === undefined ? "KAFKA_SSL_CERT_FILE" : "KAFKA_SSL_KEY_FILE";
    fault(name, "a certificate and its key go together", "set both, or neither");
  }
  if (!usesTls(v) && (v.KAFKA_SSL_CA_FILE ?? cert) !== undefined) {
    const name = v.KAFKA_SSL_CA_FILE === undefined ? "KAFKA_SSL_CERT_FILE" : "KAFKA_SSL_CA_FILE";
    fault(name, `KAFKA_SECURITY_PROTOCOL=${protocol} has no TLS`, "set SSL or SASL_SSL there, or remove it");
  }
  const topics = [v.KAFKA_EXECUTION_TOPIC, v.KAFKA_CANCELLATION_TOPIC];
  if (topics[0] !== undefined && topics[0] === topics[1]) {
    fault("KAFKA_CANCELLATION_TOPIC", "it is KAFKA_EXECUTION_TOPIC too", "give each its own");
  }
  if (v.KAFKA_DEAD_LETTER_TOPIC !== undefined && topics.includes(v.KAFKA_DEAD_LETTER_TOPIC)) {
    fault("KAFKA_DEAD_LETTER_TOPIC", "messages are read from that topic", "give dead letters their own");
  }
  return faults;
}

/** What a scheduled backup would fail of each night. */
function backupFaults(v: Partial<Values>): ConfigFault[] {
  if (v.BACKUP_SCHEDULE === undefined || v.ROLE === "listen") return [];
  const faults: ConfigFault[] = [];
  if (v.BACKUP_KEYS === undefined) {
    const remedy = "set b1:KEY with the output of `openssl rand -base64 32` as KEY, and keep it apart from the backups";
    faults.push({ name: "BACKUP_KEYS", problem: "BACKUP_SCHEDULE makes backups, which it encrypts", remedy });
  }
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] as const) {
    if (!v.BACKUP_TARGET?.startsWith("s3://") || v[name] !== undefined) continue;
    faults.push({ name, problem: "BACKUP_TARGET is a bucket", remedy: "set it to a key that may use that bucket" });
  }
  return faults;
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
export function dangers(config: Config): string[] {
  const { profiles, api, clockify, egressAllow, hmacSecret, redisUrl, operatorApiKeys } = config;
  const databases = [...databaseUrlsOf(config)].filter((url) => url !== undefined);
  const warnings = profiles.filter(({ requireSignature }) => !requireSignature).map(({ key }) =>
    `SIGNATURES ARE NOT CHECKED on ${key}: anyone can send it events. For local tests only`
  );
  if (operatorApiKeys === undefined && databases.length > 0) {
    warnings.push(
      "No operator can log in: set OPERATOR_API_KEYS=admin:KEY with the output of `openssl rand -hex 32` as KEY",
    );
  }
  if (api.jwt === undefined && api.isOpened) {
    warnings.push(
      "The Workflow Management API takes no tokens: set JWT_SECRET to the output of `openssl rand -hex 32`, or go on with keys alone",
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
  if (!config.api.auditLogging) {
    warnings.push("Changes of the Workflow Management API leave no audit: ENABLE_AUDIT_LOGGING is false");
  }
  for (const url of databases) {
    const kind = tlsKind(url);
    if (
      kind === "checked" ||
      readAddress(url).places.every((place) => isSocket(place) || place.host === "::1" || isLoopback(place.host))
    ) {
      continue;
    }
    const danger = kind === "none" ? "may go without TLS" : "goes by TLS whose certificate is not checked";
    const place = describeUrl(url);
    warnings.push(`The connection to PostgreSQL at ${place} ${danger}: add sslmode=verify-full to its address`);
  }
  const redis = redisUrl === undefined ? undefined : new URL(redisUrl);
  if (redis?.protocol === "redis:" && !isLoopback(redis.hostname)) {
    warnings.push(`The connection to Redis at ${redis.host} goes without TLS: write rediss:// in REDIS_URL`);
  }
  const away = config.kafka?.brokers.find((broker) => !isLoopback(broker.replace(/:\d+$/, "")));
  if (away !== undefined && config.kafka?.tls === undefined) {
    const password = config.kafka?.sasl?.mechanism === "PLAIN" ? ", and so does the password" : "";
    warnings.push(
      `The connection to Kafka at ${away} goes without TLS${password}: set KAFKA_SECURITY_PROTOCOL to SSL or SASL_SSL`,
    );
  }
  return warnings;
}
