/** Tests of Kafka with a real broker: runs handed on through it, requests of other producers, dead letters, brokers that go away. */

import { Buffer } from "node:buffer";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import { loadConfig } from "../../src/config/load.ts";
import { createKafkaClient } from "../../src/kafka/client.ts";
import { KafkaError } from "../../src/kafka/faults.ts";
import { newKey } from "../../src/secrets/encryption.ts";
import { KAFKA_MISSING, type KafkaBroker, type Outsider, outsiderOf, SASL, startKafka } from "../support/kafka.ts";
import { makeCertificates } from "../support/certificates.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { type Sink, startSink } from "../support/sink.ts";
import { eventually, OPERATOR_KEY, startWorld, type World } from "../support/world.ts";
import { ask, type Json } from "../http/door.ts";

const EXECUTION = "workflow.execution.requests";
const CANCELLATION = "workflow.cancellation.requests";
const GROUP = "executor-group";
const ignore = KAFKA_MISSING !== undefined;
/** Connections to the broker stay open from one test to the next. */
const options = { ignore, sanitizeOps: false, sanitizeResources: false };
const because = KAFKA_MISSING === undefined ? "" : ` (${KAFKA_MISSING})`;

/** Of all instances. */
const ENCRYPTION_KEYS = newKey("tests");

let broker: KafkaBroker;
let outsider: Outsider;
let sink: Sink;
/** Two instances over one database. */
let first: World;
let second: World;
let stopDatabase: () => Promise<void>;
/** Of certificates. */
let folder: string;
/** A workflow that asks the agent. */
let echo: Json;
/** How the agent answers; by its input. */
let agent: (data: Json) => Json | Promise<Json> = (data) => data;

function kafkaEnv(more: Record<string, string> = {}): Record<string, string> {
  return {
    ENCRYPTION_KEYS,
    KAFKA_BROKERS: broker.brokers,
    EGRESS_ALLOW: `127.0.0.1:${sink.port}`,
    KAFKA_FALLBACK_SECONDS: "600",
    ...more,
  };
}

/** The second instance logs in, by TLS. */
function securedEnv(): Record<string, string> {
  return {
    KAFKA_BROKERS: broker.secured!,
    KAFKA_SECURITY_PROTOCOL: "SASL_SSL",
    KAFKA_SASL_MECHANISM: "SCRAM-SHA-512",
    KAFKA_SASL_USERNAME: SASL.username,
    KAFKA_SASL_PASSWORD: SASL.password,
    KAFKA_SSL_CA_FILE: `${folder}/ca.pem`,
  };
}

if (!ignore) {
  Deno.test.beforeAll(async () => {
    sink = startSink();
    sink.answer = async ({ body }) => {
      const { id, params } = JSON.parse(body);
      const text = JSON.stringify(await agent(JSON.parse(params.message.parts[0].text)));
      return Response.json({
        jsonrpc: "2.0",
        id,
        result: { status: { state: "completed" }, artifacts: [{ parts: [{ kind: "text", text }] }] },
      });
    };
    folder = await Deno.makeTempDir({ prefix: "timewire-kafka-tls-" });
    broker = await startKafka({ tls: await makeCertificates(folder, "localhost") });
    outsider = outsiderOf(broker.brokers);
    const database = await testDatabase();
    stopDatabase = database.stop;
    first = await startWorld({ database, env: kafkaEnv() });
    // The same brokers, by their other listener.
    second = await startWorld({ database, env: kafkaEnv(securedEnv()) });
    await created(first, "/agents", { name: "echo", url: `${sink.url}/rpc`, retry_config: { max_retries: 0 } });
    echo = await created(first, "/workflows", { name: "echo", ...plan() });
  });
  Deno.test.afterAll(async () => {
    await first?.stop();
    await second?.stop();
    await stopDatabase?.();
    await outsider?.stop();
    await broker?.remove();
    await sink?.stop();
    if (folder) await Deno.remove(folder, { recursive: true });
    await stopSharedDatabase();
  });
}

function plan(more: Json = {}): Json {
  const step = { type: "agent", agent_name: "echo", input_mapping: { text: "${workflow.input.text}" } };
  return { start_step: "say", steps: { say: step }, ...more };
}

const api = (world: World, path: string, request: { method?: string; body?: unknown } = {}) =>
  ask(`http://127.0.0.1:${world.serving.operatorPort}/api/v1${path}`, {
    headers: { "x-api-key": OPERATOR_KEY },
    ...request,
  });

async function created(world: World, path: string, body: Json): Promise<Json> {
  const answer = await api(world, path, { body });
  assertEquals(answer.status, 201, JSON.stringify(answer.body));
  return answer.body;
}

async function execute(world: World, text: string): Promise<Json> {
  const { status, body } = await api(world, `/workflows/${echo.id}/execute`, { body: { input_data: { text } } });
  assertEquals([status, body.status], [202, "PENDING"], JSON.stringify(body));
  return body;
}

const ended = (world: World, id: string) =>
  eventually(async () => {
    const { body } = await api(world, `/runs/${id}`);
    return ["COMPLETED", "FAILED", "CANCELLED"].includes(body.status) && body;
  });

const asked = (text: string) => sink.requests.filter(({ body }) => body.includes(text)).length;

Deno.test({
  name: `a run that is accepted goes through the topic once, whichever instance takes its message${because}`,
  ...options,
  fn: async () => {
    const texts = Array.from({ length: 20 }, (_, index) => `through-the-topic-${index};`);
    const accepted = await Promise.all(texts.map((text, index) => execute(index % 2 ? first : second, text)));
    for (const { id } of accepted) assertEquals((await ended(first, id)).status, "COMPLETED");
    assertEquals(texts.map(asked), texts.map(() => 1));
    const { key, value } = await outsider.find(EXECUTION, ({ key }) => key === accepted[0]!.run_id);
    const message = JSON.parse(value);
    assertEquals(key, message.run_id);
    assertEquals(message.message_type, "execution_request");
    assertEquals(message.workflow_plan.name, "echo");
    assertEquals(message.workflow_plan.steps.say.agent_name, "echo");
    assertEquals(message.input_data, { text: texts[0] });
    assert(!Number.isNaN(Date.parse(message.timestamp)));
    // The group is behind all of them, once their state is stored.
    await eventually(async () => await outsider.committed(GROUP, EXECUTION) >= 20n);
    for (const { serving } of [first, second]) {
      // The brokers are asked for it every few seconds.
      await eventually(async () => {
        const { body } = await ask(`http://127.0.0.1:${serving.operatorPort}/metrics`);
        return /^kafka_consumer_lag\{kind="execution"\} 0$/m.test(body);
      });
    }
    const [left] = await first.database.db.sql`select count(*)::int as rows from kafka_outbox`;
    assertEquals(left!.rows, 0);
    const { body } = await ask(`http://127.0.0.1:${first.serving.operatorPort}/health/ready`);
    assertEquals([body.status, body.checks.kafka], ["ready", "connected"]);
  },
});

const requestOf = (runId: string, more: Json = {}) => ({
  run_id: runId,
  workflow_plan: { workflow_id: "wf-outside-1", name: "outside", version: 1, ...plan() },
  input_data: { text: `outside ${runId};` },
  timestamp: new Date().toISOString(),
  message_type: "execution_request",
  ...more,
});

Deno.test({
  name: `the request of another producer starts one run, however often it comes, and changes no workflow${because}`,
  ...options,
  fn: async () => {
    const runId = crypto.randomUUID();
    const request = requestOf(`run-${runId}`);
    for (let times = 0; times < 3; times++) await outsider.send(EXECUTION, request, { key: `run-${runId}` });
    // By the name of one that is saved, with other steps.
    const other = crypto.randomUUID();
    await outsider.send(
      EXECUTION,
      requestOf(other, { workflow_plan: { name: "echo", ...plan({ input_schema: {} }) } }),
    );
    // By the steps of one that is saved.
    const same = crypto.randomUUID();
    await outsider.send(EXECUTION, requestOf(same, { workflow_plan: { name: "echo", ...plan() } }));
    for (const id of [runId, other, same]) {
      const run = await eventually(async () =>
        (await api(first, `/runs/run-${id}`)).status === 200 && await ended(first, id)
      );
      assertEquals([run.status, run.triggered_by], ["COMPLETED", "kafka"]);
    }
    assertEquals(asked(`outside run-${runId};`), 1);
    assertMatch((await api(first, `/runs/${other}`)).body.workflow_name, /^echo \(Kafka [0-9a-f]{12}\)$/);
    assertEquals((await api(first, `/runs/${same}`)).body.workflow_definition_id, echo.id);
    assertEquals((await api(first, `/workflows/${echo.id}`)).body.version, 1);
  },
});

Deno.test({
  name:
    `cancellations end runs that wait for their agent, on whichever instance, and one that comes first ends its run${because}`,
  ...options,
  fn: async () => {
    const held = Promise.withResolvers<void>();
    agent = async (data) => {
      if (data.text.startsWith("hold")) await held.promise;
      return data;
    };
    const runs = await Promise.all([0, 1, 2, 3].map((index) => execute(index % 2 ? first : second, `hold ${index};`)));
    await eventually(() => Promise.resolve([0, 1, 2, 3].every((index) => asked(`hold ${index};`) === 1)));
    const [byRequest, ...byMessage] = runs;
    const { body } = await api(second, `/runs/${byRequest!.id}/cancel`, { body: { reason: "no longer needed" } });
    assertEquals(body.status, "CANCELLED");
    const { value, key } = await outsider.find(CANCELLATION, ({ key }) => key === byRequest!.run_id);
    const { timestamp, ...said } = JSON.parse(value);
    assert(!Number.isNaN(Date.parse(timestamp)));
    assertEquals(said, {
      run_id: key,
      cancelled_by: "tests",
      reason: "no longer needed",
      message_type: "cancellation_request",
    });
    const cancel = (run_id: string) =>
      outsider.send(CANCELLATION, {
        run_id,
        cancelled_by: "planner",
        reason: "stopped",
        timestamp: new Date().toISOString(),
        message_type: "cancellation_request",
      });
    for (const { run_id } of byMessage) await cancel(run_id);
    for (const { id } of byMessage) {
      const run = await ended(first, id);
      assertEquals([run.status, run.cancelled_by, run.cancel_reason], ["CANCELLED", "planner", "stopped"]);
    }
    held.resolve();
    agent = (data) => data;

    const early = crypto.randomUUID();
    await cancel(`run-${early}`);
    await eventually(async () =>
      (await first.database.db.sql`select 1 from kafka_early_cancel where run_id = ${early}`).length === 1
    );
    await outsider.send(EXECUTION, requestOf(early));
    const run = await eventually(async () =>
      (await api(first, `/runs/${early}`)).status === 200 && await ended(first, early)
    );
    assertEquals([run.status, run.cancelled_by], ["CANCELLED", "planner"]);
    assertEquals(asked(`outside ${early};`), 0);
  },
});

Deno.test({
  name: `what cannot be processed is a dead letter with its reason and its place, and the group goes on${because}`,
  ...options,
  fn: async () => {
    const id = () => crypto.randomUUID();
    const cases: [unknown, string, RegExp][] = [
      ["{", "unreadable", /not JSON/],
      [new Uint8Array([0xff, 0xfe]), "unreadable", /not UTF-8/],
      [{ ...requestOf(id()), message_type: "other" }, "unknown_type", /must be execution_request/],
      [requestOf("17"), "invalid", /run_id: must be a UUID/],
      [
        requestOf(id(), { workflow_plan: { name: "x", start_step: "gone", steps: { a: { agent_name: "none" } } } }),
        "refused",
        /gone.*none|none.*gone/,
      ],
      [
        requestOf(id(), { workflow_plan: { name: "x", start_step: "gone", steps: { a: { agent_name: 5 } } } }),
        "invalid",
        /plan\.steps\.a\.agent_name: .*plan\.start_step: names no step/,
      ],
      [
        requestOf(id(), { workflow_plan: { name: "y", ...plan({ input_schema: { required: ["amount"] } }) } }),
        "refused",
        /amount/,
      ],
      [requestOf(id(), { input_data: { deep: nested(200) } }), "too_large", /nests deeper/],
    ];
    for (const [index, [value]] of cases.entries()) {
      await outsider.send(EXECUTION, value, { key: `poison-${index}`, headers: { trace: `t${index}` } });
    }
    const after = id();
    await outsider.send(EXECUTION, requestOf(after));
    for (const [index, [value, why, reason]] of cases.entries()) {
      const dead = await outsider.find(`${EXECUTION}.dlq`, ({ key }) => key === `poison-${index}`);
      const { headers } = dead;
      assertEquals([headers["dlq.error"], headers["dlq.topic"], headers.trace], [why, EXECUTION, `t${index}`]);
      assertMatch(headers["dlq.reason"]!, reason);
      assertMatch(headers["dlq.partition"]!, /^\d$/);
      assertMatch(headers["dlq.offset"]!, /^\d+$/);
      if (typeof value === "object" && !(value instanceof Uint8Array)) assertEquals(JSON.parse(dead.value), value);
    }
    await eventually(async () => (await api(first, `/runs/${after}`)).status === 200);
    assertEquals((await ended(first, after)).status, "COMPLETED");
  },
});

function nested(levels: number): unknown {
  return JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`);
}

/** 20 by KAFKA_RESTARTS=20: 3 minutes. */
const RESTARTS = Number(Deno.env.get("KAFKA_RESTARTS") ?? 2);

Deno.test({
  name: `while brokers are killed and started again every accepted run ends once${because}`,
  ...options,
  fn: async () => {
    const accepted: string[] = [];
    const texts: string[] = [];
    let stopped = false;
    const load = (async () => {
      for (let index = 0; !stopped; index++) {
        const text = `under load ${index};`;
        accepted.push((await execute(index % 2 ? first : second, text)).id);
        texts.push(text);
        if (index % 10 === 9) {
          const runId = crypto.randomUUID();
          // It gives up where there is no broker: what was not sent was not accepted.
          const sent = outsider.send(EXECUTION, requestOf(runId));
          void sent.then(() => accepted.push(runId), () => {});
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    for (let times = 0; times < RESTARTS; times++) {
      const before = accepted.length;
      await eventually(() => Promise.resolve(accepted.length >= before + 10));
      await broker.stop();
      await eventually(async () =>
        (await ask(`http://127.0.0.1:${first.serving.operatorPort}/health/ready`)).status === 503
      );
      const away = accepted.length;
      await eventually(() => Promise.resolve(accepted.length >= away + 5));
      await broker.start();
    }
    stopped = true;
    await load;
    for (const id of accepted) {
      await eventually(async () => (await api(first, `/runs/${id}`)).status === 200);
      assertEquals((await ended(first, id)).status, "COMPLETED");
    }
    assertEquals(texts.filter((text) => asked(text) !== 1), []);
    await eventually(async () =>
      (await ask(`http://127.0.0.1:${second.serving.operatorPort}/health/ready`)).body.checks.kafka === "connected"
    );
    console.log(`${accepted.length} runs, ${RESTARTS} restarts`);
  },
});

const LOGINS: [string, () => Record<string, string>, Record<string, string>][] = [
  ["SASL PLAIN by TLS", () => ({ ...securedEnv(), KAFKA_SASL_MECHANISM: "PLAIN" }), { KAFKA_SASL_PASSWORD: "wrong" }],
  ["SCRAM-SHA-256 without TLS", () => ({
    ...securedEnv(),
    KAFKA_BROKERS: broker.saslPlaintext!,
    KAFKA_SECURITY_PROTOCOL: "SASL_PLAINTEXT",
    KAFKA_SASL_MECHANISM: "SCRAM-SHA-256",
    KAFKA_SSL_CA_FILE: "",
  }), { KAFKA_SASL_PASSWORD: "wrong" }],
  ["TLS with a client's certificate", () => ({
    KAFKA_BROKERS: broker.mutualTls!,
    KAFKA_SECURITY_PROTOCOL: "SSL",
    KAFKA_SSL_CA_FILE: `${folder}/ca.pem`,
    KAFKA_SSL_CERT_FILE: `${folder}/cert.pem`,
    KAFKA_SSL_KEY_FILE: `${folder}/key.pem`,
  }), { KAFKA_SSL_CERT_FILE: "", KAFKA_SSL_KEY_FILE: "" }],
];

for (const [name, env, wrong] of LOGINS) {
  Deno.test({
    name: `by ${name} a message goes to the broker and back, and a login that is wrong or missing is refused${because}`,
    ...options,
    fn: async () => {
      const clientOf = (more: Record<string, string>) => {
        const { kafka } = configOf({ ...env(), ...more, KAFKA_GROUP_ID: topic });
        return createKafkaClient(kafka!, { clock: systemClock });
      };
      const topic = `logins-${name.replaceAll(/\W/g, "-")}`;
      const client = await clientOf({});
      const group = await client.subscribe([topic], []);
      await client.publish([{ topic, key: Buffer.from("k"), value: Buffer.from("there"), headers: new Map() }]);
      const came = await group.next(10);
      assertEquals(came!.map(({ value }) => value!.toString()), ["there"]);
      await group.commit(came!);
      await group.close();
      await client.close();
      const stranger = await clientOf(wrong);
      await assertRejects(() => stranger.check([topic]), KafkaError);
      await stranger.close();
    },
  });
}

Deno.test({
  name: `no line of the log has the password of the brokers${because}`,
  ...options,
  fn: () => {
    const lines = JSON.stringify([first.logs, second.logs]);
    assertEquals(lines.includes(SASL.password), false);
    assertMatch(lines, /kafka/);
  },
});

function configOf(env: Record<string, string>) {
  const loaded = loadConfig(env);
  assert(loaded.ok, JSON.stringify(loaded));
  return loaded.config;
}
