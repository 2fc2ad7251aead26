/**
 * The others, in a process of their own: while something goes on they ask the program for its health and send it deliveries,
 * and ask a server of nothing but an answer, which says how much of a wait is the machine's.
 *
 * Commands: {do: "watch"} begins, {do: "tell"} ends and is answered with a Watched.
 */

import { serveCommands } from "../bench/child.ts";

export interface Watched {
  looks: number;
  /** Longest answers, in ms. */
  healthMs: number;
  ackMs: number;
  controlMs: number;
  /** Answers other than 200, and what failed. */
  unlike: string[];
}

const EVERY_MS = 40;
const GIVE_UP_MS = 30_000;

const env = (name: string) => Deno.env.get(name)!;
const workspaceId = env("WORKSPACE_ID");
const headers = JSON.parse(env("HEADERS"));
let watched: Watched;
let watching = false;
let over: Promise<unknown> = Promise.resolve();

async function timed(name: string, request: () => Promise<Response>): Promise<number> {
  const since = performance.now();
  try {
    const answer = await request();
    const text = await answer.text();
    if (answer.status !== 200) watched.unlike.push(`${name} ${answer.status} ${text.slice(0, 200)}`);
  } catch (error) {
    watched.unlike.push(`${name}: ${(error as Error).message}`);
  }
  return performance.now() - since;
}

async function look(signal: AbortSignal) {
  const [healthMs, ackMs, controlMs] = await Promise.all([
    timed("health", () => fetch(`${env("BASE")}/healthz`, { signal })),
    timed("delivery", () =>
      fetch(env("BASE") + env("DELIVERY_PATH"), {
        method: "POST",
        headers,
        body: JSON.stringify({ id: crypto.randomUUID().replaceAll("-", "").slice(0, 24), workspaceId }),
        signal,
      })),
    timed("control", () => fetch(env("CONTROL"), { signal })),
  ]);
  watched.looks++;
  watched.healthMs = Math.max(watched.healthMs, Math.round(healthMs));
  watched.ackMs = Math.max(watched.ackMs, Math.round(ackMs));
  watched.controlMs = Math.max(watched.controlMs, Math.round(controlMs));
}

/** One look after another, and a next one also while the last has no answer yet. */
async function watch() {
  const open = new Set<Promise<void>>();
  while (watching) {
    const one = look(AbortSignal.timeout(GIVE_UP_MS)).finally(() => open.delete(one));
    open.add(one);
    await new Promise((done) => setTimeout(done, EVERY_MS));
    while (open.size >= 4) await Promise.race(open);
  }
  await Promise.all(open);
}

await serveCommands({
  ready: { ready: true },
  handle: async (command) => {
    if (command.do === "watch") {
      watched = { looks: 0, healthMs: 0, ackMs: 0, controlMs: 0, unlike: [] };
      watching = true;
      over = watch();
      return {};
    }
    watching = false;
    await over;
    return { ...watched };
  },
  end: () => Promise.resolve(),
});
