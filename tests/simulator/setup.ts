/** One simulator with an installed fake add-on per test, and the calls tests make with its token. */

import type { InstallResult } from "../../src/simulator/installs.ts";
import type { Simulator, SimulatorOptions } from "../../src/simulator/simulator.ts";
import { startTestSimulator } from "../support/simulator.ts";
import { type FakeAddon, startFakeAddon } from "./fake_addon.ts";

export interface Scene {
  simulator: Simulator;
  addon: FakeAddon;
  installed: InstallResult;
  workspaceId: string;
  ownerId: string;
  memberId: string;
  /** Calls the API below the workspace with the installation token. */
  api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // deno-lint-ignore no-explicit-any -- tests read what they expect
  json: any;
}

/** Runs `test` on a fresh scene and stops everything after it. */
export async function withScene(options: SimulatorOptions, test: (scene: Scene) => Promise<void>): Promise<void> {
  const simulator = await startTestSimulator(options);
  const addon = startFakeAddon();
  try {
    const workspace = (await simulator.workspaces())[0]!;
    const installed = await simulator.install({ manifestUrl: addon.manifestUrl, workspaceId: workspace.id });
    const person = (role: string) => workspace.users.find((user) => user.role === role)!.id;
    await test({
      simulator,
      addon,
      installed,
      workspaceId: workspace.id,
      ownerId: person("OWNER"),
      memberId: person("MEMBER"),
      api: (method, path, body, headers = { "X-Addon-Token": installed.authToken }) =>
        call(`${simulator.apiUrl}/v1/workspaces/${workspace.id}${path}`, method, body, headers),
    });
  } finally {
    await simulator.stop();
    await addon.stop();
  }
}

export async function call(
  url: string,
  method: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await fetch(url, {
    method,
    headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: answer.status, headers: answer.headers, text, json };
}
