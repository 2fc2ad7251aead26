/** The relay: publishes what the outbox holds, in bounded batches, and removes what the brokers have. */

import { backoffMs } from "../base/backoff.ts";
import { createBoundedCache } from "../base/bounded_cache.ts";
import type { Clock } from "../base/clock.ts";
import type { Database } from "../db/db.ts";
import { messagesCame } from "../queue/awaited.ts";
import type { Logger } from "../telemetry/log.ts";
import type { WorkflowDefinition } from "../workflows/definition.ts";
import type { KafkaClient, OutMessage } from "./client.ts";
import { KafkaError, type KafkaFault } from "./faults.ts";
import { planText, sizeOf, toMessage } from "./message.ts";
import type { Claimed, Outbox, Outgoing } from "./outbox.ts";
import type { KafkaSettings, TopicKind } from "./settings.ts";

export interface RelayOptions {
  db: Pick<Database, "scoped">;
  outbox: Outbox;
  client: Pick<KafkaClient, "publish">;
  settings: Pick<KafkaSettings, "topics" | "maxMessageBytes">;
  installation(): Promise<number>;
  clock: Clock;
  log: Logger;
  /** Of the queue. */
  wake(): void;
  onPublished(fact: { kind: TopicKind; outcome: "sent" | "failed" | "too_large"; count: number }): void;
  /** Undefined: the brokers take what is sent. */
  onState(fault: KafkaFault | undefined): void;
  onTidied(left: { rows: number; oldestSeconds: number }): void;
}

export interface Relay {
  run(): void;
  /** There is something to publish. */
  wake(): void;
  /** Publishes what is there, once (tests). Throws what publishing throws. */
  drain(): Promise<number>;
  /** Never rejects. */
  stop(): Promise<void>;
}

/** Rows of one claim. */
const BATCH = 200;
/** Inputs of one request to a broker; their definitions come on top, each once in memory. */
const BATCH_BYTES = 4_194_304;
/** Longer than publish() may take: what a process that ended had claimed is published by another then. */
const LEASE_MS = 30_000;
/** What an instance that ended has left is found so. */
const LOOK_MS = 1_000;
const TIDY_MS = 5_000;
const BACKOFF = { initialDelayMs: 500, maxDelayMs: 5_000, multiplier: 2 };
/** JSON of definitions: up to 1 MB each. */
const MAX_PLANS = 50;

export function createRelay(options: RelayOptions): Relay {
  const { db, outbox, client, settings, clock, log } = options;
  const stopping = new AbortController();
  const plans = createBoundedCache<string, string>({ max: MAX_PLANS });
  let loop: Promise<void> | undefined;
  let wanted = false;
  let woken = () => {};
  let failures = 0;
  let tidyAtMs = -Infinity;

  async function planOf(installationId: number, { workflowId, workflowName, version }: Outgoing): Promise<string> {
    const key = `${workflowId} ${version}`;
    const known = plans.get(key);
    if (known !== undefined) return known;
    const [row] = await db.scoped(
      { installationIds: [installationId] },
      (sql) =>
        sql<{ definition: WorkflowDefinition }[]>`
        select definition from workflow_version
        where installation_id = ${installationId} and workflow_id = ${workflowId} and version = ${version}`,
    );
    const text = planText(workflowName, version, row!.definition);
    plans.set(key, text);
    return text;
  }

  /** Gives how many rows are done with. */
  async function publishOnce(installationId: number): Promise<number> {
    let left: Claimed[] = await outbox.claim(installationId, { limit: BATCH, leaseMs: LEASE_MS });
    const { length } = left;
    try {
      while (left.length > 0) {
        const rows = await outbox.load(installationId, left, BATCH_BYTES);
        // What is gone from the database needs no message.
        if (rows.length === 0) break;
        await publishRows(installationId, rows);
        const done = new Set(rows.map(({ id }) => id));
        left = left.filter(({ id }) => !done.has(id));
      }
      if (left.length > 0) await outbox.remove(installationId, left);
      return length;
    } catch (error) {
      await outbox.release(installationId, left).catch(() => {});
      if (error instanceof KafkaError) await outbox.noteFault(installationId, error.fault).catch(() => {});
      throw error;
    }
  }

  async function publishRows(installationId: number, rows: readonly Outgoing[]): Promise<void> {
    const fitting: { row: Outgoing; message: OutMessage }[] = [];
    for (const row of rows) {
      const plan = row.kind === "execution" ? await planOf(installationId, row) : "";
      const message = toMessage(row, { topics: settings.topics, plan });
      if (sizeOf(message) <= settings.maxMessageBytes) fitting.push({ row, message });
      else await goOnWithout(installationId, row);
    }
    await send(installationId, fitting);
  }

  async function send(installationId: number, sent: { row: Outgoing; message: OutMessage }[]): Promise<void> {
    if (sent.length === 0) return;
    try {
      await client.publish(sent.map(({ message }) => message));
    } catch (error) {
      if (error instanceof KafkaError && error.isTooLarge) {
        // The topic takes less than KAFKA_MAX_MESSAGE_BYTES.
        if (sent.length === 1) return await goOnWithout(installationId, sent[0]!.row);
        const half = Math.ceil(sent.length / 2);
        await send(installationId, sent.slice(0, half));
        return await send(installationId, sent.slice(half));
      }
      for (const [kind, count] of countsOf(sent)) options.onPublished({ kind, outcome: "failed", count });
      throw error;
    }
    await outbox.remove(installationId, sent.map(({ row }) => row));
    for (const [kind, count] of countsOf(sent)) options.onPublished({ kind, outcome: "sent", count });
  }

  /** A run that does not fit into a message begins by the queue alone. */
  async function goOnWithout(installationId: number, row: Outgoing): Promise<void> {
    await db.scoped({ installationIds: [installationId] }, (sql) => messagesCame(sql, installationId, [row.runId]));
    options.wake();
    await outbox.remove(installationId, [row]);
    options.onPublished({ kind: row.kind, outcome: "too_large", count: 1 });
    log.warn("kafka.too_large", { run_id: row.runId, kind: row.kind, max_bytes: settings.maxMessageBytes });
  }

  async function tidy(installationId: number): Promise<void> {
    if (clock.monotonicMs() < tidyAtMs) return;
    options.onTidied(await outbox.tidy(installationId));
    tidyAtMs = clock.monotonicMs() + TIDY_MS;
  }

  /** Gives how long nothing is to be done. */
  async function work(): Promise<number> {
    try {
      const installationId = await options.installation();
      await tidy(installationId);
      const count = await publishOnce(installationId);
      if (count > 0) options.onState(undefined);
      failures = 0;
      return count > 0 ? 0 : LOOK_MS;
    } catch (error) {
      failures++;
      if (error instanceof KafkaError) options.onState(error.fault);
      // Once for each time that brokers or database go away: while they are, every attempt would say the same.
      if (failures === 1) log.warn("kafka.not_published", { error });
      return backoffMs(failures, { ...BACKOFF, jitter: false });
    }
  }

  async function serve(): Promise<void> {
    while (!stopping.signal.aborted) {
      wanted = false;
      const restMs = await work();
      if (restMs === 0) continue;
      const rest = new AbortController();
      const over = () => rest.abort();
      stopping.signal.addEventListener("abort", over);
      // A failure is not tried again sooner for each run that comes.
      if (failures === 0) woken = over;
      if (!(wanted && failures === 0)) await clock.sleep(restMs, rest.signal).catch(() => {});
      woken = () => {};
      stopping.signal.removeEventListener("abort", over);
    }
  }

  return {
    run: () => void (loop ??= serve()),
    wake: () => {
      wanted = true;
      woken();
    },
    drain: async () => {
      const installationId = await options.installation();
      let published = 0;
      for (let count = -1; count !== 0;) published += count = await publishOnce(installationId);
      return published;
    },
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}

function countsOf(sent: readonly { row: Outgoing }[]): Map<TopicKind, number> {
  const counts = new Map<TopicKind, number>();
  for (const { row: { kind } } of sent) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}
