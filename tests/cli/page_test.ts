/** docs/command_line.md, docs/maintenance.md and docs/deployment.md: each command of their blocks is run as it is written. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { parse as parseEnv } from "../../src/config/dotenv.ts";
import { loadConfig } from "../../src/config/load.ts";
import { bashBlocks, deployedNames, makeMachine } from "../support/bash_blocks.ts";
import { commandLineOf, environmentOf, type Ran } from "../support/command_line.ts";
import { readPages, shellBlocks } from "../support/readme.ts";
import { eventually, type World } from "../support/world.ts";
import { worldOfFile } from "../support/world_of_file.ts";

const PAGES = await readPages();
const PAGE = pageOf("docs/command_line.md");

/** The lines of a page's sh blocks. */
function commandsOf(page: string): string[] {
  return shellBlocks(page).flatMap((block) => block.trim().split("\n"));
}

function pageOf(name: string): string {
  return PAGES.find(({ path }) => path === name)!.text;
}

/** The server of the tests awaits no disk, which doctor says. */
const UNSAFE_SERVER = /fsync or full_page_writes is off/;

let world: World;

worldOfFile({ env: { API_RATE_LIMIT_RPS: "1000" } }, async (made) => {
  world = made;
  const { installationId } = await world.enter("universal_webhook");
  const headers = { ...await world.viewer("universal_webhook"), "content-type": "application/json" };
  const flow = {
    name: "A task gets a tag",
    trigger_event_types: ["NEW_TASK"],
    actions: [{ id: "make", operation_id: "createNewTag", body: { name: "{{ $.webhook.name }}" } }],
  };
  const url = `${world.url("universal_webhook")}/ui/flows`;
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ ...flow, enabled: true }) });
  assertEquals(response.status, 201, await response.text());
  const { simulator, workspaceId } = world;
  await simulator.deliver({
    workspaceId,
    event: "NEW_TASK",
    payload: { id: crypto.randomUUID(), workspaceId, name: "A" },
  });
  const { db } = world.database;
  // The page names event 1.
  await eventually(async () => {
    const rows = await db.sql`select 1 from run where installation_id = ${installationId} and state = 'completed'`;
    return rows.length > 0;
  });
});

Deno.test("each command of the page ends with 0 and prints something", async () => {
  const ran = await runAll(commandsOf(PAGE));
  assert(ran.size >= 12, "the page has commands");
  const { checks } = ran.get("timewire doctor --json")!.json();
  const faults = checks.filter(({ state }: { state: string }) => state === "fault");
  assertEquals(faults.filter(({ detail }: { detail: string }) => !UNSAFE_SERVER.test(detail)), []);
  assertMatch(ran.get("timewire events retry 1 --flows all --dry-run")!.out[0]!, /1 new run/);
});

Deno.test("each daily and weekly command of docs/maintenance.md ends with 0", async () => {
  const ran = await runAll(commandsOf(pageOf("docs/maintenance.md")));
  assert(ran.size >= 6, "the page has commands");
});

async function runAll(commands: readonly string[]): Promise<Map<string, Ran>> {
  const files: Record<string, string> = {};
  const run = commandLineOf(environmentOf(world));
  const ran = new Map<string, Ran>();
  for (const command of commands) {
    const [, words, file] = /^timewire ([^>|'"$]+?)(?: > (\S+))?$/.exec(command) ?? [];
    assert(words, `a command that this test cannot run: ${command}`);
    const done = await run(words.split(" "), { files });
    const isFault = done.out.some((line) => UNSAFE_SERVER.test(line));
    assertEquals(done.code, isFault ? 1 : 0, `${command}: ${done.err.join("\n")}`);
    if (file !== undefined) files[file] = done.out.join("\n");
    ran.set(command, done);
  }
  return ran;
}

Deno.test("the page's table names every command, and no other", async () => {
  const { out } = await commandLineOf({})(["--help"]);
  const listed = out.join("\n").split(/^Commands:$/m)[1]!;
  const commands = [...listed.matchAll(/^ {2}([a-z]+)\b/gm)].map(([, name]) => name!).filter((name) => name !== "help");
  const named = [...PAGE.matchAll(/^\| `([a-z]+)/gm)].map(([, name]) => name!).filter((name) => name !== "completion");
  assertEquals(named.toSorted(), commands.toSorted());
});

Deno.test("each bash block of the operators' pages runs, and names services, secrets and files that are there", async () => {
  const ports = { "8000": "api_studio", "8100": "api_studio", "8001": "universal_webhook", "8002": "clockify_addon" };
  const machine = await makeMachine({
    ports: {
      ...Object.fromEntries(
        Object.entries(ports).map(([port, addon]) => [port, new URL(world.url(addon as "api_studio")).port]),
      ),
      "8003": String(world.serving.operatorPort),
    },
    journal: ["ERROR", "INFO", "ERROR"].map((level) => `${JSON.stringify({ level, message: "flow.failed" })}\n`).join(
      "",
    ),
  });
  try {
    const printed: string[] = [];
    const blocks = ["docs/deployment.md", "docs/maintenance.md"].flatMap((page) => bashBlocks(pageOf(page)));
    for (const block of blocks) printed.push(await machine.run(block));
    assert(blocks.length >= 9, `${blocks.length} blocks`);
    const smoke = printed.find((text) => text.includes("addon_uptime_seconds"))!;
    assertEquals(smoke.match(/"ready":true/g)?.length, 3, smoke);
    assertMatch(printed.at(-1)!, /^\s+2 flow\.failed$/m);

    const env = `${machine.folder}/work/.env`;
    const { ok } = loadConfig(parseEnv(await Deno.readTextFile(env)));
    assert(ok, "what the page writes for compose.yaml is a configuration");
    assertEquals((await Deno.stat(env)).mode! & 0o777, 0o600, "no other user of the machine reads the keys");

    const { compose, cluster, secretKeys } = await deployedNames();
    const unknown = (await machine.asked()).flatMap(([tool, ...words]) => {
      if (tool === "docker" && words[0] === "compose") return namedOf(words).filter((name) => !compose.has(name));
      if (tool !== "kubectl") return [];
      const keys = words.flatMap((word) => /^--from-file=([\w-]+)=/.exec(word)?.slice(1) ?? []);
      const secret = words[words.indexOf("generic") + 1]!;
      return [
        ...words.filter((word) => /^(deployment|job|service)\//.test(word)).filter((name) => !cluster.has(name)),
        ...keys.map((key) => `${secret} ${key}`).filter((name) => !secretKeys.has(name)),
      ];
    });
    assertEquals(unknown, []);
  } finally {
    await machine.remove();
  }
});

/** Services and profiles that the words of `docker compose` name. */
function namedOf(words: readonly string[]): string[] {
  const verb = words.findIndex((word) => /^(run|exec|logs)$/.test(word));
  const service = verb === -1 ? undefined : words.slice(verb + 1).find((word) => !/^[-/]/.test(word));
  const others = words.flatMap((word, index) =>
    /^--(profile|scale)$/.test(word) ? [words[index + 1]!.split("=")[0]!] : []
  );
  return service === undefined ? others : [service, ...others];
}
