/** The control commands over the parts of a simulator. */

// deno-lint-ignore-file require-await -- every command answers by a promise, so that a refusal is always a rejection

import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import type { Api } from "./api.ts";
import type { SimulatorControl } from "./control.ts";
import type { Deliveries, Delivery } from "./deliveries.ts";
import type { Faults } from "./faults.ts";
import { addonPages } from "./host/pages.ts";
import { changeSettings, settingsOf } from "./host/user_settings.ts";
import type { Installations } from "./installs.ts";
import type { RateLimits } from "./rate_limit.ts";
import type { RequestLog } from "./request_log.ts";
import type { Caller } from "./route.ts";
import { addonWebhooks, switchWebhooks } from "./routes/webhooks.ts";
import { deliveryOutcomes, makeSample } from "./samples.ts";
import type { Tokens } from "./tokens.ts";
import { ownerOf, type Workspace } from "./workspace_data.ts";

export interface CommandParts {
  workspaces: Map<string, Workspace>;
  installations: Installations;
  tokens: Tokens;
  deliveries: Deliveries;
  faults: Faults;
  limits: RateLimits;
  log: RequestLog;
  api: Api;
  apiKeys: Map<string, Caller & { kind: "apiKey" }>;
  /** Sends to every active installation that declared the event, or to `only`. */
  emit(workspaceId: string, event: string, payload: unknown, only?: string): Delivery[];
  clock: Clock;
}

export function createCommands(parts: CommandParts): SimulatorControl {
  const { workspaces, installations, tokens, deliveries, faults, limits, log, api, apiKeys, emit, clock } = parts;

  function workspaceOf(workspaceId: string) {
    const workspace = workspaces.get(workspaceId);
    if (!workspace) throw new AppError("NOT_FOUND", `Cannot find workspace "${workspaceId}"`);
    return workspace;
  }
  function personOf(workspaceId: string, userId?: string): Caller & { kind: "apiKey" } {
    const workspace = workspaceOf(workspaceId);
    const user = userId === undefined ? ownerOf(workspace) : workspace.users.get(userId);
    if (!user) throw new AppError("NOT_FOUND", `Cannot find user "${userId}" in workspace "${workspaceId}"`);
    return { kind: "apiKey", workspaceId, user };
  }

  /** The add-on's key, or the name of a person's webhook. */
  function receiverOf({ addonId, workspaceId }: Delivery): string {
    return installations.find(addonId)?.addonKey ?? workspaces.get(workspaceId)?.webhooks.get(addonId)?.name ?? addonId;
  }

  return {
    async workspaces() {
      return [...workspaces.values()].map(({ id, name, users }) => ({
        id,
        name,
        users: [...users.values()].map((user) => ({
          id: user.id,
          name: user.name,
          role: user.role,
          ...settingsOf(user),
        })),
      }));
    },
    install: installations.install,
    uninstall: installations.uninstall,
    setStatus: installations.setStatus,
    updateSettings: installations.updateSettings,
    sendLifecycle: installations.sendLifecycle,
    async listInstallations() {
      return installations.list().map(({ addonId, addonKey, workspaceId, status, webhooks }) => ({
        addonId,
        addonKey,
        workspaceId,
        status,
        webhooks,
      }));
    },
    async listAddonPages({ workspaceId }) {
      workspaceOf(workspaceId);
      return addonPages(installations.active(workspaceId));
    },
    async setUserSettings({ workspaceId, userId, ...changes }) {
      return changeSettings(personOf(workspaceId, userId).user, changes);
    },
    async userToken({ workspaceId, userId, addonKey, expiresInSeconds }) {
      const { user } = personOf(workspaceId, userId);
      const installed = installations.list().find((one) =>
        one.workspaceId === workspaceId && one.addonKey === addonKey && one.status !== "DELETED"
      );
      if (!installed) throw new AppError("NOT_FOUND", `Cannot make a user token: "${addonKey}" is not installed there`);
      const { addonId } = installed;
      const names = { addonKey, workspaceId, addonId, userId, workspaceRole: user.role };
      const { theme, language } = settingsOf(user);
      return await tokens.sign({ kind: "user", ...names, expiresInSeconds, claims: { theme, language } });
    },
    signToken: (input) => tokens.sign(input),
    async apiKey({ workspaceId, userId }) {
      const apiKey = crypto.randomUUID();
      apiKeys.set(apiKey, personOf(workspaceId, userId));
      return apiKey;
    },
    async change({ workspaceId, userId, method, path, body }) {
      const [pathname = "", search = ""] = path.split("?", 2);
      const answer = await api.asPerson(personOf(workspaceId, userId), {
        method,
        path: `/api/v1/workspaces/${workspaceId}${pathname}`,
        query: new URLSearchParams(search),
        body: body === undefined ? "" : JSON.stringify(body),
      });
      if (answer.status >= 400) {
        const reason = JSON.stringify(answer.body ?? null);
        throw new AppError("REQUEST_INVALID", `Cannot ${method} ${path}: ${answer.status} ${reason}`);
      }
      return structuredClone(answer.body ?? null);
    },
    async deliver({ workspaceId, event, payload, addonId, copies = 1 }) {
      workspaceOf(workspaceId);
      const body = payload ?? await eventFixture(event, workspaceId, [...workspaces.keys()][0]!);
      return Array.from({ length: copies }, () => emit(workspaceId, event, body, addonId)).flat();
    },
    makeSample: (input) =>
      makeSample({
        ...{ api, clock, deliveries },
        personOf: (workspaceId, userId) => ({
          workspace: workspaceOf(workspaceId),
          caller: personOf(workspaceId, userId),
        }),
      }, input),
    async deliveryOutcomes(input) {
      return deliveryOutcomes({ deliveries, receiverOf }, input);
    },
    async switchWebhook(input) {
      const workspace = workspaceOf(input.workspaceId);
      switchWebhooks(workspace, addonWebhooks(workspace, installations.active(workspace.id)), input);
    },
    async listUserWebhooks({ workspaceId }) {
      return structuredClone([...workspaceOf(workspaceId).webhooks.values()]);
    },
    async setPlan({ workspaceId, plan, refuses = false }) {
      const workspace = workspaceOf(workspaceId);
      workspace.about.featureSubscriptionType = plan;
      workspace.refusesByPlan = refuses;
    },
    async withholdScopes({ addonId, scopes, status = 401 }) {
      const installation = installations.get(addonId);
      if (scopes.length > 0) installation.withheld = { scopes, status };
      else delete installation.withheld;
    },
    async configureDeliveries(changes) {
      deliveries.configure(changes);
      return deliveries.behaviour;
    },
    async listDeliveries(filter = {}) {
      return deliveries.list.filter((one) =>
        (!filter.event || one.event === filter.event) && (!filter.addonId || one.addonId === filter.addonId)
      );
    },
    settled: () => deliveries.settled(),
    async addFault(input) {
      return faults.add(input);
    },
    async listFaults() {
      return faults.list();
    },
    async releaseFaults(input = {}) {
      faults.release(input.id);
    },
    async clearFaults() {
      faults.clear();
    },
    async setHourlyLimit({ workspaceId, requestsPerHour }) {
      workspaceOf(workspaceId);
      limits.setHourly(workspaceId, requestsPerHour);
    },
    async listRequests(filter) {
      return log.list(filter);
    },
    async clearRequests() {
      log.clear();
    },
    async stats() {
      const count = (state: string) => deliveries.list.filter((one) => one.state === state).length;
      return {
        requests: log.total,
        deliveries: {
          held: count("held"),
          pending: count("pending"),
          delivered: count("delivered"),
          givenUp: count("given_up"),
          attempts: deliveries.attempts,
        },
      };
    },
  };
}

/** The fixture body of an event; it belongs to the first workspace, so its id is put in place of that one's. */
async function eventFixture(event: string, workspaceId: string, fixtureWorkspaceId: string): Promise<unknown> {
  if (!/^[A-Z_]+$/.test(event)) throw new AppError("REQUEST_INVALID", `Cannot deliver "${event}": not an event name`);
  try {
    const text = await Deno.readTextFile(new URL(`../../fixtures/events/${event}.json`, import.meta.url));
    return JSON.parse(text.replaceAll(fixtureWorkspaceId, workspaceId));
  } catch (cause) {
    throw new AppError("NOT_FOUND", `Cannot deliver "${event}": no such event in fixtures/events`, { cause });
  }
}
