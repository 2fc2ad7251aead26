/** The client library behind one small port: publish, consume, and whether brokers answer. It is loaded when it is first used. */

import type { Buffer } from "node:buffer";
import type { Consumer, Message, MessagesStream, Producer } from "@platformatic/kafka";
import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import { KafkaError } from "./faults.ts";
import type { KafkaSettings } from "./settings.ts";

export interface OutMessage {
  topic: string;
  key: Buffer;
  value: Buffer;
  headers: ReadonlyMap<Buffer, Buffer>;
}

export interface InMessage {
  topic: string;
  partition: number;
  offset: bigint;
  /** Milliseconds. */
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: readonly (readonly [Buffer, Buffer])[];
  leaderEpoch: number;
}

export interface Subscription {
  /** At least one message, at most `most`; undefined once it ended. Rejects with KafkaError, as commit() does. */
  next(most: number): Promise<InMessage[] | undefined>;
  /** All messages up to these are processed: the group goes on behind them. */
  commit(messages: readonly InMessage[]): Promise<void>;
  /** Messages behind which the group is, by topic, in the partitions that this member has. Rejects with KafkaError. */
  lag(): Promise<ReadonlyMap<string, number>>;
  /** What waits for messages is given none. */
  end(): void;
  /** Leaves the group. Never rejects. */
  close(): Promise<void>;
}

/** All reject with KafkaError. */
export interface KafkaClient {
  /** Gives when all in-sync replicas have them. One that rejects may have sent some. */
  publish(messages: readonly OutMessage[]): Promise<void>;
  /** Joins the group. Topics that are missing are made, where the login may. */
  subscribe(topics: readonly string[], alsoMade: readonly string[]): Promise<Subscription>;
  /** Rejects unless a broker answers and knows the topics. */
  check(topics: readonly string[]): Promise<void>;
  /** Never rejects. */
  close(): Promise<void>;
}

const CONNECT_MS = 3_000;
/** Of one request; a broker that restarts is away for longer, and is asked again by the callers. */
const REQUEST_MS = 5_000;
/** Of all that publish() does: below the time that claims of the outbox last. */
const PUBLISH_MS = 15_000;
const CLOSE_MS = 2_000;
/** A member that ended without a word is missed by then. */
const SESSION_MS = 10_000;
const FETCH_BYTES = 4_194_304;
const FETCH_PARTITION_BYTES = 1_048_576;
/** A fetch without messages ends by then, so that a stop does not wait. */
const FETCH_WAIT_MS = 1_000;
const BUFFERED = 500;

type BufferProducer = Producer<Buffer, Buffer, Buffer, Buffer>;
type BufferConsumer = Consumer<Buffer, Buffer, Buffer, Buffer>;
type BufferStream = MessagesStream<Buffer, Buffer, Buffer, Buffer>;

/** Reads the files of certificates: throws START_FAILED for one that cannot be read. Nothing is connected. */
export async function createKafkaClient(settings: KafkaSettings, { clock }: { clock: Clock }): Promise<KafkaClient> {
  const { brokers, clientId, groupId, sasl } = settings;
  const base = {
    clientId,
    bootstrapBrokers: [...brokers],
    tls: settings.tls && await readCertificates(settings.tls),
    tlsServerName: true,
    sasl,
    connectTimeout: CONNECT_MS,
    timeout: REQUEST_MS,
    retries: 2,
    retryDelay: 300,
  };
  let producing: BufferProducer | undefined;

  async function producer(): Promise<BufferProducer> {
    const { Producer } = await import("@platformatic/kafka");
    return producing ??= quiet(new Producer<Buffer, Buffer, Buffer, Buffer>({ ...base, idempotent: true, acks: -1 }));
  }

  /** After a failure its numbers of messages may no longer be those of the broker. */
  async function dropProducer(): Promise<void> {
    const failed = producing;
    producing = undefined;
    if (failed) await within(clock, CLOSE_MS, failed.close()).catch(() => {});
  }

  async function makeTopics(topics: readonly string[]): Promise<void> {
    const { Admin } = await import("@platformatic/kafka");
    const admin = quiet(new Admin(base));
    try {
      const known = new Set(
        await admin.listTopics().catch((error) => {
          throw new KafkaError(error);
        }),
      );
      for (const topic of topics) {
        if (known.has(topic)) continue;
        // As many partitions and replicas as the brokers give by themselves. Another instance may be faster, and a login may
        // not be allowed to: whether the topic is there is seen by its use.
        await admin.createTopics({ topics: [topic], partitions: -1, replicas: -1 }).catch(() => {});
      }
    } finally {
      await within(clock, CLOSE_MS, admin.close()).catch(() => {});
    }
  }

  return {
    publish: async (messages) => {
      const sending = await producer();
      try {
        const sent = messages.map(({ headers, ...message }) => ({ ...message, headers: new Map(headers) }));
        await within(clock, PUBLISH_MS, sending.send({ messages: sent }));
      } catch (error) {
        await dropProducer();
        throw new KafkaError(error);
      }
    },
    subscribe: async (topics, alsoMade) => {
      const { Consumer } = await import("@platformatic/kafka");
      await makeTopics([...topics, ...alsoMade]);
      const consumer = quiet(
        new Consumer<Buffer, Buffer, Buffer, Buffer>({
          ...base,
          groupId,
          sessionTimeout: SESSION_MS,
          rebalanceTimeout: 3 * SESSION_MS,
          heartbeatInterval: SESSION_MS / 5,
          maxWaitTime: FETCH_WAIT_MS,
          maxBytes: FETCH_BYTES,
          maxBytesPerPartition: FETCH_PARTITION_BYTES,
        }),
      );
      try {
        const stream = await consumer.consume({
          topics: [...topics],
          autocommit: false,
          mode: "committed",
          fallbackMode: "earliest",
          highWaterMark: BUFFERED,
        });
        return subscriptionOf({ consumer, stream, topics, clock });
      } catch (error) {
        await within(clock, CLOSE_MS, consumer.close(true)).catch(() => {});
        throw new KafkaError(error);
      }
    },
    check: async (topics) => {
      const asked = await producer();
      try {
        await asked.metadata({ topics: [...topics], forceUpdate: true });
      } catch (error) {
        if (asked === producing) await dropProducer();
        throw new KafkaError(error);
      }
    },
    close: dropProducer,
  };
}

function subscriptionOf(
  { consumer, stream, topics, clock }: {
    consumer: BufferConsumer;
    stream: BufferStream;
    topics: readonly string[];
    clock: Clock;
  },
): Subscription {
  let failure: unknown;
  let ended = false;
  let came = () => {};
  // Each of these is heard while nothing waits, too: an error without a listener would end the program.
  stream.on("readable", () => came());
  stream.on("error", (error: unknown) => {
    failure = error ?? new Error("The stream of messages ended");
    came();
  });
  const end = () => {
    ended = true;
    came();
  };
  stream.on("end", end);
  stream.on("close", end);
  return {
    next: async (most) => {
      for (;;) {
        if (failure !== undefined) throw new KafkaError(failure);
        const batch: InMessage[] = [];
        while (batch.length < most) {
          const message = stream.read() as Message<Buffer, Buffer, Buffer, Buffer> | null;
          if (message === null) break;
          batch.push(toInMessage(message));
        }
        if (batch.length > 0) return batch;
        if (ended) return undefined;
        await new Promise<void>((resolve) => came = resolve);
      }
    },
    commit: async (messages) => {
      const last = new Map<string, InMessage>();
      for (const message of messages) {
        const key = `${message.topic} ${message.partition}`;
        const known = last.get(key);
        if (!known || known.offset < message.offset) last.set(key, message);
      }
      await consumer.commit({
        offsets: [...last.values()].map(({ topic, partition, offset, leaderEpoch }) => ({
          topic,
          partition,
          offset: offset + 1n,
          leaderEpoch,
        })),
      }).catch((error) => {
        throw new KafkaError(error);
      });
    },
    lag: async () => {
      const found = await within(clock, REQUEST_MS, consumer.getLag({ topics: [...topics] })).catch((error) => {
        throw new KafkaError(error);
      });
      // Below 0: a partition of another member.
      const sum = (partitions: readonly bigint[]) =>
        partitions.reduce((total, lag) => total + Math.max(0, Number(lag)), 0);
      return new Map([...found].map(([topic, partitions]) => [topic, sum(partitions)]));
    },
    end,
    close: async () => {
      end();
      await within(clock, CLOSE_MS, consumer.close(true)).catch(() => {});
      stream.destroy();
    },
  };
}

function toInMessage(message: Message<Buffer, Buffer, Buffer, Buffer>): InMessage {
  const { topic, partition, offset, timestamp, key, value, headerEntries, leaderEpoch } = message;
  return {
    topic,
    partition,
    offset,
    timestamp: Number(timestamp),
    key: key ?? null,
    value: value ?? null,
    headers: headerEntries,
    leaderEpoch,
  };
}

/** What it emits of errors is thrown where it matters as well. */
function quiet<Client extends { on(event: "error", listener: () => void): unknown }>(client: Client): Client {
  client.on("error", () => {});
  return client;
}

/** Rejects where it takes longer; what was begun is left alone. */
async function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = clock.sleep(ms, over.signal).then(() => {
    throw new Error(`No answer in ${ms} ms`);
  });
  late.catch(() => {});
  work.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}

async function readCertificates({ caFile, certFile, keyFile }: NonNullable<KafkaSettings["tls"]>) {
  const read = async (variable: string, file: string | undefined) => {
    if (file === undefined) return undefined;
    try {
      return await Deno.readTextFile(file);
    } catch (error) {
      throw new AppError("START_FAILED", `Cannot read ${variable} "${file}": ${(error as Error).message}`);
    }
  };
  const ca = await read("KAFKA_SSL_CA_FILE", caFile);
  const cert = await read("KAFKA_SSL_CERT_FILE", certFile);
  const key = await read("KAFKA_SSL_KEY_FILE", keyFile);
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}
