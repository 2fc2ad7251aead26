/** The console's main journey by the keyboard alone: sign in, look through events, replay one, change a flow. */

import { assertEquals, fail } from "@std/assert";
import type { Locator, Page } from "playwright-core";
import { NEEDS_PROJECT_FLOW } from "../../src/simulator/demo_flow.ts";
import { axe, openBrowser } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { eventually, OPERATOR_KEY } from "../support/world.ts";
import {
  askAs,
  createFlow,
  eventPane,
  eventRow,
  isFocused,
  openStep,
  PROFILE,
  runRow,
  stepOf,
  stopAtTheEnd,
  stopTimer,
} from "./setup.ts";

/** Steps of Tab after which a place counts as out of reach. */
const MAX_TABS = 80;

const browser = await openBrowser();
let world: ConsoleWorld;
let flowId: string;

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
  flowId = await createFlow(world, NEEDS_PROJECT_FLOW);
  for (const description of ["Homepage copy", "Signage proofs", "Audio guide"]) await stopTimer(world, description);
});

Deno.test("without a mouse: sign in, find an event, replay it, and change a flow", async (t) => {
  const { page, assertClean, close } = await browser.openPage();
  const { keyboard } = page;
  const step = async (name: string, work: () => Promise<void>) => {
    if (!await t.step(name, work)) throw new Error("What follows needs the step that failed");
  };
  const heading = (name: string) => page.getByRole("heading", { name, level: 1, exact: true });

  await step("an operator signs in and picks the workspace", async () => {
    await page.goto(world.consoleUrl(PROFILE));
    await tabTo(page, page.getByLabel("Operator key"));
    await keyboard.type(OPERATOR_KEY);
    await keyboard.press("Enter");
    const [workspace] = await world.simulator.workspaces();
    const choice = page.getByRole("button", { name: workspace!.name });
    await choice.waitFor();
    await tabTo(page, choice);
    await keyboard.press("Enter");
    await page.locator("#page").waitFor();
  });

  await step("the first Tab leads past the navigation to the page", async () => {
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await tabTo(page, page.getByRole("link", { name: "Skip to content" }));
    await keyboard.press("Enter");
    await isFocused(page.locator("#page"));
  });

  await step("g e opens the events, / searches, Escape gives the keys back", async () => {
    await press(page, "g", "e");
    await heading("Events").waitFor();
    await eventRow(page, "TIMER_STOPPED", "Audio guide").waitFor();
    await keyboard.press("/");
    await isFocused(page.getByRole("searchbox"));
    await keyboard.type("description = Signage proofs");
    await keyboard.press("Enter");
    await page.getByText(/\d events match/).waitFor();
    await eventRow(page, "TIMER_STOPPED", "Signage proofs").waitFor();
    assertEquals(await eventRow(page, "Homepage copy").count(), 0);
    await press(page, "Escape", "Escape");
    await eventRow(page, "TIMER_STOPPED", "Homepage copy").waitFor();
    await eventually(() => page.evaluate(() => document.activeElement?.tagName !== "INPUT"));
  });

  await step("j and k move along the list, Enter opens, arrows walk the tabs", async () => {
    await tabTo(page, page.getByLabel("Type", { exact: true }));
    await keyboard.type("TIMER_STOPPED");
    await page.getByText("3 events match").waitFor();
    await eventRow(page, "Audio guide").getByText("1 flow ran").waitFor();
    // Out of the filters, where a letter would choose something else.
    await tabTo(page, page.getByRole("grid"));
    await press(page, "j", "j");
    await isActive(page, eventRow(page, "TIMER_STOPPED", "Signage proofs"));
    await keyboard.press("k");
    await isActive(page, eventRow(page, "TIMER_STOPPED", "Audio guide"));
    await keyboard.press("Enter");
    await eventPane(page).getByText("Audio guide").first().waitFor();
    await tabTo(page, page.getByRole("tab", { name: "Payload" }));
    const walk = [["ArrowLeft", /^Runs/], ["ArrowRight", "Payload"], ["End", /^Runs/], ["Home", "Payload"]] as const;
    for (const [key, name] of [...walk, ...["Raw", "Headers", "Flows"].map((name) => ["ArrowRight", name] as const)]) {
      await keyboard.press(key);
      await isFocused(page.getByRole("tab", { name, selected: true }));
    }
    await eventPane(page).getByText("Matches", { exact: true }).waitFor();
  });

  await step("r asks for a replay, Tab and Enter make it, Escape closes", async () => {
    await keyboard.press("r");
    const dialog = page.getByRole("dialog", { name: "Replay the event" });
    const all = dialog.getByLabel("All flows again, from the first step");
    await tabTo(page, dialog.getByLabel("Only failed runs, from the step they failed at"));
    await keyboard.press("ArrowDown");
    await isFocused(all);
    const start = dialog.getByRole("button", { name: "Start 1 run" });
    await start.waitFor();
    await tabTo(page, start);
    await keyboard.press("Enter");
    await dialog.getByText("0 runs are retried, 1 new run").waitFor();
    await keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    // Where it was before.
    await isFocused(page.getByRole("tab", { name: "Flows" }));
    await keyboard.press("Escape");
    await eventPane(page).waitFor({ state: "detached" });
    assertEquals(new URL(page.url()).pathname, "/ui/app/events");
  });

  await step("x selects two events, c compares them by field and side by side", async () => {
    await tabTo(page, page.getByRole("grid"));
    await press(page, "x", "j", "x", "c");
    const dialog = page.getByRole("dialog", { name: "Compare two events" });
    const cells = dialog.getByRole("row").filter({ hasText: "$.webhook.description" }).getByRole("cell");
    await cells.first().waitFor();
    assertEquals((await cells.allInnerTexts()).slice(1).sort(), ['"Audio guide"', '"Signage proofs"']);
    await dialog.getByText(/^\d+ fields differ, \d+ are the same\.$/).waitFor();
    await tabTo(page, dialog.getByRole("tab", { name: "Differences" }));
    await keyboard.press("ArrowRight");
    await dialog.getByRole("region", { name: "Newer event" }).getByRole("tree").waitFor();
    assertEquals(await axe(page), []);
    await keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });

  await step("? lists the keys; g r, j and Enter open the run", async () => {
    await keyboard.press("?");
    const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await dialog.getByRole("row", { name: "g f Go to Flows" }).waitFor();
    await dialog.getByRole("row", { name: /^j / }).waitFor();
    await keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await press(page, "g", "r");
    await runRow(page, "replay 1").waitFor();
    await press(page, "j", "Enter");
    await heading("Run").waitFor();
  });

  await step("a flow gets a step, which moves up by Alt+Arrow, and back by undo", async () => {
    await press(page, "g", "f");
    await heading("Flows").waitFor();
    const link = page.getByRole("link", { name: NEEDS_PROJECT_FLOW.name, exact: true });
    await link.waitFor();
    await tabTo(page, link);
    await keyboard.press("Enter");
    await heading("Edit flow").waitFor();
    await tabTo(page, page.getByRole("button", { name: "Add step: Clockify" }));
    await keyboard.press("Enter");
    await isFocused(stepOf(page, 3).getByLabel("Operation"));
    await keyboard.type("getClients");
    await stepOf(page, 3).getByRole("option").first().waitFor();
    await press(page, "ArrowDown", "Enter");
    await title(page, 3, "Clockify: Get clients");
    await tabTo(page, stepOf(page, 3).getByRole("button", { name: "Duplicate" }), "Shift+Tab");
    await keyboard.press("Alt+ArrowUp");
    await title(page, 2, "Clockify: Get clients");
    await isFocused(stepOf(page, 2).getByRole("button", { name: "Duplicate" }));
    await keyboard.press("Control+z");
    await title(page, 3, "Clockify: Get clients");
    await keyboard.press("Control+Shift+z");
    await title(page, 2, "Clockify: Get clients");
  });

  await step("on the lines of the steps arrows walk, D copies, Delete removes, Enter opens and closes", async () => {
    const line = (number: number) => stepOf(page, number).locator("[data-row]");
    await line(2).focus();
    await keyboard.press("ArrowDown");
    await isFocused(line(3));
    await keyboard.press("d");
    await stepOf(page, 4).waitFor();
    await keyboard.press("ArrowDown");
    await keyboard.press("Delete");
    await stepOf(page, 4).waitFor({ state: "detached" });
    await isFocused(line(3));
    await press(page, "ArrowUp", "ArrowUp", "Enter");
    await stepOf(page, 1).getByText("Up to 5 attempts").waitFor();
    assertEquals(await page.locator(".fl-body").count(), 1, "one is open at a time");
    await keyboard.press("Enter");
    await page.locator(".fl-body").waitFor({ state: "detached" });
  });

  await step("Ctrl+S saves the draft, and what runs stays; it is published by a button that asks once", async () => {
    await keyboard.press("Control+s");
    await page.locator(".toast", { hasText: "The draft is saved" }).waitFor();
    await page.getByRole("button", { name: /^Draft: \d changes?$/ }).waitFor();
    assertEquals((await askAs(world, `/ui/flows/${flowId}`)).body.version, 1);
    const publish = page.getByRole("button", { name: "Publish…" });
    await tabTo(page, publish, "Shift+Tab");
    await keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Publish the draft?" });
    await dialog.getByRole("list", { name: "Changes" }).getByText(/client/i).first().waitFor();
    await tabTo(page, dialog.getByRole("button", { name: "Publish version 2" }));
    await keyboard.press("Enter");
    await page.getByText("Version 2 is published").first().waitFor();
    await dialog.waitFor({ state: "detached" });
    await isFocused(publish);
    const { body } = await askAs(world, `/ui/flows/${flowId}`);
    const operations = body.actions.map(({ operation_id }: { operation_id: string }) => operation_id);
    assertEquals(operations, ["findOrCreateTag", "getClients", "updateTimeEntry"]);
    // The expression follows the step it names.
    assertEquals(body.actions[2].body.tagIds, { $add: "$.action_1_result.id" });
  });

  assertClean();
  await close();
});

Deno.test("a field's name is typed, Tab goes on to its value, and a number stays one while it is typed", async () => {
  const { page, assertClean, close } = await browser.openPage();
  await world.alone(page, PROFILE, `/ui/app/flows/${flowId}`);
  const step = await openStep(page, 3);
  await step.getByRole("button", { name: "Add field" }).click();
  const name = step.locator(".fl-keyvalue").last().getByLabel(/^Name/);
  await name.fill("note");
  await name.press("Tab");
  const value = step.getByLabel("Value of note");
  await isFocused(value);
  await step.getByLabel("Type of note").selectOption("number");
  await value.fill("");
  await value.pressSequentially("-1.5");
  assertEquals(await step.getByLabel("Type of note").inputValue(), "number");
  assertClean();
  await close();
});

/** Two ways, of which the second is empty, and a step behind them. */
const DRAWN_FLOW = {
  name: "Drawn",
  enabled: false,
  trigger_event_types: ["TIMER_STOPPED"],
  actions: [
    {
      kind: "branch",
      id: "which",
      cases: [{
        if: { field: "$.webhook.description", operator: "==", value: "Audio guide" },
        actions: [{ id: "tag", operation_id: "findOrCreateTag", body: { name: "audio" } }],
      }],
      otherwise: [{ id: "other", operation_id: "findOrCreateTag", body: { name: "other" } }],
    },
    { id: "last", type: "transform", output: "1" },
  ],
};

Deno.test("on the canvas arrows walk, A adds in place, D copies, Alt moves, Del removes, and the list shows the same", async () => {
  const { page, assertClean, close } = await browser.openPage({
    viewport: { width: 1440, height: 900 },
    flowView: "by room",
  });
  const { keyboard } = page;
  const drawnId = await createFlow(world, DRAWN_FLOW);
  await world.alone(page, PROFILE, `/ui/app/flows/${drawnId}`);
  const canvas = page.getByRole("group", { name: "Canvas of the flow" });
  const drawn = (name: string | RegExp) => canvas.getByRole("button", { name, expanded: false });
  const sentences = () => canvas.locator(".cv-step b").allTextContents();
  // The page has room for it; with the sample's answers.
  await drawn(/^Step 1: If Description .* yes$/).waitFor();
  await tabTo(page, drawn(/^When: Timer stopped/));

  await press(page, "ArrowDown", "ArrowDown", "ArrowDown");
  await isFocused(drawn(/^Step 2: .*audio/));
  await keyboard.press("ArrowRight");
  await isFocused(drawn(/^Step 3: .*other/));
  await press(page, "ArrowLeft", "a");
  const search = canvas.getByRole("combobox", { name: "Add a step: what should happen?" });
  await isFocused(search);
  await keyboard.type("wait for some");
  await keyboard.press("Enter");
  const chosen = page.getByRole("region", { name: "Chosen step" });
  await isFocused(chosen.getByLabel(/^How long/));
  await keyboard.type("2 h");
  // The first closes the suggestions, if there are any.
  await press(page, "Escape", "Escape");
  await isFocused(drawn(/^Step 3: Wait 2 h/));

  await press(page, "Alt+ArrowUp");
  await isFocused(drawn(/^Step 2: Wait 2 h/));
  await keyboard.press("d");
  await drawn(/^Step 3: Wait 2 h/).waitFor();
  await isFocused(drawn(/^Step 2: Wait 2 h/));
  await keyboard.press("Delete");
  await eventually(async () => (await sentences()).filter((text) => text === "Wait 2 h").length === 1);
  await keyboard.press("Control+z");
  await eventually(async () => (await sentences()).filter((text) => text === "Wait 2 h").length === 2);
  await keyboard.press("Control+Shift+z");
  await eventually(async () => (await sentences()).filter((text) => text === "Wait 2 h").length === 1);

  // A press on a value of the sample puts it where the caret is.
  await drawn(/^Step 3: .*audio/).focus();
  await keyboard.press("Enter");
  const name = chosen.getByRole("combobox", { name: /^Name of the tag/ });
  await name.focus();
  await press(page, "Home");
  const datum = page.getByRole("region", { name: "Data of the sample" }).getByRole("button", { name: /^Description/ });
  await datum.focus();
  await keyboard.press("Enter");
  await eventually(async () => await name.inputValue() === "{{ $.webhook.description }}audio");
  await isFocused(name);

  await drawn(/^Step 5: Make the value/).focus();
  await keyboard.press("Enter");
  await chosen.getByText("Up to 5 attempts").waitFor();
  for (const theme of ["light", "dark"]) {
    await page.evaluate((theme) => document.documentElement.dataset.theme = theme, theme);
    assertEquals(await axe(page, theme === "dark" ? { only: ["color-contrast"] } : {}), [], theme);
  }
  await keyboard.press("Control+s");
  await page.locator(".toast", { hasText: "The draft is saved" }).waitFor();
  await page.getByRole("button", { name: "Run it for real on this event…" }).focus();
  await keyboard.press("Enter");
  const real = page.getByRole("dialog", { name: "Run the flow on this event" });
  await real.getByText("as version 1 is published: what you changed since is not in it").waitFor();
  await real.getByRole("status").filter({ hasText: "new run" }).waitFor();
  await keyboard.press("Escape");
  await real.waitFor({ state: "detached" });
  await tabTo(page, page.getByRole("button", { name: "List", exact: true }), "Shift+Tab");
  await keyboard.press("Enter");
  await stepOf(page, 5).getByText("Up to 5 attempts").waitFor();
  await canvas.waitFor({ state: "detached" });
  const { body } = await askAs(world, `/ui/flows/${drawnId}/draft`);
  const [branch] = body.definition.actions;
  assertEquals(branch.cases[0].actions.map(({ id }: { id: string }) => id), ["wait_copy", "tag"]);
  assertEquals(branch.cases[0].actions[0].for, "2 h");
  assertEquals(branch.cases[0].actions[1].body.name, "{{ $.webhook.description }}audio");
  assertClean();
  await close();
});

/** Goes on by Tab until the element has the focus. */
async function tabTo(page: Page, wanted: Locator, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  for (let i = 0; i <= MAX_TABS; i++) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  fail(`${MAX_TABS} times ${key} did not reach ${wanted}`);
}

async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/** Whether the list says that this row is the one the keys are at. */
async function isActive(page: Page, row: Locator): Promise<void> {
  const id = await row.getAttribute("id");
  await eventually(async () => await page.getByRole("grid").getAttribute("aria-activedescendant") === id);
}

async function title(page: Page, number: number, text: string): Promise<void> {
  await stepOf(page, number).getByRole("heading", { name: text }).waitFor();
}

stopAtTheEnd(browser, () => world);
