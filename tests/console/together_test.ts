/** A workspace over all its add-ons, in Chromium: one click to another add-on, all of them in one list, and who sees which. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { profileOf } from "../../src/profiles/profiles.ts";
import { axe, openBrowser } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { eventually, OPERATOR_KEY } from "../support/world.ts";
import { goTo, openWhere, type Place, stopAtTheEnd } from "./setup.ts";

const browser = await openBrowser();
let world: ConsoleWorld;

const STUDIO = profileOf("api_studio").name;
const UNIVERSAL = profileOf("universal_webhook").name;

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
  const { workspaceId } = world;
  await world.simulator.deliver({
    workspaceId,
    event: "NEW_TAG",
    payload: { id: "tag1", workspaceId, name: "Billing" },
  });
  await eventually(async () => {
    const rows = await world.database.db.sql`
      select distinct installation_id from event where outcome is not null and event_type = 'NEW_TAG'`;
    return rows.length >= 2;
  });
});

const choice = (place: Place, name: string) => place.getByRole("button", { name, exact: true });

async function choose(place: Place, name: string) {
  await openWhere(place);
  await choice(place, name).click();
}

/** The add-ons that rows of the list name. */
async function addonsOf(place: Place): Promise<string[]> {
  const tags = await place.locator('td[data-label="Add-on"]').allInnerTexts();
  return [...new Set(tags.map((text) => text.trim()))].sort();
}

async function operatorPage(path = ""): Promise<Awaited<ReturnType<typeof browser.openPage>>> {
  const opened = await browser.openPage();
  const { page } = opened;
  await page.goto(`http://127.0.0.1:${world.serving.operatorPort}/${path}`);
  await page.getByLabel("Operator key").fill(OPERATOR_KEY);
  await page.getByRole("button", { name: "Sign in" }).click();
  const [workspace] = await world.simulator.workspaces();
  await page.locator("section").filter({ hasText: workspace!.name }).getByRole("button", { name: workspace!.name })
    .click();
  await page.locator("#page").waitFor();
  return opened;
}

Deno.test("an admin in Clockify's frame reads every add-on of the workspace by one click, and changes only their own", async () => {
  const { page, assertClean, close } = await browser.openPage();
  const frame = await world.frame(page, "api_studio");
  await goTo(frame, "Events");
  await choose(frame, "All add-ons");
  await eventually(async () => (await addonsOf(frame)).length >= 2);
  const shown = await addonsOf(frame);
  assert(shown.includes(STUDIO) && shown.includes(UNIVERSAL), String(shown));
  assertEquals(new URL(frame.url()).searchParams.get("addon"), "all");

  // A row opens in its add-on, which is named in the bar and in the address; back leads to all again.
  await frame.getByRole("row").filter({ hasText: UNIVERSAL }).getByRole("link").first().click();
  await frame.getByRole("button", { name: /^Workspace/ }).filter({ hasText: UNIVERSAL }).waitFor();
  await frame.getByRole("region", { name: "Event", exact: true }).waitFor();
  assertEquals(new URL(frame.url()).searchParams.get("addon"), "universal_webhook");
  const replay = frame.getByRole("button", { name: /^Replay/ }).first();
  assertEquals(await replay.getAttribute("aria-disabled"), "true");
  await frame.evaluate(() => history.back());
  await eventually(async () => (await addonsOf(frame)).length >= 2);

  // Another page keeps the choice, and says that it shows one add-on.
  await goTo(frame, "Journal");
  assertEquals(new URL(frame.url()).searchParams.get("addon"), "all");
  await frame.getByText(`This page shows ${STUDIO} alone.`).waitFor();
  assertClean();
  await close();
});

Deno.test("a member sees the add-on that they opened, and no other", async () => {
  const { page, assertClean, close } = await browser.openPage();
  const frame = await world.frame(page, "universal_webhook", { viewer: world.memberId });
  await frame.getByRole("link", { name: "Events" }).waitFor();
  await eventually(async () => await frame.getByRole("button", { name: /^Workspace/ }).count() === 0);
  assertClean();
  await close();
});

Deno.test("an operator goes to another add-on by one click, which keeps the page and its filter and lets them change things", async () => {
  const { page, assertClean, close } = await operatorPage("app/events?event_type=NEW_TAG&addon=all");
  await eventually(async () => (await addonsOf(page)).length >= 2);
  await choose(page, UNIVERSAL);
  await page.getByRole("grid").waitFor();
  const address = new URL(page.url());
  assertEquals([address.searchParams.get("event_type"), address.searchParams.get("addon")], [
    "NEW_TAG",
    "universal_webhook",
  ]);
  assertEquals(await page.getByLabel("Type").inputValue(), "NEW_TAG");
  await goTo(page, "Flows");
  assertMatch(page.url(), /addon=universal_webhook/);
  await page.getByRole("link", { name: "New flow" }).or(page.getByRole("button", { name: "New flow" })).first()
    .waitFor();
  // An id of another add-on opens there.
  const [{ id }] = await world.database.db.sql<[{ id: number }]>`
    select event.id from event join installation on installation.id = installation_id where addon = 'api_studio' limit 1`;
  await page.goto(`http://127.0.0.1:${world.serving.operatorPort}/app/events/${id}?addon=all`);
  await page.getByRole("button", { name: /^Workspace/ }).filter({ hasText: STUDIO }).waitFor();
  await page.getByRole("region", { name: "Event", exact: true }).waitFor();
  assertClean();
  await close();
});

Deno.test("an add-on that is uninstalled meanwhile is gone from the bar, and its address says so", async () => {
  const { sql } = world.database.db;
  await sql`update installation set status = 'uninstalled' where addon = 'clockify_addon'`;
  const { page, close } = await browser.openPage();
  const frame = await world.frame(page, "api_studio");
  await goTo(frame, "Events");
  await choose(frame, "All add-ons");
  await eventually(async () => (await addonsOf(frame)).length >= 2);
  await openWhere(frame);
  await choice(frame, UNIVERSAL).waitFor();
  assertEquals(await choice(frame, profileOf("clockify_addon").name).count(), 0);
  await frame.evaluate(() => history.pushState(null, "", "?addon=clockify_addon"));
  await frame.getByText("is not installed in this workspace").waitFor();
  await frame.getByRole("button", { name: `Back to ${STUDIO}` }).click();
  await frame.locator("#page").waitFor();
  await sql`update installation set status = 'active' where addon = 'clockify_addon'`;
  await close();
});

Deno.test("the list of all add-ons is without a fault of axe, wide and narrow, light and dark", async () => {
  const { page, assertClean, close } = await operatorPage("app/events?addon=all");
  await eventually(async () => (await addonsOf(page)).length >= 2);
  for (const width of [1440, 390]) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await page.reload();
      await eventually(async () => (await addonsOf(page)).length >= 2);
      await picture(page, `${width}-${colorScheme}`);
      assertEquals(await axe(page), [], `${width} ${colorScheme}`);
    }
  }
  assertClean();
  await close();
});

/** Where PICTURES names a folder. */
async function picture(page: Page, name: string) {
  const folder = Deno.env.get("PICTURES");
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}

stopAtTheEnd(browser, () => world);
