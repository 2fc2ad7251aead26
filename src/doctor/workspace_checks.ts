/** What is known of the workspaces of an add-on: Clockify's hosts of each, switched-off webhooks, installations that are off. */

import { type AllowedDomains, assertAllowed, hostProblems, serviceHosts } from "../clockify/hosts.ts";
import type { HostClaims } from "../clockify/hosts.ts";
import { isAlarm } from "../coverage/gauges.ts";
import type { CoverageState } from "../coverage/store.ts";
import type { Database } from "../db/db.ts";
import type { SafeFetch } from "../egress/safe_fetch.ts";
import type { ProfileKey } from "../profiles/profile.ts";
import { atMost, type Check, lookAt } from "./check.ts";

export interface WorkspaceFacts {
  db: Database;
  addon: { key: ProfileKey; name: string };
  allowed: AllowedDomains;
  /** CLOCKIFY_API_BASE_URL */
  apiBaseUrl: string | undefined;
  /** To hosts of `allowed` alone. */
  fetch: SafeFetch;
}

const MAX_HOSTS = 20;
const MAX_LINES = 20;
const TIMEOUT_MS = 5_000;

interface InstallationRow {
  workspace_id: string;
  status: "active" | "inactive";
  hosts: HostClaims;
}

/** Of one add-on. Never rejects. */
export async function checkWorkspaces(facts: WorkspaceFacts): Promise<Check[]> {
  const { db, addon } = facts;
  const installations = await lookAt({ area: "clockify", about: addon.name }, async () => {
    const rows = await readInstallations(db, addon.key);
    return [...await checkHosts(rows, facts), ...checkActive(rows, facts)];
  });
  return [...installations, ...await lookAt({ area: "webhooks", about: addon.name }, () => checkWebhooks(facts))];
}

async function readInstallations(db: Database, addon: string): Promise<InstallationRow[]> {
  return [
    ...await db.scoped("all", (sql) =>
      sql<InstallationRow[]>`
        select workspace_id, status, hosts from installation where addon = ${addon} and status <> 'uninstalled' order by id`),
  ];
}

/** Each host once, with the workspaces whose tokens name it: any answer shows that it can be reached. */
async function checkHosts(
  rows: InstallationRow[],
  { addon, allowed, apiBaseUrl, fetch }: WorkspaceFacts,
): Promise<Check[]> {
  const about = addon.name;
  const workspacesOf = new Map<string, string[]>();
  const refused: Check[] = [];
  for (const { workspace_id: workspace, hosts: claims } of rows) {
    const hosts = apiBaseUrl === undefined ? claims : { ...claims, backendUrl: apiBaseUrl };
    for (const problem of hostProblems(hosts, allowed)) {
      refused.push({
        area: "clockify",
        about,
        state: "fault",
        detail: `Workspace ${workspace}: ${problem}`,
        remedy: "add the host to ALLOWED_API_DOMAINS if it is Clockify's",
      });
    }
    const { api, reports } = serviceHosts(hosts);
    for (const base of [api, reports]) {
      if (base === undefined || !isAllowed(base, allowed)) continue;
      workspacesOf.set(base, [...workspacesOf.get(base) ?? [], workspace]);
    }
  }
  const known = [...workspacesOf];
  const asked = await Promise.all(
    known.slice(0, MAX_HOSTS).map(([base, workspaces]) => {
      const of = workspaces.length === 1 ? `workspace ${workspaces[0]}` : `${workspaces.length} workspaces`;
      return checkHost(base, { about, of, fetch });
    }),
  );
  const more: Check[] = known.length > MAX_HOSTS
    ? [{ area: "clockify", about, state: "warning", detail: `${known.length - MAX_HOSTS} more hosts were not asked` }]
    : [];
  return [...atMost(refused, MAX_LINES), ...asked, ...more];
}

function isAllowed(base: string, allowed: AllowedDomains): boolean {
  try {
    return assertAllowed(new URL(base), allowed) !== undefined;
  } catch {
    return false;
  }
}

async function checkHost(
  base: string,
  { about, of, fetch }: { about: string; of: string; fetch: SafeFetch },
): Promise<Check> {
  const place = { area: "clockify", about } as const;
  try {
    // Without a token: what is answered does not matter, only that it is.
    const { status } = await fetch({
      method: "GET",
      url: `${base}/user`,
      headers: { accept: "application/json" },
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: 65_536,
    });
    if (status < 500) return { ...place, state: "ok", detail: `${base} answers (${of})` };
    return {
      ...place,
      state: "warning",
      detail: `${base} answers ${status} (${of})`,
      remedy: "see Clockify's status page; steps wait and are tried again",
    };
  } catch (error) {
    return {
      ...place,
      state: "fault",
      detail: `${base} cannot be reached (${of}): ${(error as Error).message}`,
      remedy: "open the firewall for https to it, and check DNS",
    };
  }
}

function checkActive(rows: InstallationRow[], { addon }: WorkspaceFacts): Check[] {
  const off = rows.filter(({ status }) => status === "inactive");
  return atMost(
    off.map(({ workspace_id }): Check => ({
      area: "webhooks",
      about: addon.name,
      state: "warning",
      detail: `It is switched off in workspace ${workspace_id}: nothing runs there`,
      remedy: "an administrator of the workspace switches it on in Clockify",
    })),
    MAX_LINES,
  );
}

interface AlarmRow {
  workspace_id: string;
  way: string;
  state: CoverageState;
  events: string[];
  next_step: string | null;
}

async function checkWebhooks({ db, addon }: WorkspaceFacts): Promise<Check[]> {
  const rows = await db.scoped("all", (sql) =>
    sql<AlarmRow[]>`
      select workspace_id, way, state, json_agg(event_type order by event_type) as events, min(next_step) as next_step
      from coverage join installation on id = installation_id
      where addon = ${addon.key} and status = 'active' and state not in ('ok', 'unknown')
      group by workspace_id, way, state order by workspace_id, state`);
  const alarms = rows.filter(isAlarm);
  const place = { area: "webhooks", about: addon.name } as const;
  if (alarms.length === 0) {
    return [{ ...place, state: "ok", detail: "No webhook is switched off or missing, by the last check" }];
  }
  return atMost(
    alarms.map(({ workspace_id, state, events, next_step }): Check => ({
      ...place,
      state: "warning",
      detail: `Workspace ${workspace_id}: ${events.slice(0, 5).join(", ")}${
        events.length > 5 ? ` and ${events.length - 5} more` : ""
      } ${WORDS[state]}`,
      remedy: next_step ?? "see Coverage, in its console",
    })),
    MAX_LINES,
  );
}

const WORDS: Readonly<Record<CoverageState, string>> = {
  ok: "arrive",
  disabled: "are switched off in Clockify",
  delivery_disabled: "are stopped after too many failures",
  plan_disabled: "are not in the workspace's plan",
  missing: "are not listed by Clockify any more",
  silent: "bring nothing although data changed",
  unknown: "are not shown by Clockify",
};
