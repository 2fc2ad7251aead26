/** The console's page and assets at the doors of an add-on and of the operators' listener. Needs a built console: `deno task test` builds it. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { readConsole } from "../../../src/http/api/console.ts";
import { stopSharedDatabase } from "../../support/database.ts";
import { OPERATOR_KEY, startWorld } from "../../support/world.ts";

/** Above it the first paint waits too long (on a slow line of 1.6 Mbit/s: two thirds of a second). */
const FIRST_CHUNK_BYTES = 130_000;
const CANVAS_BYTES = 90_000;

async function text(url: string, headers: Record<string, string> = {}): Promise<{ response: Response; body: string }> {
  const response = await fetch(url, { headers });
  return { response, body: await response.text() };
}

function metaOf(body: string) {
  const content = /<meta name="timewire" content="([^"]*)">/.exec(body)![1]!;
  return JSON.parse(content.replaceAll("&quot;", '"').replaceAll("&amp;", "&"));
}

Deno.test("the console is built", async () => {
  assert(await readConsole(), "Run deno task console:build before deno test; deno task test does so by itself");
});

Deno.test("the canvas of flows, loaded when it is first shown, is under its budget with its style", async () => {
  const assets = new URL("../../../src/console/dist/assets/", import.meta.url);
  const parts = (await Array.fromAsync(Deno.readDir(assets))).map(({ name }) => name)
    .filter((name) => /^canvas-[\w-]{8}\.(js|css)\.gz$/.test(name));
  assertEquals(parts.map((name) => /\.(js|css)\./.exec(name)![1]).sort(), ["css", "js"]);
  const sizes = await Promise.all(parts.map(async (name) => (await Deno.stat(new URL(name, assets))).size));
  const size = sizes.reduce((sum, one) => sum + one, 0);
  assert(size < CANVAS_BYTES, `${size} bytes`);
});

Deno.test("/ui and every path of the console give the page, which may be framed by Clockify alone", async () => {
  const world = await startWorld();
  try {
    for (const path of ["/ui", "/ui/", "/ui/app/home", "/ui/app/runs/00000000-0000-0000-0000-000000000000?x=1"]) {
      const { response, body } = await text(world.url("universal_webhook") + path);
      assertEquals(response.status, 200, path);
      assertMatch(response.headers.get("content-type")!, /^text\/html/);
      assertEquals(response.headers.get("cache-control"), "no-store");
      assertEquals(response.headers.get("referrer-policy"), "no-referrer");
      assertEquals(response.headers.get("x-frame-options"), null);
      const policy = response.headers.get("content-security-policy")!;
      assert(!policy.includes("unsafe"), policy);
      assert(policy.endsWith(`frame-ancestors ${world.simulator.url}`), policy);
      // Nothing inline, and every file below the mount whatever the depth of the path.
      assertEquals(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/.test(body), false, body);
      for (const [, url] of body.matchAll(/(?:src|href)="([^"]+)"/g)) assertMatch(url!, /^(\/ui\/assets\/|data:,$)/);
      assertEquals(metaOf(body), {
        mount: "/ui",
        addons: [{ key: "universal_webhook", name: "Universal Webhook + API Studio", base: "" }],
      });
    }
  } finally {
    await world.stop();
  }
});

Deno.test("assets are compressed, kept for ever and under the first chunk's budget", async () => {
  const world = await startWorld();
  try {
    const at = world.url("api_studio");
    const { body } = await text(`${at}/ui`);
    const files = [...body.matchAll(/(?:src|href)="(\/ui\/assets\/[^"]+)"/g)].map(([, path]) => path!);
    assert(files.some((path) => /-[\w-]{8}\.js$/.test(path)) && files.some((path) => path.endsWith(".css")));
    let firstPaint = 0;
    for (const path of files) {
      const plain = await fetch(at + path, { headers: { "accept-encoding": "identity" } });
      const bytes = new Uint8Array(await plain.arrayBuffer());
      assertEquals(plain.headers.get("cache-control"), "public, max-age=31536000, immutable");
      assertEquals(plain.headers.get("content-encoding"), null);
      const packed = (await readConsole())!.assets.get(path.split("/").at(-1)!)!.bodies;
      assertEquals(new Uint8Array(brotliDecompressSync(packed.get("br")!)), bytes);
      assertEquals(new Uint8Array(gunzipSync(packed.get("gzip")!)), bytes);
      for (const [accepted, encoding] of [["gzip, br", "br"], ["gzip", "gzip"]] as const) {
        const response = await fetch(at + path, { headers: { "accept-encoding": accepted } });
        assertEquals(response.headers.get("vary"), "accept-encoding");
        assertEquals(new Uint8Array(await response.arrayBuffer()), bytes, `${encoding} of ${path}`);
      }
      firstPaint += packed.get("gzip")!.byteLength;
    }
    assert(firstPaint < FIRST_CHUNK_BYTES, `${firstPaint} bytes before the first paint`);
    assertEquals((await fetch(`${at}/ui/assets/nothing.js`).then(drained)).status, 404);
    assertEquals((await fetch(`${at}/ui/assets/..%2findex.html`).then(drained)).status, 404);
  } finally {
    await world.stop();
  }
});

Deno.test("CONSOLE_FRAME_ANCESTORS says who may frame the page; none lets nobody", async () => {
  const cases = [
    ["", "https://*.clockify.me https://*.cake.com"],
    ["https://Host.example:8443/", "https://host.example:8443"],
    ["none", "'none'"],
  ] as const;
  for (const [given, due] of cases) {
    const world = await startWorld({ env: { CONSOLE_FRAME_ANCESTORS: given } });
    try {
      const { response } = await text(`${world.url("clockify_addon")}/ui`);
      assert(response.headers.get("content-security-policy")!.endsWith(`frame-ancestors ${due}`));
    } finally {
      await world.stop();
    }
  }
});

Deno.test("the operators' listener serves the console at / and every add-on's data below /addons", async () => {
  const world = await startWorld();
  try {
    await world.install("api_studio");
    const at = `http://127.0.0.1:${world.serving.operatorPort}`;
    const { response, body } = await text(`${at}/`, { accept: "text/html" });
    assert(response.headers.get("content-security-policy")!.endsWith("frame-ancestors 'none'"));
    assertEquals(metaOf(body).addons.map(({ base }: { base: string }) => base), [
      "/addons/api_studio",
      "/addons/universal_webhook",
      "/addons/clockify_addon",
    ]);
    assertMatch(body, /src="\/assets\//);

    assertEquals((await text(`${at}/ui/`)).body, (await text(`${at}/ui`)).body);
    const ofWorkflows = await text(`${at}/ui/app/workflows`);
    assertEquals(metaOf(ofWorkflows.body), { mount: "/ui", addons: [], api: "/api/v1" });
    assert(ofWorkflows.response.headers.get("content-security-policy")!.endsWith("frame-ancestors 'none'"));

    const flows = `/addons/api_studio/ui/flows?workspace_id=${world.workspaceId}`;
    const operator = { "x-api-key": OPERATOR_KEY };
    assertEquals((await fetch(at + flows, { headers: operator }).then(drained)).status, 200);
    assertEquals((await fetch(at + flows).then(drained)).status, 401);
    assertEquals(
      (await fetch(at + flows.replace("api_studio", "clockify_addon"), { headers: operator }).then(drained)).status,
      403,
    );
    const made = await fetch(at + flows, {
      method: "POST",
      headers: { ...operator, "content-type": "application/json" },
      body: JSON.stringify({
        name: "Located",
        trigger_event_types: ["NEW_TAG"],
        actions: [{ operation_id: "getTags" }],
      }),
    });
    const { id } = await made.json();
    assertEquals([made.status, made.headers.get("location")], [201, `/addons/api_studio/ui/flows/${id}`]);
    for (
      const path of ["/addons/none/ui/flows", "/addons/api_studio/webhooks/clockify", "/addons/api_studio/metrics"]
    ) {
      const refused = await fetch(at + path, { method: path.includes("webhooks") ? "POST" : "GET", headers: operator });
      assertEquals((await drained(refused)).status, 404, path);
    }
    for (
      const path of ["/../metrics", "/%2e%2e/metrics", "/x/../../openapi.json", "/..", "/../webhooks/clockify/NEW_TAG"]
    ) {
      assertEquals(await statusOf(world.serving.operatorPort!, `/addons/api_studio/ui${path}`), 404, path);
    }
    assertEquals(await statusOf(world.serving.operatorPort!, "/addons/api_studio/ui/./health"), 200);
    const health = await fetch(`${at}/healthz`);
    assertEquals((await health.json()).service, "workflow-api");
  } finally {
    await world.stop();
  }
});

/** Of a request whose path no client mends. */
async function statusOf(port: number, path: string): Promise<number> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`));
  const text = await new Response(connection.readable).text();
  return Number(text.split(" ")[1]);
}

async function drained(response: Response): Promise<Response> {
  await response.body?.cancel();
  return response;
}

Deno.test({ name: "the shared database stops", fn: stopSharedDatabase, sanitizeOps: false, sanitizeResources: false });
