/** Signing in and out of the console, in Chromium: by the frame's token, and alone by an operator's key. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { profileOf } from "../../src/profiles/profiles.ts";
import { axe, KEPT_FROM_BEFORE, openBrowser } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { eventually, OPERATOR_KEY } from "../support/world.ts";
import {
  askAs,
  createFlow,
  eventPane,
  goTo,
  openAccount,
  openWhere,
  PROFILE,
  stopAtTheEnd,
  stopTimer,
} from "./setup.ts";

const browser = await openBrowser();
let world: ConsoleWorld;

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
});

const CLOCKIFY_ADDON = profileOf("clockify_addon").name;
const UNIVERSAL = profileOf("universal_webhook").name;
/** Beyond the frame's token, whose end some tests bring about. */
const REFUSED = /status of 401/;

Deno.test("the frame's token leaves the address at once and is kept nowhere but in memory", async () => {
  const { page, assertClean, close } = await browser.openPage();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  const frame = await world.frame(page, "universal_webhook");
  await frame.getByRole("link", { name: "Events" }).waitFor();

  assert(asked.some((url) => url.includes("/ui?auth_token=")), "the host opens the console with a token");
  assert(!frame.url().includes("auth_token"), frame.url());
  const kept = await frame.evaluate(() => {
    const read = (look: () => unknown) => {
      try {
        return JSON.stringify(look());
      } catch {
        return "{}";
      }
    };
    return [read(() => ({ ...localStorage })), read(() => ({ ...sessionStorage })), document.cookie];
  });
  assertEquals(kept, [KEPT_FROM_BEFORE, "{}", ""]);
  const inDocument = await frame.evaluate(() => document.documentElement.outerHTML);
  assertNotMatch(inDocument, /eyJ/);
  const later = asked.slice(asked.findIndex((url) => url.includes("auth_token")) + 1);
  assert(!later.some((url) => url.includes(new URL(world.url("universal_webhook")).host) && url.includes("eyJ")));
  assertClean();
  await close();
});

Deno.test("a token that ended is renewed by the host and the request is made again, without a word", async () => {
  const { page, close } = await browser.openPage();
  const asked: string[] = [];
  page.on("request", (request) => {
    if (/userToken$|\/ui\/settings/.test(request.url())) asked.push(request.url().split("/").at(-1)!.split("?")[0]!);
  });
  let refuse = true;
  await page.route("**/ui/settings*", async (route) => {
    if (!refuse) return route.continue();
    refuse = false;
    await route.fulfill({
      status: 401,
      contentType: "application/problem+json",
      body: JSON.stringify({ status: 401, code: "LOGIN_INVALID", detail: "The token ended", request_id: "r-1" }),
    });
  });
  const frame = await world.frame(page, "universal_webhook");
  await frame.getByRole("link", { name: "Settings" }).click();
  await frame.getByRole("tab", { name: "Effective values" }).click();
  await frame.getByText("Accept webhooks of other systems").waitFor();
  // Of two tokens of one second the texts are the same: that the host made another is seen by its request.
  assertEquals(asked.slice(-3), ["settings", "userToken", "settings"]);
  await close();
});

Deno.test("when the host gives no new token the page says so and what to do", async () => {
  const { page, assertClean, close } = await browser.openPage();
  const frame = await world.frame(page, "clockify_addon");
  await frame.getByRole("link", { name: "Settings" }).waitFor();
  await page.route("**/_sim/**", (route) => route.abort());
  await page.route("**/ui/settings*", (route) =>
    route.fulfill({
      status: 401,
      contentType: "application/problem+json",
      body: JSON.stringify({ status: 401, code: "LOGIN_INVALID", detail: "The token ended", request_id: "r-2" }),
    }));
  await frame.getByRole("link", { name: "Settings" }).click();
  await frame.getByRole("tab", { name: "Effective values" }).click();
  await frame.getByRole("heading", { name: "You are signed out" }).waitFor();
  await frame.getByText("Reload the page in Clockify to continue").waitFor();
  // The host can again: the page goes on where it was.
  await page.unrouteAll();
  await frame.getByRole("button", { name: "Try again" }).click();
  await frame.getByRole("tab", { name: "Effective values", selected: true }).waitFor();
  assertClean([REFUSED, /_sim/, /ERR_FAILED/]);
  await close();
});

Deno.test("a frame that is loaded again asks the host for a token and stays at its page", async () => {
  const { page, assertClean, close } = await browser.openPage();
  const frame = await world.frame(page, "universal_webhook");
  await frame.getByRole("link", { name: "Runs" }).click();
  await frame.getByRole("heading", { name: "Runs" }).waitFor();
  await Promise.all([frame.waitForNavigation(), frame.evaluate(() => location.reload())]);
  await frame.getByRole("heading", { name: "Runs" }).waitFor();
  assertClean();
  await close();
});

Deno.test("theme and language of the viewer reach the console, before and after they are switched in the host", async () => {
  const { page, assertClean, close } = await browser.openPage({ theme: "light" });
  const frame = await world.frame(page, "universal_webhook");
  await frame.getByRole("link", { name: "Events" }).waitFor();
  const theme = () => frame.evaluate(() => document.documentElement.dataset.theme);
  assertEquals(await theme(), "light");
  await page.getByLabel("Theme").selectOption("DARK");
  await eventually(async () => await theme() === "dark");
  await page.getByLabel("Theme").selectOption("DEFAULT");
  await eventually(async () => await theme() === "light");

  // Another language is another start of the page, which the host gives its token again; its choice is in the person's menu.
  await page.getByLabel("Language").selectOption("DE");
  await frame.locator('html[lang="de"]').waitFor({ state: "attached" });
  await frame.getByRole("link", { name: "Ereignisse" }).waitFor();
  await page.getByLabel("Language").selectOption("EN");
  await frame.getByRole("link", { name: "Events" }).waitFor();
  assertClean();
  await close();
});

Deno.test("an operator signs in with a key, picks a workspace, leaves it, signs out; a wrong key is named", async () => {
  const { page, assertClean, close } = await browser.openPage();
  await page.goto(`http://127.0.0.1:${world.serving.operatorPort}/`);
  await page.getByLabel("Operator key").fill("not-a-key-of-anybody-0123456789-0123456789");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("the operator key is not valid").waitFor();
  await page.getByLabel("Operator key").fill(OPERATOR_KEY);
  await page.getByRole("button", { name: "Sign in" }).click();
  const section = page.locator("section", { hasText: CLOCKIFY_ADDON });
  const [workspace] = await world.simulator.workspaces();
  await section.getByRole("button", { name: workspace!.name }).click();
  await page.getByRole("link", { name: "Events" }).waitFor();
  assertMatch(new URL(page.url()).pathname, /^\/app\//);
  // One workspace with all its add-ons: another of them is one choice away, and the list of workspaces too.
  await openWhere(page);
  await page.getByRole("button", { name: UNIVERSAL, exact: true }).click();
  await page.getByRole("button", { name: /^Workspace/ }).filter({ hasText: UNIVERSAL }).waitFor();
  await page.getByRole("link", { name: "Sources" }).waitFor();
  await openWhere(page);
  await page.getByRole("button", { name: "Switch workspace" }).click();
  await page.getByRole("heading", { name: "Choose a workspace" }).waitFor();
  await section.waitFor();
  assertEquals(await page.locator("section").count(), 1);
  await section.getByRole("button", { name: workspace!.name }).click();
  // A reload and another tab stay signed in, in the same workspace; no script sees by what, and the page keeps no key.
  await goTo(page, "Runs");
  await page.reload();
  await page.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
  const tab = await page.context().newPage();
  await tab.goto(`http://127.0.0.1:${world.serving.operatorPort}/app/journal`);
  await tab.getByRole("heading", { name: "Journal", level: 1 }).waitFor();
  assertEquals(await tab.evaluate(() => document.cookie), "");
  await openAccount(page);
  for (const name of ["Dark", "Compact"]) await page.getByRole("button", { name, exact: true }).click();
  assertEquals(await page.evaluate(() => ({ ...document.documentElement.dataset })), {
    theme: "dark",
    density: "compact",
  });
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  assertNotMatch(kept, new RegExp(OPERATOR_KEY));
  await page.keyboard.press("Escape");
  // On a telephone five tabs in one line are all that is not the page, and what is the viewer's is one key away.
  const pages = page.getByRole("navigation", { name: "Pages" });
  const links = pages.getByRole("link");
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 700 });
    await page.getByRole("banner").waitFor({ state: "detached" });
    const tabs = pages.locator("a, button");
    const tops = await tabs.evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().top)));
    assertEquals([new Set(tops).size, tops.length], [1, 5], `${width} px`);
    const { height } = (await pages.boundingBox())!;
    assert(height <= 56, `${height} px of the window are the shell's`);
  }
  assertEquals(await page.getByRole("button", { name: "Sign out" }).count(), 0);
  await links.last().press("Tab");
  await page.keyboard.press("Enter");
  await pages.getByRole("link", { name: "Journal" }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Operator key").waitFor();
  assertEquals(await page.getByLabel("Operator key").inputValue(), "");
  await page.reload();
  await page.getByLabel("Operator key").waitFor();
  assertEquals(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  // It ended at the server: for the other tab too.
  await goTo(tab, "Events");
  await tab.getByText("You were signed out: the session is over").waitFor();
  assertClean([REFUSED]);
  await close();
});

Deno.test("a member sees the pages read only, and why", async () => {
  const { page, assertClean, close } = await browser.openPage();
  const frame = await world.frame(page, "universal_webhook", { viewer: world.memberId });
  await frame.getByText("read only").waitFor();
  await frame.getByRole("link", { name: "Sources" }).click();
  const button = frame.getByRole("button", { name: "New source" });
  await button.waitFor();
  assertEquals(await button.getAttribute("aria-disabled"), "true");
  assertMatch((await button.getAttribute("title"))!, /member/);
  await button.click({ force: true });
  assertEquals(await frame.getByLabel("Name", { exact: true }).count(), 0);
  await frame.getByRole("link", { name: "Settings" }).click();
  await frame.getByRole("tab", { name: "Keys" }).click();
  await frame.getByText("Keys are shown to admins only").waitFor();
  assertClean();
  await close();
});

Deno.test("a pause of Clockify is said in the bar, on Home and beside the event; Ctrl+K finds the flow and the event by keys", async () => {
  const flowId = await createFlow(world, {
    name: "Reads the tags",
    enabled: true,
    trigger_event_types: ["TIMER_STOPPED"],
    actions: [{ operation_id: "getTags" }],
  });
  world.simulator.faults.add({ kind: "status", path: "/api/v1/*/tags*", status: 429, retryAfter: "1800" });
  const { page, assertClean, close } = await browser.openPage({ viewport: { width: 1440, height: 900 } });
  const frame = await world.frame(page, PROFILE);
  await goTo(frame, "Home");
  await stopTimer(world, "Pier night shift");
  // Looked at every 5 s, on whatever page.
  const bar = frame.getByRole("banner").getByRole("link", { name: /^Clockify paused until \d\d:\d\d$/ });
  await bar.waitFor();
  const stop = frame.getByRole("list", { name: "What stands still" });
  await stop.getByText(/^Clockify asked to wait until \d\d:\d\d: 1 run waits\.$/).waitFor();
  await stop.getByText(/It answered 429, Retry-After 30 min 0 s at \d\d:\d\d/).waitFor();
  await frame.getByText("1 run waits for Clockify").waitFor();
  const now = stop.getByRole("button", { name: "Try now" });
  assertEquals(await now.getAttribute("aria-disabled"), "true");
  assertMatch((await now.getAttribute("title"))!, /Clockify named the time/);
  assertEquals(await axe(page), []);

  const find = async (text: string, option: RegExp) => {
    await frame.locator("body").press("Control+k");
    const input = frame.getByRole("combobox", { name: "Name or id" });
    await input.fill(text);
    const found = frame.getByRole("option", { name: option });
    await found.waitFor();
    for (let presses = 0; await found.getAttribute("aria-selected") !== "true"; presses++) {
      assert(presses < 20, "the arrow comes to it");
      await input.press("ArrowDown");
    }
    await input.press("Enter");
    await frame.locator("dialog").waitFor({ state: "detached" });
  };
  await find("reads the", /^Flow\s*Reads the tags/);
  await frame.getByLabel("Name", { exact: true }).waitFor();
  assertMatch(frame.url(), new RegExp(`/flows/${flowId}$`));
  const { body: { webhooks } } = await askAs(world, "/ui/webhooks?event_type=TIMER_STOPPED&limit=1");
  await find(webhooks[0].id, /^Event\s*TIMER.STOPPED/);
  await eventPane(frame).getByText(/^Clockify paused until \d\d:\d\d: 1 run of this event waits\.$/).waitFor();
  await bar.click();
  await stop.getByRole("link", { name: "Show the run" }).click();
  await frame.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
  assertClean();
  await close();
});

stopAtTheEnd(browser, () => world);
