/** Calls of a person with an API key below a workspace of a fresh simulator, for tests of families of routes. */

import type { Simulator, SimulatorOptions } from "../../src/simulator/simulator.ts";
import { startTestSimulator } from "../support/simulator.ts";
import { type Answer, call } from "./setup.ts";

export interface PersonScene {
  simulator: Simulator;
  workspaceId: string;
  ownerId: string;
  memberId: string;
  /** Below the workspace, on the API's host. */
  send(method: string, path: string, body?: unknown): Promise<Answer>;
  /** As `send`, on the reports host. */
  report(method: string, path: string, body?: unknown): Promise<Answer>;
  // deno-lint-ignore no-explicit-any -- as Clockify answers
  get(path: string): Promise<any>;
  /** Status and code of a refusal. */
  refused(method: string, path: string, body?: unknown): Promise<[number, number | undefined]>;
}

export async function withPerson(test: (scene: PersonScene) => Promise<void>, options: SimulatorOptions = {}) {
  const simulator = await startTestSimulator(options);
  try {
    const [workspace] = await simulator.workspaces();
    const { id: workspaceId, users } = workspace!;
    const idOf = (role: string) => users.find((user) => user.role === role)!.id;
    const headers = { "X-Api-Key": await simulator.apiKey({ workspaceId, userId: idOf("OWNER") }) };
    const on = (base: string): PersonScene["send"] => (method, path, body) =>
      call(`${simulator.url}${base}/v1/workspaces/${workspaceId}${path}`, method, body, headers);
    const send = on("/api");
    await test({
      simulator,
      workspaceId,
      ownerId: idOf("OWNER"),
      memberId: idOf("MEMBER"),
      send,
      report: on("/report"),
      get: async (path) => (await send("GET", path)).json,
      async refused(method, path, body) {
        const { status, json } = await send(method, path, body);
        return [status, json?.code];
      },
    });
  } finally {
    await simulator.stop();
  }
}
