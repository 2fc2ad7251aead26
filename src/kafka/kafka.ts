/** Runs of workflows handed on through Kafka: what accepts and cancels them writes to the outbox; relay and consumer do the rest. */

import type { Home } from "../access/home.ts";
import type { Clock } from "../base/clock.ts";
import type { Database } from "../db/db.ts";
import { awaitMessage } from "../queue/awaited.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Dispatch } from "../workflows/executions.ts";
import { type ApplyOptions, createApply } from "./apply.ts";
import { createKafkaClient } from "./client.ts";
import { type ConsumerOptions, createMessageConsumer, type MessageConsumer } from "./consumer.ts";
import { KafkaError } from "./faults.ts";
import { addToOutbox, createOutbox } from "./outbox.ts";
import { createRelay, type RelayOptions } from "./relay.ts";
import type { KafkaSettings } from "./settings.ts";

export interface Kafka {
  dispatch: Dispatch;
  /** "connected", or why it is not, within 2 s. */
  health(): Promise<string>;
  /** Of this instance's partitions; undefined while it is in no group. */
  lag: MessageConsumer["lag"];
  /** Publishes from now on; with `consume` it takes part in the group, too. */
  run(options: { consume: boolean }): void;
  /** Both end after what is in progress, or after `graceMs`. Never rejects. */
  stop(graceMs: number): Promise<void>;
}

export interface KafkaOptions {
  db: Pick<Database, "scoped">;
  settings: KafkaSettings;
  home(): Promise<Home>;
  clock: Clock;
  log: Logger;
  wake(): void;
  /** Without the dispatch: what a message starts needs no other. */
  apply: Pick<ApplyOptions, "executions" | "workflows" | "runs" | "onCancelled" | "audit">;
  maxDepth: number;
  keptDays: number;
  observer:
    & Pick<RelayOptions, "onPublished" | "onTidied">
    & Pick<ConsumerOptions, "onConsumed" | "onDeadLetter">
    & { onState(part: "producer" | "consumer", isConnected: boolean): void };
}

const PROBE_MS = 2_000;
/** Probes of many callers share one look at the brokers. */
const PROBE_AGE_MS = 1_000;

/** Throws START_FAILED for a file of certificates that cannot be read. */
export async function createKafka(options: KafkaOptions): Promise<Kafka> {
  const { db, settings, home, clock, log, wake, observer } = options;
  const client = await createKafkaClient(settings, { clock });
  const relay = createRelay({
    ...observer,
    db,
    outbox: createOutbox(db),
    client,
    settings,
    installation: async () => (await home()).installationId,
    clock,
    log,
    wake,
    onState: (fault) => observer.onState("producer", fault === undefined),
  });
  const dispatch: Dispatch = {
    accepted: async (sql, run) => {
      await awaitMessage(sql, { ...run, withinMs: settings.fallbackMs });
      await addToOutbox(sql, { ...run, kind: "execution" });
    },
    cancelled: (sql, run) => addToOutbox(sql, { ...run, kind: "cancellation" }),
    wake: relay.wake,
  };
  const consumer = createMessageConsumer({
    ...observer,
    client,
    apply: createApply({ ...options.apply, db, clock, wake }),
    home,
    settings,
    maxDepth: options.maxDepth,
    keptDays: options.keptDays,
    clock,
    log,
    onState: (fault) => observer.onState("consumer", fault === undefined),
  });

  async function probe(): Promise<string> {
    const late = new AbortController();
    const timeout = clock.sleep(PROBE_MS, late.signal).then(() => "disconnected: no broker answers", () => "");
    const names = Object.values(settings.topics).map(({ name }) => name);
    const asked = client.check(names).then(
      () => "connected",
      (error) => `disconnected: ${error instanceof KafkaError ? error.fault : "no broker answers"}`,
    );
    const word = await Promise.race([asked, timeout]);
    late.abort();
    observer.onState("producer", word === "connected");
    return word;
  }

  let last: { untilMs: number; word: Promise<string> } | undefined;
  return {
    dispatch,
    health: () => {
      if (!last || last.untilMs <= clock.monotonicMs()) {
        last = { untilMs: clock.monotonicMs() + PROBE_AGE_MS, word: probe() };
      }
      return last.word;
    },
    lag: consumer.lag,
    run: ({ consume }) => {
      relay.run();
      if (consume) consumer.run();
    },
    stop: async (graceMs) => {
      await consumer.stop(graceMs);
      const over = new AbortController();
      await Promise.race([relay.stop(), clock.sleep(graceMs, over.signal).catch(() => {})]);
      over.abort();
      await client.close();
    },
  };
}
