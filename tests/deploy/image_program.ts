/**
 * Builds the image's stages, and runs what it runs, in a network of its own that has loopback alone: image_test.ts starts it
 * below `unshare --net`. Beside it PostgreSQL. With `--embedded` in place of the server the embedded database, in /data.
 * Prints `done` as its last line.
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { newKey } from "../../src/secrets/encryption.ts";
import { endsWithin } from "../support/program.ts";
import { startPostgres } from "../support/postgres_server.ts";
import { type Image, inImage } from "../support/dockerfile.ts";
import { systemClock } from "../../src/base/clock.ts";

const image: Image = JSON.parse(Deno.env.get("TIMEWIRE_BUILT_IMAGE")!);
const onEmbedded = Deno.args.includes("--embedded");
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** What a command of the image printed on both streams, and its exit code. */
async function run(command: string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await (await inImage(image, command, { env })).output();
  return { code, text: decode(stdout) + decode(stderr) };
}

await new Deno.Command("ip", { args: ["link", "set", "lo", "up"] }).output();

// Who it is, and that nothing of the image can be written.
const probe = `for (const place of ["/app", "/deno-dir", "/data", "/tmp", "/"]) {
  try { Deno.writeTextFileSync(place + "/written", ""); console.log("wrote", place); } catch { /* read-only */ }
}
console.log(Deno.uid(), Deno.gid(), Deno.readTextFileSync("/proc/self/status").match(/CapEff:\\s*(\\w+)/)[1]);`;
assertEquals(await run(["/bin/deno", "eval", "--quiet", probe]), { code: 0, text: "10001 10001 0000000000000000\n" });

const server = onEmbedded ? undefined : (await startPostgres())!;
try {
  if (server) {
    // The init script that compose.yaml mounts, twice: it may be run again.
    const [, port] = /:(\d+)\//.exec(server.url)!;
    const env = {
      APP_USER: "clockify",
      APP_PASSWORD: "a'b\"c",
      PGHOST: "127.0.0.1",
      PGPORT: port!,
      POSTGRES_USER: "postgres",
    };
    for (const round of ["first", "second"]) {
      const { code, stderr } = await new Deno.Command("bash", { args: ["deploy/postgres/10-databases.sh"], env })
        .output();
      assertEquals(code, 0, `${round} run: ${decode(stderr)}`);
    }
  }
  const database = (name: string) => server!.url.replace("postgres@", "clockify@").replace(/[^/]*$/, name);
  const env: Record<string, string> = {
    API_STUDIO_REQUIRE_SIGNATURE_VERIFICATION: "false",
    ...(server && {
      DATABASE_URL: database("clockify_addon"),
      API_STUDIO_DB_URL: database("api_studio"),
      UNIVERSAL_WEBHOOK_DB_URL: database("universal_webhook"),
      WORKFLOW_DB_URL: database("workflow_db"),
      ENCRYPTION_KEYS: newKey("test"),
    }),
  };
  const before = await run(image.healthcheck);
  assertEquals(before.code, 1);
  assertStringIncludes(before.text, "Not ready: ");

  if (server) assertEquals((await run([...image.command.slice(0, -1), "migrate"], env)).code, 0);

  const child = (await inImage(image, image.command, { env, writable: onEmbedded ? ["/data"] : [] })).spawn();
  let text = "";
  const reading = [child.stdout, child.stderr].map(async (stream) => {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) text += part;
  });
  const ended = Promise.all([child.status, ...reading]).then(([{ code }]) => ({ code, stdout: text, stderr: "" }));
  let isOver = false;
  void ended.then(() => isOver = true);
  while ([...text.matchAll(/"listener.ready"/g)].length < 4) {
    assert(!isOver, `It ended: ${text}`);
    await systemClock.sleep(50);
  }

  for (const port of [8000, 8001, 8002, 8003]) {
    const response = await fetch(`http://127.0.0.1:${port}/ready`);
    assertEquals(response.status, 200, await response.text());
    const page = await fetch(`http://127.0.0.1:${port}/ui`);
    assertMatch(await page.text(), /<title>Timewire/, "the console is built in");
  }
  assertEquals(await run(image.healthcheck), { code: 0, text: "" });

  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`http://127.0.0.1:8000${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    assertEquals(response.status, 200, await response.clone().text());
    return await response.json();
  };
  const workspaceId = "image-workspace";
  const apiUrl = "https://api.clockify.me/api";
  await post("/lifecycle/installed", { addonId: "image", authToken: "image-token", workspaceId, apiUrl });
  const event = { "clockify-webhook-event-type": "NEW_TIME_ENTRY", "clockify-webhook-workspace-id": workspaceId };
  const { webhookId, status } = await post("/webhooks/clockify", { id: "entry", workspaceId }, event);
  assertEquals([typeof webhookId, status], ["string", "received"]);

  Deno.kill(await innermost(child.pid), "SIGTERM");
  const { code } = await endsWithin({ ended }, 10_000);
  assertEquals(code, 0, text);
  assertStringIncludes(text, '"stop.finished"');
} finally {
  await server?.stop();
}
console.log("done");

/** bubblewrap waits for its child, and hands no signal on. */
async function innermost(pid: number): Promise<number> {
  const children = (await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`)).trim();
  return children === "" ? pid : await innermost(Number(children.split(" ")[0]));
}
