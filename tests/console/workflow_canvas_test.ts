/** The steps of a workflow changed in Chromium: a form for each kind, the canvas by keys, and the JSON over the same draft. */

import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { axe, openBrowser } from "../support/browser.ts";
import { startWorkflowConsole, type WorkflowConsoleWorld } from "../support/workflow_console_world.ts";
import { isFocused, stopAtTheEnd } from "./setup.ts";

const browser = await openBrowser();
let world: WorkflowConsoleWorld;
let id: string;
const REFUSED = /status of (400|412|422)/;

const ask = (next_step?: string) => ({ type: "agent", agent_name: "classifier", input_mapping: {}, next_step });

Deno.test({
  name: "a world with agents and a workflow starts",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    world = await startWorkflowConsole();
    for (const name of ["classifier", "alerter"]) {
      await world.api("/agents", { body: { name, url: `${world.sink.url}/rpc` } });
    }
    const made = await world.api("/workflows", {
      body: {
        name: "drawn",
        start_step: "first",
        steps: { first: ask("second"), second: { ...ask(), input_mapping: { text: "${first.output.text}" } } },
        input_schema: { type: "object", properties: { text: { type: "string" } } },
      },
    });
    id = made.id;
  },
});

const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name });
const chosen = (page: Page) => page.getByRole("region", { name: "Chosen step" });
const canvas = (page: Page) => page.getByRole("group", { name: "Canvas of the workflow" });
const step = (page: Page, name: string) => canvas(page).getByRole("button", { name: new RegExp(`^Step ${name}:`) });

async function openCanvas(page: Page, view: "canvas" | "list" = "canvas") {
  await world.signIn(page, "editor");
  await page.goto(world.consoleUrl(`/app/workflows/${id}?view=${view}`));
  await page.getByRole("heading", { name: "drawn" }).waitFor();
  if (view === "canvas") await canvas(page).getByRole("button", { name: /^Start:/ }).waitFor();
}

/** The definition as the server has it. */
const stored = async () => (await world.api(`/workflows/${id}`)).workflow_data;

/** By "+" at the end of the workflow's own list. */
async function add(page: Page, words: string, place: number) {
  await button(page, `Add a step at place ${place}`).click();
  const search = page.getByRole("combobox", { name: "Add a step: what should happen?" });
  await search.fill(words);
  await search.press("Enter");
  await chosen(page).waitFor();
}

async function save(page: Page) {
  await button(page, /^Save as version/).click();
  await page.getByText(/^Saved as version/).first().waitFor();
  await button(page, /^Save as version/).waitFor({ state: "detached" });
}

Deno.test("a step of each kind is added on its wire, filled in by its form alone, and saved", async () => {
  const { page, assertClean, close } = await browser.openPage();
  await openCanvas(page);
  const form = chosen(page);

  await add(page, "agent", 3);
  await isFocused(form.getByRole("combobox", { name: "Agent" }));
  await form.getByRole("combobox", { name: "Agent" }).fill("alert");
  await page.getByRole("option", { name: /^alerter/ }).click();
  await form.getByRole("button", { name: "+ Add a field" }).click();
  await form.getByLabel("Name", { exact: true }).fill("text");
  const value = form.getByRole("combobox", { name: "Value of text", exact: true });
  await value.fill("so ${work");
  await page.getByRole("option", { name: /^\$\{workflow\.input\.text\}/ }).click();
  assertEquals(await value.inputValue(), "so ${workflow.input.text}");
  await form.getByRole("button", { name: "+ Add a field" }).click();
  await form.getByLabel("Name", { exact: true }).last().fill("count");
  await form.getByLabel("Kind of count").selectOption("Number");
  await form.getByLabel("Value of count", { exact: true }).last().fill("2.5");

  await add(page, "if", 4);
  const condition = form.getByRole("combobox", { name: "Condition" });
  await isFocused(condition);
  await condition.fill("agent-1");
  await page.getByRole("option", { name: /^\$\{agent-1\.output\}/ }).click();
  await condition.press("End");
  await page.keyboard.type(" == 7");
  await button(page, "Add a step to If yes, of step conditional-1, as the first").click();
  await page.getByRole("combobox", { name: "Add a step: what should happen?" }).fill("wait");
  await page.keyboard.press("Enter");
  await form.getByLabel("Type of the event").fill("ready");
  await form.getByRole("button", { name: "+ Add a field" }).click();
  await form.getByLabel("Name", { exact: true }).fill("order.id");
  await form.getByRole("combobox", { name: "Value of order.id" }).fill("7");
  await form.getByLabel("Timeout, s").fill("60");

  await add(page, "every item", 5);
  await form.getByRole("combobox", { name: "List to go over", exact: true }).fill("${workflow.input.list}");
  await form.getByLabel("Items run").selectOption("several at once");
  await form.getByLabel("At once, at most").fill("3");
  await form.getByLabel("Items, at most").fill("50");
  await form.getByLabel("When an item fails").selectOption("continue with the next one");
  await button(page, "Add a step to For each item, of step loop-1, as the first").click();
  await page.getByRole("combobox", { name: "Add a step: what should happen?" }).fill("another workflow");
  await page.keyboard.press("Enter");
  const workflow = form.getByRole("combobox", { name: "Workflow" });
  await workflow.fill("nothing like it");
  await form.getByLabel("Wait for its end").uncheck();

  await add(page, "parallel", 6);
  await form.getByLabel("At once, at most").fill("2");
  await add(page, "branches", 7);
  await form.getByLabel("Continues when").selectOption("a number of branches have ended well");
  await form.getByLabel("Number of branches").fill("1");
  await form.getByLabel("Name of branch 1").fill("left");
  await form.getByLabel("Timeout of left, s").fill("9");
  for (const branch of ["left", "second"]) {
    await button(page, `Add a step to Branch ${branch}, of step fork-join-1, as the first`).click();
    await page.getByRole("combobox", { name: "Add a step: what should happen?" }).fill("agent");
    await page.keyboard.press("Enter");
    await form.getByRole("combobox", { name: "Agent" }).waitFor();
  }
  await add(page, "check a value", 8);
  await form.getByRole("combobox", { name: "Value to check", exact: true }).fill("${first.output}");
  await form.getByRole("button", { name: "+ Add a field" }).click();
  await form.getByLabel("Name", { exact: true }).fill("length");
  await form.getByLabel("Type of length").selectOption("Whole number");
  await form.getByLabel("length is required").check();
  assertEquals(await axe(page), []);

  // The server knows no such workflow: the fault stands at its step and its field.
  await button(page, /^Save as version/).click();
  await page.getByRole("button", { name: "sub-workflow-1", exact: true }).click();
  await form.getByText("names no workflow").waitFor();
  assertEquals(await workflow.getAttribute("aria-invalid"), "true");
  await world.api("/workflows", { body: { name: "other", start_step: "a", steps: { a: ask() } } });
  await workflow.fill("other");
  assertEquals(await page.getByText("names no workflow").count(), 0);
  await save(page);

  const { steps } = await stored();
  assertEquals(steps["agent-1"].input_mapping, { text: "so ${workflow.input.text}", count: 2.5 });
  assertEquals([steps["agent-1"].agent_name, steps.second.next_step], ["alerter", "agent-1"]);
  const { condition: said, if_true_step, next_step } = steps["conditional-1"];
  assertEquals([said, if_true_step, next_step], ["${agent-1.output} == 7", "wait-for-event-1", "loop-1"]);
  const { event_type, match, timeout_seconds } = steps["wait-for-event-1"];
  assertEquals({ event_type, match, timeout_seconds }, {
    event_type: "ready",
    match: { "order.id": "7" },
    timeout_seconds: 60,
  });
  assertEquals(steps["loop-1"].loop_config, {
    collection: "${workflow.input.list}",
    loop_body: ["sub-workflow-1"],
    execution_mode: "parallel",
    max_parallelism: 3,
    max_iterations: 50,
    on_error: "continue",
  });
  assertEquals([steps["sub-workflow-1"].workflow_name, steps["sub-workflow-1"].wait_for_completion], ["other", false]);
  assertEquals([steps["parallel-1"].parallel_steps.length, steps["parallel-1"].max_parallelism], [2, 2]);
  const { branches, join_policy, n_required } = steps["fork-join-1"].fork_join_config;
  assertEquals([Object.keys(branches), branches.left.timeout_seconds, join_policy, n_required], [
    ...[["left", "second"], 9, "n_of_m", 1],
  ]);
  assertEquals(steps["validate-1"].schema, {
    type: "object",
    properties: { length: { type: "integer" } },
    required: ["length"],
  });
  assertClean([REFUSED]);
  await close();
});

Deno.test("by keys alone a step is chosen, added, moved, duplicated, renamed and removed, and all of it undone", async () => {
  await world.api(`/workflows/${id}`, {
    method: "PUT",
    body: {
      start_step: "first",
      steps: { first: ask("second"), second: { ...ask(), input_mapping: { text: "${first.output.text}" } } },
    },
  });
  const { page, assertClean, close } = await browser.openPage();
  await openCanvas(page);
  await canvas(page).getByRole("button", { name: /^Start:/ }).focus();
  await page.keyboard.press("ArrowDown");
  await isFocused(step(page, "first"));
  await page.keyboard.press("ArrowDown");
  await isFocused(step(page, "second"));
  const order = () =>
    canvas(page).locator("[data-row]").evaluateAll((all) =>
      all.map((one) => [(one as HTMLElement).dataset.row, one.getBoundingClientRect().y] as const)
        .toSorted((a, b) => a[1] - b[1]).map(([row]) => row).slice(1)
    );
  await page.keyboard.press("Alt+ArrowUp");
  assertEquals(await order(), ["second", "first"]);
  await isFocused(step(page, "second"));
  await page.keyboard.press("ControlOrMeta+z");
  assertEquals(await order(), ["first", "second"]);
  await step(page, "second").focus();
  await page.keyboard.press("d");
  assertEquals(await order(), ["first", "second", "second-1"]);
  await page.keyboard.press("a");
  await isFocused(page.getByRole("combobox", { name: "Add a step: what should happen?" }));
  await page.keyboard.type("wait");
  await page.keyboard.press("Enter");
  await isFocused(chosen(page).getByLabel("Type of the event"));
  assertEquals(await order(), ["first", "second", "wait-for-event-1", "second-1"]);
  await page.keyboard.press("Escape");
  await isFocused(step(page, "wait-for-event-1"));
  // One that nothing names goes at once; of one that is named it is said first.
  await page.keyboard.press("Delete");
  await step(page, "wait-for-event-1").waitFor({ state: "detached" });
  await isFocused(step(page, "second-1"));
  await step(page, "first").focus();
  await page.keyboard.press("Delete");
  const dialog = page.getByRole("dialog");
  await dialog.getByText("steps.second.input_mapping").waitFor();
  assertEquals(await axe(page), []);
  await page.keyboard.press("Escape");
  await step(page, "first").focus();
  await page.keyboard.press("Enter");
  await chosen(page).getByText("Id, name and what comes next").click();
  const own = chosen(page).getByLabel("Id of the step");
  await own.fill("a__b");
  await chosen(page).getByText("without two _ in a row").waitFor();
  await own.fill("begin");
  await own.press("Enter");
  await step(page, "begin").waitFor();
  await save(page);
  const { start_step, steps } = await stored();
  assertEquals([start_step, steps.second.input_mapping, steps["second-1"].input_mapping], [
    "begin",
    { text: "${begin.output.text}" },
    { text: "${begin.output.text}" },
  ]);
  assertClean();
  await close();
});

Deno.test("list, canvas and JSON show one draft, which a look at another tab keeps; what the form does not know stays", async () => {
  const { page, assertClean, close } = await browser.openPage();
  await openCanvas(page, "list");
  await button(page, /^Ask the agent classifier\s*begin/).click();
  const row = page.getByRole("region", { name: "Step begin" });
  await row.getByRole("combobox", { name: "Agent" }).fill("alerter");
  await page.keyboard.press("Escape");
  await button(page, "Canvas").click();
  await step(page, "begin").getByText("Ask the agent alerter").waitFor();
  await page.getByRole("tab", { name: "Edit" }).click();
  const json = page.getByLabel("Definition (JSON)");
  const text = await json.inputValue();
  assert(text.includes('"agent_name": "alerter"'), text);
  await json.fill(text.replace('"agent_name": "alerter"', '"odd": {"kept": [1]}, "agent_name": "alerter"'));
  await page.getByRole("tab", { name: "Steps" }).click();
  await step(page, "begin").click();
  await chosen(page).getByRole("combobox", { name: "Agent" }).fill("classifier");
  await page.keyboard.press("Escape");
  await page.getByRole("tab", { name: "Edit" }).click();
  const now = JSON.parse(await json.inputValue());
  assertEquals(now.steps.begin.odd, { kept: [1] });
  assertEquals(now.steps.begin.agent_name, "classifier");
  // While the text is no JSON the steps can be looked at, not changed.
  await json.fill("{");
  await page.getByRole("tab", { name: "Steps" }).click();
  await page.getByText("The JSON under Edit cannot be read").first().waitFor();
  assertEquals(await button(page, /^Add a step/).count(), 0);
  await button(page, "Take back").click();
  await button(page, /^Save as version/).waitFor({ state: "detached" });
  assertEquals((await stored()).steps.begin.odd, undefined);
  assertClean();
  await close();
});

Deno.test("on a phone the form of the chosen step is a sheet over the canvas, and axe finds nothing in light and dark", async () => {
  const { page, assertClean, close } = await browser.openPage();
  await page.setViewportSize({ width: 390, height: 844 });
  await openCanvas(page);
  await step(page, "begin").click();
  assertEquals(await chosen(page).evaluate((one) => getComputedStyle(one).position), "fixed");
  for (const theme of ["light", "dark"]) {
    await page.evaluate((theme) => document.documentElement.dataset.theme = theme, theme);
    assertEquals(await axe(page), [], theme);
  }
  assertEquals(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
  await chosen(page).getByRole("button", { name: /^Close/ }).click();
  await chosen(page).waitFor({ state: "detached" });
  assertClean();
  await close();
});

stopAtTheEnd(browser, () => world as never);
