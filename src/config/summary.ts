/** The summary of the configuration that the program logs at its start, secrets masked. */

import { describeUrl } from "../db/address.ts";
import { isSdkOn } from "../telemetry/sdk.ts";
import type { Config } from "./config.ts";

/** The effective settings, for one line at start: secrets as `..._configured`, databases without user and password. */
export function maskedSummary(config: Config): Record<string, unknown> {
  const placeOf = (url: string | undefined) =>
    url === undefined ? `embedded in ${config.database.dataDir}` : describeUrl(url);
  return {
    role: config.role,
    host: config.host,
    profiles: config.profiles.map(({ key, port, baseUrl, databaseUrl, requireSignature }) => ({
      key,
      port,
      base_url: baseUrl ?? `http://localhost:${port}`,
      database: placeOf(databaseUrl),
      signature_verification: requireSignature ? "on" : "OFF",
    })),
    operators: { host: config.api.host, port: config.api.port, database: placeOf(config.api.databaseUrl) },
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
    kafka: config.kafka === undefined ? "off" : {
      brokers: config.kafka.brokers,
      group: config.kafka.groupId,
      topics: config.kafka.topics,
      tls: config.kafka.tls !== undefined,
      sasl: config.kafka.sasl?.mechanism ?? "off",
    },
    hmac_secret_configured: config.hmacSecret !== undefined,
    egress_allow: config.egressAllow,
    worker: config.worker,
    log: config.log,
    tracing: isSdkOn(config.otel) ? "on" : "off",
  };
}
