/**
 * `deno task screenshots`: a picture of each page and state of the console into ./screenshots/, light and dark, 1280 and
 * 360 wide. Arguments narrow it: names that a picture's name begins with, --width, --light or --dark; --readme writes the
 * README's four pictures into .github/ instead.
 */

import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { openBrowser } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { askAs, createFlow, openWhere } from "./setup.ts";
import { makeWorkflowSample, type Sample, startWorkflowConsole } from "../support/workflow_console_world.ts";
import { EMPTY_WORKFLOW_STOPS, viewerStops, workflowStops } from "./workflow_tour.ts";
import { closeDialogs, EMPTY_STOPS, goTo, settle, signInTo, type Stop, TOURED, tourOf } from "./tour.ts";
import { stopSharedDatabase } from "../support/database.ts";

const FOLDER = "screenshots";
const HEIGHTS: Record<number, number> = { 1280: 800, 360: 740 };
/** What shows most at a glance: a flow that decides, repeats and asks. */
const SHOWN_FLOW = {
  name: "Long entries are tagged, others are asked about",
  enabled: true,
  trigger_event_types: ["TIMER_STOPPED"],
  triggers: { schedules: [{ cron: "0 9 * * 1", zone: "Europe/Berlin" }] },
  actions: [
    {
      kind: "branch",
      id: "size",
      cases: [{
        name: "Yes",
        if: { field: "$.webhook.timeInterval.duration", operator: ">", value: "8 h" },
        actions: [{
          kind: "loop",
          id: "each",
          over: "$.webhook.tags",
          actions: [{ id: "tag", operation_id: "findOrCreateTag", body: { name: "{{ $.loop.item.name }} long" } }],
        }],
      }],
      otherwise: [{
        kind: "approval",
        id: "ask",
        roles: ["WORKSPACE_ADMIN"],
        note: "Is {{ $.webhook.description }} right?",
        deadline: "3 d",
        approved: [{ id: "mark", operation_id: "findOrCreateTag", body: { name: "checked" } }],
      }],
    },
  ],
};
const README_QUALITY = 82;

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    width: { type: "string" },
    light: { type: "boolean" },
    dark: { type: "boolean" },
    readme: { type: "boolean" },
  },
});

const themes = (["light", "dark"] as const).filter((theme) => values[theme] || !values.light && !values.dark);
const widths = values.width ? [Number(values.width)] : [1280, 360];

const world = await startConsoleWorld();
const browser = await openBrowser();
try {
  if (values.readme) await shootForReadme();
  else {
    await shootAll();
    await shootWorkflows();
  }
} finally {
  await browser.stop();
  await world.stop();
  await stopSharedDatabase();
}
Deno.exit(0);

async function shootAll(): Promise<void> {
  await Deno.mkdir(FOLDER, { recursive: true });
  const [, empty] = await world.simulator.workspaces();
  await world.install(TOURED, empty!.id);
  const stops = await tourOf(world);
  for (const theme of themes) {
    for (const width of widths) {
      const suffix = `${theme}-${width}.png`;
      await onPage({ theme, width }, async (page) => {
        await page.goto(world.consoleUrl(TOURED));
        await shoot(page, `sign-in-${suffix}`);
        await signInTo(page, { url: world.consoleUrl(TOURED), workspace: await firstName(world) });
        await visit(page, stops, suffix);
        await closeDialogs(page);
        await openWhere(page);
        await page.getByRole("button", { name: "Switch workspace" }).click();
        await page.getByRole("button", { name: empty!.name }).waitFor();
        await shoot(page, `workspaces-${suffix}`);
        await page.getByRole("button", { name: empty!.name }).click();
        await visit(page, EMPTY_STOPS, suffix);
      });
    }
  }
}

/** The console of the Workflow Management API, in a world of its own. */
async function shootWorkflows(): Promise<void> {
  const world = await startWorkflowConsole();
  let sample: Sample | undefined;
  for (const theme of themes) {
    for (const width of widths) {
      const suffix = `${theme}-${width}.png`;
      await onPage({ theme, width }, async (page) => {
        await page.goto(world.consoleUrl());
        await page.getByLabel("User name").waitFor();
        await shoot(page, `wf-sign-in-${suffix}`);
        await world.signIn(page, "admin");
        if (!sample) await visit(page, EMPTY_WORKFLOW_STOPS, suffix);
        sample ??= await makeWorkflowSample(world);
        await visit(page, workflowStops(sample), suffix);
      });
      await onPage({ theme, width }, async (page) => {
        await world.signIn(page, "viewer");
        await visit(page, viewerStops(sample!), suffix);
      });
    }
  }
  await world.stop();
}

async function visit(page: Page, stops: readonly Stop[], suffix: string): Promise<void> {
  for (const stop of stops) {
    if (!isWanted(stop.name)) continue;
    try {
      await goTo(page, stop);
    } catch (error) {
      console.error(`${stop.name}: ${error instanceof Error ? error.message.split("\n")[0] : error}`);
    }
    await shoot(page, `${stop.name}-${suffix}`);
  }
}

async function shoot(page: Page, name: string): Promise<void> {
  if (!isWanted(name)) return;
  const { width, height } = page.viewportSize()!;
  const whole = await page.evaluate(() => document.documentElement.scrollHeight);
  // The navigation is as high as the window.
  if (whole > height) await page.setViewportSize({ width, height: whole });
  await page.screenshot({ path: `${FOLDER}/${name}` });
  if (whole > height) await page.setViewportSize({ width, height });
}

function isWanted(name: string): boolean {
  return positionals.length === 0 || positionals.some((wanted) => name.startsWith(wanted));
}

async function shootForReadme(): Promise<void> {
  await Deno.mkdir(".github", { recursive: true });
  const stops = await tourOf(world);
  await onPage({ theme: "light", width: 1280, flowView: "by room" }, async (page) => {
    await signInTo(page, { url: world.consoleUrl(TOURED), workspace: await firstName(world) });
    const stopOf = (wanted: string) => () => Promise.resolve(stops.find(({ name }) => name === wanted)!);
    const pictures: [() => Promise<Stop>, string][] = [
      [stopOf("home"), "console-home"],
      [stopOf("event-flows"), "console-events"],
      [stopOf("run-failed"), "console-run"],
      [shownFlow, "console-flow"],
    ];
    for (const [stopOf, file] of pictures) {
      await goTo(page, await stopOf());
      await settle(page);
      const path = `.github/${file}.jpg`;
      await page.screenshot({ path, type: "jpeg", quality: README_QUALITY });
      console.log(`${path}  ${Math.round((await Deno.stat(path)).size / 1000)} kB`);
    }
  });
}

/** Made only now: the picture of an event is of flows that were there when it came. */
async function shownFlow(): Promise<Stop> {
  const id = await createFlow(world, SHOWN_FLOW);
  const { body: { webhooks: [event] } } = await askAs(world, "/ui/webhooks?event_type=TIMER_STOPPED&limit=1");
  return { name: "flow", path: `/flows/${id}?event=${event.id}`, shows: "Otherwise" };
}

async function onPage(
  { width, ...options }: { theme: "light" | "dark"; width: number; flowView?: "by room" },
  work: (page: Page) => Promise<void>,
): Promise<void> {
  const { page, close } = await browser.openPage({ ...options, viewport: { width, height: HEIGHTS[width] ?? 800 } });
  try {
    page.setDefaultTimeout(8_000);
    await work(page);
  } finally {
    await close();
  }
}

async function firstName({ simulator }: ConsoleWorld): Promise<string> {
  const [workspace] = await simulator.workspaces();
  return workspace!.name;
}
