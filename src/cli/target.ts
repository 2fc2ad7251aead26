/** Which program a command asks, by which key, and which installation it is about. */

import { isLoopback } from "../clockify/hosts.ts";
import type { Clock } from "../base/clock.ts";
import type { Config } from "../config/config.ts";
import type { ProfileKey } from "../profiles/profile.ts";
import { profileOf, PROFILES } from "../profiles/profiles.ts";
import { CommandFailed, EXIT_FAILED, EXIT_USAGE } from "./exit_codes.ts";
import { createProgramApi, type ProgramApi } from "./program_api.ts";

export interface ProgramOptions {
  url?: string;
}

export interface InstallationOptions extends ProgramOptions {
  addon?: string;
  workspace?: string;
}

/** An installation of a program: its data routes. */
export interface Target {
  addon: ProfileKey;
  workspaceId: string;
  api: ProgramApi;
  /** A route below /ui of the add-on. */
  path(route: string): string;
  query: { workspace_id: string };
  /** "Universal Webhook, workspace 64a687e29ae1f428e7ebe303" */
  title: string;
}

export const ADDON_KEYS: readonly ProfileKey[] = PROFILES.map(({ key }) => key);

/** The program that --url or TIMEWIRE_URL names, or the one of this machine's configuration. */
export async function findProgram({ url }: ProgramOptions, { config, clock }: Asking): Promise<ProgramApi> {
  const address = readAddress(url ?? config.commandLine.url ?? localAddress(config));
  return createProgramApi({ url: address.href.replace(/\/$/, ""), key: await keyFor(address, config), clock });
}

export interface Asking {
  config: Config;
  clock: Clock;
}

function localAddress({ api: { host, port } }: Config): string {
  const isEvery = host === "0.0.0.0" || host === "::";
  return `http://${isEvery ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host}:${port}`;
}

function readAddress(text: string): URL {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== "" || url.search !== "" || url.hash !== "") {
    throw new CommandFailed(
      EXIT_USAGE,
      "Cannot read --url or TIMEWIRE_URL: expected an address such as https://host:8003",
    );
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw new CommandFailed(
      EXIT_USAGE,
      `Cannot send an operator's key to ${url.host} over plain http: use https, or run the command on the machine itself`,
    );
  }
  return url;
}

/** TIMEWIRE_API_KEY; for a program of this machine otherwise the first of OPERATOR_API_KEYS, or the key in the data folder. */
async function keyFor({ hostname }: URL, config: Config): Promise<string> {
  const { commandLine, operatorApiKeys, database: { dataDir } } = config;
  if (commandLine.apiKey !== undefined) return commandLine.apiKey;
  if (!isLoopback(hostname)) {
    throw new CommandFailed(
      EXIT_FAILED,
      `Cannot log in at ${hostname}: set TIMEWIRE_API_KEY to an operator's key of that program`,
    );
  }
  if (operatorApiKeys !== undefined) return operatorApiKeys.split(",")[0]!.trim().replace(/^[^:]*:/, "");
  const file = `${dataDir}/operator.key`;
  try {
    return (await Deno.readTextFile(file)).trim();
  } catch {
    throw new CommandFailed(
      EXIT_FAILED,
      `Cannot log in: there is no operator's key; set TIMEWIRE_API_KEY, or run where OPERATOR_API_KEYS is set or ${file} can be read`,
    );
  }
}

/** A workspace that has an add-on, as GET /ui/workspaces lists it. */
export interface ListedWorkspace {
  addon: ProfileKey;
  workspace_id: string;
  name: string | null;
  status: "active" | "inactive";
  installed_at: string;
  last_event_at: string | null;
}

/** Of each add-on that the program serves, or of one. */
export async function listWorkspaces(api: ProgramApi, addon: ProfileKey | undefined): Promise<ListedWorkspace[]> {
  const asked = addon ? [addon] : ADDON_KEYS;
  const lists = await Promise.all(asked.map(async (key) => {
    try {
      const path = `/addons/${key}/ui/workspaces`;
      const { workspaces } = await api.get<{ workspaces: Omit<ListedWorkspace, "addon">[] }>(path);
      return workspaces.map((one): ListedWorkspace => ({ addon: key, ...one }));
    } catch (error) {
      if (!addon && isNoSuchAddon(error)) return [];
      throw error;
    }
  }));
  return lists.flat();
}

/** The program serves others alone. */
export function isNoSuchAddon(error: unknown): boolean {
  return error instanceof CommandFailed && error.code === "ROUTE_UNKNOWN";
}

/** The installation that the options name, or the only one there is. Throws CommandFailed with those to choose from. */
export async function findTarget(options: InstallationOptions, asking: Asking): Promise<Target> {
  const addon = options.addon as ProfileKey | undefined;
  const api = await findProgram(options, asking);
  if (addon && options.workspace) return targetOf({ addon, workspaceId: options.workspace, name: null }, api);
  const all = await listWorkspaces(api, addon);
  const fitting = all.filter(({ workspace_id }) => !options.workspace || workspace_id === options.workspace);
  const [only, ...others] = fitting;
  if (only && others.length === 0) {
    return targetOf({ addon: only.addon, workspaceId: only.workspace_id, name: only.name }, api);
  }
  if (!only) {
    const where = options.workspace ? `workspace ${options.workspace}` : "any workspace";
    throw new CommandFailed(
      EXIT_FAILED,
      `Cannot find the installation: ${addon ? profileOf(addon).name : "no add-on"} is ${
        addon ? "not " : ""
      }installed in ${where}`,
    );
  }
  throw new CommandFailed(
    EXIT_USAGE,
    "Cannot choose the installation: there are several; name one:",
    ...fitting.slice(0, 20).map(({ addon, workspace_id, name }) =>
      `  --addon ${addon} --workspace ${workspace_id}${name ? `  (${name})` : ""}`
    ),
    ...(fitting.length > 20 ? [`  and ${fitting.length - 20} more: timewire workspaces list`] : []),
  );
}

function targetOf(
  { addon, workspaceId, name }: { addon: ProfileKey; workspaceId: string; name: string | null },
  api: ProgramApi,
): Target {
  return {
    addon,
    workspaceId,
    api,
    path: (route) => `/addons/${addon}/ui${route}`,
    query: { workspace_id: workspaceId },
    title: `${profileOf(addon).name}, workspace ${name ? `${name} (${workspaceId})` : workspaceId}`,
  };
}
