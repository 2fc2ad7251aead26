/** The deployment's files by their own tools: hadolint, compose, JSON Schemas, zizmor, nginx, systemd-analyze, shellcheck. .ci/run installs them. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { outputOf } from "../support/child.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Folder of the tools that come from PyPI; unset: PATH. */
const TOOLS = Deno.env.get("DEPLOY_TOOLS");
const ONE_NAME = "api-studio.yourdomain.com";

const tool = (name: string) => TOOLS ? `${TOOLS}/${name}` : name;

/** Runs a tool in the project's folder; throws with what it printed when it finds a fault. */
function run(name: string, ...args: string[]): Promise<string> {
  return outputOf(new Deno.Command(tool(name), { args, cwd: ROOT, stdin: "null" }));
}

function isThere(name: string): boolean {
  return new Deno.Command("sh", { args: ["-c", `command -v "$0"`, name], stdout: "null" }).outputSync().success;
}

/** Leaves a test out, by name, where this machine has no such tool. */
function withTools(names: string[], name: string, fn: () => Promise<void>) {
  const missing = names.filter((one) => !isThere(one));
  const suffix = missing.length > 0 ? ` (needs ${missing.join(", ")})` : "";
  Deno.test({ name: name + suffix, ignore: missing.length > 0, fn });
}

async function filesIn(folder: string, end: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${ROOT}${folder}`)) {
    if (isDirectory) found.push(...await filesIn(`${folder}/${name}`, end));
    else if (name.endsWith(end)) found.push(`${folder}/${name}`);
  }
  return found.sort();
}

withTools([tool("hadolint")], "hadolint has nothing to say of the Dockerfile", async () => {
  assertEquals(await run("hadolint", "Dockerfile"), "");
});

withTools([tool("check-jsonschema")], "compose files and workflows have the form of their schemas", async () => {
  await run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml", "compose.test.yaml");
  const workflows = await filesIn(".github/workflows", ".yml");
  assert(workflows.length >= 4);
  await run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", ...workflows);
});

withTools(
  [tool("docker-compose")],
  "compose takes its files with every profile, and names what .env lacks",
  async () => {
    const composed = (env: Record<string, string>, ...args: string[]) =>
      new Deno.Command(tool("docker-compose"), {
        args: ["--env-file", "/dev/null", ...args, "config", "--format", "json"],
        cwd: ROOT,
        env: { HOME: "/nonexistent", ...env },
        clearEnv: true,
      });
    const secrets = { POSTGRES_PASSWORD: "0123abcd", ENCRYPTION_KEYS: "k1:key", OPERATOR_API_KEYS: "admin:key" };
    const { services } = JSON.parse(await outputOf(composed(secrets, "--profile", "*")));
    const databases = ["DATABASE_URL", "API_STUDIO_DB_URL", "UNIVERSAL_WEBHOOK_DB_URL", "WORKFLOW_DB_URL"];
    const login = "postgresql://clockify:0123abcd@postgres:5432";
    for (const name of ["timewire", "worker", "workflow-api"]) {
      assertEquals(
        databases.map((variable) => services[name].environment[variable]),
        ["clockify_addon", "api_studio", "universal_webhook", "workflow_db"].map((database) => `${login}/${database}`),
      );
    }
    assertEquals(Object.keys(JSON.parse(await outputOf(composed(secrets))).services), ["postgres", "timewire"]);
    const tests = JSON.parse(await outputOf(composed({}, "--file", "compose.test.yaml")));
    assertEquals(Object.keys(tests.services), ["test-runner"]);
    const { ENCRYPTION_KEYS: _, ...less } = secrets;
    const { code, stderr } = await composed(less).output();
    assertEquals(code, 1);
    assertStringIncludes(new TextDecoder().decode(stderr), "set it in .env, to k1:KEY");
  },
);

withTools([tool("zizmor")], "zizmor finds nothing in the workflows that weakens them", async () => {
  await run("zizmor", "--offline", "--no-progress", "--config", ".github/zizmor.yml", ".github/workflows");
});

withTools(
  [tool("kubernetes-validate")],
  "Kubernetes' manifests have the form of its schemas, with no field that they do not know",
  async () => {
    const manifests = (await filesIn("deploy/kubernetes/base", ".yaml")).filter((path) =>
      !path.endsWith("kustomization.yaml")
    );
    assert(manifests.length >= 10);
    await run("kubernetes-validate", "--strict", "--kubernetes-version", "1.37", ...manifests);
  },
);

withTools(["shellcheck"], "shellcheck has nothing to say of the scripts", async () => {
  const scripts = [...await filesIn("deploy", ".sh"), ...await filesIn(".github", ".sh")];
  assertEquals(await outputOf(new Deno.Command("shellcheck", { args: scripts, cwd: ROOT })), "");
});

withTools(["systemd-analyze"], "systemd takes the unit, and counts it among the least exposed", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const unit = `${folder}/timewire.service`;
    const text = await Deno.readTextFile(`${ROOT}deploy/systemd/timewire.service`);
    // Deno is elsewhere here.
    await Deno.writeTextFile(unit, text.replace("/usr/local/bin/deno", "/bin/true"));
    const analyze = (...args: string[]) => outputOf(new Deno.Command("systemd-analyze", { args: [...args, unit] }));
    assertEquals(await analyze("verify"), "");
    // 0 to 10; 2.0 and below is "OK".
    await analyze("security", "--offline=true", "--threshold=20");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

withTools(
  ["nginx", "openssl", "curl"],
  "nginx passes on what the program expects, and keeps from it what it must",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "timewire-nginx-" });
    const seen: Headers[] = [];
    const held = Promise.withResolvers<void>();
    const program = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
      seen.push(new Headers(request.headers));
      if (!request.url.endsWith("/ui/stream")) return new Response(String((await request.bytes()).length));
      const first = new TextEncoder().encode("data: first\n\n");
      return new Response(
        new ReadableStream({
          start: async (controller) => {
            controller.enqueue(first);
            await held.promise;
            controller.close();
          },
        }),
        { headers: { "content-type": "text/event-stream" } },
      );
    });
    const [http, https] = [freePort(), freePort()];
    const change = async (name: string, changes: [RegExp, string][]) => {
      const text = await Deno.readTextFile(`${ROOT}deploy/nginx/${name}`);
      await Deno.writeTextFile(
        `${folder}/${name}`,
        changes.reduce((all, [from, to]) => all.replaceAll(from, to), text),
      );
    };
    await change("proxy.conf", []);
    await change("sites.conf", [[/listen 443/g, `listen 127.0.0.1:${https}`], [
      /listen 80/g,
      `listen 127.0.0.1:${http}`,
    ]]);
    await change("upstreams.conf", [[/127\.0\.0\.1:8000/g, `127.0.0.1:${program.addr.port}`]]);
    await change("nginx.conf", [[/pid .*;/g, `pid ${folder}/pid;\ndaemon off;`], [
      /access_log .*;/g,
      `access_log ${folder}/log timewire;`,
    ]]);
    await Deno.mkdir(`${folder}/tls`);
    const key = ["-nodes", "-keyout", `${folder}/tls/privkey.pem`, "-out", `${folder}/tls/fullchain.pem`];
    const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=test", ...key];
    await outputOf(new Deno.Command("openssl", { args: made }));
    const nginx = ["-c", `${folder}/nginx.conf`, "-p", folder];
    await outputOf(new Deno.Command("nginx", { args: ["-t", ...nginx] }));
    const server = new Deno.Command("nginx", { args: nginx, stdout: "null", stderr: "null" }).spawn();
    const curl = (...args: string[]) => new Deno.Command("curl", { args: ["-sS", "-k", "--max-time", "20", ...args] });
    const named = ["--resolve", `${ONE_NAME}:${https}:127.0.0.1`];
    const url = `https://${ONE_NAME}:${https}`;
    const status = async (...args: string[]) => await outputOf(curl("-o", "/dev/null", "-w", "%{http_code}", ...args));
    try {
      await outputOf(
        curl("--retry", "50", "--retry-connrefused", "--retry-delay", "0", `http://127.0.0.1:${http}/proxy-health`),
      );

      const answer = await outputOf(
        curl(
          ...named,
          "-i",
          "--http2",
          "-H",
          "X-Forwarded-For: 203.0.113.9",
          "-H",
          "Forwarded: for=203.0.113.9",
          `${url}/manifest?auth_token=secret`,
        ),
      );
      assertMatch(answer, /^HTTP\/2 200/);
      assertMatch(answer, /strict-transport-security: max-age=31536000/i);
      const headers = seen.at(-1)!;
      assertEquals(
        ["host", "x-forwarded-for", "x-forwarded-proto", "x-real-ip", "forwarded", "upgrade"].map((name) =>
          headers.get(name)
        ),
        [
          ONE_NAME,
          "203.0.113.9, 127.0.0.1",
          "https",
          "127.0.0.1",
          null,
          null,
        ],
      );
      const passed = seen.length;
      assertEquals(
        await status(
          ...named,
          "--http1.1",
          "-H",
          "Connection: Upgrade, HTTP2-Settings",
          "-H",
          "Upgrade: h2c",
          `${url}/manifest`,
        ),
        "200",
      );
      assertEquals(seen.at(-1)!.get("upgrade"), null);

      // The largest delivery passes, twice the bound does not; nor do metrics, other names, and requests without TLS.
      await Deno.writeFile(`${folder}/body`, new Uint8Array(5_242_880));
      const sent = ["-X", "POST", "--data-binary", `@${folder}/body`];
      assertEquals(await outputOf(curl(...named, ...sent, `${url}/webhooks/clockify`)), "5242880");
      await Deno.writeFile(`${folder}/body`, new Uint8Array(10_485_760));
      assertEquals(await status(...named, ...sent, `${url}/webhooks/clockify`), "413");
      assertEquals(await status(...named, `${url}/metrics`), "404");
      assertEquals(
        (await curl(`https://127.0.0.1:${https}/`).output()).success,
        false,
        "no certificate for another name",
      );
      assertEquals(await status(`http://127.0.0.1:${http}/manifest`), "301");
      assertEquals(seen.length, passed + 2);

      // A line of the stream is here before the stream's end.
      const args = ["-sS", "-k", "-N", "--max-time", "20", ...named, `${url}/ui/stream`];
      const reading = new Deno.Command("curl", { args, stdout: "piped" }).spawn();
      const reader = reading.stdout.getReader();
      assertStringIncludes(new TextDecoder().decode((await reader.read()).value), "data: first");
      held.resolve();
      while (!(await reader.read()).done);
      await reading.status;

      const log = await Deno.readTextFile(`${folder}/log`);
      assert(!log.includes("secret"), "queries are in no log");
      assertEquals(JSON.parse(log.split("\n").find((line) => line.includes("/manifest"))!).path, "/manifest");
    } finally {
      held.resolve();
      server.kill("SIGTERM");
      await server.status;
      await program.shutdown();
      await Deno.remove(folder, { recursive: true });
    }
  },
);

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}
