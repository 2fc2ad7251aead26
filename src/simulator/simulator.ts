/** The fake Clockify on loopback: builds its parts, answers the REST API and the control API, sends webhooks. */

import { type Clock, systemClock } from "../base/clock.ts";
import type { Operation } from "../clockify/operations.ts";
import { type ApiRequest, createApi } from "./api.ts";
import { createCommands } from "./commands.ts";
import { answerControl, type SimulatorControl } from "./control.ts";
import { createDeliveries } from "./deliveries.ts";
import { noteChange } from "./entity_changes.ts";
import { createFaults, type Faults } from "./faults.ts";
import { answerHost, isHostPath } from "./host/page.ts";
import { addonPages } from "./host/pages.ts";
import { createInstallations } from "./installs.ts";
import { platformKey } from "./keys.ts";
import { objectIds, seededRandom } from "./random.ts";
import { createRateLimits } from "./rate_limit.ts";
import { createRequestLog, type RecordedRequest } from "./request_log.ts";
import type { ApiWorld, Caller } from "./route.ts";
import { createRouteTable } from "./route_table.ts";
import { addonWebhooks, sends } from "./routes/webhooks.ts";
import { listen, type WireAnswer } from "./server.ts";
import { createTokens } from "./tokens.ts";
import { loadWorkspaces } from "./workspace_data.ts";

export interface SimulatorOptions {
  /** 0 (default) takes a free one. */
  port?: number;
  /** Of ids and shuffles; 1 when absent. */
  seed?: number;
  /** Requests per second of one add-on in one workspace; 50 as Clockify has it. */
  ratePerSecond?: number;
  /** PKCS #8; a fresh key when absent. */
  privateKeyPem?: string;
  /** Recorded requests kept at least; 20,000 when absent. */
  keepRequests?: number;
  /** What is served by its shape beside the families that are served by hand; the catalogue in the project when absent. */
  operations?: readonly Operation[];
  clock?: Clock;
}

/** A running simulator. All commands of SimulatorControl, and what only the same process can see. */
export interface Simulator extends SimulatorControl {
  url: string;
  /** `url` + "/api": the apiUrl of INSTALLED and the claim backendUrl. */
  apiUrl: string;
  publicKeyPem: string;
  /** Live list of API requests, oldest first. */
  readonly requests: RecordedRequest[];
  faults: Faults;
  stop(): Promise<void>;
}

/** Throws START_FAILED when the port is in use. Logs nothing. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const clock = options.clock ?? systemClock;
  const random = seededRandom(options.seed ?? 1);
  const stopping = new AbortController();
  const key = await platformKey(options.privateKeyPem);
  const workspaces = await loadWorkspaces();
  const faults = createFaults(clock);
  const log = createRequestLog(options.keepRequests ?? 20_000);
  const limits = createRateLimits(options.ratePerSecond ?? 50, clock);
  const deliveries = createDeliveries(clock, random);
  const newId = objectIds(random, () => clock.now());
  const apiKeys = new Map<string, Caller & { kind: "apiKey" }>();

  // The port is known only once we listen, and the token claims carry it: requests wait for the parts.
  const ready = Promise.withResolvers<(request: ApiRequest) => Promise<WireAnswer>>();
  const listener = await listen(options.port ?? 0, async (request) => (await ready.promise)(request));
  const url = `http://127.0.0.1:${listener.port}`;
  const apiUrl = `${url}/api`;
  const tokens = createTokens(key, url, clock);
  const installations = createInstallations({ workspaces, tokens, newId, clock, apiUrl, signal: stopping.signal });

  /**
   * Also called for changes an add-on makes with its own token: whether Clockify sends webhooks for those is
   * unknown, so we take the harder case. What is missed while INACTIVE is not sent later, which is unknown too.
   */
  function emit(workspaceId: string, event: string, payload: unknown, only?: string) {
    const body = JSON.stringify(payload);
    const workspace = workspaces.get(workspaceId);
    if (!workspace) return [];
    if (only === undefined) noteChange(workspace, event, payload, clock.now());
    const installed = installations.active(workspaceId).filter((one) => only === undefined || one.addonId === only);
    const off = new Set(addonWebhooks(workspace, installed).filter((one) => !sends(one)).map((one) => one.webhook));
    const ofAddons = installed.flatMap(({ addonId, baseUrl, webhooks }) =>
      webhooks.filter((webhook) => webhook.event === event && !off.has(webhook))
        .map(({ path, authToken }) => deliveries.send({ event, addonId, workspaceId, baseUrl, path, authToken }, body))
    );
    const ofPeople = only === undefined
      ? [...workspace.webhooks.values()].filter((webhook) => webhook.webhookEvent === event && sends(webhook))
      : [];
    return [
      ...ofAddons,
      ...ofPeople.map(({ id, url, authToken }) =>
        deliveries.send({ event, addonId: id, workspaceId, baseUrl: url, path: "", authToken }, body)
      ),
    ];
  }

  const world: ApiWorld = {
    ...{ clock, workspaces, installations, tokens, newId, emit },
    deliveriesTo: (webhookId) => deliveries.list.filter(({ addonId }) => addonId === webhookId),
  };
  const table = createRouteTable(options.operations);
  const api = createApi({ world, table, limits, keyOwner: (apiKey) => apiKeys.get(apiKey) });

  const control = createCommands({
    workspaces,
    installations,
    tokens,
    deliveries,
    faults,
    limits,
    log,
    api,
    apiKeys,
    emit,
    clock,
  });

  /** One API request: recorded, struck by a fault when one fits, else answered. */
  async function answerApi(request: ApiRequest): Promise<WireAnswer> {
    const { method, path, headers, body } = request;
    const query = request.query.toString();
    const record: RecordedRequest = { at: clock.now(), method, path, query, headers, body, status: null };
    log.add(record);
    const fault = faults.take(method, path);
    if (fault?.kind === "cut") return { status: 0, drop: "before" };
    if (fault?.kind === "status") {
      record.status = fault.status ?? 500;
      const { message = record.status === 429 ? "Too many requests" : "Something went wrong" } = fault;
      const { code = record.status } = fault;
      return {
        status: record.status,
        headers: fault.retryAfter === undefined ? {} : { "Retry-After": fault.retryAfter },
        body: JSON.stringify(code === null ? { message } : { message, code }),
      };
    }
    if (fault?.kind === "slow") await clock.sleep(fault.delayMs ?? 1000, stopping.signal).catch(() => {});
    if (fault?.kind === "hang") await fault.released;
    const answer = await api.answer(request);
    const text = answer.body === undefined || typeof answer.body === "string"
      ? answer.body
      : JSON.stringify(answer.body);
    if (fault?.kind === "drop_answer") return { status: 0, drop: "before" };
    record.status = answer.status;
    const drop = fault?.kind === "truncate" ? { drop: "inside" as const } : {};
    return { status: answer.status, headers: answer.headers, body: text, ...drop };
  }

  ready.resolve((request) => {
    if (request.path.startsWith("/_sim/")) return answerControl(control, request.path, request.body);
    if (isHostPath(request.path)) {
      return answerHost(request, addonPages(installations.list().filter(({ status }) => status !== "DELETED")));
    }
    return answerApi(request);
  });

  return {
    ...control,
    url,
    apiUrl,
    publicKeyPem: key.publicKeyPem,
    requests: log.requests,
    faults,
    async stop() {
      stopping.abort(new Error("the simulator stops"));
      faults.clear();
      await deliveries.stop();
      await listener.stop();
    },
  };
}
