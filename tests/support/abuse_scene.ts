/** A program of its own with two workspaces: one that is abused from, and one whose people only want to work. */

import { startChild as startBystander } from "../bench/child.ts";
import type { Simulator } from "../../src/simulator/simulator.ts";
import type { Watched } from "./bystander.ts";
import { HURRIED, LONG_LIVED, startChild } from "./child.ts";
import type { Program } from "./program.ts";
import { startProgramScene } from "./program_scene.ts";
import { statusOf } from "./signed_events.ts";

export const PROFILE = "universal_webhook";
export const EVENT = "TIMER_STOPPED";

export interface Party {
  workspaceId: string;
  /** Headers of a delivery of EVENT. */
  delivery: Record<string, string>;
  admin: Record<string, string>;
  member: Record<string, string>;
}

export interface AbuseScene {
  simulator: Simulator;
  program: Program;
  port: number;
  base: string;
  deliveryPath: string;
  abuser: Party;
  bystanders: Party;
  /** What the others saw while `work` went on. */
  during(work: () => Promise<void>): Promise<Watched>;
  /** Most memory that the program has held since it began, in MB. */
  peakMb(): Promise<number>;
  residentMb(): Promise<number>;
  stop(): Promise<void>;
}

export async function startAbuseScene(env: Record<string, string> = {}): Promise<AbuseScene> {
  const { simulator, start, stop } = await startProgramScene({ ...LONG_LIVED, ...HURRIED, ...env });
  const program = await start();
  const port = program.ports[PROFILE]!;
  const base = `http://127.0.0.1:${port}`;
  const [quiet, abused] = await simulator.workspaces();
  const { key: addonKey } = await (await fetch(`${base}/manifest`)).json();

  async function join(
    { id: workspaceId, users }: { id: string; users: { id: string; role: string }[] },
  ): Promise<Party> {
    const { webhooks } = await simulator.install({ manifestUrl: `${base}/manifest`, workspaceId });
    const { authToken } = webhooks.find(({ event }) => event === EVENT)!;
    const login = async (role: string) => {
      const userId = users.find((user) => user.role === role)!.id;
      return { "x-addon-token": await simulator.userToken({ workspaceId, userId, addonKey }) };
    };
    return {
      workspaceId,
      delivery: {
        "content-type": "application/json",
        "clockify-signature": authToken,
        "clockify-webhook-event-type": EVENT,
      },
      admin: await login("OWNER"),
      member: await login("MEMBER"),
    };
  }

  const bystanders = await join(quiet!);
  const abuser = await join(abused!);
  const deliveryPath = `/webhooks/clockify/${EVENT}`;
  const control = await startChild(new URL("./control_server.ts", import.meta.url), {});
  const others = await startBystander("../support/bystander.ts", {
    BASE: base,
    CONTROL: `http://127.0.0.1:${control.ready.port}`,
    DELIVERY_PATH: deliveryPath,
    HEADERS: JSON.stringify(bystanders.delivery),
    WORKSPACE_ID: bystanders.workspaceId,
  });
  const memory = async (name: string) => {
    const status = await Deno.readTextFile(`/proc/${program.pid}/status`);
    return Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)![1]) / 1024);
  };
  return {
    simulator,
    program,
    port,
    base,
    deliveryPath,
    abuser,
    bystanders,
    during: async (work) => {
      await others.call({ do: "watch" });
      // Also when the work failed: the bystander begins afresh with the next one.
      const end = await work().then(() => undefined, (error) => ({ error }));
      const seen = await others.call({ do: "tell" });
      if (end) throw end.error;
      return seen;
    },
    peakMb: () => memory("VmHWM"),
    residentMb: () => memory("VmRSS"),
    stop: async () => {
      await others.stop();
      control.kill("SIGKILL");
      await control.status;
      await stop();
    },
  };
}

/** How many answers had each status; 0 stands for a connection that failed. */
export async function statuses(requests: Promise<Response>[]): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const status of await Promise.all(requests.map((one) => statusOf(one).catch(() => 0)))) {
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}
