/** src/deploy.ts as Deno Deploy runs it: one listener, no flags, started by a request or a tick, ended when idle, two at once. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { openBrowser } from "../support/browser.ts";
import type { TestDatabase } from "../support/database.ts";
import { createDeployHost, type DeployHost } from "../support/deploy_host.ts";
import { endsWithin } from "../support/program.ts";
import { testOnServer } from "../support/server_scene.ts";
import { EFFECT, effects, EVENT, installFlow, newIds, statusOf } from "../support/signed_events.ts";
import { eventually, OPERATOR_KEY, worldEnv } from "../support/world.ts";

const MINUTE = "timewire schedules";
const CRONS = ["timewire retention", MINUTE];

/** One row of one statement. */
async function read<Row>({ db }: TestDatabase, text: string): Promise<Row> {
  const [row] = await db.sql.unsafe(text);
  return row as Row;
}

async function withHost(env: Record<string, string>, work: (host: DeployHost) => Promise<void>): Promise<void> {
  const host = createDeployHost(env);
  try {
    await work(host);
  } finally {
    await host.stop();
  }
}

testOnServer(
  "below one address all is served; a wait of a run outlives its instance, and a tick goes on",
  async (scene) => {
    const { simulator, database } = scene;
    await withHost({ ...worldEnv(simulator), DATABASE_URL: database.url! }, async (host) => {
      const migrated = await host.migrate();
      assertEquals(migrated.code, 0, migrated.stderr);
      assertMatch(migrated.stdout, /applied 1, 2, /);

      const first = await host.start();
      assertEquals(first.crons.sort(), CRONS);
      const addon = `${host.url}/universal-webhook`;
      const [manifest, info] = await Promise.all(
        [`${addon}//manifest`, addon].map(async (url) => await (await fetch(url)).json()),
      );
      assertEquals(manifest.baseUrl, addon);
      assertEquals(info.links.docs, "/universal-webhook/docs");
      assertEquals(await statusOf(fetch(`${host.url}/universal-webhooks/manifest`)), 404);
      assertEquals(await statusOf(fetch(`${host.url}/health/ready`)), 200);

      const [workspace] = await simulator.workspaces();
      const events = await installFlow(simulator, addon);
      const saved = await fetch(`${addon}/ui/flows?workspace_id=${workspace!.id}`, {
        method: "POST",
        headers: { "x-api-key": OPERATOR_KEY, "content-type": "application/json" },
        body: JSON.stringify({
          name: "Later",
          trigger_event_types: [EVENT],
          actions: [
            { kind: "wait", id: "pause", for: "2 s" },
            {
              id: "create",
              operation_id: "createTimeEntry",
              body: { start: "2026-11-20T09:00:00Z", description: "later" },
            },
          ],
        }),
      });
      assertEquals(saved.status, 201, await saved.text());
      assertMatch(saved.headers.get("location")!, /^\/universal-webhook\/ui\/flows\/\d+$/);

      // Read behind the install, and shown as its name from then on.
      await eventually(async () => {
        const answer = await fetch(`${addon}/ui/workspaces`, { headers: { "x-api-key": OPERATOR_KEY } });
        return (await answer.json()).workspaces?.[0]?.name === workspace!.name;
      });
      await pagesBelow(addon, workspace!.name);

      // Worked off behind the acknowledgement, without a tick. A machine that is slow finds the wait ended too.
      const [id] = newIds(1);
      await eventually(async () => await statusOf(events.send(addon, id!)) === 200);
      await eventually(() => Promise.resolve(effects(simulator).get(id!)?.done));
      first.kill("SIGINT");
      const { code } = await endsWithin(first, 10_000);
      assertEquals(code, 0);
      const { claimed } = await read<{ claimed: number }>(
        database,
        "select count(*)::int as claimed from job where state = 'executing'",
      );
      assertEquals(claimed, 0, "its claims are given back");

      await eventually(async () =>
        (await read<{ due: boolean }>(
          database,
          "select not exists (select 1 from job where finished_at is null and kind = 'run' and due_at > now()) as due",
        )).due
      );
      const second = await host.start();
      await database.db.sql`update schedule set next_at = now()`;
      assert(await second.fire(MINUTE));
      assertEquals(effects(simulator).get("later")?.done, true, "the tick ended with the work");
      const left = await read<{ runs: number; fired: number; late: number }>(
        database,
        `select (select count(*)::int from run where state <> 'completed') as runs,
          (select count(*)::int from schedule where next_at > now()) as fired,
          (select count(*)::int from schedule where next_at <= now()) as late`,
      );
      assertEquals([left.runs, left.late], [0, 0]);
      assert(left.fired > 0, "the tick fired what recurs");
      assertEquals(effects(simulator).get(id!)?.keys.length, 1);
      assert(await second.fire(CRONS[0]!));
    });
  },
);

/** The console and /docs, whose files and requests all have the path before them. */
async function pagesBelow(addon: string, workspace: string) {
  const browser = await openBrowser();
  const { page, assertClean, close } = await browser.openPage();
  try {
    await page.goto(`${addon}/ui`);
    await page.getByLabel("Operator key").fill(OPERATOR_KEY);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: workspace }).click();
    await page.getByRole("link", { name: "Flows" }).first().click();
    await page.getByText("One create").first().waitFor();
    assertMatch(page.url(), /\/universal-webhook\/ui\/app\/flows/);
    // The key is forgotten, the page is the same: its files are found from a deep link too.
    await page.reload();
    await page.getByLabel("Operator key").waitFor();
    await page.goto(`${addon}/docs`);
    await page.getByLabel("Search the routes").fill("flows");
    await page.locator("output").filter({ hasText: "routes" }).waitFor();
    // A machine that is busy refuses some, and the page asks again.
    assertClean([/status of (429|503)/]);
  } finally {
    await close();
    await browser.stop();
  }
}

testOnServer(
  "two instances under a flood run each event once, and one goes on with what a killed one held",
  async (scene) => {
    const { simulator, database } = scene;
    const env = {
      ...worldEnv(simulator),
      DATABASE_URL: database.url!,
      JOB_LEASE_SECONDS: "5",
      WORKER_CONCURRENCY: "4",
    };
    await withHost({ ...env, PROFILES: "universal_webhook" }, async (host) => {
      const instances = [await host.start(), await host.start()];
      const addons = instances.map(({ url }) => `${url}/universal-webhook`);
      const events = await installFlow(simulator, addons[0]!);
      await simulator.addFault({ kind: "slow", delayMs: 20, count: null, ...EFFECT });
      const ids = newIds(30);
      // As Clockify does: what a busy machine refuses is sent again.
      const deliver = (addon: string, id: string) =>
        eventually(async () => await statusOf(events.send(addon, id)) === 200);
      await Promise.all(ids.flatMap((id) => addons.map((addon) => deliver(addon, id))));
      const areDone = (wanted: readonly string[]) =>
        eventually(() => Promise.resolve(wanted.every((id) => effects(simulator).get(id)?.done)));
      await areDone(ids);
      for (const id of ids) assertEquals(effects(simulator).get(id)!.keys.length, 1);

      const [survivor, killed] = instances;
      await simulator.clearFaults();
      await simulator.addFault({ kind: "hang", count: null, ...EFFECT });
      const held = newIds(2);
      for (const id of held) await deliver(addons[1]!, id);
      await eventually(() => Promise.resolve(held.every((id) => effects(simulator).has(id))));
      killed!.kill("SIGKILL");
      await killed!.ended;
      await simulator.clearFaults();
      assert(await survivor!.fire(MINUTE));
      await areDone(held);
      for (const id of held) {
        assertEquals(new Set(effects(simulator).get(id)!.keys).size, 1, "a repeat has its first key");
      }
      const { runs } = await read<{ runs: number }>(database, "select count(*)::int as runs from run");
      assertEquals(runs, ids.length + held.length);
    });
  },
);
