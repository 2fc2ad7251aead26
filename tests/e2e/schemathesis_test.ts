/**
 * Every operation of the four listeners' OpenAPI documents, asked by Schemathesis: no answer of 5xx, none that its contract does
 * not have (status, type, headers, body), no route that looks at no login, no request that does not fit its schema is accepted,
 * and methods that a path does not have are answered with 405.
 *
 * CI asks each operation its examples, and those of the Workflow Management API some 70 requests more, the same each time: 100 s
 * of the processor, most of it the tool's. To ask more: SCHEMATHESIS_EXAMPLES=200 SCHEMATHESIS_SEED=1, all phases or those of
 * SCHEMATHESIS_PHASES=fuzzing,stateful, SCHEMATHESIS_ONLY=operators,api_studio for some listeners, SCHEMATHESIS_PATHS=^/api/v1/runs for some paths.
 */

import { assert, assertEquals } from "@std/assert";
import { PROFILES } from "../../src/profiles/profiles.ts";
import { OPERATOR_KEY, type World } from "../support/world.ts";
import { runSchemathesis, SCHEMATHESIS_MISSING, type SchemathesisOptions } from "../support/schemathesis.ts";
import { apiWorldOfFile } from "../http/v1/api_world.ts";

/** 0: few, as in CI. */
const EXAMPLES = Number(Deno.env.get("SCHEMATHESIS_EXAMPLES") ?? 0);
/** Beside examples of SCHEMATHESIS_EXAMPLES. */
const PHASES = (Deno.env.get("SCHEMATHESIS_PHASES") ?? "examples,coverage,fuzzing,stateful")
  .split(",") as SchemathesisOptions["phases"][number][];
const SEED = Deno.env.get("SCHEMATHESIS_SEED");
const ONLY = Deno.env.get("SCHEMATHESIS_ONLY")?.split(",");
const PATHS = Deno.env.get("SCHEMATHESIS_PATHS");
/** Ends when its reader leaves, which is what tests/http/api/stream_test.ts is about. */
const STREAM = "/ui/stream$";

let world: World;
let known: Record<string, readonly string[]>;

apiWorldOfFile(async (made) => {
  world = made.world();
  for (const { key } of PROFILES) await world.install(key);
  const agent = await made.addAgent();
  const workflow = await made.addWorkflow({ one: { type: "agent", agent_name: agent.name } });
  const run = await made.execute(workflow);
  assertEquals((await made.ended(run)).status, "COMPLETED");
  known = { "path.agent_id": [agent.id], "path.workflow_id": [workflow.id], "path.run_id": [run] };
}, {
  API_RATE_LIMIT_RPS: "100000",
  MAX_RUNS_PER_MINUTE: "100000",
  JWT_SECRET: "a secret of tests alone, of more than 32 characters",
  DEBUG: "true",
});

const OPERATOR = { "X-API-Key": OPERATOR_KEY };

type Asked = Omit<SchemathesisOptions, "examples" | "seed">;

const ask = (name: string, options: () => Asked | Promise<Asked>) =>
  Deno.test({
    name: `schemathesis: ${name}${SCHEMATHESIS_MISSING === undefined ? "" : ` (${SCHEMATHESIS_MISSING})`}`,
    ignore: SCHEMATHESIS_MISSING !== undefined || (ONLY?.includes(name) === false),
    fn: async () => {
      const asked = await options();
      const { failures, operations, requests, text } = await runSchemathesis({
        exclude: STREAM,
        fixed: { "query.workspace_id": world.workspaceId },
        known,
        ...asked,
        ...(EXAMPLES > 0 && { phases: PHASES }),
        ...(PATHS !== undefined && { include: PATHS }),
        examples: Math.max(1, EXAMPLES),
        seed: SEED === undefined ? undefined : Number(SEED),
      });
      console.log(`${name}: ${operations} operations, ${requests} requests`);
      assert(operations > 0 && requests > operations);
      assertEquals(failures, [], text);
    },
  });

/** What the operators' listener has of its own, the Workflow Management API first. */
ask("operators", () => ({
  url: `http://127.0.0.1:${world.serving.operatorPort}`,
  headers: OPERATOR,
  include: "^/(?!addons/)",
  phases: ["examples", "coverage", "fuzzing"],
}));

for (const { key } of PROFILES) {
  ask(key, async () => ({
    url: world.url(key),
    headers: { "X-Addon-Token": (await world.viewer(key))["x-addon-token"]! },
    phases: ["examples"],
  }));
}

/** The same once more where operators ask, each add-on below its own path. */
ask("addons", () => ({
  url: `http://127.0.0.1:${world.serving.operatorPort}`,
  headers: OPERATOR,
  include: "^/addons/",
  phases: ["examples"],
}));
