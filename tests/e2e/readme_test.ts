/** The README, docs/ and the demo, run as they are written: each command, each curl, and what each flow leaves alone. */

import { assert, assertEquals, assertMatch, assertNotMatch, assertStrictEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { createHmac } from "node:crypto";
import config from "../../deno.json" with { type: "json" };
import { FLOW_EXAMPLE } from "../../src/http/api/flow_schemas.ts";
import { simulatorClient, type SimulatorControl } from "../../src/simulator/control.ts";
import { createServerDatabase, SERVER_URL } from "../support/database.ts";
import { type Clone, makeClone, readPages, type Running, shellBlocks } from "../support/readme.ts";
import { eventually } from "../support/world.ts";

// deno-lint-ignore no-explicit-any -- answers are read as a client would, without our types
type Json = any;

const ROOT = new URL("../../", import.meta.url);
const PAGES = await readPages();
const README = PAGES[0]!.text;
/** A block is known by what stands in it; one that no line here knows fails the first test. */
const KINDS = {
  demo: /^deno task demo$/,
  start: /^deno task start$/,
  postgres: /^DATABASE_URL=postgresql:/m,
  login: /^curl .*sed .*OPERATOR_API_KEYS.* \.env/,
  byHand: /^curl [^]*\/ui\/api-explorer\/execute/,
  backup: /^echo "BACKUP_KEYS=/,
  drill: /^DATA_DIR=.* deno task restore/,
  session: /^KEY=/,
  flow: /^curl .*\/ui\/flows\?/,
  tryFlow: /^curl .*\/_sim\/change/,
  source: /^curl .*\/ui\/sources\?/,
};
/** Pages whose blocks go on from one another: run as a whole in the demo, with what a person waits for between two of them. */
const WALKS: Record<string, string[]> = {
  "docs/flow_versions.md": ["true"],
  "docs/journal.md": [],
  "docs/retries.md": [
    `until api GET /ui/breakers | grep -q '"state":"open"'; do sleep 0.05; done`,
    "true",
    `until api GET "/ui/dead-letters?flow_id=$FLOW" | grep -q '"count":3,'; do sleep 0.05; done`,
    "true",
    "true",
  ],
  "docs/steps.md": [],
  "docs/triggers.md": [],
  "docs/waits_and_approvals.md": [`until api GET "/ui/approvals?state=open" | grep -q '"id"'; do sleep 0.05; done`],
};
/** Pages whose sh blocks another test runs: which, and why not this one. */
const ELSEWHERE: Record<string, string> = {
  "docs/workflow_api.md": "tests/e2e/workflow_api_page_test.ts: it serves the Workflow Management API alone",
  "docs/command_line.md": "tests/cli/page_test.ts: in one process, without a start for each command",
  "docs/maintenance.md": "tests/cli/page_test.ts: the same",
  "docs/sources.md": "tests/http/inbound/sender_questions_test.ts: the same",
};
/**
 * Pages with bash blocks: what they need that is not here. tests/cli/page_test.ts runs them with something else in its place.
 * Others have sh blocks alone.
 */
const NOT_HERE: Record<string, string> = {
  "docs/deployment.md":
    "a container engine, a cluster, or root; .github/workflows/build.yml runs those of compose.yaml",
  "docs/deno_deploy.md": "an account of Deno Deploy; tests/e2e/deploy_test.ts is that host",
  "docs/maintenance.md":
    "a cluster, systemd and its journal; tests/e2e/scale_out_test.ts replaces instances without them",
};
const FREE_PORTS = {
  SIMULATOR_PORT: "0",
  APP_PORT: "0",
  UNIVERSAL_WEBHOOK_PORT: "0",
  CLOCKIFY_ADDON_PORT: "0",
  API_PORT: "0",
};
const ON_EMBEDDED = SERVER_URL === undefined;

/** The one block of a kind. */
function block(kind: keyof typeof KINDS): string {
  return PAGES.flatMap(({ text }) => shellBlocks(text)).find((text) => KINDS[kind].test(text.trim()))!;
}

function blocksOf(page: string): string[] {
  return shellBlocks(PAGES.find(({ path }) => path === page)!.text);
}

/** The text with the ports of the README where a running program has others. */
function moved(text: string, ports: Record<string, string>): string {
  return text.replaceAll(/\b(localhost|127\.0\.0\.1):(\d+)/g, (_, host, port) => {
    assert(ports[port], `${host}:${port} is not served`);
    return `${host}:${ports[port]}`;
  });
}

async function get(url: string, headers: Record<string, string> = {}): Promise<Response> {
  const response = await fetch(url, { headers });
  assertEquals(response.status, 200, url);
  return response;
}

/** JSON objects printed one behind the other. */
function documents(text: string): Json[] {
  return text.trim().split(/(?<=\})\s*(?=\{)/).map((one) => JSON.parse(one));
}

/** Asks every listener of `deno task start` for what the README says it serves; gives their ports by those of the README. */
async function servedPorts(log: string): Promise<Record<string, string>> {
  const lines: Json[] = log.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  const ready = lines.filter(({ message }) => message === "listener.ready");
  const names = ["api_studio", "universal_webhook", "clockify_addon", "operators"];
  const ports = names.map((name) => String(ready.find(({ profile }) => profile === name).port));
  for (const port of ports) {
    for (const path of ["/healthz", "/ready", "/metrics"]) await get(`http://127.0.0.1:${port}${path}`);
  }
  for (const port of ports.slice(0, 3)) await get(`http://127.0.0.1:${port}/manifest`);
  assertMatch(await (await get(`http://127.0.0.1:${ports[3]}/`, { accept: "text/html" })).text(), /<title>Timewire/);
  return Object.fromEntries(ports.map((port, index) => [String(8000 + index), port]));
}

const serving = (text: string) => text.split('"listener.ready"').length === 5;

Deno.test("every sh block of the pages is one that is run here; every task and file that they name exists", async () => {
  assert(PAGES.some(({ path }) => path === "docs/flows.md"), "docs/ is read");
  const blocks = PAGES.filter(({ path }) => !(path in WALKS) && !(path in ELSEWHERE)).flatMap(({ text }) =>
    shellBlocks(text)
  );
  const kinds = blocks.map((text) => Object.entries(KINDS).find(([, known]) => known.test(text.trim()))?.[0] ?? text);
  assertEquals(kinds, Object.keys(KINDS), "a block without a kind is not run by any test");
  for (const [page, waits] of Object.entries(WALKS)) assertEquals(blocksOf(page).length, waits.length + 1, page);
  // zsh, as it is set up at first, hands the words of a comment to the command.
  for (const text of PAGES.flatMap(({ text }) => shellBlocks(text))) {
    assertNotMatch(text, /\s# /, "no comments in what is pasted");
  }
  for (const { path: page, text } of PAGES) {
    const others = page in NOT_HERE ? /^```(?:shell|console|zsh)/m : /^```(?:bash|shell|console|zsh)/m;
    assertNotMatch(text, others, `${page}: commands stand in \`\`\`sh blocks`);
    for (const [, task] of text.matchAll(/deno task ([\w:]+)/g)) assert(task! in config.tasks, task);
    for (const [, path] of text.matchAll(/`(?:deno run -P=timewire )?((?:src|tests|fixtures)\/[\w./]+\.\w+)`/g)) {
      assert((await Deno.stat(new URL(path!, ROOT))).isFile, path);
    }
  }
});

Deno.test("no flow is shown to people but those that are run here", async () => {
  const found: string[] = [];
  const look = async (path: string) => {
    const { isDirectory } = await Deno.stat(new URL(path, ROOT));
    if (!isDirectory) {
      const text = await Deno.readTextFile(new URL(path, ROOT));
      if (/"?trigger_event_types"?\s*:\s*\[\s*["']/.test(text)) found.push(path);
      return;
    }
    for await (const { name } of Deno.readDir(new URL(`${path}/`, ROOT))) {
      if (!/^\.?dist/.test(name)) await look(`${path}/${name}`);
    }
  };
  for (const path of [...PAGES.map(({ path }) => path), "src", "fixtures"]) await look(path);
  // Each of these is run by tests/http/api/flow_templates_test.ts, which compares whole entities and goes by the table of them.
  const templates = [
    "src/http/api/flow_templates.ts",
    "src/flows/templates/workspace.ts",
    "src/flows/templates/entries.ts",
  ];
  const shown = ["docs/flows.md", "src/http/api/flow_schemas.ts", "src/simulator/demo_flow.ts"];
  assertEquals(found.filter((path) => !templates.includes(path)), shown, "run it below, and compare the whole entry");
});

Deno.test("the flow that /docs shows is the one of docs/flows.md", () => {
  const flow = JSON.parse(/-d '(\{[^']+\})'/.exec(block("flow"))![1]!);
  const { name, trigger_event_types, conditions, actions } = FLOW_EXAMPLE;
  const kept = actions.map(({ id, operation_id, path_params, body }) => ({ id, operation_id, path_params, body }));
  assertEquals(
    { name, trigger_event_types, conditions: { type: "ALL", rules: conditions.all }, actions: kept },
    { ...flow, actions: flow.actions.map((action: Json) => ({ path_params: {}, ...action })) },
  );
});

Deno.test({
  name:
    "the README and docs/ on the embedded database: start, demo, and each curl; its flows change what they name and nothing else",
  // Beside a server the suite runs a second time: once is enough for what has no server.
  ignore: !ON_EMBEDDED,
  fn: async (t) => {
    const clone = await makeClone(FREE_PORTS);
    let demo: Running | undefined;
    try {
      await t.step("deno task start serves, and the key lies where the curls look for it", async () => {
        const program = await clone.serve(block("start"), serving);
        try {
          const ports = await servedPorts(program.text());
          const listed = await clone.run(moved(`${withoutPick(block("session"))}`, ports));
          assertEquals(JSON.parse(listed), { workspaces: [] });
          const backups = await clone.run(block("backup"));
          assertMatch(backups, /^Backup timewire-\S+\.backup in \.\/backups: .*^ {2}\d+ secrets? open; /ms);
          assertMatch(await clone.run(block("drill")), /^Restored: all secrets open\./m);
        } finally {
          assertEquals(await program.stop(), 0);
        }
      });
      await t.step("deno task demo, and all that the README has people send to it", async (t) => {
        // What a person set for real use, which the demo must not reach.
        await clone.run("echo DATABASE_URL=postgresql://timewire:secret@127.0.0.1:1/timewire > .env");
        demo = await clone.serve(block("demo"), (text) => text.includes("Everything stays up"));
        await runInDemo(t, clone, demo.text());
      });
    } finally {
      await demo?.stop();
      await clone.remove();
    }
  },
});

/** The session block without the pipe that picks an id: what a person sees. */
function withoutPick(session: string): string {
  const [key, workspace] = session.trim().split("\n");
  return `${key}\n${/\$\((curl [^|]+)\|/.exec(workspace!)![1]}`;
}

async function runInDemo(t: Deno.TestContext, clone: Clone, said: string) {
  const [, url, simulatorPort] = /^Open (http:\/\/127\.0\.0\.1:(\d+))\//m.exec(said)!;
  const addons = /http:\/\/127\.0\.0\.1:([\d, ]+)\/manifest/.exec(said)![1]!.split(", ");
  const operators = /console: http:\/\/127\.0\.0\.1:(\d+)\//.exec(said)![1]!;
  const ports = {
    9400: simulatorPort!,
    ...Object.fromEntries([...addons, operators].map((port, n) => [8000 + n, port])),
  };
  const session = moved(block("session"), ports);
  const runs = (text: string) => clone.run(`${session}${moved(text, ports)}`);
  const simulator = simulatorClient(url!);
  const [workspace] = await simulator.workspaces();
  const workspaceId = workspace!.id;
  const userId = workspace!.users.find(({ role }) => role === "MEMBER")!.id;
  const see = async (path: string) => await simulator.change({ workspaceId, userId, method: "GET", path }) as Json;

  await t.step("the demo prints what the README shows, and that the tags alone changed", async () => {
    const shown = /(?<=\n\n)```\n(.*?)^```$/ms.exec(README)![1]!.trim().split("\n");
    const numberless = (text: string) => text.replaceAll(/\d+/g, "0");
    for (const line of shown) assert(numberless(said).includes(numberless(line)), `${line}\n${said}`);
    const executions = /^ *What the flow did +(curl [^]+?)\n\n/m.exec(said)![1]!;
    const { executions: [done] } = JSON.parse(await clone.run(executions));
    assertEquals([done.status, done.actions[1].tries[0].request.changed], ["COMPLETED", ["tagIds"]]);
  });

  await t.step("the lists name the workspace, the flow and the source are made", async () => {
    const { workspaces } = JSON.parse(await clone.run(moved(withoutPick(block("session")), ports)));
    assertEquals(workspaces.map((one: Json) => one.workspace_id), [workspaceId]);
    assertStrictEquals((await runs("echo $WORKSPACE")).trim(), workspaceId);
    const tags = JSON.parse(await clone.run(moved(block("byHand"), ports)));
    assertEquals([tags.status, tags.status_code, tags.data.length > 0], ["success", 200, true], JSON.stringify(tags));
    const flow = JSON.parse(await runs(block("flow")));
    assertEquals([flow.version, flow.enabled], [1, true], JSON.stringify(flow));
    assertMatch(
      flow.warnings.map(({ message }: Json) => message).join(),
      /^changes what flow "[^"]+" \(1\) changes from/,
    );
    const source = JSON.parse(await runs(block("source")));
    const body = JSON.stringify({ action: "created" });
    const signature = createHmac("sha256", source.secret).update(body).digest("hex");
    const headers = { "x-hub-signature-256": `sha256=${signature}`, "content-type": "application/json" };
    const delivered = await fetch(source.url, { method: "POST", headers, body });
    assertEquals(delivered.status, 200, await delivered.text());
  });

  await t.step("whole entries before and after: each flow changes what it names", async () => {
    const before = await makeEntries(simulator, { workspaceId, userId });
    const [{ result: documented }, { runs: listed }] = documents(await runs(block("tryFlow")));
    assert(Array.isArray(listed), "the runs are listed");
    await simulator.settled();
    await eventually(async () => {
      const [waiting, unfinished] = await Promise.all(
        ["webhooks?outcome=waiting&", "runs?"].map(async (path) =>
          JSON.parse(
            await runs(`curl -s -H "X-API-Key: $KEY" "http://localhost:8001/ui/${path}workspace_id=$WORKSPACE"`),
          )
        ),
      );
      // A machine that is busy with other tests: asked again in a moment.
      if (waiting.status === 503 || unfinished.status === 503) return false;
      const open = unfinished.runs.filter(({ state }: Json) => !["completed", "failed", "cancelled"].includes(state));
      return waiting.webhooks.length + open.length === 0;
    });
    const tags = Object.fromEntries((await see("/tags")).map(({ name, id }: Json) => [name, id]));
    const marked = (entry: Json) => ({
      ...entry,
      description: `LONG ${entry.description}`,
      tagIds: [...entry.tagIds, tags.long],
    });
    const tagged = (entry: Json) => ({ ...entry, tagIds: [...entry.tagIds, tags["needs-project"]] });
    for (const due of [marked(documented), marked(before.long), tagged(before.loose), before.short]) {
      assertEquals(await see(`/time-entries/${due.id}`), due, due.description);
    }
    // Of two flows at once each adds its tag, in no fixed order.
    const sorted = (entry: Json) => ({ ...entry, tagIds: entry.tagIds.toSorted() });
    const both = await see(`/time-entries/${before.looseAndLong.id}`);
    assertEquals(sorted(both), sorted(marked(tagged(before.looseAndLong))));
  });

  for (const [page, waits] of Object.entries(WALKS)) {
    await t.step(`${page}: each command is answered with what it asks for`, async () => {
      const blocks = blocksOf(page);
      const answers = documents(await runs(blocks.flatMap((text, n) => [text, waits[n] ?? "true"]).join("\n")));
      const refused = answers.filter(({ type }) => type === "about:blank");
      assertEquals(refused, [], page);
      assert(CAME_TO[page]!(answers.at(-1)), JSON.stringify(answers.at(-1)));
    });
  }

  await t.step("every listener answers", async () => {
    for (const port of addons) {
      for (const path of ["healthz", "ready", "metrics", "manifest"]) await get(`http://127.0.0.1:${port}/${path}`);
    }
  });
}

/** What the last answer of each page says when all before it did what the page says. */
const CAME_TO: Record<string, (last: Json) => boolean> = {
  "docs/flow_versions.md": ({ matches }) => Array.isArray(matches),
  "docs/journal.md": ({ plan }) => plan.undone === 1,
  "docs/retries.md": ({ matched, problems }) => matched === 3 && problems.length === 0,
  "docs/steps.md": ({ actions, faults }) => actions.length >= 3 && faults.length === 0,
  "docs/triggers.md": ({ schedules }) => Array.isArray(schedules),
  "docs/waits_and_approvals.md": ({ state }) => state === "approved",
};

/** Entries as people make them, with every field that a flow could lose; as Clockify holds them before a flow ran. */
async function makeEntries(simulator: SimulatorControl, who: { workspaceId: string; userId: string }) {
  const call = async (method: "GET" | "POST" | "PATCH", path: string, body?: unknown) =>
    await simulator.change({ ...who, method, path, body }) as Json;
  const [projects, tags, fields] = await Promise.all(
    ["/projects", "/tags", "/custom-fields"].map((path) => call("GET", path)),
  );
  const project = projects.find(({ name, archived }: Json) => !archived && name === "Terminal signage");
  const [task] = await call("GET", `/projects/${project.id}/tasks`);
  const tagIds = ["on site", "overtime"].map((name) => tags.find((tag: Json) => tag.name === name).id);
  const customFields = [
    { customFieldId: fields.find(({ type }: Json) => type === "TXT").id, sourceType: "TIMEENTRY", value: "North quay" },
    { customFieldId: fields.find(({ type }: Json) => type === "NUMBER").id, sourceType: "TIMEENTRY", value: 42 },
  ];
  const whole = { projectId: project.id, taskId: task.id, tagIds, customFields, billable: !project.billable };
  const start = "2026-11-16T06:00:00Z";
  const made = (description: string, fields: Json) => call("POST", "/time-entries", { description, start, ...fields });
  const timed = async (description: string, end: string) => {
    await made(description, { tagIds, customFields, billable: true });
    return await call("PATCH", `/user/${who.userId}/time-entries`, { end });
  };
  return {
    short: await made("Whole and short", { ...whole, end: "2026-11-16T14:00:00Z" }),
    long: await made("Whole and long", { ...whole, end: "2026-11-16T15:00:00Z" }),
    loose: await timed("Without a project", "2026-11-16T07:30:00Z"),
    looseAndLong: await timed("Without a project, and long", "2026-11-16T17:00:00Z"),
  };
}

Deno.test({
  name: "the README's PostgreSQL block keeps its keys in .env and ends with a login (needs DATABASE_URL)",
  ignore: ON_EMBEDDED,
  fn: async () => {
    const clone = await makeClone(FREE_PORTS);
    const database = await createServerDatabase(SERVER_URL!);
    try {
      const text = block("postgres").replace(/^(DATABASE_URL=).*$/m, `$1${database.url}`);
      const program = await clone.serve(text, serving);
      try {
        const ports = await servedPorts(program.text());
        assertEquals(JSON.parse(await clone.run(moved(block("login"), ports))), { workspaces: [] });
        const mode = await clone.run("stat -c %a .env");
        assertEquals(mode.trim(), "600", "no other user of the machine reads the keys");
        const again = text.replace(/^deno task start$/m, "true");
        await assertRejectsLike(clone.run(again), /cannot overwrite existing file/);
        assertNotMatch(program.text(), /OPERATOR_API_KEYS/, "no warning about a missing login");
      } finally {
        assertEquals(await program.stop(), 0);
      }
    } finally {
      await database.stop();
      await clone.remove();
    }
  },
});
