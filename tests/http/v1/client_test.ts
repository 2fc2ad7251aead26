/** docs/example_client.ts: a client of types that openapi-typescript makes of what the listener serves, through a day of work. */

import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { OPERATOR_KEY } from "../../support/world.ts";
import { apiWorldOfFile } from "./api_world.ts";

const ROOT = new URL("../../../", import.meta.url);
const CLIENT = new URL("docs/example_client.ts", ROOT);

type OpenApiTypescript = typeof import("openapi-typescript");
type ExampleClient = { dayOfWork(day: { baseUrl: string; adminKey: string; agentUrl: string }): Promise<void> };

const world = apiWorldOfFile(undefined, { JWT_SECRET: "a secret of tests alone, of more than 32 characters" });
const baseUrl = () => `http://127.0.0.1:${world.world().serving.operatorPort}`;

/** Loaded by a name that is not written out, so that the other tests run where the package cannot be fetched. */
async function loaded<Module>(specifier: string): Promise<Module | undefined> {
  try {
    return await import(specifier);
  } catch (error) {
    if (Deno.env.get("CI")) throw error;
    console.warn(`Skipped: ${specifier} could not be loaded: ${(error as Error).message}`);
    return undefined;
  }
}

const generator = await loaded<OpenApiTypescript>("openapi-typescript");
const client = await loaded<ExampleClient>(CLIENT.href);

Deno.test({
  name: "the types of a client, made from /openapi.json, compile, and docs/example_client.ts with them",
  ignore: !generator,
  fn: async () => {
    const { default: openapiTS, astToString } = generator!;
    const document = await (await fetch(`${baseUrl()}/openapi.json`)).text();
    const types = astToString(await openapiTS(document, { defaultNonNullable: false }));
    const folder = await Deno.makeTempDir({ prefix: "timewire-client-" });
    try {
      await Deno.writeTextFile(join(folder, "workflow_api.ts"), types);
      await Deno.copyFile(CLIENT, join(folder, "example_client.ts"));
      const { success, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["check", "--config", new URL("deno.json", ROOT).pathname, join(folder, "example_client.ts")],
        env: { NO_COLOR: "1" },
      }).output();
      assertEquals([success, success ? "" : new TextDecoder().decode(stderr)], [true, ""]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "a day of work by that client: from a user and agents to runs that are watched, cancelled, paused and retried",
  ignore: !client,
  fn: async () => {
    const { answer } = world.sink;
    world.sink.answer = (request) => request.method === "GET" ? Response.json({ name: "agent" }) : answer(request);
    await client!.dayOfWork({ baseUrl: baseUrl(), adminKey: OPERATOR_KEY, agentUrl: `${world.sink.url}/rpc` });
  },
});
