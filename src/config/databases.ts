/** Which databases the program uses; undefined stands for the embedded one. */

import type { Config } from "./config.ts";
import { DATABASE_VARIABLES, type Values } from "./variables.ts";

type Url = string | undefined;

/** Of the Workflow Management API: where it names none and every add-on has its own, that of the first of them. */
export function apiDatabaseOf(v: Partial<Values>): Url {
  const ofAddons = (v.PROFILES ?? []).map((key) => v[DATABASE_VARIABLES[key]]);
  const [first] = ofAddons.every((url) => url !== undefined) ? ofAddons : [];
  return v.WORKFLOW_DB_URL ?? v.DATABASE_URL ?? first;
}

/** Of all that the process serves, each once. */
export function databaseUrlsOf({ profiles, api }: Pick<Config, "profiles" | "api">): Set<Url> {
  return new Set([...profiles, api].map(({ databaseUrl }) => databaseUrl));
}

/** Each with what it is configured for: keys of add-ons, and workflow_api. */
export function usesOfDatabases({ profiles, api }: Pick<Config, "profiles" | "api">): Map<Url, string[]> {
  const uses = new Map<Url, string[]>();
  for (const { key, databaseUrl } of [...profiles, { key: "workflow_api", databaseUrl: api.databaseUrl }]) {
    uses.set(databaseUrl, [...uses.get(databaseUrl) ?? [], key]);
  }
  return uses;
}
