/** Prometheus, its rules and Grafana's dashboards against the program: each name, each query, each rule, and the documents' figures. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import type { Json } from "../http/door.ts";
import { ask } from "../http/door.ts";
import { apiWorldOfFile } from "../http/v1/api_world.ts";
import {
  DEPLOY,
  metricsOf,
  panelsOf,
  readDashboards,
  readRuleChecks,
  readRules,
  readRunbooks,
  readYaml,
  RULE_TESTS,
} from "../support/observed.ts";
import { check, PROMETHEUS_MISSING, type PrometheusServer, startPrometheus } from "../support/prometheus.ts";
import { eventually } from "../support/world.ts";

/** What a program shows only beside a part that this one has not; their tests are in tests/kafka, tests/limits and tests/telemetry. */
const BESIDE_OTHERS = [
  ...["kafka_connected", "kafka_consumer_lag"],
  "redis_up",
  ...["database_pool_connections", "data_folder_bytes"],
];
/** What Prometheus adds to each scrape. */
const OF_PROMETHEUS = ["up"];
/** As the documents have them. */
const OF_DOCUMENTS = {
  rate: "rate(webhooks_received_total[5m])",
  errors: "rate(webhooks_errors_total[5m])",
  success: "rate(flows_executed_completed[5m]) / rate(flows_executed_total[5m])",
};
const SENT = { completed: 3, failed: 1, duplicates: 1, forged: 2 };
const WINDOW_SECONDS = 300;

const rules = await readRules();
const dashboards = await readDashboards();
const panels = dashboards.flatMap(({ dashboard }) => panelsOf(dashboard));
const ruleFolder = fileURLToPath(new URL("prometheus/", DEPLOY));

let urls: Record<string, string>;
let prometheus: PrometheusServer | undefined;

const api = apiWorldOfFile(async ({ world }) => {
  const { serving, url } = world();
  urls = {
    "api-studio": url("api_studio"),
    "universal-webhook": url("universal_webhook"),
    "clockify-addons": url("clockify_addon"),
    "workflow-api": `http://127.0.0.1:${serving.operatorPort}`,
  };
  // The first scrape of each listener is before its traffic: a rate begins at 0.
  if (!PROMETHEUS_MISSING) {
    prometheus = await startPrometheus(await configFor(urls));
    await eventually(async () => (await prometheus!.query("up == 1")).length === 4);
  }
  await makeTraffic();
});
Deno.test.afterAll(async () => await prometheus?.stop());

/** The file as it is, with the addresses of this program, and scraped more often. */
async function configFor(urls: Record<string, string>): Promise<string> {
  const { rule_files, scrape_configs } = await readYaml("prometheus/prometheus.yml");
  assertEquals(scrape_configs.map(({ job_name }: Json) => job_name), [...Object.keys(urls), "timewire-workers"]);
  return stringify({
    global: { scrape_interval: "500ms", scrape_timeout: "500ms", evaluation_interval: "1s" },
    rule_files: rule_files.map((file: string) => ruleFolder + file),
    scrape_configs: scrape_configs.filter(({ job_name }: Json) => job_name in urls).map((
      { dns_sd_configs: _, ...job }: Json,
    ) => ({ ...job, static_configs: [{ targets: [new URL(urls[job.job_name]!).host] }] })),
  });
}

/** Deliveries, flows, runs of workflows and a sweep: what sets the metrics of a program that works. */
async function makeTraffic(): Promise<void> {
  const world = api.world();
  const { webhooks } = await world.install("universal_webhook");
  const headers = await world.viewer("universal_webhook");
  const base = urls["universal-webhook"]!;
  const addFlow = async (event: string, action: Json) => {
    const flow = { name: event, trigger_event_types: [event], actions: [{ id: "call", ...action }] };
    assertEquals((await ask(`${base}/ui/flows`, { headers, body: flow })).status, 201);
  };
  await addFlow("TIMER_STOPPED", { operation_id: "createNewTag", body: { name: "{{ concat('t-', $.webhook.id) }}" } });
  await addFlow("NEW_TIME_ENTRY", { operation_id: "getTag", path_params: { id: "000000000000000000000000" } });
  world.simulator.faults.add({ kind: "status", status: 503, method: "GET", path: "*/tags/*" });
  const send = (event: string, id: string, token?: string) =>
    ask(`${base}/webhooks/clockify/${event}`, {
      headers: {
        "clockify-signature": token ?? webhooks.find((one) => one.event === event)!.authToken,
        "clockify-webhook-event-type": event,
      },
      body: { id, workspaceId: world.workspaceId },
    });
  for (let n = 0; n < SENT.completed; n++) assertEquals((await send("TIMER_STOPPED", `done-${n}`)).status, 200);
  for (let n = 0; n < SENT.failed; n++) assertEquals((await send("NEW_TIME_ENTRY", `fails-${n}`)).status, 200);
  for (let n = 0; n < SENT.duplicates; n++) assertEquals((await send("TIMER_STOPPED", "done-0")).body.duplicate, true);
  for (let n = 0; n < SENT.forged; n++) assertEquals((await send("TIMER_STOPPED", `forged-${n}`, "x.y.z")).status, 401);

  const { name } = await api.addAgent();
  const workflow = await api.addWorkflow({ a: { id: "a", type: "agent", agent_name: name, input_mapping: {} } });
  assertEquals((await api.ended(await api.execute(workflow))).status, "COMPLETED");
  api.agent = () => {
    throw new Response("no", { status: 400 });
  };
  assertEquals((await api.ended(await api.execute(workflow))).status, "FAILED");
  await Promise.all(world.serving.core.retention.map(({ tick }) => tick()));
  const { db } = world.database;
  await eventually(async () =>
    (await db.sql`select 1 from run where event_id is not null and state in ('completed', 'failed')`).length ===
      SENT.completed + SENT.failed
  );
}

Deno.test("every metric that a rule, a panel or a document's query names is one that a busy program shows", async () => {
  const named = new Set([...rules.map(({ expr }) => expr), ...panels.flatMap(({ exprs }) => exprs)].flatMap(metricsOf));
  assert(named.size > 80, `${named.size} are found`);
  const shown = new Set<string>();
  for (const url of Object.values(urls)) {
    const { body } = await ask(`${url}/metrics`);
    for (const [name] of (body as string).matchAll(/^\w+/gm)) shown.add(name);
  }
  assertEquals(
    [...named].filter((name) => !shown.has(name) && ![...BESIDE_OTHERS, ...OF_PROMETHEUS].includes(name)),
    [],
  );
});

Deno.test("every rule says how bad it is and what to do, and has a runbook and a test that fires and one that does not", async () => {
  const runbooks = await readRunbooks();
  const sections = new Map(runbooks.split(/^### /m).slice(1).map((text) => [/^\w+/.exec(text)![0], text]));
  const checks = await readRuleChecks();
  assertEquals([...sections.keys()].toSorted(), rules.map(({ alert }) => alert).toSorted());
  for (const { alert, labels, annotations } of rules) {
    assertMatch(labels.severity, /^(critical|warning|info)$/, alert);
    assert(annotations.summary !== "" && annotations.description !== "", alert);
    assertEquals(annotations.runbook_url, `docs/runbooks.md#${alert.toLowerCase()}`);
    for (const part of ["Means", "At risk", "Look at", "Do", "Over when"]) {
      assert(sections.get(alert)!.includes(`- **${part}**: `), `${alert}: ${part}`);
    }
    const own = checks.filter((check) => check.alert === alert);
    assert(own.some(({ fires }) => fires.length > 0), `${alert} has no test in which it fires`);
    assert(own.some(({ fires }) => fires.length === 0), `${alert} has no test in which it is silent`);
  }
  // As the earlier service has them.
  const exprOf = (alert: string) => {
    const { group, expr, for: lasting, labels } = rules.find((rule) => rule.alert === alert)!;
    return [group, expr, lasting, labels.severity];
  };
  const group = "clockify_addons";
  assertEquals(exprOf("HighErrorRate"), [group, "rate(webhooks_errors_total[5m]) > 0.1", "5m", "warning"]);
  assertEquals(exprOf("ServiceDown"), [group, 'up{job="api-studio"} == 0', "1m", "critical"]);
  assertEquals(exprOf("DatabaseUnhealthy"), [group, "addon_healthcheck_database_status != 1", "2m", "critical"]);
});

Deno.test("runbooks name routes that are served", async () => {
  const runbooks = await readRunbooks();
  const served = new Set<string>();
  for (const [at, prefix] of [[urls["universal-webhook"]!, ""], [urls["workflow-api"]!, ""]] as const) {
    const { body } = await ask(`${at}${prefix}/openapi.json`);
    for (const [path, methods] of Object.entries(body.paths as Record<string, Json>)) {
      for (const method of Object.keys(methods)) {
        served.add(`${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, "{}")}`);
      }
    }
  }
  const named = [...runbooks.matchAll(/`(GET|POST)\s+(\/(?:ui|api)\/[\w/{}-]+)/g)].map(([, method, path]) =>
    `${method} ${path!.replaceAll(/\{\w+\}/g, "{}")}`
  );
  assert(named.length > 20);
  assertEquals([...new Set(named)].filter((route) => !served.has(route)), []);
});

Deno.test("every panel says what it shows, in a unit, over the chosen jobs, and leads to runbooks that are there", async () => {
  const runbooks = await readRunbooks();
  const anchors = new Set([...runbooks.matchAll(/^### (\w+)/gm)].map(([, name]) => name!.toLowerCase()));
  assertEquals(dashboards.map(({ file }) => file), [
    "bootstrap.json",
    "database.json",
    "flows.json",
    "ingest.json",
    "upstream.json",
    "workflow_api.json",
  ]);
  const { datasources } = await readYaml("grafana/provisioning/datasources/prometheus.yaml");
  const { providers } = await readYaml("grafana/provisioning/dashboards/timewire.yaml");
  assertEquals([datasources.length, providers.length], [1, 1]);
  for (const { dashboard } of dashboards) {
    const { uid, templating, panels: own } = dashboard;
    assertMatch(uid, /^timewire-[\w-]+$/);
    assertEquals(templating.list.map(({ name }: Json) => name), ["job", "instance", "runbooks"]);
    assertEquals(new Set(own.map(({ title }: Json) => title)).size, own.length, uid);
    assertEquals(new Set(own.map(({ id }: Json) => id)).size, own.length, uid);
    for (const { datasource } of own) assertEquals(datasource.uid, datasources[0].uid);
  }
  const linked = new Set<string>();
  for (const { title, description, unit, links } of panels) {
    assert(title !== "" && description !== "" && unit !== "", title);
    for (const link of links) {
      const [, anchor] = /^\$\{runbooks\}#(\w+)$/.exec(link)!;
      assert(anchors.has(anchor!), `${title}: ${link}`);
      linked.add(anchor!);
    }
  }
  assert(linked.size > 50, `${linked.size} of ${anchors.size} runbooks are linked`);
  const exprs = new Set(panels.flatMap(({ exprs }) => exprs));
  for (const query of Object.values(OF_DOCUMENTS)) assert(exprs.has(query), query);
});

Deno.test({
  name: "promtool and amtool accept the configuration, and every test of a rule passes",
  ignore: PROMETHEUS_MISSING !== undefined,
  fn: async () => {
    const said = await Promise.all([
      check("promtool", ["check", "config", "prometheus.yml"], { cwd: ruleFolder }),
      check("amtool", ["check-config", "../alertmanager/alertmanager.yml"], { cwd: ruleFolder }),
      ...RULE_TESTS.map((file) => check("promtool", ["test", "rules", file], { cwd: ruleFolder })),
    ]);
    assertMatch(said[0]!, new RegExp(`${rules.length} rules found`));
  },
});

Deno.test({
  name: "a real Prometheus scrapes the program: the documents' queries give what was sent",
  ignore: PROMETHEUS_MISSING !== undefined,
  fn: async () => {
    const { query } = prometheus!;
    const events = SENT.completed + SENT.failed;
    await eventually(async () => {
      const [ended, refused] = await Promise.all([
        query('sum(flows_executed_total{service="universal-webhook"})'),
        query("sum(webhooks_errors_total)"),
      ]);
      return ended[0]?.value === events && refused[0]?.value === SENT.forged;
    });
    assertEquals((await query("up == 1")).map(({ labels }) => labels.job).toSorted(), Object.keys(urls).toSorted());
    assertEquals((await query("sum(webhooks_received_total)"))[0]!.value, events + SENT.duplicates);
    assertEquals((await query("sum(webhooks_received_timer_stopped)"))[0]!.value, SENT.completed + SENT.duplicates);

    /** What a rate comes to over its five minutes; Prometheus extrapolates to the window's end, by an interval at most. */
    const inWindow = async (expr: string, labels: Record<string, string>) => {
      const found = (await query(expr)).filter((one) =>
        Object.entries(labels).every(([name, value]) => one.labels[name] === value)
      );
      return found.reduce((total, { value }) => total + value * WINDOW_SECONDS, 0);
    };
    const near = (found: number, sent: number) =>
      assert(found > sent * 0.99 && found < sent * 1.5, `${found}, ${sent}`);
    near(await inWindow(OF_DOCUMENTS.rate, { event_type: "TIMER_STOPPED", outcome: "stored" }), SENT.completed);
    near(await inWindow(OF_DOCUMENTS.rate, { outcome: "duplicate" }), SENT.duplicates);
    near(await inWindow(OF_DOCUMENTS.rate, {}), events + SENT.duplicates);
    near(await inWindow(OF_DOCUMENTS.errors, { service: "universal-webhook" }), SENT.forged);
    const success = (await query(OF_DOCUMENTS.success)).find(({ labels }) => labels.service === "universal-webhook")!;
    assert(Math.abs(success.value - SENT.completed / events) < 1e-9, String(success.value));
  },
});

Deno.test({
  name: "a real Prometheus evaluates every rule and every query of a panel",
  ignore: PROMETHEUS_MISSING !== undefined,
  fn: async () => {
    const evaluated = await eventually(async () => {
      const found = await prometheus!.rules();
      return found.length === rules.length && found.every(({ health }) => health !== "unknown") && found;
    });
    assertEquals(evaluated.filter(({ lastError }) => lastError !== ""), []);
    const exprs = [...new Set(panels.flatMap(({ exprs }) => exprs))];
    const answers = await Promise.all(exprs.map(async (expr) => ({ expr, samples: await prometheus!.query(expr) })));
    // A query that parses may still be wrong, and show nothing: of a busy program nearly all show something.
    const empty = answers.filter(({ samples }) => samples.length === 0).map(({ expr }) => expr);
    const mayBeEmpty = (expr: string) =>
      / > 0\)?$/.test(expr) || metricsOf(expr).every((name) => BESIDE_OTHERS.includes(name));
    assertEquals(empty.filter((expr) => !mayBeEmpty(expr)), []);
  },
});
