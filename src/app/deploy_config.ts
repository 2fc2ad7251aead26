/** The configuration where Deno Deploy is the host: what it says by itself fills in what an operator need not, and what it cannot do is refused. */

import { isLoopback } from "../clockify/hosts.ts";
import type { Config, ConfigFault } from "../config/config.ts";
import { databaseUrlsOf } from "../config/databases.ts";
import { type ConfigResult, loadConfig } from "../config/load.ts";
import { DATABASE_VARIABLES } from "../config/variables.ts";
import type { ProfileKey } from "../profiles/profile.ts";
import { PROFILES } from "../profiles/profiles.ts";
import { findPlaces } from "./deploy_places.ts";

const BASE_URLS: Record<ProfileKey, readonly string[]> = {
  api_studio: ["API_STUDIO_BASE_URL"],
  universal_webhook: ["UNIVERSAL_WEBHOOK_BASE_URL"],
  clockify_addon: ["CLOCKIFY_ADDON_BASE_URL", "BASE_URL"],
};
const DATABASE_NAMES = ["DATABASE_URL", ...Object.values(DATABASE_VARIABLES)];
/** Where Deno.serve listens by itself. */
const LOCAL = "http://localhost:8000";

/** As loadConfig() of config/load.ts. */
export function loadDeployConfig(
  given: Record<string, string>,
  options: { schemaOnly?: boolean } = {},
): ConfigResult {
  const loaded = loadConfig(deployEnvironment(given), options);
  if (!loaded.ok) return { ok: false, faults: [...loaded.faults, ...databaseFault(given)] };
  const { config, warnings } = loaded;
  const faults = deployFaults(config);
  if (faults.length > 0) return { ok: false, faults };
  if (config.metricsPort === undefined) return loaded;
  return {
    ok: true,
    config: { ...config, metricsPort: undefined },
    warnings: [...warnings, "METRICS_PORT has no effect here: there is one listener, with /metrics below each add-on"],
  };
}

/** The variables with the addresses of add-ons, each below its own path, and TLS to the database. */
function deployEnvironment(given: Record<string, string>): Record<string, string> {
  const shared = given.PUBLIC_BASE_URL ?? addressOf(given) ?? LOCAL;
  const env: Record<string, string> = { ...given };
  for (const name of DATABASE_NAMES) {
    if (env[name] !== undefined) env[name] = withTls(env[name]);
  }
  // One that is no address has a fault of its own.
  if (!URL.canParse(shared)) return env;
  for (const { key, service } of PROFILES) {
    const [name, ...aliases] = BASE_URLS[key];
    if ([name!, ...aliases].every((one) => env[one] === undefined)) {
      env[name!] = `${shared.replace(/\/+$/, "")}/${service}`;
    }
  }
  return env;
}

/** The host's own address of a database says nothing of TLS; the certificates that check it are in its store. */
function withTls(address: string): string {
  const url = URL.parse(address);
  if (!url || isLoopback(url.hostname)) return address;
  if (["sslmode", "ssl", "sslrootcert"].some((name) => url.searchParams.has(name))) return address;
  url.searchParams.set("sslmode", "verify-full");
  return url.href;
}

/** The address that Deno Deploy gives to this app, branch or revision; undefined elsewhere, and where a branch's name is no part of a host's. */
function addressOf(env: Record<string, string>): string | undefined {
  const { DENO_DEPLOY_APP_SLUG: app, DENO_DEPLOY_ORG_SLUG: org, DENO_TIMELINE: timeline = "production" } = env;
  if (app === undefined || org === undefined) return undefined;
  const [kind, name] = timeline.split(/\/(.*)/s);
  const host = kind === "git-branch" ? `${app}--${name}` : kind === "preview" ? `${app}-${name}` : app;
  return /^[a-z0-9-]+$/.test(host) ? `https://${host}.${org}.deno.net` : undefined;
}

function deployFaults(config: Config): ConfigFault[] {
  const faults: ConfigFault[] = [];
  if (databaseUrlsOf(config).has(undefined)) faults.push(NO_DATABASE);
  if (config.role !== "all") {
    faults.push({
      name: "ROLE",
      problem: "each instance here receives and works",
      remedy: "set all, or leave it unset",
    });
  }
  if (config.kafka) {
    faults.push({
      name: "KAFKA_BROKERS",
      problem: "a consumer has to stay connected, and instances here are stopped when no requests come",
      remedy: "leave it unset, or run the program on a machine of your own",
    });
  }
  const problem = findPlaces(config).problem;
  if (problem) faults.push(problem);
  return faults;
}

const NO_DATABASE: ConfigFault = {
  name: "DATABASE_URL",
  problem: "Deno Deploy keeps no files, so there is no embedded database",
  remedy: "assign a PostgreSQL database to the app, which sets it",
};

/** Said beside other faults too: it is what is forgotten first. */
function databaseFault(given: Record<string, string>): ConfigFault[] {
  return DATABASE_NAMES.every((name) => given[name] === undefined) ? [NO_DATABASE] : [];
}
