/** Tests of what Deno Deploy says by itself, of what is refused there, and of whose a request is. */

import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { loadDeployConfig } from "../../src/app/deploy_config.ts";
import { createDispatch, findPlaces } from "../../src/app/deploy_places.ts";
import { newKey } from "../../src/secrets/encryption.ts";

const ENV = {
  DENO_DEPLOY_APP_SLUG: "timewire",
  DENO_DEPLOY_ORG_SLUG: "acme",
  DATABASE_URL: "postgres://timewire@db.example/timewire",
  ENCRYPTION_KEYS: newKey("test"),
};

function addresses(env: Record<string, string>): (string | undefined)[] {
  const loaded = loadDeployConfig({ ...ENV, ...env });
  return loaded.ok ? loaded.config.profiles.map(({ baseUrl }) => baseUrl) : loaded.faults.map(({ name }) => name);
}

const below = (base: string) => ["api-studio", "universal-webhook", "clockify-addon"].map((path) => `${base}/${path}`);

Deno.test("add-ons are below the address that the host gives to the app, the branch or the revision, or an operator", () => {
  assertEquals(addresses({}), below("https://timewire.acme.deno.net"));
  assertEquals(addresses({ DENO_TIMELINE: "git-branch/next" }), below("https://timewire--next.acme.deno.net"));
  assertEquals(addresses({ DENO_TIMELINE: "preview/abc123" }), below("https://timewire-abc123.acme.deno.net"));
  assertEquals(addresses({ DENO_TIMELINE: "git-branch/a/b" }), below("http://localhost:8000"));
  assertEquals(addresses({ PUBLIC_BASE_URL: "https://time.example/" }), below("https://time.example"));
  const own = { API_STUDIO_BASE_URL: "https://studio.example", BASE_URL: "https://time.example/x/y" };
  assertEquals(addresses({ ...own, PUBLIC_BASE_URL: "https://time.example" }), [
    "https://studio.example",
    "https://time.example/universal-webhook",
    "https://time.example/x/y",
  ]);
});

Deno.test("what cannot be there is refused, each with what to do", () => {
  const { DATABASE_URL: _, ...without } = ENV;
  const refused = loadDeployConfig(without);
  assertEquals(refused, {
    ok: false,
    faults: [{
      name: "DATABASE_URL",
      problem: "Deno Deploy keeps no files, so there is no embedded database",
      remedy: "assign a PostgreSQL database to the app, which sets it",
    }],
  });
  assertEquals(addresses({ ROLE: "work" }), ["ROLE"]);
  assertEquals(addresses({ KAFKA_BROKERS: "kafka:9092" }), ["KAFKA_BROKERS"]);
  assertEquals(addresses({ UNIVERSAL_WEBHOOK_BASE_URL: "https://other.example/api-studio" }), [
    "UNIVERSAL_WEBHOOK_BASE_URL",
  ]);
  for (const path of ["ui", "api", "api/v1/x", "docs", "addons/x"]) {
    assertEquals(addresses({ API_STUDIO_BASE_URL: `https://time.example/${path}` }), ["API_STUDIO_BASE_URL"]);
  }
  const quiet = loadDeployConfig({ ...ENV, METRICS_PORT: "9464" });
  assertEquals(quiet.ok && quiet.config.metricsPort, undefined);
});

Deno.test("the database's address says TLS where the host's says nothing", () => {
  const urlOf = (url: string) => {
    const loaded = loadDeployConfig({ ...ENV, DATABASE_URL: url });
    return loaded.ok && loaded.config.api.databaseUrl;
  };
  assertEquals(urlOf(ENV.DATABASE_URL), `${ENV.DATABASE_URL}?sslmode=verify-full`);
  for (const url of [`${ENV.DATABASE_URL}?sslmode=require`, "postgres://timewire@127.0.0.1:5432/timewire"]) {
    assertEquals(urlOf(url), url);
  }
});

Deno.test("what deno.json tells the host is there", async () => {
  const { install, build, predeploy, runtime } = config.deploy;
  assertEquals(install, "deno install");
  for (const command of [build, predeploy]) {
    assert(command.startsWith("deno task ") && command.slice("deno task ".length) in config.tasks, command);
  }
  assert((await Deno.stat(new URL(`../../${runtime.entrypoint}`, import.meta.url))).isFile);
});

Deno.test("a request is its add-on's by the path before it or by the host name, else operators'", () => {
  const loaded = loadDeployConfig({
    ...ENV,
    API_STUDIO_BASE_URL: "https://studio.example",
    CLOCKIFY_ADDON_BASE_URL: "https://timewire.acme.deno.net/universal-webhook/clockify",
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded));
  const { places } = findPlaces(loaded.config);
  const find = createDispatch<string>(places, {
    ofAddon: new Map(places.map(({ key }) => [key, key])),
    operators: "operators",
  });
  for (
    const [url, wanted] of [
      ["https://timewire.acme.deno.net/", "operators"],
      ["https://timewire.acme.deno.net/universal-webhook", "universal_webhook"],
      ["https://timewire.acme.deno.net//universal-webhook//webhooks/clockify/X?a=/", "universal_webhook"],
      ["https://timewire.acme.deno.net/universal-webhook?x=1", "universal_webhook"],
      ["https://timewire.acme.deno.net/universal-webhooks", "operators"],
      ["https://timewire.acme.deno.net/universal-webhook/clockify/manifest", "clockify_addon"],
      ["https://timewire.acme.deno.net/api-studio/manifest", "operators"],
      ["https://studio.example/manifest", "api_studio"],
      ["https://STUDIO.example:443/", "api_studio"],
      ["https://studio.example/universal-webhook/ui", "universal_webhook"],
    ] as const
  ) assertEquals(find(url), wanted, url);
});
