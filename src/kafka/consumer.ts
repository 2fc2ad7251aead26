/** The consumer: takes messages in batches, applies them, and lets the group go on behind them once their state is committed. */

import type { Home } from "../access/home.ts";
import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import { isUnavailable } from "../db/db.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Applied, Apply } from "./apply.ts";
import type { InMessage, KafkaClient, Subscription } from "./client.ts";
import { KafkaError, type KafkaFault } from "./faults.ts";
import { type BadPlan, type DeadLetterReason, faultsText, type Poison, readMessage, toDeadLetter } from "./message.ts";
import type { KafkaSettings, TopicKind } from "./settings.ts";

export interface ConsumerOptions {
  client: Pick<KafkaClient, "subscribe" | "publish">;
  apply: Apply;
  home(): Promise<Home>;
  settings: Pick<KafkaSettings, "topics" | "maxMessageBytes">;
  /** Levels of nesting of a message. */
  maxDepth: number;
  /** Runs are kept for so many days; 0: for good. */
  keptDays: number;
  clock: Clock;
  log: Logger;
  onConsumed(fact: { kind: TopicKind; outcome: Applied["outcome"] | "dead_letter"; count: number }): void;
  onDeadLetter(why: DeadLetterReason): void;
  /** Undefined: it is in the group. */
  onState(fault: KafkaFault | undefined): void;
}

export interface MessageConsumer {
  run(): void;
  /** Messages that its partitions are behind; undefined while it is in no group. Rejects with KafkaError. */
  lag(): Promise<{ kind: TopicKind; messages: number }[] | undefined>;
  /** Ends after the batch in progress, or after `graceMs`: the next member of the group has it again. Never rejects. */
  stop(graceMs: number): Promise<void>;
}

const BATCH = 200;
/** Between attempts to reach brokers or database. */
const BACKOFF = { initialDelayMs: 250, maxDelayMs: 5_000, multiplier: 2 };
/** A message that fails for no known reason is a dead letter after so many attempts. */
const MAX_ATTEMPTS = 5;
const DAY_MS = 86_400_000;

/** Faults that another attempt may not meet: the message stays where it is until then. */
const RETRIED = new Set(["RATE_LIMITED", "OVERLOADED", "DATABASE_UNAVAILABLE", "LEASE_LOST"]);

export function createMessageConsumer(options: ConsumerOptions): MessageConsumer {
  const { client, apply, settings, clock, log } = options;
  const { topics } = settings;
  const kindOf = new Map(Object.entries(topics).map(([kind, { name }]) => [name, kind as TopicKind]));
  const stopping = new AbortController();
  let open: Subscription | undefined;
  let loop: Promise<void> | undefined;

  async function serve(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted;) {
      try {
        open = await client.subscribe([...kindOf.keys()], Object.values(topics).map(({ deadLetters }) => deadLetters));
        if (stopping.signal.aborted) break;
        if (failures > 0) log.info("kafka.connected");
        failures = 0;
        options.onState(undefined);
        await consume(open);
      } catch (error) {
        if (stopping.signal.aborted) break;
        if (error instanceof KafkaError) options.onState(error.fault);
        if (failures === 0) log.warn("kafka.disconnected", { error });
        failures++;
      }
      await open?.close();
      open = undefined;
      await rest(failures);
    }
    await open?.close();
  }

  async function consume(subscription: Subscription): Promise<void> {
    for (;;) {
      const batch = await subscription.next(BATCH);
      if (!batch || stopping.signal.aborted) return;
      if (!await applyAll(batch)) return;
      await subscription.commit(batch).catch((error) => {
        if (!(error instanceof KafkaError && error.isRebalance)) throw error;
      });
    }
  }

  /** Gives false where the program stops before all of it is done with: then nothing of it is committed. */
  async function applyAll(batch: readonly InMessage[]): Promise<boolean> {
    const hinted = new Map<TopicKind, string[]>();
    for (const message of batch) {
      const kind = kindOf.get(message.topic)!;
      const read = readMessage(message, kind, { maxBytes: settings.maxMessageBytes, maxDepth: options.maxDepth });
      if ("hint" in read) hinted.set(kind, [...hinted.get(kind) ?? [], read.hint.runId]);
      else if (!await untilDone(message, () => one(message, kind, read))) return false;
    }
    for (const [kind, ids] of hinted) {
      // What the request itself has cancelled needs nothing more.
      if (kind === "cancellation") options.onConsumed({ kind, outcome: "repeated", count: ids.length });
      else if (!await untilDone(undefined, () => hint(ids))) return false;
    }
    return true;
  }

  async function hint(ids: readonly string[]): Promise<void> {
    const known = await apply.hints(await options.home(), ids);
    options.onConsumed({ kind: "execution", outcome: "woken", count: known.size });
    const gone = new Set(ids).size - known.size;
    if (gone > 0) options.onConsumed({ kind: "execution", outcome: "gone", count: gone });
  }

  async function one(
    message: InMessage,
    kind: TopicKind,
    read: Exclude<ReturnType<typeof readMessage>, { hint: unknown }>,
  ): Promise<void> {
    if ("poison" in read) return await bury(message, kind, await wholePoison(read));
    const { request } = read;
    const oldest = options.keptDays === 0 ? -Infinity : clock.now() - options.keptDays * DAY_MS;
    if (request.kind === "execution" && message.timestamp < oldest) {
      // Its run may have ended and been deleted: to start it again would be to do it twice.
      const reason = `it is older than the ${options.keptDays} days for which runs are kept`;
      return await bury(message, kind, { why: "too_old", reason });
    }
    const home = await options.home();
    const { outcome } = request.kind === "execution"
      ? await apply.execute(home, request)
      : await apply.cancel(home, request);
    options.onConsumed({ kind, outcome, count: 1 });
    log.debug("kafka.consumed", { kind, outcome, run_id: request.runId });
  }

  async function wholePoison({ poison, plan }: { poison: Poison; plan?: BadPlan }): Promise<Poison> {
    if (!plan) return poison;
    const besides = await apply.planFaults(await options.home(), plan.sent);
    return { ...poison, reason: faultsText([...plan.faults, ...besides]) };
  }

  /** Gives false where the program stops first. A broker or a database that is away is awaited. */
  async function untilDone(message: InMessage | undefined, work: () => Promise<void>): Promise<boolean> {
    for (let attempt = 1, unknown = 0; !stopping.signal.aborted; attempt++) {
      try {
        await work();
        return true;
      } catch (error) {
        const isAwaited = isAway(error);
        if (!isAwaited && message) {
          const isKnown = error instanceof AppError && error.code !== "INTERNAL";
          if (!isKnown) log.error("kafka.message_failed", { ...placeOf(message), error });
          if (isKnown || ++unknown === MAX_ATTEMPTS) {
            const poison: Poison = isKnown
              ? { why: "refused", reason: sentenceOf(error) }
              : { why: "failed", reason: `it failed ${MAX_ATTEMPTS} times` };
            work = () => bury(message, kindOf.get(message.topic)!, poison);
            continue;
          }
        } else if (!isAwaited && ++unknown === MAX_ATTEMPTS) {
          // Hints: their runs begin by themselves.
          log.error("kafka.hints_failed", { error });
          return true;
        } else if (attempt === 1) log.warn("kafka.message_waits", { ...(message && placeOf(message)), error });
        await rest(attempt, retryInMs(error));
      }
    }
    return false;
  }

  /** Its way ends in the dead-letter topic; the brokers have it there before the group goes on. */
  async function bury(message: InMessage, kind: TopicKind, poison: Poison): Promise<void> {
    const topic = topics[kind].deadLetters;
    const send = (maxBytes: number) => client.publish([toDeadLetter(message, { ...poison, topic, maxBytes })]);
    await send(settings.maxMessageBytes).catch(async (error) => {
      if (!(error instanceof KafkaError && error.isTooLarge)) throw error;
      // The topic takes less than KAFKA_MAX_MESSAGE_BYTES: its place alone, or the partition would stand still for good.
      await send(0);
    });
    options.onConsumed({ kind, outcome: "dead_letter", count: 1 });
    options.onDeadLetter(poison.why);
    log.warn("kafka.dead_letter", { ...placeOf(message), dead_letters: topic, why: poison.why, reason: poison.reason });
  }

  async function rest(attempt: number, leastMs = 0): Promise<void> {
    const restMs = Math.max(leastMs, backoffMs(attempt, BACKOFF));
    await clock.sleep(restMs, stopping.signal).catch(() => {});
  }

  return {
    run: () => void (loop ??= serve()),
    lag: async () => {
      const found = await open?.lag();
      return found && [...found].map(([topic, messages]) => ({ kind: kindOf.get(topic)!, messages }));
    },
    stop: async (graceMs) => {
      stopping.abort();
      open?.end();
      const over = new AbortController();
      await Promise.race([loop, clock.sleep(graceMs, over.signal).catch(() => {})]);
      over.abort();
    },
  };
}

function isAway(error: unknown): boolean {
  return error instanceof KafkaError || isUnavailable(error) || (error instanceof AppError && RETRIED.has(error.code));
}

function retryInMs(error: unknown): number {
  const { retryInMs } = error instanceof AppError ? error.details : {};
  return typeof retryInMs === "number" ? retryInMs : 0;
}

function placeOf({ topic, partition, offset }: InMessage) {
  return { topic, partition, offset: String(offset) };
}

function sentenceOf({ message, details }: AppError): string {
  const { faults } = details;
  return Array.isArray(faults) ? `${message}: ${faultsText(faults)}` : message;
}
