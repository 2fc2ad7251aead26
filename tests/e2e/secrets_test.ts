/** Marker secrets are put wherever secrets can arrive, then searched for wherever they must not be. */

import { assert, assertEquals, assertNotMatch, assertStrictEquals } from "@std/assert";
import type { Database } from "../../src/db/db.ts";
import { openEmbedded } from "../../src/db/embedded.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { newKey } from "../../src/secrets/encryption.ts";
import { migratedOnServer } from "../support/database.ts";
import { startOtlpReceiver } from "../support/otlp_receiver.ts";
import { DECLARED, permissionsAsked } from "../support/permissions_asked.ts";
import { endsWithin, makeDataDir, startProgram } from "../support/program.ts";
import { startTestSimulator } from "../support/simulator.ts";
import { textsHolding } from "../support/text_columns.ts";
import { eventually, worldEnv } from "../support/world.ts";

const EVENT = "NEW_TIME_ENTRY";
const PROFILE = "universal_webhook";

/** One of each kind, none looking like another. */
const MARK = {
  operator: marker("operator-key"),
  hmac: marker("hmac-secret"),
  wrongKey: marker("wrong-api-key"),
  wrongToken: marker("wrong-token"),
  authorization: marker("authorization"),
  cookie: marker("cookie"),
  header: marker("secret-header"),
  query: marker("query"),
  password: marker("body-password"),
  nested: marker("body-nested"),
  setting: marker("setting"),
  source: marker("source-secret"),
  flowHeader: marker("flow-header"),
};

function marker(name: string): string {
  return `MARK-${name}-${crypto.randomUUID().replaceAll("-", "")}`;
}

Deno.test("marker secrets are in no log, metric, trace, error, text column or dump", async () => {
  const simulator = await startTestSimulator();
  const traces = startOtlpReceiver();
  const data = await makeDataDir();
  const server = await migratedOnServer();
  const encryption = newKey("test");
  const env = {
    ...worldEnv(simulator),
    ENCRYPTION_KEYS: encryption,
    OPERATOR_API_KEYS: `tests:${MARK.operator}`,
    WEBHOOK_HMAC_SECRET: MARK.hmac,
    OTEL_EXPORTER_OTLP_ENDPOINT: traces.endpoint,
    LOG_LEVEL: "DEBUG",
    UW_ENABLE_GENERIC_HTTP_ACTIONS: "true",
    DATA_DIR: data.path,
    ...(server && { DATABASE_URL: server.url }),
    DENO_AUDIT_PERMISSIONS: `${data.path}/permissions`,
  };
  const program = await startProgram(env);
  const answers: string[] = [];
  try {
    const [workspace] = await simulator.workspaces();
    const workspaceId = workspace!.id;
    const base = `http://127.0.0.1:${program.ports[PROFILE]}`;

    const send = async (
      path: string,
      init: { method?: string; headers?: Record<string, string>; body?: unknown } = {},
    ) => {
      const { method = init.body === undefined ? "GET" : "POST", body } = init;
      const response = await fetch(`${base}${path}`, {
        method,
        headers: { "content-type": "application/json", ...init.headers },
        body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
      });
      const text = await response.text();
      return { status: response.status, text, json: () => JSON.parse(text) };
    };
    /** As send(), its answer searched too. */
    const ask: typeof send = async (path, init) => {
      const answer = await send(path, init);
      answers.push(answer.text);
      return answer;
    };

    const installed = await simulator.install({ manifestUrl: `${base}/manifest`, workspaceId });
    const addon = await simulator.install({
      manifestUrl: `http://127.0.0.1:${program.ports.clockify_addon}/manifest`,
      workspaceId,
    });
    await simulator.updateSettings({
      addonId: addon.addonId,
      settings: [{ id: "forwarding_url", value: `http://127.0.0.1:9/${MARK.setting}?token=${MARK.setting}` }],
    });
    const operator = { "x-api-key": MARK.operator };
    const at = `?workspace_id=${workspaceId}`;
    const { authToken } = installed.webhooks.find(({ event }) => event === EVENT)!;

    // What works.
    const saved = await ask(`/ui/flows${at}`, {
      headers: operator,
      body: {
        name: "Fails at its call",
        trigger_event_types: [EVENT],
        actions: [{ operation_id: "createNewTag", body: { name: "$.webhook.missing" } }],
      },
    });
    assertEquals(saved.status, 201, saved.text);
    const delivered = await ask(`/webhooks/clockify/${EVENT}?auth_token=${MARK.query}`, {
      headers: {
        "clockify-signature": authToken,
        "clockify-webhook-event-type": EVENT,
        "authorization": `Bearer ${MARK.authorization}`,
        "cookie": `session=${MARK.cookie}`,
        "x-client-secret": MARK.header,
      },
      body: {
        id: "marked",
        workspaceId,
        apiKey: MARK.nested,
        nested: { client_secret: MARK.nested, list: [{ token: MARK.nested }] },
      },
    });
    assertEquals(delivered.status, 200, delivered.text);
    // To an address that egress refuses: nothing leaves, and the history says why.
    const calling = await ask(`/ui/flows${at}`, {
      headers: operator,
      body: {
        name: "Calls out",
        trigger_event_types: [EVENT],
        actions: [{
          type: "http",
          method: "POST",
          url: "http://localhost:9/hook?id={{ $.webhook.id }}",
          headers: { authorization: `Bearer ${MARK.flowHeader}` },
          body: { password: MARK.flowHeader },
        }],
      },
    });
    assertEquals(calling.status, 201, calling.text);
    const made = await send(`/ui/sources${at}`, {
      headers: operator,
      body: { name: "marked", scheme: "api_key", options: { header: "x-source-key" }, secret: MARK.source },
    });
    assertEquals(made.status, 201, made.text);
    const { key } = made.json();
    const path = new URL(made.json().url ?? `${base}/webhooks/custom/${key}`).pathname;
    const custom = await ask(path, { headers: { "x-source-key": MARK.source }, body: { password: MARK.password } });
    assertEquals(custom.status, 200, custom.text);

    // What is refused.
    const refusals: [path: string, init: Parameters<typeof send>[1]][] = [
      [`/webhooks/clockify/${EVENT}`, { headers: { "clockify-signature": MARK.wrongToken }, body: {} }],
      [`/webhooks/clockify/${EVENT}`, { headers: { "clockify-signature": `sha256=${MARK.wrongToken}` }, body: {} }],
      [`/webhooks/clockify/${EVENT}`, {
        headers: { "clockify-signature": authToken },
        body: `{"password":"${MARK.password}"`,
      }],
      ["/lifecycle/installed", {
        headers: { "x-addon-lifecycle-token": MARK.wrongToken },
        body: { authToken: MARK.password },
      }],
      [`/ui/flows?auth_token=${MARK.query}`, { headers: { "x-addon-token": MARK.wrongToken } }],
      [`/ui/flows${at}`, { headers: { "x-api-key": MARK.wrongKey } }],
      [`/ui/flows${at}`, {
        headers: operator,
        body: { name: "x", password: MARK.password, actions: [{ token: MARK.password }] },
      }],
      [`/ui/flows/1${at}`, { method: "PUT", headers: operator, body: `{"secret":"${MARK.password}` }],
      [`/ui/sources${at}`, { headers: operator, body: { name: "bad", scheme: "nonsense", secret: MARK.password } }],
      [`/ui/webhooks/api-key${at}`, { method: "PUT", headers: operator, body: { api_key: MARK.wrongKey } }],
      [path, { headers: { "x-source-key": MARK.wrongKey }, body: { password: MARK.password } }],
      [`/unknown/route?token=${MARK.query}`, {}],
    ];
    for (const [path, init] of refusals) {
      const { status, text } = await ask(path, init);
      assert(status >= 400 && status < 500, `${path}: ${status} ${text}`);
    }
    const runs = await eventually(async () => {
      const { executions } = (await ask(`/ui/flows/${saved.json().id}/executions${at}`, { headers: operator })).json();
      return executions[0]?.state === "failed" || executions[0]?.state === "completed" ? executions : undefined;
    });
    assert(runs);

    // What people look at.
    for (
      const page of [
        "/ui/flows",
        "/ui/webhooks",
        "/ui/settings",
        "/ui/audit",
        "/ui/sources",
        "/ui/dashboard",
        "/ui/webhooks/coverage",
      ]
    ) {
      assertEquals((await ask(`${page}${at}`, { headers: operator })).status, 200, page);
    }
    const { webhookId } = delivered.json();
    const names = { addonKey: installed.addonKey, workspaceId, addonId: installed.addonId };
    const member = await simulator.signToken({ kind: "user", ...names, userId: "u1", workspaceRole: "MEMBER" });
    const shown = await ask(`/ui/webhooks/${webhookId}`, { headers: { "x-addon-token": member } });
    assertEquals(shown.status, 200, shown.text);
    const whole = await send(`/ui/webhooks/${webhookId}${at}`, { headers: operator });
    assertStrictEquals(
      whole.json().payload.apiKey,
      MARK.nested,
      "the original stays available to the workspace's admin",
    );
    const metrics = (await send("/metrics")).text;
    await traces.received(3);

    program.kill("SIGTERM");
    const { stdout, stderr } = await endsWithin(program, 20_000);
    // Tokens are secrets as well: those of the install, and every other the simulator signed begins like them.
    const secrets = [...Object.values(MARK), installed.authToken, authToken, encryption.split(":")[1]!];
    const places: [name: string, text: string][] = [
      ["log", stdout + stderr],
      ["metrics", metrics],
      ["traces", traces.raw()],
      ["answers", answers.join("\n")],
    ];
    for (const [name, text] of places) {
      const found = secrets.filter((secret) => text.includes(secret)).map((secret) => secret.slice(0, 24));
      assertEquals(found, [], `in ${name}`);
    }
    assertNotMatch(stdout, /eyJ[\w-]{20,}/, "a token in the log");

    assertPermissions(await permissionsAsked(`${data.path}/permissions`), { writes: !server });

    const db = server
      ? openPostgres({ url: server.url, poolSize: 2, applicationName: "tests" })
      : await openEmbedded({ dataDir: data.path });
    try {
      assertEquals(await textsHolding(db, secrets), []);
      await assertStored(db, webhookId);
    } finally {
      await db.stop();
    }
    if (server) {
      const dump = await dumpOf(server.url);
      assert(dump === undefined || dump.includes("CREATE TABLE public.event"));
      assertEquals(secrets.filter((secret) => dump?.includes(secret)), [], "in the dump");
    }
  } finally {
    program.kill("SIGKILL");
    await program.ended;
    await simulator.stop();
    await traces.stop();
    await server?.stop();
    await data.remove().catch(() => {});
  }
});

/** Kinds of --allow-sys that calls of flows to other systems use: tests/egress/pinned_test.ts. */
const OF_EGRESS = ["ca", "networkInterfaces"];

/** It ran by the permission set of deno.json, so needs no more; and here is what uses each part of it. */
function assertPermissions(asked: Map<string, Set<string>>, { writes }: { writes: boolean }): void {
  assertEquals([...asked.keys()].filter((name) => !Object.hasOwn(DECLARED, name)), []);
  assertEquals([asked.has("net"), asked.has("read"), asked.has("env")], [true, true, true]);
  // The room of the data folder is a metric of the embedded database.
  const elsewhere = writes ? OF_EGRESS : [...OF_EGRESS, "statfs"];
  assertEquals(DECLARED.sys.filter((kind) => !elsewhere.includes(kind) && !asked.get("sys")?.has(kind)), []);
  // Its own keys; with a server and keys of its own it writes nothing.
  if (writes) assert([...asked.get("write")!].some((path) => path.endsWith("/timewire.lock")));
}

/** The search means something only when what was marked is there. */
async function assertStored({ sql }: Database, eventId: string): Promise<void> {
  const [event] = await sql<{ body: string }[]>`
    select convert_from(body, 'UTF8') as body from event where id = ${eventId}`;
  assert(event!.body.includes(MARK.nested));
  const [counts] = await sql<{ runs: number; secrets: number }[]>`
    select (select count(*)::int from run) as runs, (select count(*)::int from custom_source_secret) as secrets`;
  assert(counts!.runs > 0 && counts!.secrets > 0);
}

/** What pg_dump writes, or undefined where it is not installed in Debian's place. */
async function dumpOf(url: string): Promise<string | undefined> {
  const folder = "/usr/lib/postgresql";
  const versions = await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
  for (const { name } of versions) {
    const { stdout, success } = await new Deno.Command(`${folder}/${name}/bin/pg_dump`, { args: [url] }).output();
    if (success) return new TextDecoder().decode(stdout);
  }
  return undefined;
}
