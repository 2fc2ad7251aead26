/** The Clockify action with its real client against the fake Clockify, without a database. */

import { assert } from "@std/assert";
import type { ActionResult } from "../../src/engine/action.ts";
import { createClockifyAction } from "../../src/actions/clockify.ts";
import type { ChangeRecorder, SentParts } from "../../src/changes/recorder.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { CallOrigin } from "../../src/clockify/call_origin.ts";
import { type ClockifyAnswer, createClockifyClient } from "../../src/clockify/client.ts";
import { parseAllowedDomains, serviceHosts } from "../../src/clockify/hosts.ts";
import { builtinCatalogue } from "../../src/clockify/operations.ts";
import { createRateLimiter, UNLIMITED } from "../../src/clockify/rate_limit.ts";
import { SCOPES } from "../../src/clockify/scopes.ts";
import { createSafeFetch } from "../../src/egress/safe_fetch.ts";
import type { Simulator } from "../../src/simulator/simulator.ts";
import { startFakeAddon } from "../simulator/fake_addon.ts";
import { startTestSimulator } from "./simulator.ts";

// deno-lint-ignore no-explicit-any -- tests read what they expect
export type Json = any;

/** For scenes without a database: calls are made, and nothing is kept of them. */
export const NO_JOURNAL: ChangeRecorder = {
  write: ({ operation, pathParams, queryParams, body }, send) => send({ operation, pathParams, queryParams, body }),
};

export interface ActionScene {
  simulator: Simulator;
  workspaceId: string;
  ownerId: string;
  memberId: string;
  /** Runs one action as a step does; with `apiKey` as its person instead of the add-on. */
  run(input: Json, options?: { apiKey?: string; signal?: AbortSignal }): Promise<ActionResult>;
  /** The output of a run that must succeed. */
  done(input: Json, options?: { apiKey?: string }): Promise<Json>;
  /** What a person sees at a path below the workspace. */
  see(path: string): Promise<Json>;
  /** What a person does there. */
  change(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<Json>;
  /** Makes calls as the add-on does, or as the person of the key. */
  send(sent: SentParts & { origin: CallOrigin; apiKey?: string }): Promise<ClockifyAnswer>;
  /** `METHOD /path` of the API requests since the last call, below the workspace. */
  sent(): string[];
  stop(): Promise<void>;
}

/** `scopes` are all when absent; `perHour` is the known budget of an hour; `changes` keeps what the actions write. */
export async function startActionScene(
  { scopes = SCOPES, perHour, changes = NO_JOURNAL }: {
    scopes?: readonly string[];
    perHour?: number;
    changes?: ChangeRecorder;
  } = {},
): Promise<ActionScene> {
  const simulator = await startTestSimulator({ ratePerSecond: 10_000 });
  const addon = startFakeAddon({ scopes });
  const [workspace] = await simulator.workspaces();
  const workspaceId = workspace!.id;
  const person = (role: string) => workspace!.users.find((user) => user.role === role)!.id;
  const installed = await simulator.install({ manifestUrl: addon.manifestUrl, workspaceId });
  const allowed = parseAllowedDomains(simulator.url);
  const hosts = serviceHosts({
    backendUrl: simulator.apiUrl,
    reportsUrl: `${simulator.url}/report`,
    ptoUrl: `${simulator.url}/pto`,
  });
  const client = createClockifyClient({
    fetch: createSafeFetch({ allow: () => {}, clock: systemClock }),
    limiter: createRateLimiter({ clock: systemClock, defaultPerSecond: UNLIMITED, perHour: () => perHour }),
    allowed,
    clock: systemClock,
    timeoutMs: 10_000,
    maxResponseBytes: 5_000_000,
  });
  const credentials = { addonKey: "fake-addon", workspaceId, token: installed.authToken, hosts };
  const credentialsOf = (apiKey?: string) => apiKey ? { ...credentials, token: apiKey, isApiKey: true } : credentials;
  const actionOf = (apiKey?: string) =>
    createClockifyAction({
      catalogue: builtinCatalogue(),
      client,
      credentials: {
        find: () =>
          Promise.resolve({
            kind: "ready",
            credentials: credentialsOf(apiKey),
          }),
      },
      userTokens: { get: () => Promise.resolve({ kind: "ok", credentials }), forget: () => {} },
      changes,
    });
  const action = actionOf();
  const scene: ActionScene = {
    simulator,
    workspaceId,
    ownerId: person("OWNER"),
    memberId: person("MEMBER"),
    run: (input, { apiKey, signal } = {}) =>
      (apiKey ? actionOf(apiKey) : action).run({
        input,
        tenant: { installationId: 1, workspaceId },
        runId: crypto.randomUUID(),
        flow: { id: 1, version: 1 },
        stepPath: "root/step",
        attempt: 1,
        idempotencyKey: "run/root/step",
        signal: signal ?? new AbortController().signal,
      }),
    done: async (input, options) => {
      const result = await scene.run(input, options);
      assert(result.outcome === "done", result.outcome === "failed" ? result.error.message : result.outcome);
      return result.output;
    },
    see: (path) => simulator.change({ workspaceId, method: "GET", path }),
    change: (method, path, body) => simulator.change({ workspaceId, method, path, body }),
    send: ({ apiKey, calls: _calls, ...sent }) =>
      client.call({ ...sent, installation: credentialsOf(apiKey), priority: "interactive", maxWaitMs: 5_000 }),
    sent: () =>
      simulator.requests.splice(0).map(({ method, path }) => `${method} ${path.split(`/${workspaceId}`).at(-1)}`),
    stop: async () => {
      await simulator.stop();
      await addon.stop();
    },
  };
  simulator.requests.splice(0);
  return scene;
}
