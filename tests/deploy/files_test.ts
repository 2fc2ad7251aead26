/** The files that operators deploy with, held against the program: its variables, ports and routes, and against one another. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { parse, parseAllDocuments } from "yaml";
import { envExample } from "../../src/config/reference.ts";
import { knownVariables } from "../../src/config/load.ts";
import { IGNORED } from "../../src/config/variables.ts";
import { serviceRoutes } from "../../src/http/api/service_routes.ts";
import { copiedFiles, isSent, readDockerfile } from "../support/dockerfile.ts";

// deno-lint-ignore no-explicit-any -- manifests are looked into as they are
type Json = any;

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFile(new URL(path, ROOT));
const DOCKERFILE = readDockerfile(await read("Dockerfile"));
const COMPOSE: Json = parse(await read("compose.yaml"), { merge: true });
const BASE = "deploy/kubernetes/base/";
const MANIFESTS: Json[] = (await Promise.all(
  parse(await read(`${BASE}kustomization.yaml`)).resources.map(async (name: string) =>
    parseAllDocuments(await read(BASE + name)).map((document) => document.toJS())
  ),
)).flat();
const PROGRAMS = ["timewire", "worker", "workflow-api"];

/** Read by Deno, not by the program. */
const OF_DENO = ["DENO_DIR", "DENO_NO_UPDATE_CHECK", "NO_COLOR"];
/** Of compose.yaml itself: its services, not the program. */
const OF_COMPOSE = ["POSTGRES_USER", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "GRAFANA_ADMIN_PASSWORD", "TIMEWIRE_IMAGE"]
  .concat(
    ["TLS_FOLDER", "ACME_FOLDER", "SHIP_HOST", "SHIP_PORT", "SHIP_URI", "SHIP_TLS", "SHIP_TOKEN"],
  );

function containers(kind: string): Json[] {
  return MANIFESTS.filter((one) => one.kind === kind).map(({ spec }) => spec.template.spec.containers[0]);
}

function assertKnown(where: string, names: Iterable<string>, others: string[] = []) {
  const known = new Set([...knownVariables(), ...others]);
  assertEquals([...names].filter((name) => !known.has(name)), [], `${where}: variables that the program does not read`);
}

Deno.test("every variable that image, compose, Kubernetes and systemd set is one that the program reads", async () => {
  const image = DOCKERFILE.flatMap(({ steps }) => steps).filter(({ instruction }) => instruction === "ENV")
    .flatMap(({ text }) => [...text.matchAll(/(\w+)=/g)].map(([, name]) => name!));
  assertKnown("Dockerfile", image, OF_DENO);
  for (const name of PROGRAMS) assertKnown(`compose.yaml ${name}`, Object.keys(COMPOSE.services[name].environment));
  // What .env may set for compose is in .env.example.
  const interpolated = [...(await read("compose.yaml")).matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name]) => name!);
  assertKnown("compose.yaml", interpolated, OF_COMPOSE);
  const example = envExample();
  for (const name of OF_COMPOSE) assertMatch(example, new RegExp(`^(# )?${name}=`, "m"), ".env.example");
  for (const { env } of [...containers("Deployment"), ...containers("Job")]) {
    assertKnown(BASE, env.map(({ name }: Json) => name));
  }
  const overlay = parse(await read("deploy/kubernetes/overlays/example/settings.yaml"));
  for (const { data } of [...MANIFESTS.filter(({ kind }) => kind === "ConfigMap"), overlay]) {
    assertKnown("ConfigMap", Object.keys(data));
  }
  const unit = await read("deploy/systemd/timewire.service");
  const inUnit = [.../^Environment=(.*)$/gm[Symbol.matchAll](unit)].flatMap(([, line]) =>
    line!.split(" ").map((word) => word.split("=")[0]!)
  );
  assertKnown("timewire.service", inUnit, OF_DENO);
  const health = await read("deploy/image/healthcheck.ts");
  const asked = [...health.matchAll(/"([A-Z][A-Z_]+)"/g)].map(([, name]) => name!);
  assert(asked.length > 6);
  assertKnown("healthcheck.ts", asked);
  assertEquals(
    OF_COMPOSE.filter((name) => knownVariables().includes(name) || (IGNORED[name] && !/^POSTGRES/.test(name))),
    [],
  );
});

Deno.test("image, tests and workflows have one version of Deno", async () => {
  const [, version] = /deno@(\d+\.\d+\.\d+)/.exec(await read(".ci/run"))!;
  assertMatch(await read("Dockerfile"), new RegExp(`^ARG DENO_VERSION=${version}$`, "m"));
  for (const name of ["release", "security"]) {
    const versions = [...(await read(`.github/workflows/${name}.yml`)).matchAll(/deno-version: (\S+)/g)];
    assertEquals([...new Set(versions.map(([, one]) => one))], [version], name);
  }
});

Deno.test("no secret has a value in the files, and none a default", async () => {
  const text = await read("compose.yaml");
  const withDefault = [...text.matchAll(/(?<!\$)\$\{(\w*(?:PASSWORD|KEYS|SECRET|TOKEN))(:?[-?])([^}]*)/g)];
  assert(withDefault.length > 8);
  // Required by `:?`, or empty: then its service says what to set, or the part is off.
  assertEquals(withDefault.filter(([, , sign, value]) => sign !== ":?" && value !== "").map(([all]) => all), []);
  assertEquals(MANIFESTS.filter(({ kind }) => kind === "Secret"), []);
  for (const { env } of [...containers("Deployment"), ...containers("Job")]) {
    assertEquals(env.filter(({ name, value }: Json) => /URL|KEYS|SECRET/.test(name) && value !== undefined), []);
  }
  assertMatch(await read(".env.example"), /^POSTGRES_PASSWORD=$/m);
});

Deno.test("what the image copies exists and is sent to the builder; what is secret or built here is not", async () => {
  const ignore = await read(".dockerignore");
  const copied = copiedFiles(DOCKERFILE);
  assert(copied.length > 4);
  for (const path of copied) {
    await Deno.stat(new URL(path, ROOT));
    assert(isSent(path, ignore), path);
  }
  assert(
    isSent("src/main.ts", ignore) && isSent("migrations/0001_init.sql", ignore) &&
      isSent("src/console/main.tsx", ignore),
  );
  for (
    const path of [
      ".env",
      ".git/config",
      "data/encryption.key",
      "tests/e2e/smoke_test.ts",
      "src/console/dist/index.html",
    ]
  ) {
    assert(!isSent(path, ignore), path);
  }
});

Deno.test("the image runs as a number, without a network at its start, and asks /ready by the documents' figures", () => {
  const runtime = DOCKERFILE.find(({ name }) => name === "runtime")!.steps;
  const of = (name: string) => runtime.find(({ instruction }) => instruction === name)!.text;
  assertEquals(of("USER"), "10001:10001");
  assertMatch(of("ENTRYPOINT"), /"-P=timewire", "--no-prompt", "--cached-only", "--frozen"/);
  assertMatch(of("HEALTHCHECK"), /^--interval=30s --timeout=10s --start-period=40s --retries=3 /);
  assertEquals(of("EXPOSE"), "8000 8001 8002 8003");
  const pinned = DOCKERFILE.map(({ from }) => from).filter((from) => !DOCKERFILE.some(({ name }) => name === from));
  assertEquals(pinned.filter((from) => !/:[a-z]+-\d+\.\d+\.\d+$/.test(from)), []);
  assertEquals(DOCKERFILE.at(-1)!.name, "timewire");
});

Deno.test("Kubernetes' probes ask routes of the program on ports that it has, by the documents' figures", () => {
  const routes = new Set([...serviceRoutes.map(({ path }) => path), "/health/ready"]);
  const figures = ({ initialDelaySeconds, periodSeconds, timeoutSeconds, failureThreshold }: Json) => [
    initialDelaySeconds,
    periodSeconds,
    timeoutSeconds,
    failureThreshold,
  ];
  for (const container of containers("Deployment")) {
    const { livenessProbe, readinessProbe, startupProbe, ports } = container;
    for (const { httpGet } of [livenessProbe, readinessProbe, startupProbe]) {
      assert(routes.has(httpGet.path), httpGet.path);
      assert(ports.some(({ name }: Json) => name === httpGet.port), httpGet.port);
    }
    const isApi = container.env.some(({ value }: Json) => value === "workflow_api");
    assertEquals(figures(livenessProbe), isApi ? [40, 30, 10, 3] : [30, 10, 5, 3]);
    assertEquals(figures(readinessProbe), isApi ? [20, 10, 5, 3] : [5, 5, 3, 2]);
    assertEquals(
      [livenessProbe, readinessProbe].map(({ httpGet }) => httpGet.path),
      isApi ? ["/health", "/health/ready"] : ["/healthz", "/ready"],
    );
    assertEquals(container.resources, {
      requests: { cpu: "500m", memory: "512Mi" },
      limits: { cpu: "1", memory: "1Gi" },
    });
  }
  for (const { spec } of MANIFESTS.filter(({ kind }) => kind === "Deployment")) {
    // preStop, and the 5 s of the program.
    const { terminationGracePeriodSeconds, containers: [{ lifecycle }] } = spec.template.spec;
    assert(terminationGracePeriodSeconds > lifecycle.preStop.sleep.seconds + 5);
  }
});

Deno.test("Kubernetes' parts name one another: Services, Ingress, HPA, budgets and policies find what they are for", () => {
  const of = (kind: string) => MANIFESTS.filter((one) => one.kind === kind);
  const names = (kind: string) => of(kind).map(({ metadata }) => metadata.name);
  const COMPONENT = "app.kubernetes.io/component";
  const pods = new Map<string, Json>(
    of("Deployment").map(({ spec }) => [spec.template.metadata.labels[COMPONENT], spec.template.spec.containers[0]]),
  );
  for (const { metadata, spec } of of("Service")) {
    const ports = pods.get(spec.selector[COMPONENT]).ports.map(({ name }: Json) => name);
    assert(ports.includes(spec.ports[0].targetPort), metadata.name);
  }
  for (const { http } of of("Ingress")[0].spec.rules) {
    assert(names("Service").includes(http.paths[0].backend.service.name));
  }
  assertEquals(of("HorizontalPodAutoscaler").map(({ spec }) => spec.scaleTargetRef.name), names("Deployment"));
  assertEquals(of("PodDisruptionBudget").map(({ spec }) => spec.selector.matchLabels[COMPONENT]), [...pods.keys()]);
  // All pods at their most have fewer connections than compose's PostgreSQL takes, which is the figure of the guide.
  const most = of("HorizontalPodAutoscaler").reduce((sum, { spec }) => sum + spec.maxReplicas, 0);
  const pool = Number(of("ConfigMap")[0].data.DATABASE_POOL_SIZE);
  assertMatch(COMPOSE.services.postgres.command.join(" "), new RegExp(`max_connections=${300}`));
  assert(most * (pool + 4) < 300);
});

Deno.test("the example overlay has its files, and patches what the base has", async () => {
  const overlay = "deploy/kubernetes/overlays/example/";
  const { resources, patches, images } = parse(await read(`${overlay}kustomization.yaml`));
  for (const path of resources) assert(await Deno.stat(new URL(overlay + path, ROOT)), path);
  const has = MANIFESTS.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  for (const { path } of patches) {
    const { kind, metadata } = parse(await read(overlay + path));
    assert(has.includes(`${kind} ${metadata.name}`), path);
  }
  const used = [...containers("Deployment"), ...containers("Job")].map(({ image }) => image);
  assertEquals([...new Set(used)], images.map(({ name }: Json) => name));
});

Deno.test("compose keeps the database from the proxy, limits every service, and gives none a right or a tag that moves", async () => {
  const { services, networks } = COMPOSE;
  const hasRules = await Deno.stat(new URL("deploy/prometheus", ROOT)).then(() => true, () => false);
  const networksOf = (name: string) =>
    Array.isArray(services[name].networks) ? services[name].networks : Object.keys(services[name].networks);
  const shared = networksOf("proxy").filter((one: string) => networksOf("postgres").includes(one));
  assertEquals([shared, networks.database.internal], [[], true]);
  for (const [name, service] of Object.entries<Json>(services)) {
    assertEquals(service.cap_drop, ["ALL"], name);
    assertEquals(service.security_opt, ["no-new-privileges:true"], name);
    assertEquals(service.read_only, name !== "kafka", name);
    assertEquals(service.logging.options, { "max-size": "10485760", "max-file": "5" }, name);
    assert(service.deploy.resources.limits.memory && service.deploy.resources.limits.pids, name);
    assert(service.healthcheck || PROGRAMS.includes(name) || name === "logs", name);
    if (!PROGRAMS.includes(name)) assertMatch(service.image, /:v?\d+\.\d+(\.\d+)?(-\w+)?$/, name);
    // Only the proxy is reached from other machines.
    for (const port of service.ports ?? []) {
      assert(name === "proxy" || port.startsWith("127.0.0.1:"), `${name} ${port}`);
    }
    for (const mount of (service.volumes ?? []).filter((one: string) => one.startsWith("./deploy/"))) {
      const path = mount.split(":")[0].slice(2);
      // Rules and dashboards come together.
      const isWatching = /^deploy\/(prometheus|alertmanager|grafana)/.test(path);
      if (!isWatching || hasRules) await Deno.stat(new URL(path, ROOT));
    }
  }
});

Deno.test("every target that prometheus.yml scrapes is a name of compose.yaml's network", async () => {
  const text = await read("deploy/prometheus/prometheus.yml").catch(() => undefined);
  const names = new Set(Object.keys(COMPOSE.services));
  for (const service of Object.values<Json>(COMPOSE.services)) {
    for (const one of Object.values<Json>(Array.isArray(service.networks) ? {} : service.networks)) {
      for (const alias of one?.aliases ?? []) names.add(alias);
    }
  }
  // The documents' jobs.
  for (const name of ["api-studio", "universal-webhook", "clockify-addon", "workflow-api", "api", "alertmanager"]) {
    assert(names.has(name), name);
  }
  const jobs: Json[] = text === undefined ? [] : parse(text).scrape_configs;
  const targets = jobs.flatMap(({ static_configs = [] }) => static_configs.flatMap((one: Json) => one.targets));
  assertEquals(
    targets.map((target: string) => target.split(":")[0]!).filter((name) => name !== "localhost" && !names.has(name)),
    [],
  );
});
