/** A private Kafka broker for tests: one node in KRaft mode on free ports of loopback, stopped and started at will. */

import { join } from "node:path";
import { Admin, Consumer, type Consumer as LibraryConsumer, Producer } from "@platformatic/kafka";
import { Buffer } from "node:buffer";
import { killChild } from "./child.ts";
import { hasJars, KAFKA_DIR } from "./kafka_jars.ts";
import { eventually } from "./world.ts";

/** Undefined, or why there can be no broker here. */
export const KAFKA_MISSING: string | undefined = await (async (): Promise<string | undefined> => {
  const java = await new Deno.Command("java", { args: ["-version"], stderr: "piped" }).output().catch(() => undefined);
  if (!java?.success) return "no java on PATH; install Debian's openjdk-17-jre-headless";
  if (!await hasJars()) return "no jars of Kafka; run deno run -A tests/support/kafka_jars.ts, which needs Maven";
  return undefined;
})();

export const SASL = { username: "timewire", password: "broker-marker-7d1f2c" };

export interface KafkaBroker {
  /** For KAFKA_BROKERS. */
  brokers: string;
  /** The same by TLS and with a login, where it was started so: PLAIN or SCRAM-SHA-512. */
  secured?: string;
  /** With a login by SCRAM-SHA-256 and without TLS. */
  saslPlaintext?: string;
  /** By TLS, for those alone that have a certificate of the same root. */
  mutualTls?: string;
  /** Ends the process; what it stored stays. */
  stop(): Promise<void>;
  /** Again on the same ports. */
  start(): Promise<void>;
  /** Ends it and removes what it stored. */
  remove(): Promise<void>;
}

/** Less work for the JVM: a broker of tests lives for a minute. */
const JVM = ["-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"];
const CLASSPATH = ["-cp", join(KAFKA_DIR, "libs", "*")];

export interface KafkaOptions {
  /** PEM of a certificate for localhost with its key and root: listeners of all kinds beside the plain one. */
  tls?: { ca: string; cert: string; key: string };
}

export async function startKafka({ tls }: KafkaOptions = {}): Promise<KafkaBroker> {
  const folder = await Deno.makeTempDir({ prefix: "timewire-kafka-" });
  const [plain, secure, login, mutual, controller] = freePorts(5);
  const file = join(folder, "server.properties");
  await Deno.writeTextFile(
    file,
    await properties({
      folder,
      plain: plain!,
      secure: secure!,
      login: login!,
      mutual: mutual!,
      controller: controller!,
      tls,
    }),
  );
  const { success, stdout, stderr } = await new Deno.Command("java", {
    args: [
      ...JVM,
      ...CLASSPATH,
      ...["kafka.tools.StorageTool", "format", "-t", "dGltZXdpcmUtdGVzdHMtMA", "-c", file],
      ...["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) =>
        tls ? ["--add-scram", `${mechanism}=[name=${SASL.username},password=${SASL.password}]`] : []
      ),
    ],
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (!success) {
    throw new Error(`Cannot format: ${new TextDecoder().decode(stdout)}${new TextDecoder().decode(stderr)}`);
  }
  let process: Deno.ChildProcess | undefined;
  const brokers = `127.0.0.1:${plain}`;
  const broker: KafkaBroker = {
    brokers,
    ...(tls && {
      secured: `localhost:${secure}`,
      saslPlaintext: `127.0.0.1:${login}`,
      mutualTls: `localhost:${mutual}`,
    }),
    start: async () => {
      process = new Deno.Command("java", {
        args: [...JVM, ...CLASSPATH, "kafka.Kafka", file],
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
      let ended = false;
      void process.status.then(() => ended = true);
      await eventually(async () => {
        if (ended) throw new Error("The broker ended at its start");
        return await answers(brokers);
      });
    },
    stop: async () => {
      if (!process) return;
      killChild(process, "SIGKILL");
      await process.status;
      process = undefined;
    },
    remove: async () => {
      await broker.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
  await broker.start();
  return broker;
}

async function answers(brokers: string): Promise<boolean> {
  const [hostname, port] = brokers.split(":");
  const connection = await Deno.connect({ hostname, port: Number(port) }).catch(() => undefined);
  connection?.close();
  if (!connection) return false;
  const admin = new Admin({ clientId: "tests", bootstrapBrokers: [brokers], retries: 0, connectTimeout: 1_000 });
  try {
    await admin.listTopics();
    return true;
  } catch {
    return false;
  } finally {
    await admin.close();
  }
}

async function properties({ folder, plain, secure, login: withLogin, mutual, controller, tls }: {
  folder: string;
  plain: number;
  secure: number;
  login: number;
  mutual: number;
  controller: number;
} & KafkaOptions): Promise<string> {
  const listeners = [
    `PLAINTEXT://127.0.0.1:${plain}`,
    ...(tls
      ? [`SASL_SSL://localhost:${secure}`, `SASL_PLAINTEXT://127.0.0.1:${withLogin}`, `SSL://localhost:${mutual}`]
      : []),
  ];
  const login = `username="${SASL.username}" password="${SASL.password}"`;
  const module = "org.apache.kafka.common.security";
  if (tls) {
    await Deno.writeTextFile(join(folder, "key.pem"), `${tls.key}\n${tls.cert}`);
    await Deno.writeTextFile(join(folder, "ca.pem"), tls.ca);
  }
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=${[...listeners, `CONTROLLER://127.0.0.1:${controller}`].join(",")}
advertised.listeners=${listeners.join(",")}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=${join(folder, "data")}
num.partitions=4
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.coordinator.threads=1
broker.session.timeout.ms=1000
broker.heartbeat.interval.ms=200
${
    tls
      ? `ssl.keystore.type=PEM
ssl.keystore.location=${join(folder, "key.pem")}
ssl.truststore.type=PEM
ssl.truststore.location=${join(folder, "ca.pem")}
listener.name.ssl.ssl.client.auth=required
listener.name.sasl_ssl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.sasl_ssl.plain.sasl.jaas.config=${module}.plain.PlainLoginModule required ${login} user_${SASL.username}="${SASL.password}";
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=${module}.scram.ScramLoginModule required ${login};
listener.name.sasl_plaintext.sasl.enabled.mechanisms=SCRAM-SHA-256
listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config=${module}.scram.ScramLoginModule required ${login};
`
      : ""
  }`;
}

function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  return listeners.map((listener) => {
    const { port } = listener.addr as Deno.NetAddr;
    listener.close();
    return port;
  });
}

/** Another program on the same topics. */
export interface Outsider {
  send(topic: string, value: unknown, options?: { key?: string; headers?: Record<string, string> }): Promise<void>;
  /** What the topic holds now and gets later, from its beginning, by any of `find`; each message once. */
  find(topic: string, fits: (message: Seen) => boolean): Promise<Seen>;
  /** Offset that the group goes on at, by partition. */
  committed(group: string, topic: string): Promise<bigint>;
  stop(): Promise<void>;
}

export interface Seen {
  key: string;
  value: string;
  headers: Record<string, string>;
  partition: number;
  offset: bigint;
}

export function outsiderOf(brokers: string): Outsider {
  const base = { clientId: "outsider", bootstrapBrokers: [brokers] };
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({ ...base, acks: -1 });
  const readers = new Map<string, { seen: Seen[]; close(): Promise<unknown> }>();

  async function read(topic: string): Promise<Seen[]> {
    const known = readers.get(topic);
    if (known) return known.seen;
    const seen: Seen[] = [];
    const consumer: LibraryConsumer<Buffer, Buffer, Buffer, Buffer> = new Consumer({
      ...base,
      groupId: `outsider-${crypto.randomUUID()}`,
      maxWaitTime: 200,
    });
    readers.set(topic, { seen, close: () => consumer.close(true) });
    const stream = await consumer.consume({ topics: [topic], mode: "earliest", autocommit: false });
    stream.on("error", () => {});
    stream.on("data", ({ key, value, headers, partition, offset }) => {
      const entries = [...headers].map(([name, text]) => [name.toString(), text.toString()]);
      seen.push({
        key: key?.toString() ?? "",
        value: value?.toString() ?? "",
        headers: Object.fromEntries(entries),
        partition,
        offset,
      });
    });
    return seen;
  }

  return {
    send: async (topic, value, { key = "outside", headers = {} } = {}) => {
      const bytes = value instanceof Uint8Array
        ? Buffer.from(value)
        : Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
      const entries = Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)] as const);
      await producer.send({ messages: [{ topic, key: Buffer.from(key), value: bytes, headers: new Map(entries) }] });
    },
    find: async (topic, fits) => {
      const seen = await read(topic);
      return await eventually(() => Promise.resolve(seen.find(fits)));
    },
    committed: async (group, topic) => {
      const admin = new Admin(base);
      try {
        const groups = await admin.listConsumerGroupOffsets({ groups: [group] });
        const partitions = groups[0]?.topics.find(({ name }) => name === topic)?.partitions ?? [];
        return partitions.reduce((sum, { committedOffset }) => sum + (committedOffset > 0n ? committedOffset : 0n), 0n);
      } finally {
        await admin.close();
      }
    },
    stop: async () => {
      await producer.close();
      for (const { close } of readers.values()) await close();
    },
  };
}
