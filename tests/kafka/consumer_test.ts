/** Tests of the order in which the consumer does things: state first, then the offset; and what is no poison. */

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { AppError } from "../../src/base/errors.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Apply } from "../../src/kafka/apply.ts";
import type { InMessage, OutMessage } from "../../src/kafka/client.ts";
import { createMessageConsumer } from "../../src/kafka/consumer.ts";
import { KafkaError } from "../../src/kafka/faults.ts";
import { createLogger } from "../../src/telemetry/log.ts";

const topics = {
  execution: { name: "e", deadLetters: "e.dlq" },
  cancellation: { name: "c", deadLetters: "c.dlq" },
};
const RUN = "018bcfe5-6800-4000-8abc-0a1b2c3d4e5f";
const log = createLogger({ level: "ERROR", format: "json", clock: systemClock, write: () => {} });

function cancellation(offset: bigint, more: Partial<InMessage> = {}): InMessage {
  const value = { run_id: RUN, cancelled_by: "x", message_type: "cancellation_request" };
  return {
    topic: "c",
    partition: 0,
    offset,
    timestamp: Date.now(),
    key: null,
    value: Buffer.from(JSON.stringify(value)),
    headers: [],
    leaderEpoch: 0,
    ...more,
  };
}

interface Scene {
  cancel?: Apply["cancel"];
  publish?: (messages: readonly OutMessage[]) => Promise<void>;
  execute?: Apply["execute"];
  commit?: () => Promise<void>;
}

/** What is done with the messages, in order, until all were committed. */
async function consume(messages: InMessage[], { cancel, publish, execute, commit }: Scene): Promise<string[]> {
  const done: string[] = [];
  const committed = Promise.withResolvers<void>();
  const waiting = [messages];
  const ended = Promise.withResolvers<undefined>();
  const consumer = createMessageConsumer({
    client: {
      subscribe: () =>
        Promise.resolve({
          next: async () => waiting.shift() ?? await ended.promise,
          commit: async (batch) => {
            try {
              await commit?.();
            } catch (error) {
              // The broker gives them again to who joins next.
              waiting.push(messages);
              throw error;
            }
            done.push(`commit ${batch.map(({ offset }) => offset)}`);
            committed.resolve();
          },
          lag: () => Promise.resolve(new Map()),
          end: () => ended.resolve(undefined),
          close: () => Promise.resolve(),
        }),
      publish: async (sent) => {
        await publish?.(sent);
        done.push(...sent.map(({ topic }) => `dead letter ${topic}`));
      },
    },
    apply: {
      hints: () => Promise.resolve(new Set()),
      planFaults: () => Promise.resolve([]),
      execute: execute ?? (() => Promise.resolve({ outcome: "started" })),
      cancel: async (home, request) => {
        const applied = await cancel?.(home, request) ?? { outcome: "cancelled" as const };
        done.push(applied.outcome);
        return applied;
      },
    },
    home: () => Promise.resolve({ installationId: 1, generation: 1, workspaceId: "w" }),
    settings: { topics, maxMessageBytes: 1_000 },
    maxDepth: 10,
    keptDays: 30,
    clock: { ...systemClock, sleep: () => Promise.resolve() },
    log,
    onConsumed: () => {},
    onDeadLetter: () => {},
    onState: () => {},
  });
  consumer.run();
  await committed.promise;
  await consumer.stop(60_000);
  return done;
}

/** Throws each of these, then gives the rest. */
function failing<T>(errors: unknown[], value: T): () => Promise<T> {
  return () => errors.length > 0 ? Promise.reject(errors.shift()) : Promise.resolve(value);
}

Deno.test("the group goes on behind a message once its state is stored, all of a batch at once", async () => {
  assertEquals(await consume([cancellation(7n), cancellation(8n)], {}), ["cancelled", "cancelled", "commit 7,8"]);
});

Deno.test("a database that is away is awaited: the message is no dead letter, and nothing is committed before", async () => {
  const away = Object.assign(new Error("gone"), { code: "ECONNREFUSED" });
  const overloaded = new AppError("OVERLOADED", "Cannot read: too slow", { retryable: true });
  const limited = new AppError("RATE_LIMITED", "Cannot execute: too many", { details: { retryInMs: 5 } });
  const errors = Array.from({ length: 20 }, (_, index) => [away, overloaded, limited][index % 3]);
  const cancel = failing(errors, { outcome: "cancelled" as const });
  assertEquals(await consume([cancellation(1n)], { cancel }), ["cancelled", "commit 1"]);
});

Deno.test("a message that fails for no known reason is tried 5 times, and is then a dead letter before it is committed", async () => {
  let tries = 0;
  const cancel = () => {
    tries++;
    return Promise.reject(new Error("broken"));
  };
  // The dead-letter topic is away for a while, too.
  const publish = failing([new KafkaError(new Error("away")), new KafkaError(new Error("away"))], undefined);
  assertEquals(await consume([cancellation(1n)], { cancel, publish }), ["dead letter c.dlq", "commit 1"]);
  assertEquals(tries, 5);
});

Deno.test("no message stops its partition: neither one with a time that is none, nor one that its dead-letter topic does not take", async () => {
  const sent: OutMessage[] = [];
  const publish = (messages: readonly OutMessage[]) => {
    if (messages.some(({ value }) => value.byteLength > 100)) {
      return Promise.reject(new KafkaError({ apiId: "MESSAGE_TOO_LARGE" }));
    }
    return Promise.resolve(void sent.push(...messages));
  };
  const strange = cancellation(1n, { value: Buffer.from("{"), timestamp: 2 ** 62 });
  const large = cancellation(2n, { value: Buffer.from(`"${"x".repeat(200)}"`) });
  const done = await consume([strange, large], { publish });
  assertEquals(done, ["dead letter c.dlq", "dead letter c.dlq", "commit 1,2"]);
  const headers = sent.map(({ headers }) =>
    Object.fromEntries([...headers].map(([name, text]) => [String(name), String(text)]))
  );
  assertEquals(headers.map((all) => [all["dlq.error"], all["dlq.left_out_bytes"]]), [
    ["unreadable", undefined],
    ["unknown_type", "202"],
  ]);
  assertEquals(headers[0]!["dlq.timestamp"], String(2 ** 62));
});

Deno.test("a commit that the group refuses leads to a new membership, and the messages come again", async () => {
  const commit = failing([new KafkaError(new Error("rebalance"))], undefined);
  assertEquals(await consume([cancellation(1n)], { commit }), ["cancelled", "cancelled", "commit 1"]);
});

Deno.test("a message above the limit keeps its place alone, and one older than runs are kept starts none", async () => {
  const sent: OutMessage[] = [];
  const large = cancellation(1n, { value: Buffer.alloc(2_000) });
  const value = {
    run_id: RUN,
    workflow_plan: { name: "w", start_step: "a", steps: { a: { agent_name: "x" } } },
    message_type: "execution_request",
  };
  const old = cancellation(2n, {
    topic: "e",
    value: Buffer.from(JSON.stringify(value)),
    timestamp: Date.now() - 31 * 86_400_000,
  });
  const done = await consume([large, old], {
    publish: (messages) => Promise.resolve(void sent.push(...messages)),
    execute: () => Promise.reject(new Error("started")),
  });
  assertEquals(done, ["dead letter c.dlq", "dead letter e.dlq", "commit 1,2"]);
  const headers = sent.map(({ headers }) =>
    Object.fromEntries([...headers].map(([name, text]) => [String(name), String(text)]))
  );
  assertEquals([headers[0]!["dlq.error"], headers[0]!["dlq.left_out_bytes"], sent[0]!.value.byteLength], [
    "too_large",
    "2000",
    0,
  ]);
  assertEquals(headers[1]!["dlq.error"], "too_old");
  assert(sent[1]!.value.byteLength > 0);
});
