/** Signed deliveries as Clockify sends them, to a chosen port, and a flow that leaves one visible effect for each. */

import { assertEquals } from "@std/assert";
import type { Simulator } from "../../src/simulator/simulator.ts";
import { eventually, OPERATOR_KEY } from "./world.ts";

export const EVENT = "TIMER_STOPPED";
/** Path of the one call that the flow makes, for addFault(). */
export const EFFECT = { method: "POST", path: "*/time-entries" };

const FLOW = {
  name: "One create",
  trigger_event_types: [EVENT],
  // Clockify makes a new entry at each call: a repeat is seen.
  actions: [{
    id: "create",
    operation_id: "createTimeEntry",
    body: {
      start: "2026-11-20T09:00:00Z",
      end: "2026-11-20T09:30:00Z",
      description: "$.webhook.id",
    },
  }],
};

export interface SignedEvents {
  /** Address and headers of one delivery. */
  request(at: number | string): { path: string; url: string; headers: Record<string, string> };
  /** Path and headers of another event's delivery. */
  other(event: string): { path: string; headers: Record<string, string> };
  body(entityId: string): string;
  /** The flows of the workspace as an operator asks for them: a request that reads the database. */
  listFlows(at: number | string): Promise<Response>;
  /** Sends the event of this entity; equal ids give equal bytes. Rejects when the connection fails. */
  send(at: number | string, entityId: string): Promise<Response>;
}

/** Asks until the answer is another than 503, which a machine gives that is busy with other tests. What is asked names an idempotency key. */
export async function untilServed(ask: () => Promise<Response>): Promise<Response> {
  return await eventually(async () => {
    const answer = await ask();
    if (answer.status !== 503) return answer;
    await answer.body?.cancel();
    return undefined;
  });
}

/** Installs the Universal Webhook add-on at a port or an address and gives it the flow. */
export async function installFlow(simulator: Simulator, at: number | string): Promise<SignedEvents> {
  const [workspace] = await simulator.workspaces();
  const workspaceId = workspace!.id;
  const base = addressOf(at);
  const { lifecycle } = await simulator.install({ manifestUrl: `${base}/manifest`, workspaceId });
  assertEquals(lifecycle.status, 200);
  const once = { "idempotency-key": crypto.randomUUID() };
  const saved = await untilServed(() =>
    fetch(`${base}/ui/flows?workspace_id=${workspaceId}`, {
      method: "POST",
      headers: { "x-api-key": OPERATOR_KEY, "content-type": "application/json", ...once },
      body: JSON.stringify(FLOW),
    })
  );
  assertEquals(saved.status, 201, await saved.text());

  const [installation] = await simulator.listInstallations();
  const other: SignedEvents["other"] = (event) => {
    const { path, authToken } = installation!.webhooks.find((webhook) => webhook.event === event)!;
    const headers = {
      "content-type": "application/json",
      "clockify-signature": authToken,
      "clockify-webhook-event-type": event,
    };
    return { path, headers };
  };
  const own = other(EVENT);
  const events: SignedEvents = {
    other,
    request: (at) => ({ ...own, url: addressOf(at) + own.path }),
    listFlows: (at) =>
      fetch(`${addressOf(at)}/ui/flows?workspace_id=${workspaceId}`, {
        headers: { "x-api-key": OPERATOR_KEY },
      }),
    body: (id) => JSON.stringify({ id, workspaceId }),
    send: (at, id) => {
      const { url, headers } = events.request(at);
      return fetch(url, { method: "POST", headers, body: events.body(id) });
    },
  };
  return events;
}

function addressOf(at: number | string): string {
  return typeof at === "number" ? `http://127.0.0.1:${at}` : at;
}

/** Status of an answer whose body does not matter. */
export async function statusOf(answer: Promise<Response>): Promise<number> {
  const { status, body } = await answer;
  await body?.cancel();
  return status;
}

/** Ids of `count` new entities. */
export function newIds(count: number): string[] {
  return Array.from({ length: count }, () => crypto.randomUUID().replaceAll("-", "").slice(0, 24));
}

/** The flow's calls by entity: the Idempotency-Key of each try, and whether Clockify acted on one. */
export function effects(simulator: Simulator): Map<string, { keys: string[]; done: boolean }> {
  const found = new Map<string, { keys: string[]; done: boolean }>();
  for (const { method, path, body, headers, status } of simulator.requests) {
    if (method !== "POST" || !path.endsWith("/time-entries")) continue;
    const id = String(JSON.parse(body).description);
    const effect = found.get(id) ?? { keys: [], done: false };
    effect.keys.push(String(headers["idempotency-key"]));
    effect.done ||= status === 201;
    found.set(id, effect);
  }
  return found;
}
