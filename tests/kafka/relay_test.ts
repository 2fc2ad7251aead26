/** Tests of what the relay does with rows that brokers do not take: kept for later, or begun without a message. */

import { assertEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Database } from "../../src/db/db.ts";
import type { OutMessage } from "../../src/kafka/client.ts";
import { KafkaError } from "../../src/kafka/faults.ts";
import type { Claimed, Outbox, Outgoing } from "../../src/kafka/outbox.ts";
import { createRelay } from "../../src/kafka/relay.ts";
import { createLogger } from "../../src/telemetry/log.ts";

const log = createLogger({ level: "ERROR", format: "json", clock: systemClock, write: () => {} });
const topics = {
  execution: { name: "e", deadLetters: "e.dlq" },
  cancellation: { name: "c", deadLetters: "c.dlq" },
};

function rowOf(id: number, input: unknown): Outgoing {
  return {
    id,
    claims: 1,
    kind: "execution",
    runId: `00000000-0000-4000-8000-${String(id).padStart(12, "0")}`,
    createdAt: new Date(0),
    workflowId: "w",
    workflowName: "triage",
    version: 1,
    input,
    cancelledBy: null,
    reason: null,
  };
}

/** A relay over these rows, and what became of each. */
function scene(rows: Outgoing[], publish: (messages: readonly OutMessage[]) => Promise<void>) {
  const became: string[] = [];
  const note = (word: string) => (_: number, claimed: readonly Claimed[]) => {
    became.push(...claimed.map(({ id }) => `${word} ${id}`));
    return Promise.resolve();
  };
  const left = [...rows];
  const outbox: Outbox = {
    claim: () => Promise.resolve(left.splice(0)),
    // Two at a time, as where inputs are large.
    load: (_, claimed) => Promise.resolve(rows.filter(({ id }) => claimed.some((one) => one.id === id)).slice(0, 2)),
    remove: note("removed"),
    release: note("released"),
    noteFault: (_, fault) => Promise.resolve(void became.push(fault)),
    tidy: () => Promise.resolve({ rows: 0, oldestSeconds: 0 }),
  };
  /** Gives the definition to who reads it, and one row to who lets a job begin. */
  const sql = () => Promise.resolve([{ definition: { start_step: "a", steps: {} } }]);
  const db = { scoped: (_: unknown, body: (sql: unknown) => unknown) => body(sql) } as unknown as Database;
  const outcomes: string[] = [];
  const relay = createRelay({
    db,
    outbox,
    client: { publish },
    settings: { topics, maxMessageBytes: 10_000 },
    installation: () => Promise.resolve(1),
    clock: systemClock,
    log,
    wake: () => became.push("woken"),
    onPublished: ({ outcome, count }) => outcomes.push(`${outcome} ${count}`),
    onState: () => {},
    onTidied: () => {},
  });
  return { relay, became, outcomes };
}

Deno.test("rows are published in bounded requests, and removed once the brokers have them", async () => {
  const sent: string[][] = [];
  const { relay, became, outcomes } = scene([1, 2, 3].map((id) => rowOf(id, { id })), (messages) => {
    sent.push(messages.map(({ key }) => String(key)));
    return Promise.resolve();
  });
  assertEquals(await relay.drain(), 3);
  assertEquals(sent.map(({ length }) => length), [2, 1]);
  assertEquals(sent[0]![0], "run-00000000-0000-4000-8000-000000000001");
  assertEquals([became, outcomes], [["removed 1", "removed 2", "removed 3"], ["sent 2", "sent 1"]]);
});

Deno.test("rows that brokers do not take are released, those before them are removed", async () => {
  let requests = 0;
  const publish = () => ++requests === 1 ? Promise.resolve() : Promise.reject(new KafkaError(new Error("away")));
  const { relay, became } = scene([1, 2, 3].map((id) => rowOf(id, {})), publish);
  await assertRejectsLike(() => relay.drain(), { name: "KafkaError", fault: "no broker answers" });
  assertEquals(became, ["removed 1", "removed 2", "released 3", "no broker answers"]);
});

Deno.test("a run larger than a message, by our limit or by the topic's, begins without one", async () => {
  const refusal = Object.assign(new Error("too large"), { apiId: "MESSAGE_TOO_LARGE" });
  const publish = (messages: readonly OutMessage[]) =>
    messages.some(({ value }) => value.byteLength > 5_000)
      ? Promise.reject(new KafkaError(refusal))
      : Promise.resolve();
  const rows = [rowOf(1, { text: "x".repeat(20_000) }), rowOf(2, { text: "x".repeat(6_000) }), rowOf(3, {})];
  const { relay, became, outcomes } = scene(rows, publish);
  await relay.drain();
  assertEquals(became, ["woken", "removed 1", "woken", "removed 2", "removed 3"]);
  assertEquals(outcomes, ["too_large 1", "too_large 1", "sent 1"]);
});
