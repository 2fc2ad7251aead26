/** Every page and state of the console: nothing serious for axe-core, light and dark, and no sideways scroll where it is narrow. */

import { assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { axe, openBrowser, type PageOptions } from "../support/browser.ts";
import { EMPTY_STOPS, goTo, settle, signInTo, type Stop, TOURED, tourOf, type View } from "./tour.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { openWhere, stopAtTheEnd } from "./setup.ts";

const NARROW = { width: 320, height: 800 };
/** 400 % zoom of a window of 1280 by 1024 leaves 320 by 256. */
const ZOOMED = { width: 320, height: 256 };
/** Where the navigation takes its place and tables are no cards yet. */
const BETWEEN = { width: 830, height: 800 };
const WIDE = { width: 1280, height: 800 };

const browser = await openBrowser();
let world: ConsoleWorld;
let stops: readonly Stop[];
let names: string[];

Deno.test({
  name: "a world with a sample, and a workspace without anything, start",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    world = await startConsoleWorld();
    const workspaces = await world.simulator.workspaces();
    names = workspaces.map(({ name }) => name);
    await world.install(TOURED, workspaces[1]!.id);
    stops = await tourOf(world);
  },
});

async function onPage(options: PageOptions, test: (page: Page) => Promise<void>): Promise<void> {
  const { page, close } = await browser.openPage(options);
  try {
    await test(page);
  } finally {
    await close();
  }
}

/** Goes to each stop and gathers what is wrong at any, so that one failure does not hide the next. */
async function faultsAt(
  view: View,
  stops: readonly Stop[],
  look: (stop: Stop) => Promise<string[]>,
): Promise<string[]> {
  const faults: string[] = [];
  for (const stop of stops) {
    await goTo(view, stop).catch((error) => faults.push(`${stop.name}: ${error.message.split("\n")[0]}`));
    faults.push(...(await look(stop)).map((fault) => `${stop.name}: ${fault}`));
  }
  return faults;
}

Deno.test("alone, from the sign-in on, axe finds nothing serious, light and dark, and no page is wider than 320 to 1280 px", () =>
  onPage({ viewport: WIDE }, async (page) => {
    const look = async () => [...await inBothThemes(page, page), ...await atEachWidth(page)];
    const url = world.consoleUrl(TOURED);
    await page.goto(url);
    await page.getByLabel("Operator key").waitFor();
    const faults = (await look()).map((fault) => `sign-in: ${fault}`);
    await signInTo(page, { url, workspace: names[0]! });
    faults.push(...await faultsAt(page, stops, look));
    await leaveWorkspace(page);
    faults.push(...(await look()).map((fault) => `choice of a workspace: ${fault}`));
    await page.getByRole("button", { name: names[1]! }).click();
    faults.push(...await faultsAt(page, EMPTY_STOPS, look));
    assertEquals(faults, []);
  }));

Deno.test("a fault in a frame of a frame is found, by all rules and by one, at each look", () =>
  onPage({}, async (page) => {
    const inner = "<!doctype html><html lang=en><title>Inner</title><main><h1>Inner</h1><img src=x></main>";
    const srcdoc = (html: string) => html.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
    const outer = `<!doctype html><html lang=en><title>Outer</title><main><h1>Outer</h1>
      <iframe id=inner title=inner srcdoc="${srcdoc(inner)}"></iframe></main>`;
    await page.setContent(`<!doctype html><html lang=en><title>Page</title><main><h1>Page</h1>
      <iframe id=outer title=outer srcdoc="${srcdoc(outer)}"></iframe></main>`);
    await page.frameLocator("#outer").frameLocator("#inner").locator("h1").waitFor();
    for (const options of [{}, { only: ["image-alt"] }, { include: "iframe" }]) {
      const [fault, ...more] = await axe(page, options);
      assertMatch(fault!, /^image-alt \(critical\): .*: #outer #inner img: /);
      assertEquals(more, []);
    }
    assertEquals(await axe(page, { only: ["target-size"] }), []);
  }));

Deno.test("framed, axe finds nothing serious, light and dark", () =>
  onPage({}, async (page) => {
    const frame = await world.frame(page, TOURED);
    await settle(frame);
    assertEquals(await faultsAt(frame, stops.filter(isFramed), () => inBothThemes(page, frame)), []);
  }));

/** All rules in the light, then those that colours decide in the dark: all else is the same there. */
async function inBothThemes(page: Page, view: View): Promise<string[]> {
  const faults: string[] = [];
  for (const theme of ["light", "dark"] as const) {
    await view.evaluate((theme) => document.documentElement.dataset.theme = theme, theme);
    const found = await axe(page, theme === "dark" ? { only: ["color-contrast", "link-in-text-block"] } : {});
    faults.push(...found.map((fault) => `${theme}: ${fault}`));
  }
  return faults;
}

/** What does not fit at 320 px, at 400 % zoom, beside the navigation, or at 1280 px, which is the width again afterwards. */
async function atEachWidth(page: Page): Promise<string[]> {
  await resize(page, NARROW);
  const faults = await axe(page, { only: ["target-size"] });
  for (const size of [NARROW, ZOOMED, BETWEEN, WIDE]) {
    await resize(page, size);
    faults.push(...await sideways(page));
  }
  return faults;
}

/** Until the frame of the pages is drawn for the new width as well: without its bar on a phone, without the phone's tabs elsewhere. */
async function resize(page: Page, size: { width: number; height: number }): Promise<void> {
  await page.setViewportSize(size);
  await page.waitForFunction(() =>
    document.querySelector(matchMedia("(max-width: 699px)").matches ? ".top" : ".side > .more") === null
  );
}

const FRAMED = new Set([
  "home",
  "events",
  "event-flows",
  "flows",
  "flow-test",
  "runs",
  "run-failed",
  "journal-change",
  "settings-health",
]);

/** One stop for each page: its other states, which a frame does not change, are seen alone. */
function isFramed({ name }: Stop): boolean {
  return FRAMED.has(name);
}

/** Leaves what lies over the page, and the workspace. */
async function leaveWorkspace(page: Page): Promise<void> {
  await goTo(page, { name: "home", path: "/home" });
  await openWhere(page);
  await page.getByRole("button", { name: "Switch workspace" }).click();
  await page.getByRole("button", { name: names[1]! }).waitFor();
}

/** What makes the page wider than its window, and tables that their panel cuts. */
async function sideways(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const found: string[] = [];
    const { scrollWidth } = document.documentElement;
    if (scrollWidth > innerWidth) {
      const widest = [...document.querySelectorAll("body *")]
        .filter((element) => element.getBoundingClientRect().right > innerWidth + 1).at(-1);
      found.push(`${scrollWidth} px of ${innerWidth}, as by ${widest?.tagName} ${widest?.className}`);
    }
    for (const table of document.querySelectorAll("table")) {
      const room = table.parentElement!;
      if (room.closest(".visually-hidden") || !table.checkVisibility()) continue;
      if (table.offsetWidth > room.clientWidth + 1) {
        found.push(`at ${innerWidth} px a table of ${table.offsetWidth} px is in ${room.clientWidth} px`);
      }
    }
    return found;
  });
}

stopAtTheEnd(browser, () => world);
