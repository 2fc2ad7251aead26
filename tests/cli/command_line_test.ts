/** Tests of the commands against a running program: what they print for people and for scripts, and how they end. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { closedPort, commandLineOf, environmentOf, type Ran, type RunOptions } from "../support/command_line.ts";
import { eventually, OPERATOR_KEY, type World } from "../support/world.ts";
import { worldOfFile } from "../support/world_of_file.ts";

let world: World;
let run: (args: readonly string[], options?: RunOptions) => Promise<Ran>;
/** Runs a command line of words without blanks; fails unless it ends with 0. */
async function ok(line: string, options?: RunOptions): Promise<Ran> {
  const ran = await run(line.split(" "), options);
  assertEquals(ran.code, 0, `${line}: ${ran.err.join("\n")}`);
  return ran;
}

/** Runs on demand, and on tasks whose name the workspace may choose. */
const FLOW = {
  name: "A task gets a tag",
  trigger_event_types: ["NEW_TASK"],
  triggers: { api: true },
  actions: [{ id: "make", operation_id: "createNewTag", body: { name: "{{ $.webhook.name }}" } }],
};
const FILE = {
  format: "timewire.flows",
  version: 1,
  exported_at: "2026-11-21T08:00:00.000Z",
  flows: [{ id: "7", ordered: false, secrets: [], conditions: { all: [] }, ...FLOW }],
  names: {},
};

worldOfFile({ env: { API_RATE_LIMIT_RPS: "1000" } }, async (made) => {
  world = made;
  await world.enter("universal_webhook");
  run = commandLineOf(environmentOf(world));
});

async function deliver(name: string): Promise<void> {
  const { simulator, workspaceId } = world;
  const payload = { id: crypto.randomUUID(), workspaceId, name };
  await simulator.deliver({ workspaceId, event: "NEW_TASK", payload });
}

Deno.test("flows are validated, imported, listed, exported and run, by exit code and JSON", async () => {
  const files = { "flows.json": JSON.stringify(FILE), "bad.json": JSON.stringify({ ...FILE, flows: [{ id: "7" }] }) };
  const valid = await ok("flows validate flows.json", { files });
  assertMatch(valid.out[0]!, /^(ok|warning) +7 A task gets a tag$/);
  assertEquals((await ok("flows list --json")).json().flows, [], "validate makes none");
  const imported = (await ok("flows import - --json", { files: { "-": files["flows.json"] } })).json();
  const [{ id }] = imported.created;
  assertEquals([imported.addon, imported.workspace_id], ["universal_webhook", world.workspaceId]);
  const { out: [head, row] } = await ok("flows list");
  assertEquals(head!.split(/ {2,}/).slice(0, 4), ["ID", "IS", "VERSION", "NAME"]);
  assertEquals(row!.split(/ {2,}/).slice(0, 4), [id, "off", "1", FLOW.name]);
  const exported = (await ok("flows export")).json();
  assertEquals(exported.flows.map((flow: { id: string; name: string }) => [flow.id, flow.name]), [[id, FLOW.name]]);

  const off = await run(["flows", "run", id]);
  assertEquals(off.code, 1);
  assertMatch(off.err.join(), /^Cannot /);
  await turnOn(id);
  const done = (await run(["flows", "run", id, "--input", '{"name":"by hand"}', "--wait", "--json"])).json();
  assertEquals([done.state, done.trigger, done.steps.length], ["completed", "api", 1]);
  const shown = await ok(`runs show ${done.id}`);
  assertMatch(shown.out.join("\n"), /^State +completed$[^]*^# +STATE +STEP[^]*^1 +completed /m);
});

async function turnOn(id: string): Promise<void> {
  const response = await fetch(`${world.url("universal_webhook")}/ui/flows/${id}?workspace_id=${world.workspaceId}`, {
    method: "PUT",
    headers: { "x-api-key": OPERATOR_KEY, "content-type": "application/json" },
    body: JSON.stringify({ enabled: true }),
  });
  assertEquals(response.status, 200, await response.text());
}

Deno.test("events are listed and shown without what moves a cursor, and a failed run of one is retried", async () => {
  await world.simulator.addFault({ kind: "status", method: "POST", path: "*/tags", status: 400, count: 1 });
  await deliver("left-to-right\u202e\u001b[31m");
  const [failed] = await eventually(async () => {
    const { events } = (await ok("events list --outcome failed --type NEW_TASK --from 1h --json")).json();
    return events.length > 0 && events;
  });
  const shown = (await ok(`events show ${failed.id}`)).out.join("\n");
  assertMatch(shown, /^Outcome +dispatched$[^]*^RUN +STATE +FLOW[^]*failed/m);
  // deno-lint-ignore no-control-regex -- it must not reach a terminal
  assertNotMatch(shown, /[\x1b\u202e]/);
  assertMatch(shown, /\\u202e\\u001b\[31m/);

  const plan = (await ok(`events retry ${failed.id} --dry-run --json`)).json();
  assertEquals([plan.dry_run, plan.retried, plan.runs], [true, 1, 0]);
  const [run] = (await ok(`runs list --event ${failed.id} --state failed --json`)).json().runs;
  assertMatch((await ok(`runs retry ${run.id}`)).out[0]!, /^Run \S+ is pending again, from step 1; 0 steps are kept$/);
  await eventually(async () => (await ok(`runs show ${run.id} --json`)).json().state === "completed");
  const late = await ended(`runs cancel ${run.id}`);
  assertEquals([late.code, late.out], [1, []]);
});

Deno.test("events tail prints what comes, as lines of JSON, until it has enough", async () => {
  const tail = ok("events tail --count 2 --json");
  // One that comes before the stream is open is not in it.
  const sent: Promise<void>[] = [];
  const sending = setInterval(() => sent.push(deliver(crypto.randomUUID())), 300);
  const { out, err } = await tail.finally(() => clearInterval(sending));
  await Promise.all(sent);
  assertEquals(out.map((line) => JSON.parse(line).event_type), ["NEW_TASK", "NEW_TASK"]);
  assertMatch(err[0]!, /: waiting for events$/);
});

async function ended(line: string, options?: RunOptions): Promise<Ran> {
  return await run(line.split(" "), options);
}

Deno.test("a narrow window cuts what may be cut, colors are for windows alone, and rows stay apart from what is about them", async () => {
  const narrow = await ok("runs list", { columns: 90, colors: true });
  assert(narrow.out.length > 1);
  // deno-lint-ignore no-control-regex -- colors
  for (const line of narrow.out) assert(line.replaceAll(/\x1b\[\d+m/g, "").length <= 110, line);
  // deno-lint-ignore no-control-regex -- colors
  assertMatch(narrow.out.join("\n"), /\x1b\[32mcompleted/);
  const plain = await ok("runs list");
  // deno-lint-ignore no-control-regex -- colors
  assertNotMatch(plain.out.join("\n"), /\x1b/);
  assertMatch(plain.err[0]!, new RegExp(`^Universal Webhook.*, workspace .*${world.workspaceId}`));
  const first = (await ok("runs list --json --limit 1")).json();
  assertEquals([first.runs.length, typeof first.next_cursor], [1, "string"]);
});

Deno.test("several installations: one is chosen by name, and a command that names none says which there are", async () => {
  await world.install("api_studio");
  const { workspaces } = (await ok("workspaces list --json")).json();
  assertEquals(workspaces.map(({ addon }: { addon: string }) => addon), ["api_studio", "universal_webhook"]);
  const unclear = await ended("flows list");
  assertEquals([unclear.code, unclear.out], [2, []]);
  assertMatch(unclear.err.join("\n"), /^ {2}--addon api_studio --workspace /m);
  await ok("flows list --addon universal_webhook");
  const none = await ended("flows list --addon clockify_addon");
  assertEquals([none.code, none.err], [1, [
    "Cannot find the installation: Clockify Add-on is not installed in any workspace",
  ]]);
});

Deno.test("every use of the key is in the audit, by the operator's name", async () => {
  const rows = await world.database.db.sql<{ actor: string }[]>`
    select distinct actor from audit where actor_kind = 'operator' and action like '%/runs/%'`;
  assertEquals(rows.map(({ actor }) => actor), ["tests"]);
});

Deno.test("how a command ends: 1 refused, 2 wrong use, 3 configuration, 4 not reached; nothing on standard output, no key anywhere", async () => {
  const there = environmentOf(world);
  const cases: [code: number, line: string, said: RegExp, env?: Record<string, string>][] = [
    [1, "events show 999999999 --addon universal_webhook", /^Cannot find webhook "999999999"/],
    [1, "flows list", /operator key is unknown/, { ...there, TIMEWIRE_API_KEY: "x".repeat(40) }],
    [1, "flows list", /^Cannot log in: there is no operator's key/, {
      DATA_DIR: "./data/none",
      API_PORT: closedPort(),
    }],
    [2, "flow list", /unknown command 'flow'.*Did you mean flows/s],
    [2, "runs show 17", /Expected the id of a run/],
    [2, "runs list --limit 0", /Expected a whole number from 1 to 10000/],
    [2, "events list --from yesterday", /Expected 30m, 24h, 7d/],
    [2, "backup lists", /too many arguments for 'backup'/],
    [2, "restore", /missing required argument 'name'/],
    [2, "flows validate none.json --addon universal_webhook", /^Cannot read "none.json": there is no such file/],
    [2, "flows list", /over plain http/, { ...there, TIMEWIRE_URL: "http://timewire.example.com:8003" }],
    [3, "runs list", /APP_PORT: .*; set /, { ...there, APP_PORT: "eighty" }],
    [4, "runs list", /^Cannot reach Timewire at http:\/\/127.0.0.1:\d+: nothing listens there; /, {
      ...there,
      TIMEWIRE_URL: `http://127.0.0.1:${closedPort()}`,
    }],
  ];
  for (const [code, line, said, env] of cases) {
    const ran = await (env ? commandLineOf(env) : run)(line.split(" "));
    assertEquals([ran.code, ran.out], [code, []], `${line}: ${ran.err.join("\n")}`);
    assertMatch(ran.err.join("\n"), said);
    assertNotMatch(ran.err.join("\n"), new RegExp(OPERATOR_KEY));
  }
});

Deno.test("config masks secrets and names each fault, version and openapi need no program, help names every verb", async () => {
  const secret = "a-secret-that-must-not-be-printed-0123";
  const of = commandLineOf({ OPERATOR_API_KEYS: `me:${secret}`, WORKER_CONCURENCY: "8" });
  const config = await of(["config"]);
  assertEquals(config.code, 0);
  assertMatch(config.out.join("\n"), /^operators_configured +true$/m);
  assertMatch(config.err.join("\n"), /WORKER_CONCURENCY is unknown; did you mean WORKER_CONCURRENCY\?/);
  assertNotMatch([...config.out, ...config.err].join("\n"), new RegExp(secret));
  const faulty = await commandLineOf({ LOG_LEVEL: "CHATTY" })(["config", "--json"]);
  assertEquals([faulty.code, faulty.json().ok, faulty.json().faults[0].name], [3, false, "LOG_LEVEL"]);
  assertEquals(Object.keys((await of(["version", "--json"])).json()), ["version", "deno", "target", "binary"]);
  const openapi = (await of(["openapi"])).json();
  assertEquals([openapi.openapi, "/ui/flows/{id}/run" in openapi.paths], ["3.1.0", true]);
  assertMatch((await of(["completion", "bash"])).out.join("\n"), /^complete -F \w+ timewire$/m);
  const completed = await of(["complete", "--", "runs", "list", "--state", ""]);
  assertMatch(completed.out.join("\n"), /^active\t[^]*^failed\t/m);
  assertMatch((await of(["complete", "--", "backup", ""])).out.join("\n"), /^list\t[^]*^verify\t/m);
  const { code, out } = await of(["--help"]);
  assertEquals(code, 0);
  for (
    const verb of [
      "serve",
      "config",
      "openapi",
      "version",
      "migrate",
      "keys",
      "audit",
      "backup",
      "restore",
      "move",
      "doctor",
      "workspaces",
      "events",
      "flows",
      "runs",
    ]
  ) {
    assertMatch(out.join("\n"), new RegExp(`^ {2}${verb}\\b`, "m"));
  }
});
