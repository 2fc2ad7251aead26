/** How tests and the demo drive the simulator: one list of commands, in process, over HTTP, and as a client. */

import { AppError } from "../base/errors.ts";
import type { Delivery, DeliveryBehaviour } from "./deliveries.ts";
import type { FaultInput, FaultState } from "./faults.ts";
import type { Installations, InstalledWebhook, InstallInput, InstallResult } from "./installs.ts";
import type { AddonPage } from "./host/pages.ts";
import type { UserSettings, UserSettingsInput } from "./host/user_settings.ts";
import type { RecordedRequest, RequestFilter } from "./request_log.ts";
import type { SwitchWebhookInput } from "./routes/webhooks.ts";
import type { DeliveryOutcome, Sample, SampleInput } from "./samples.ts";
import type { WireAnswer } from "./server.ts";
import type { TokenInput } from "./tokens.ts";
import type { UserWebhook } from "./workspace_data.ts";

export interface WorkspaceSummary {
  id: string;
  name: string;
  users: ({ id: string; name: string; role: string } & UserSettings)[];
}

export interface InstallationSummary {
  addonId: string;
  addonKey: string;
  workspaceId: string;
  status: "ACTIVE" | "INACTIVE" | "DELETED";
  webhooks: InstalledWebhook[];
}

export interface ChangeInput {
  workspaceId: string;
  /** The person who acts; the workspace owner when absent. */
  userId?: string;
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the workspace, with query, e.g. "/time-entries". */
  path: string;
  body?: unknown;
}

export interface DeliverInput {
  workspaceId: string;
  event: string;
  /** Body; when absent the one of fixtures/events, moved to this workspace. */
  payload?: unknown;
  /** Only this installation; every active one that declared the event when absent. */
  addonId?: string;
  /** How many times the same body is sent, each as a delivery of its own; 1 when absent. */
  copies?: number;
}

export interface SimulatorStats {
  requests: number;
  deliveries: { held: number; pending: number; delivered: number; givenUp: number; attempts: number };
}

/** Every command takes one JSON object at most and gives JSON. A refused one throws AppError (over HTTP: 400). */
export interface SimulatorControl {
  /** The workspaces with their people. */
  workspaces(): Promise<WorkspaceSummary[]>;
  install(input: InstallInput): Promise<InstallResult>;
  uninstall: Installations["uninstall"];
  setStatus: Installations["setStatus"];
  updateSettings: Installations["updateSettings"];
  sendLifecycle: Installations["sendLifecycle"];
  listInstallations(): Promise<InstallationSummary[]>;
  /** Pages that the installed add-ons put into Clockify's sidebar. */
  listAddonPages(input: { workspaceId: string }): Promise<AddonPage[]>;
  /** A person changes theme, language or time zone; tokens made from then on say so. Gives what holds now. */
  setUserSettings(input: UserSettingsInput): Promise<UserSettings>;
  /** A viewer's token, as the iframe gets it, with his theme and language. The add-on must be installed in the workspace. */
  userToken(input: {
    workspaceId: string;
    userId: string;
    addonKey: string;
    expiresInSeconds?: number;
  }): Promise<string>;
  /** Any of the four kinds, also forged ones. */
  signToken(input: TokenInput): Promise<string>;
  /** The API key of a person, for X-Api-Key. */
  apiKey(input: { workspaceId: string; userId: string }): Promise<string>;
  /** A person changes or reads data in Clockify's own pages; webhooks follow. The answer's body; refusals throw. */
  change(input: ChangeInput): Promise<unknown>;
  /** Sends an event without a change of data. */
  deliver(input: DeliverInput): Promise<Delivery[]>;
  /** A person makes one of the things that people try first, or a burst of them; says what was made and which events went out. */
  makeSample(input: SampleInput): Promise<Sample>;
  /** How these deliveries stand, by event and receiver; ids no longer kept are left out. */
  deliveryOutcomes(input: { ids: number[] }): Promise<DeliveryOutcome[]>;
  /** Turns a webhook's switches: a person, too many failures, a smaller plan. */
  switchWebhook(input: SwitchWebhookInput): Promise<void>;
  /** Webhooks that people made, with their plain tokens. */
  listUserWebhooks(input: { workspaceId: string }): Promise<UserWebhook[]>;
  /**
   * FREE, BASIC, STANDARD, PRO or ENTERPRISE: decides how many webhooks people may make. With `refuses` the API answers 403
   * to what the plan does not have.
   */
  setPlan(input: { workspaceId: string; plan: string; refuses?: boolean }): Promise<void>;
  /** Takes scopes away from an installation, or gives all back with none; refused with 401 as captured, or 403 as documented. */
  withholdScopes(input: { addonId: string; scopes: string[]; status?: 401 | 403 }): Promise<void>;
  configureDeliveries(changes: Partial<DeliveryBehaviour>): Promise<DeliveryBehaviour>;
  listDeliveries(filter?: { event?: string; addonId?: string }): Promise<Delivery[]>;
  /** Resolves when no delivery is in flight. */
  settled(): Promise<void>;
  addFault(input: FaultInput): Promise<{ id: number }>;
  /** The active faults and the last that ended, with how many requests each hit. */
  listFaults(): Promise<FaultState[]>;
  /** Releases hanging requests. */
  releaseFaults(input?: { id?: number }): Promise<void>;
  clearFaults(): Promise<void>;
  /** 30 for a new FREE workspace, null for none. */
  setHourlyLimit(input: { workspaceId: string; requestsPerHour: number | null }): Promise<void>;
  listRequests(filter?: RequestFilter): Promise<RecordedRequest[]>;
  clearRequests(): Promise<void>;
  stats(): Promise<SimulatorStats>;
}

/** Names of the commands: POST /_sim/<name> with a JSON object. */
export const CONTROL_COMMANDS = [
  "workspaces",
  "install",
  "uninstall",
  "setStatus",
  "updateSettings",
  "sendLifecycle",
  "listInstallations",
  "listAddonPages",
  "setUserSettings",
  "userToken",
  "signToken",
  "apiKey",
  "change",
  "deliver",
  "makeSample",
  "deliveryOutcomes",
  "switchWebhook",
  "listUserWebhooks",
  "setPlan",
  "withholdScopes",
  "configureDeliveries",
  "listDeliveries",
  "settled",
  "addFault",
  "listFaults",
  "releaseFaults",
  "clearFaults",
  "setHourlyLimit",
  "listRequests",
  "clearRequests",
  "stats",
] as const satisfies readonly (keyof SimulatorControl)[];

/** Answers a request below /_sim/: 200 {result}, 400 {message, code} for a refused command, 404 for an unknown one. */
export async function answerControl(control: SimulatorControl, path: string, body: string): Promise<WireAnswer> {
  const json = (status: number, value: unknown) => ({ status, body: JSON.stringify(value) });
  const name = CONTROL_COMMANDS.find((command) => path === `/_sim/${command}`);
  if (!name) return json(404, { message: `Unknown command ${path}`, commands: CONTROL_COMMANDS });
  try {
    const command = control[name] as (input?: unknown) => Promise<unknown>;
    return json(200, { result: await command(body === "" ? undefined : JSON.parse(body)) });
  } catch (error) {
    if (error instanceof AppError) return json(400, { message: error.message, code: error.code });
    if (error instanceof SyntaxError) return json(400, { message: "The body is not JSON", code: "BODY_NOT_JSON" });
    throw error;
  }
}

/** The commands of a simulator in another process. Throws AppError REQUEST_INVALID with its sentence when refused. */
export function simulatorClient(url: string): SimulatorControl {
  const call = (name: string) => async (input?: unknown) => {
    const answer = await fetch(`${url}/_sim/${name}`, { method: "POST", body: JSON.stringify(input ?? {}) });
    const body = await answer.json();
    if (!answer.ok) throw new AppError("REQUEST_INVALID", body.message, { details: { code: body.code } });
    return body.result;
  };
  return Object.fromEntries(CONTROL_COMMANDS.map((name) => [name, call(name)])) as unknown as SimulatorControl;
}
