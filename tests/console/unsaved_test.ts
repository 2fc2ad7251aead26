/** Unsaved changes of a flow, in Chromium: Back, a link and the end of a login keep them; Discard and a sign-out take them. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { NEEDS_PROJECT_FLOW } from "../../src/simulator/demo_flow.ts";
import { openBrowser } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { eventually, OPERATOR_KEY } from "../support/world.ts";
import { askAs, createFlow, goTo, isFocused, openAccount, type Place, PROFILE, stopAtTheEnd } from "./setup.ts";

const KEPT = "Unsaved changes restored";
const { name: STORED } = NEEDS_PROJECT_FLOW;

const browser = await openBrowser();
let world: ConsoleWorld;
let flowId: string;

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
  flowId = await createFlow(world, NEEDS_PROJECT_FLOW);
});

Deno.test("Back and links keep unsaved changes of a flow, which are offered again and can be discarded", async () => {
  const { page, assertClean, close } = await browser.openPage();
  const frame = await world.frame(page, PROFILE);
  const name = frame.getByLabel("Name", { exact: true });
  await goTo(frame, "Flows");
  await openFlow(frame);
  await name.fill("Changed, then Back");
  await frame.evaluate(() => history.back());
  await frame.getByText("They are kept while the console is open").waitFor();
  await frame.getByText("unsaved changes", { exact: true }).waitFor();

  await frame.evaluate(() => history.forward());
  await frame.getByText(KEPT).waitFor();
  assertEquals(await name.inputValue(), "Changed, then Back");
  // What could be undone still can.
  await frame.getByRole("button", { name: "Undo" }).click();
  assertStrictEquals(await name.inputValue(), STORED);
  assertEquals(await frame.getByText(KEPT).count(), 0);
  await frame.getByRole("button", { name: "Redo" }).click();
  await goTo(frame, "Runs");
  await goTo(frame, "Flows");
  await openFlow(frame);
  await frame.getByText(KEPT).waitFor();
  assertEquals(await name.inputValue(), "Changed, then Back");

  await frame.getByRole("button", { name: "Discard" }).click();
  assertStrictEquals(await name.inputValue(), STORED);
  await isFocused(name);
  await frame.evaluate(() => history.back());
  await frame.getByRole("link", { name: STORED, exact: true }).waitFor();
  assertEquals(await frame.getByText("unsaved changes", { exact: true }).count(), 0);

  // What was changed elsewhere is shown, and no conflict where nothing was drafted.
  const saved = await askAs(world, `/ui/flows/${flowId}`, { method: "PUT", body: { ordered: true } });
  assertEquals([saved.status, saved.body.version], [200, 2]);
  await frame.getByRole("switch", { name: STORED }).click();
  await frame.getByText(`${STORED} is off`).waitFor();
  await openFlow(frame);
  await frame.getByRole("switch", { name: "The flow is on", checked: false }).waitFor();
  await frame.getByText("Version 2 is published").waitFor();
  assertEquals(await frame.getByText("Someone else changed this flow").count(), 0);

  // So is a flow that was never saved.
  await goTo(frame, "Flows");
  await frame.getByRole("button", { name: "New flow" }).click();
  await name.fill("Not saved yet");
  await frame.evaluate(() => history.back());
  await frame.getByRole("link", { name: "Continue editing" }).click();
  await frame.getByText(KEPT).waitFor();
  assertEquals(await name.inputValue(), "Not saved yet");
  await frame.getByRole("button", { name: "Discard" }).click();
  await goTo(frame, "Flows");
  await frame.getByRole("link", { name: STORED, exact: true }).waitFor();
  assertEquals(await frame.getByRole("link", { name: "Continue editing" }).count(), 0);

  // From its first change on the server keeps it too: another tab goes on with it, and a save makes it a flow.
  await frame.getByRole("button", { name: "New flow" }).click();
  await name.fill("Begun here");
  await frame.waitForFunction(() => new URLSearchParams(location.search).has("draft"));
  const drafts = async () => (await askAs(world, "/ui/flow-drafts")).body.drafts;
  assertEquals((await drafts()).map((one: { name: string }) => one.name), ["Begun here"]);
  const other = await browser.openPage();
  const there = await world.frame(other.page, PROFILE);
  await goTo(there, "Flows");
  const begun = there.getByRole("region", { name: "Never saved" });
  await begun.getByRole("link", { name: "Begun here" }).click();
  assertEquals(await there.getByLabel("Name", { exact: true }).inputValue(), "Begun here");
  // Of two tabs the later one does not write over the other.
  await there.getByLabel("Name", { exact: true }).fill("Changed there");
  await eventually(async () => (await drafts())[0].name === "Changed there");
  await name.fill("Changed here");
  await frame.getByText("What you change is kept in this tab alone").waitFor();
  assertEquals((await drafts()).map((one: { name: string }) => one.name), ["Changed there"]);
  await goTo(there, "Flows");
  await begun.getByRole("button", { name: "Discard Changed there" }).click();
  await begun.waitFor({ state: "detached" });
  assertEquals(await drafts(), []);
  other.assertClean();
  await other.close();
  await frame.getByRole("button", { name: "Undo" }).click();
  assertClean([/status of 412/]);
  await close();
});

Deno.test("a login that ends in the middle of typing loses nothing; a sign-out asks, and forgets", async () => {
  const { page, close } = await browser.openPage();
  await world.alone(page, PROFILE);
  await goTo(page, "Flows");
  await openFlow(page);
  await page.getByLabel("Name", { exact: true }).fill("Typed by an operator");
  await refuseAll(page);
  await page.getByRole("button", { name: "Save draft" }).click();
  await page.getByLabel("Operator key").waitFor();
  await page.unroute("**/*");
  await signIn(page);
  await page.getByText(KEPT).waitFor();
  assertEquals(await page.getByLabel("Name", { exact: true }).inputValue(), "Typed by an operator");

  await openAccount(page);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign out and discard them" }).click();
  await signIn(page);
  await page.getByRole("heading", { name: "Edit flow" }).waitFor();
  assertStrictEquals(await page.getByLabel("Name", { exact: true }).inputValue(), STORED);
  assertEquals(await page.getByText(KEPT).count(), 0);
  await close();
});

async function openFlow(place: Place): Promise<void> {
  await place.getByRole("link", { name: STORED, exact: true }).click();
  await place.getByRole("heading", { name: "Edit flow" }).waitFor();
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel("Operator key").fill(OPERATOR_KEY);
  await page.getByRole("button", { name: "Sign in" }).click();
  const [workspace] = await world.simulator.workspaces();
  await page.getByRole("button", { name: workspace!.name }).click();
}

/** The next request ends the login. */
async function refuseAll(page: Page): Promise<void> {
  await page.route("**/*", (route) =>
    route.fulfill({
      status: 401,
      contentType: "application/problem+json",
      body: JSON.stringify({ status: 401, code: "LOGIN_INVALID", detail: "The login ended", request_id: "r-1" }),
    }));
}

stopAtTheEnd(browser, () => world);
