/** The Clockify action with its real client against the fake Clockify, without a database. */

import { assert } from "@std/assert";
import type { ActionResult } from "../../src/engine/action.ts";
import { createClockifyAction } from "../../src/actions/clockify.ts";
import { systemClock } from "../../src/base/clock.ts";
import { createClockifyClient } from "../../src/clockify/client.ts";
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
  /** `METHOD /path` of the API requests since the last call, below the workspace. */
  sent(): string[];
  stop(): Promise<void>;
}

/** `scopes` are all when absent; `perHour` is the known budget of an hour. */
export async function startActionScene(
  { scopes = SCOPES, perHour }: { scopes?: readonly string[]; perHour?: number } = {},
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
  const actionOf = (apiKey?: string) =>
    createClockifyAction({
      catalogue: builtinCatalogue(),
      client,
      credentials: {
        find: () =>
          Promise.resolve({
            kind: "ready",
            credentials: apiKey ? { ...credentials, token: apiKey, isApiKey: true } : credentials,
          }),
      },
      userTokens: { get: () => Promise.resolve({ kind: "ok", credentials }), forget: () => {} },
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
        runId: "run",
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
