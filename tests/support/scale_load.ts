/** Load on several listeners as senders and API clients make it: each asks another listener when one does not answer, until it is accepted. */

import { assertEquals } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import type { Database } from "../../src/db/db.ts";
import type { Program } from "./program.ts";
import type { Scene } from "./server_scene.ts";
import { effects, installFlow, newIds, untilServed } from "./signed_events.ts";
import type { Sink } from "./sink.ts";
import { eventually, OPERATOR_KEY } from "./world.ts";

const SENDERS = 8;
const PAUSE_MS = 50;
/** Accepted events and runs between two changes. */
const BETWEEN = 150;

/** What was accepted, and how to see what came of it. */
export interface ScaleLoad {
  /** Listeners that are asked, changed by the test as they come and go. */
  listeners: Program[];
  /** Accepted until now. */
  accepted(): number;
  /** Ends the senders and gives the ids of events that were acked and the keys of runs that were accepted. */
  stop(): Promise<{ events: string[]; runs: Map<string, string> }>;
  /** Runs by schedules, by the key that they share: each sends the agent one message. */
  scheduled: Map<string, number>;
  /** Ids of the messages that the agent was sent for each key: one for a run, however often it was sent. */
  messages(): Map<string, Set<string>>;
  close(): Promise<void>;
}

/** The variable that lets the programs call the agent of `sink`. */
export function egressTo({ port }: Sink): Record<string, string> {
  return { EGRESS_ALLOW: `127.0.0.1:${port}` };
}

/** Installs a flow and a workflow by the first listener and begins to send: half of the senders events, half executes. */
export async function startLoad({ simulator }: Scene, listeners: Program[], sink: Sink): Promise<ScaleLoad> {
  const events = await installFlow(simulator, listeners[0]!.ports.universal_webhook!);
  const sent = new Map<string, Set<string>>();
  sink.answer = ({ body }) => {
    const { id, params } = JSON.parse(body);
    const { key } = JSON.parse(params.message.parts[0].text);
    sent.set(key, (sent.get(key) ?? new Set()).add(params.message.messageId));
    const text = JSON.stringify({ key });
    const result = { status: { state: "completed" }, artifacts: [{ parts: [{ kind: "text", text }] }] };
    return Response.json({ jsonrpc: "2.0", id, result });
  };
  const workflowId = await addWorkflow(listeners[0]!, `${sink.url}/rpc`);
  const acked: string[] = [];
  const runs = new Map<string, string>();
  let isOver = false;
  let turn = 0;

  async function untilAccepted(ask: (program: Program) => Promise<Response>, status: number): Promise<string> {
    for (;;) {
      try {
        const answer = await ask(load.listeners[turn++ % load.listeners.length]!);
        const text = await answer.text();
        if (answer.status === status) return text;
        assertEquals(answer.status >= 500 || answer.status === 409, true, `${answer.status} ${text}`);
      } catch (error) {
        // A listener that was killed: the next one is asked.
        if (!(error instanceof TypeError)) throw error;
      }
      await systemClock.sleep(PAUSE_MS);
    }
  }
  const sendEvents = async () => {
    while (!isOver) {
      const [id] = newIds(1);
      await untilAccepted(({ ports }) => events.send(ports.universal_webhook!, id!), 200);
      acked.push(id!);
    }
  };
  const execute = async () => {
    while (!isOver) {
      const [key] = newIds(1);
      const path = `/workflows/${workflowId}/execute`;
      const text = await untilAccepted(
        (program) => askApi(program, path, { input_data: { key } }, { "idempotency-key": key! }),
        202,
      );
      runs.set(key!, JSON.parse(text).id);
    }
  };
  const load: ScaleLoad = {
    listeners,
    accepted: () => acked.length + runs.size,
    stop: async () => {
      isOver = true;
      await senders;
      return { events: acked, runs };
    },
    scheduled: new Map(),
    messages: () => sent,
    close: () => sink.stop(),
  };
  const senders = Promise.all(Array.from({ length: SENDERS }, (_, index) => index % 2 ? sendEvents() : execute()));
  return load;
}

/** Waits until so many more were accepted. */
export async function more(load: Pick<ScaleLoad, "accepted">, count = BETWEEN): Promise<void> {
  const wanted = load.accepted() + count;
  await eventually(() => Promise.resolve(load.accepted() >= wanted));
}

/**
 * Every acked event has one run and one effect, every accepted execute, and every slot of a schedule, one run that completed and one
 * message to the agent.
 */
export async function assertNothingLostNorDoubled({ simulator, database }: Scene, load: ScaleLoad): Promise<void> {
  const { events, runs } = await load.stop();
  const { sql } = database.db;
  await untilNoneIsOpen(database.db);
  const ended = await sql<{ state: string; count: number }[]>`
    select state, count(*)::int as count from run group by state`;
  const { scheduled } = load;
  const count = [...scheduled.values()].reduce((sum, slots) => sum + slots, events.length + runs.size);
  assertEquals([...ended], [{ state: "completed", count }], "one run each, completed");
  const made = effects(simulator);
  assertEquals(new Set(made.keys()), new Set(events), "every acked event has its effect, and no other has");
  for (const { keys, done } of made.values()) assertEquals([done, new Set(keys).size], [true, 1]);
  assertEquals(new Set(load.messages().keys()), new Set([...runs.keys(), ...scheduled.keys()]));
  for (const [key, ids] of load.messages()) {
    assertEquals(ids.size, scheduled.get(key) ?? 1, "a repeat carries the same message id");
  }
  assertEquals(new Set(runs.values()).size, runs.size, "one run for each key");
}

/** How long that takes depends on how much waits and on the machine: given up where for two minutes no run ends. */
async function untilNoneIsOpen({ sql }: Pick<Database, "sql">): Promise<void> {
  const look = async () => {
    const open = await sql<{ what: string; count: number }[]>`
      select 'run ' || state as what, count(*)::int as count from run
      where state not in ('completed', 'failed', 'cancelled') group by state
      union all
      select concat_ws(' ', 'job', kind, state, reason), count(*)::int from job where kind in ('event', 'run')
      group by kind, state, reason`;
    const [row] = await sql<{ ended: number }[]>`select count(finished_at)::int as ended from run`;
    return { open, ended: row!.ended };
  };
  let seen = await look();
  while (seen.open.length > 0) {
    const { open, ended } = seen;
    seen = await eventually(async () => {
      const now = await look();
      return (now.open.length === 0 || now.ended > ended) && now;
    }).catch((cause) => {
      throw new Error(`No run ends: ${open.map(({ what, count }) => `${count} ${what}`).join(", ")}`, { cause });
    });
  }
}

async function addWorkflow(program: Program, url: string): Promise<string> {
  await make(program, "/agents", { name: "agent", url, retry_config: { max_retries: 3 } });
  return await make(program, "/workflows", {
    name: "workflow",
    start_step: "call",
    steps: {
      call: { id: "call", type: "agent", agent_name: "agent", input_mapping: { key: "${workflow.input.key}" } },
    },
  });
}

/** Gives the id of what was made. */
export async function make(program: Program, path: string, body: unknown): Promise<string> {
  const once = { "idempotency-key": crypto.randomUUID() };
  const answer = await untilServed(() => askApi(program, path, body, once));
  const text = await answer.text();
  assertEquals(answer.status, 201, text);
  return JSON.parse(text).id;
}

export function askApi({ ports }: Program, path: string, body: unknown, headers: Record<string, string> = {}) {
  return fetch(`http://127.0.0.1:${ports.operators}/api/v1${path}`, {
    method: "POST",
    headers: { "x-api-key": OPERATOR_KEY, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}
