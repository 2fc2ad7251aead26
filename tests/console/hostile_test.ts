/** What strangers may write into descriptions, names and payloads is shown as text on every page: nothing of it runs, nothing breaks the layout. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { openBrowser, type WatchedPage } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { eventually } from "../support/world.ts";
import { ask } from "../http/door.ts";
import { askAs, createFlow, eventPane, eventRow, openStep, PROFILE, runRow, stopAtTheEnd } from "./setup.ts";

const EVENT = "NEW_TIME_ENTRY";
const MARKUP = `<img src=x onerror="window.__hacked=1"><script>window.__hacked=2</script><b>bold</b>`;
const DESCRIPTIONS: Record<string, string> = {
  markup: `markup ${MARKUP}`,
  breakout:
    `breakout "><svg onload=window.__hacked=3>'-window.__hacked=4-'{{constructor.constructor("window.__hacked=5")()}}`,
  link: "link javascript:window.__hacked=6",
  // Turned round, this would read as another name and stand over its neighbours.
  bidi: "bidi \u202Egpj.exe\u202C \u2066\u2067hidden\u2069 \u200Fright",
  nul: "nul \u0000 and \u001b[31m red \u0007",
  unbroken: `unbroken ${"W".repeat(20_000)}`,
  marks: `marks ${"e\u0301\u0302\u0303".repeat(500)}`,
  deep: "deep",
  huge: `huge ${"a megabyte of text ".repeat(52_632)}`,
};
const NAME = `name ${MARKUP} \u202E${"N".repeat(120)}`;
const TAG = `tag ${MARKUP}`;

const browser = await openBrowser();
let world: ConsoleWorld;
let workspaceId: string;
let flowId: string;
let runId: string;

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
  ({ workspaceId } = world);
  const { simulator } = world;
  const tag = await simulator.change({ workspaceId, method: "POST", path: "/tags", body: { name: TAG } }) as {
    id: string;
  };
  // The workspace is read again once its first reading is over, and the name with it.
  await eventually(async () => (await askAs(world, "/ui/bootstrap")).body.status === "COMPLETE");
  assertEquals((await askAs(world, "/ui/bootstrap/trigger", { method: "POST" })).status, 200);
  await eventually(async () => {
    const { body } = await askAs(world, `/ui/entities/names?ids=${tag.id}`);
    return body.names[tag.id]?.name === TAG;
  });
  // A flow of such a name that fails and names a tag of such a name: both stand on many pages.
  flowId = await createFlow(world, {
    name: NAME,
    trigger_event_types: [EVENT],
    conditions: {
      type: "ALL",
      rules: [
        { field: "$.webhook.description", operator: "contains", value: MARKUP },
        { field: "$.webhook.tags[0].id", operator: "!=", value: tag.id },
      ],
    },
    actions: [{ id: "tag", operation_id: "createNewTag", body: { name: `{{ $.webhook.description }}${MARKUP}` } }],
  });
  await simulator.addFault({ kind: "status", method: "POST", path: "/api/v1/*/tags", status: 400, count: null });
  for (const [kind, description] of Object.entries(DESCRIPTIONS)) {
    const payload = { ...entryOf(kind), description, ...(kind === "deep" && { deep: nested(56) }) };
    await simulator.deliver({ workspaceId, event: EVENT, payload });
  }
  const source = await askAs(world, "/ui/sources", {
    body: { name: "stranger", scheme: "none", allow_unsigned: true },
  });
  assertEquals(source.status, 201, JSON.stringify(source.body));
  const address = world.consoleUrl(PROFILE, new URL(source.body.url).pathname);
  await ask(address, { body: { event_type: `<img src=x onerror=window.__hacked=7>`, [MARKUP]: MARKUP } });
  await simulator.settled();
  runId = await eventually(async () => {
    const { body } = await askAs(world, "/ui/runs?state=failed");
    return body.runs[0]?.id as string | undefined;
  });
});

for (const width of [1280, 360]) {
  Deno.test(`hostile events are text in the list and in the detail, ${width} px wide`, async () => {
    const { page, assertClean, close } = await openPage(width);
    await world.alone(page, PROFILE, "/ui/app/events");
    await eventRow(page, "markup").waitFor();
    // The newest ones: the other kinds are on the same page.
    for (const text of ["markup <img", "bidi", "custom:stranger <img"]) await eventRow(page, text).waitFor();
    await isHarmless(page);
    for (const [kind, description] of Object.entries(DESCRIPTIONS)) {
      await page.locator(`#event-${await idOf(kind)}`).click();
      const pane = eventPane(page);
      const line = pane.getByRole("treeitem", { name: /^description/ });
      await line.filter({ hasText: kind === "markup" ? description : description.slice(0, 4) }).waitFor();
      await isHarmless(page);
      await pane.getByRole("tab", { name: "Raw" }).click();
      await pane.getByLabel("Body of the event").waitFor();
      await isHarmless(page);
      await pane.getByRole("tab", { name: "Payload" }).click();
      await pane.getByRole("button", { name: "Close" }).click();
    }
    assertClean();
    await close();
  });

  Deno.test(`hostile names are text on the other pages, ${width} px wide`, async () => {
    const { page, assertClean, close } = await openPage(width);
    await world.alone(page, PROFILE, "/ui/app/home");
    await page.getByText("name <img").first().waitFor();
    await isHarmless(page);
    await open(page, "/flows");
    await page.getByRole("link", { name: /^name <img/ }).waitFor();
    await isHarmless(page);
    await open(page, `/flows/${flowId}`);
    await openStep(page, 1);
    await page.locator('[data-row="if"]').click();
    await page.getByText("Dry run: nothing was changed.").waitFor();
    await page.getByText(`compared with tag ${TAG}`).waitFor();
    await isHarmless(page);
    await open(page, "/runs");
    await runRow(page, "name <img").first().waitFor();
    await isHarmless(page);
    await open(page, `/runs/${runId}`);
    await page.getByRole("region", { name: /^Step 1/ }).waitFor();
    await isHarmless(page);
    await open(page, "/settings/sources");
    await page.getByText("stranger").first().waitFor();
    await isHarmless(page);
    assertClean();
    await close();
  });
}

Deno.test("a megabyte of text is cut, shown whole when asked for, and the page stays usable", async () => {
  const { page, assertClean, close } = await openPage(1280);
  await world.alone(page, PROFILE, "/ui/app/events");
  await page.locator(`#event-${await idOf("huge")}`).click();
  const pane = eventPane(page);
  const line = pane.getByRole("treeitem", { name: /^description/ });
  await line.getByRole("button", { name: /^Show all 1,000,0\d\d characters/ }).click();
  await line.getByRole("button", { name: "Show less" }).waitFor();
  await isHarmless(page);
  await line.getByRole("button", { name: "Show less" }).click();
  await page.keyboard.press("Escape");
  await pane.waitFor({ state: "detached" });
  await page.keyboard.press("/");
  await page.keyboard.type("deep");
  assertEquals(await page.getByRole("searchbox").inputValue(), "deep");
  assertClean();
  await close();
});

Deno.test("a search and an address that hold markup are text, too", async () => {
  const { page, assertClean, close } = await openPage(1280);
  await world.alone(page, PROFILE, `/ui/app/events?q=${encodeURIComponent(MARKUP)}`);
  await page.getByText("No event matches").waitFor();
  const search = page.getByRole("searchbox");
  assertStrictEquals(await search.inputValue(), MARKUP);
  await isHarmless(page);
  // What the server cannot read is said with its place; what it can stays in the address.
  await search.fill("<b>:1 outcom:failed");
  await page.getByText('Cannot read the search at character 7: there is no filter "outcom:"').waitFor();
  await page.getByRole("button", { name: "Clear the search" }).click();
  await page.getByRole("grid").waitFor();
  await search.fill('"no such words" -outcome:dead');
  await page.getByText("No event matches").waitFor();
  assertStrictEquals(new URL(page.url()).searchParams.get("q"), '"no such words" -outcome:dead');
  await isHarmless(page);
  // The same filter as a view, whose name is text as well.
  const views = page.getByRole("group", { name: "Saved views" });
  const name = async (dialog: string, name: string) => {
    await page.getByRole("dialog", { name: dialog }).getByLabel("Name").fill(name);
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await views.getByRole("button", { name, exact: true, pressed: true }).waitFor();
  };
  await views.getByRole("button", { name: "Save view…" }).click();
  await name("Save the view", "<b>bold</b> view");
  await isHarmless(page);
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.getByRole("grid").waitFor();
  await views.getByRole("button", { name: "<b>bold</b> view" }).click();
  await page.getByText("No event matches").waitFor();
  assertStrictEquals(await search.inputValue(), '"no such words" -outcome:dead');
  await views.getByRole("button", { name: "Rename view…" }).click();
  await name("Rename the view", "Quiet");
  await views.getByRole("button", { name: "Remove view…" }).click();
  await page.getByRole("dialog", { name: "Remove the view" }).getByRole("button", { name: "Remove" }).click();
  await views.getByRole("button", { name: "Save view…" }).waitFor();
  assertEquals(await views.getByRole("button", { name: "Quiet" }).count(), 0);
  await open(page, `/runs?event_id=${encodeURIComponent("1")}&state=${encodeURIComponent(MARKUP)}`);
  await page.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
  await isHarmless(page);
  // Refused by the server: no such filter, no such state.
  assertClean([/status of 400/]);
  await close();
});

function openPage(width: number): Promise<WatchedPage> {
  return browser.openPage({ viewport: { width, height: 800 } });
}

/** Another page of the console, without a reload. */
async function open(page: Page, path: string): Promise<void> {
  await page.evaluate((path) => history.pushState(null, "", `/ui/app${path}`), path);
}

/** Nothing ran, no element came of a text, and the page is no wider than its window. */
async function isHarmless(page: Page): Promise<void> {
  const found = await page.evaluate(() => ({
    hacked: (globalThis as { __hacked?: unknown }).__hacked,
    elements: document.querySelectorAll("#page img, #page script, #page b > b, #page [onerror], #page [onload]").length,
    links: [...document.querySelectorAll("a")].filter(({ protocol }) => !/^https?:$/.test(protocol)).length,
    tooWide: Math.max(0, document.documentElement.scrollWidth - innerWidth),
  }));
  assertEquals(found, { hacked: undefined, elements: 0, links: 0, tooWide: 0 }, page.url());
}

function entityId(kind: string): string {
  return String(1 + Object.keys(DESCRIPTIONS).indexOf(kind)).padStart(24, "a");
}

/** Of the event of this kind. */
async function idOf(kind: string): Promise<string> {
  const { body } = await askAs(world, `/ui/webhooks?q=${entityId(kind)}`);
  assertEquals(body.webhooks.length, 1, JSON.stringify(body));
  return body.webhooks[0].id;
}

function entryOf(kind: string) {
  return {
    id: entityId(kind),
    workspaceId,
    billable: false,
    project: { id: "64a687e29ae1f428e7ebe303", name: NAME, color: `red;background:url(//x)"><script>` },
    task: null,
    tags: [{ id: "64a687e29ae1f428e7ebe304", name: NAME }],
    user: { id: world.memberId, name: NAME },
    timeInterval: { start: "2026-11-20T09:00:00Z", end: "2026-11-20T09:30:00Z", duration: "PT30M" },
  };
}

function nested(levels: number): unknown {
  return levels === 0 ? MARKUP : { [`<i>${levels}`]: nested(levels - 1) };
}

stopAtTheEnd(browser, () => world);
