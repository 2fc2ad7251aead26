/** The editor's list of steps of every kind: a stranger's goal, nested rows by the keyboard, faults, narrow screens, read-only. */

import { assert, assertEquals, assertLess } from "@std/assert";
import type { Frame, Locator, Page } from "playwright-core";
import { axe, openBrowser } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { eventually } from "../support/world.ts";
import { askAs, createFlow, goTo, isFocused, openStep, PROFILE, stepOf, stopAtTheEnd, stopTimer } from "./setup.ts";

const browser = await openBrowser();
let world: ConsoleWorld;

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
  await stopTimer(world, "Pier night shift");
});

const NESTED = {
  name: "Nested",
  enabled: false,
  trigger_event_types: ["TIMER_STOPPED"],
  actions: [
    { id: "find", type: "clockify", operation_id: "findOrCreateTag", body: { name: "long" } },
    {
      kind: "branch",
      id: "check",
      cases: [{
        if: { field: "$.webhook.billable", operator: "==", value: true },
        actions: [{ kind: "wait", id: "pause", for: "2 d" }],
      }],
      otherwise: [{
        kind: "loop",
        id: "each",
        over: "$.webhook.tags",
        at_once: 3,
        actions: [{ id: "make", type: "clockify", operation_id: "createNewTag", body: { name: "$.loop.item.name" } }],
      }],
    },
    { kind: "end", id: "done", outcome: "success" },
  ],
};

Deno.test("entries over 8 hours get a tag, else it waits an hour and asks me: under 12 clicks, no expression typed", async () => {
  const { page, assertClean, close } = await browser.openPage({ viewport: { width: 1024, height: 900 } });
  const frame = await world.frame(page, PROFILE);
  // The console has 1,024 px of its own, whatever the tracker around it has.
  const around = 1024 - await frame.evaluate(() => innerWidth);
  await page.setViewportSize({ width: 1024 + around, height: 900 });
  await goTo(frame, "Flows");
  let clicks = 0;
  let typed = "";
  const click = async (target: Locator) => {
    clicks++;
    await target.click();
  };
  const type = async (text: string, ...keys: string[]) => {
    typed += text;
    await page.keyboard.type(text);
    for (const key of keys) await page.keyboard.press(key);
  };
  const adder = (name: string) => frame.getByRole("button", { name: new RegExp(`Add a step\\s*to ${name},`) });

  await click(frame.getByRole("button", { name: "New flow" }));
  await isFocused(frame.getByLabel("Add an event"));
  await type("timer stopped", "Enter");
  await frame.getByText("Sample event").waitFor();
  await click(frame.getByRole("combobox", { name: "Add a step: what should happen?" }));
  await type("if", "Enter");
  await isFocused(stepOf(frame, 1).getByRole("combobox", { name: "Field" }));
  await type("duration");
  await click(frame.getByRole("option", { name: /timeInterval\.duration/ }));
  await click(stepOf(frame, 1).getByLabel("Duration", { exact: true }));
  await type("8 h");
  await click(adder("Yes"));
  await type("add tag", "Enter");
  await isFocused(stepOf(frame, 2).getByLabel("Name of the tag (required)"));
  await type("long-entry");
  await click(adder("Otherwise"));
  await type("wait", "Enter");
  await isFocused(stepOf(frame, 4).getByLabel("How long (required)"));
  await type("1 h");
  await click(adder("Otherwise"));
  await type("ask", "Enter");
  await click(stepOf(frame, 5).getByRole("button", { name: "Ask me" }));
  await page.keyboard.press("Control+s");
  await frame.getByText("Version 1 is published").waitFor();

  assertLess(clicks, 12);
  assert(!/[${}]/.test(typed), typed);
  assertLess(typed.length, 60);
  const [flow] = (await askAs(world, "/ui/flows")).body.flows;
  assertEquals(flow.name, "Timer stopped: If Duration is longer than 8 h");
  const [branch] = flow.actions;
  assertEquals(branch.cases[0].if.rules, [{ field: "$.webhook.timeInterval.duration", operator: ">", value: "8 h" }]);
  assertEquals(branch.cases[0].actions.map(({ operation_id }: { operation_id: string }) => operation_id), [
    "findOrCreateTag",
    "updateTimeEntry",
  ]);
  const [wait, ask] = branch.otherwise;
  assertEquals([wait.kind, wait.for, ask.kind, ask.people.length], ["wait", "1 h", "approval", 1]);
  const lines = await frame.locator("[data-row]").allTextContents();
  assertEquals(lines.slice(2, 6), [
    "If Duration is longer than 8 h",
    "Clockify: Find the tag by its name, or create it: long-entry",
    "Add a tag to the time entry",
    "Wait 1 h",
  ]);
  // Nothing half below the head, which stays in sight.
  await frame.evaluate(() => scrollTo(0, 0));
  assertEquals(await axe(page), []);
  // Beside the steps, not below them.
  const [list, test] = await Promise.all([".fl-rows", ".fl-test"].map((part) => frame.locator(part).boundingBox()));
  assert(test!.x > list!.x + list!.width - 1, "the test stands beside the steps at 1,024 px");
  assertClean();
  await close();
});

Deno.test("rows move into and out of lists by the keyboard, with the focus, and undo brings them back", async () => {
  const id = await createFlow(world, NESTED);
  const { page, assertClean, close } = await browser.openPage();
  const frame = await open(page, "Nested");
  const line = (number: number) => stepOf(frame, number).locator("[data-row]").first();
  const said = () => frame.locator("[data-row]").allTextContents();
  const before = await said();
  assertEquals(before.slice(2), [
    "Clockify: Find the tag by its name, or create it: long",
    "If Billable is true",
    "Wait 2 d",
    "For each of Tags, 3 at once",
    "Clockify: Create new tag",
    "End here",
  ]);
  await line(1).focus();
  await page.keyboard.press("Alt+ArrowDown");
  await isFocused(line(2));
  await frame.getByRole("group", { name: "Yes, of step 1" }).getByText("Find the tag by its name").waitFor();
  await page.keyboard.press("Alt+ArrowLeft");
  await isFocused(line(5));
  await page.keyboard.press("Control+z");
  await page.keyboard.press("Control+z");
  await eventually(async () => JSON.stringify(await said()) === JSON.stringify(before));
  // A copy of a whole branch, and its removal.
  await line(2).focus();
  await page.keyboard.press("d");
  await eventually(async () => (await said()).length === before.length + 4);
  await page.keyboard.press("Delete");
  await eventually(async () => (await said()).length === before.length);
  await page.keyboard.press("Control+s");
  await frame.locator(".toast", { hasText: "The draft is saved" }).waitFor();
  const { body } = await askAs(world, `/ui/flows/${id}/draft`);
  assertEquals(body.definition.actions[1].id, "check_copy");
  assertEquals((await askAs(world, `/ui/flows/${id}`)).body.version, 1, "a save publishes nothing");
  assertClean();
  await close();
});

Deno.test("a fault deep in a list leads to its field, nothing scrolls sideways at 320 px, and a member reads all of it", async () => {
  const { page, assertClean, close } = await browser.openPage({ viewport: { width: 390, height: 844 } });
  await world.alone(page, PROFILE, "/ui/app/flows");
  await page.getByRole("link", { name: "Nested", exact: true }).click();
  const pause = await openStep(page, 3);
  await pause.getByLabel("How long (required)").fill("soon");
  await pause.getByText(/Write it as in 8 h/).waitFor();
  await (await openStep(page, 6)).getByLabel("Message").waitFor();
  await page.getByRole("button", { name: "Publish…" }).click();
  const faults = page.getByRole("group", { name: "Errors" });
  await faults.getByRole("button", { name: /^Step 3, How long/ }).click();
  await isFocused(stepOf(page, 3).getByLabel("How long (required)"));
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 800 });
    const lines = page.locator("[data-row]");
    for (let index = 0; index < await lines.count(); index++) {
      if (await lines.nth(index).getAttribute("aria-expanded") === "false") await lines.nth(index).click();
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert(over <= 0, `row ${index} is ${over} px too wide at ${width} px`);
    }
  }
  assertEquals(await axe(page), []);
  assertClean([/status of 4(00|22)/]);
  await close();

  const member = await browser.openPage();
  const frame = await world.frame(member.page, PROFILE, { viewer: world.memberId });
  await goTo(frame, "Flows");
  await frame.getByRole("link", { name: "Nested", exact: true }).click();
  await openStep(frame, 2);
  await frame.getByText("This flow is read-only for you").waitFor();
  assertEquals(
    await frame.getByRole("button", { name: /Add a step|Remove|Duplicate|otherwise if|Add condition/ }).count(),
    0,
  );
  await member.close();
});

Deno.test("a run is a tree: the case that was chosen, items that failed first with their steps, who is asked until when", async () => {
  const id = await createFlow(world, {
    name: "Tree",
    enabled: true,
    trigger_event_types: [],
    triggers: { api: true },
    actions: [
      {
        kind: "branch",
        id: "size",
        cases: [{ if: { field: "$.webhook.n", operator: ">", value: 1 }, actions: [value("large")] }],
        otherwise: [value("small")],
      },
      {
        kind: "loop",
        id: "each",
        over: [0, 1, 2, 3],
        on_error: "continue",
        actions: [{
          kind: "branch",
          id: "third",
          cases: [{ if: { field: "$.loop.index", operator: "==", value: 2 }, actions: [GONE] }],
        }],
      },
      { kind: "approval", id: "ask", people: [world.ownerId], deadline: "3 d" },
    ],
  });
  const { body } = await askAs(world, `/ui/flows/${id}/run`, { body: { input: { n: 5 } } });
  const { page, assertClean, close } = await browser.openPage({ viewport: { width: 1680, height: 1000 } });
  const frame = await world.frame(page, PROFILE);
  await goTo(frame, "Runs");
  await eventually(async () => (await askAs(world, `/ui/runs/${body.run_id}`)).body.state === "waiting");
  await frame.locator(`[data-run="${body.run_id}"]`).click();
  const tree = frame.getByRole("region", { name: "Steps", exact: true });
  await tree.getByText("Yes", { exact: true }).waitFor();
  await tree.getByRole("button", { name: /^large/ }).click();
  await frame.getByRole("region", { name: /^Step 1: large/ }).waitFor();
  await tree.getByText("Otherwise: not run").waitFor();
  await tree.getByText("4 items, 1 failed").waitFor();
  const items = tree.locator("summary", { hasText: /^Item/ });
  await eventually(async () => await items.count() === 4);
  assertEquals((await items.allTextContents()).map((text) => /^Item \d/.exec(text)![0]), [
    ...["Item 3", "Item 1", "Item 2", "Item 4"],
  ]);
  await items.first().click();
  await tree.getByRole("button", { name: /^gone/ }).waitFor();
  await tree.getByText(/^until /).waitFor();
  assertEquals(await axe(page), []);
  await tree.getByRole("link", { name: "Open the request" }).click();
  await frame.getByRole("button", { name: "Approve" }).click();
  await frame.getByText("Nothing waits for you").waitFor();
  await eventually(async () => (await askAs(world, `/ui/runs/${body.run_id}`)).body.state === "completed");
  assertClean();
  await close();
});

Deno.test("a run's page has what it was begun with and what it gave, by the names that are known, and again with other input", async () => {
  const id = await createFlow(world, {
    name: "Values",
    trigger_event_types: [],
    triggers: { api: true },
    actions: [
      { id: "line", type: "transform", output: "{{ $.webhook.place }}, pier {{ $.webhook.pier.number }}" },
      { kind: "end", id: "done", output: { line: "$.steps.line.output", by: "$.webhook.by" } },
    ],
  });
  const input = { place: "Harbour", pier: { number: 7 }, by: world.ownerId };
  const { body } = await askAs(world, `/ui/flows/${id}/run`, { body: { input } });
  await eventually(async () => (await askAs(world, `/ui/runs/${body.run_id}`)).body.state === "completed");
  const { page, assertClean, close } = await browser.openPage({ viewport: { width: 1024, height: 900 } });
  const frame = await world.frame(page, PROFILE);
  await goTo(frame, "Runs");
  await frame.locator(`[data-run="${body.run_id}"]`).click();
  const given = frame.getByRole("region", { name: "Input of the run", exact: true });
  const gave = frame.getByRole("region", { name: "Output of the run", exact: true });
  await given.getByText("Harbour").waitFor();
  await gave.getByText("Harbour, pier 7").waitFor();
  const [workspace] = await world.simulator.workspaces();
  const owner = workspace!.users.find(({ id }) => id === world.ownerId)!.name;
  for (const part of [given, gave]) await part.getByText(owner).waitFor();
  assertEquals(await axe(page), []);

  await frame.getByRole("button", { name: "Run again from this step…" }).click();
  const again = frame.getByRole("dialog", { name: "Run again from this step" });
  const text = again.getByLabel(/^Input as JSON/);
  assertEquals(JSON.parse(await text.inputValue()), input);
  await text.fill('{"place": "Quay",}');
  await again.getByText("It is not valid JSON").waitFor();
  assertEquals(await again.getByRole("button", { name: /^Run again/ }).getAttribute("aria-disabled"), "true");
  await text.fill('{"place": "Quay", "pier": {"number": 8}}');
  await again.getByRole("button", { name: "Run again with this input" }).click();
  await again.getByRole("link", { name: "Open the new run" }).click();
  await given.getByText("Quay").waitFor();
  await gave.getByText("Quay, pier 8").waitFor();
  assertEquals(await given.getByText("Harbour").count(), 0);
  assertClean();
  await close();
});

Deno.test("a flow begins at times and by hand: chosen without cron, with a question that the form asks, and the run is opened", async () => {
  const { page, assertClean, close } = await browser.openPage({ viewport: { width: 1680, height: 1000 } });
  const frame = await world.frame(page, PROFILE);
  await goTo(frame, "Flows");
  await frame.getByRole("button", { name: "New flow" }).click();
  await frame.getByLabel("Name", { exact: true }).fill("By hand");
  await frame.getByRole("button", { name: "Add a time" }).click();
  await frame.getByLabel("How often").selectOption("Every weekday");
  await frame.getByLabel("At", { exact: true }).fill("07:30");
  await frame.getByLabel("Time zone").fill("Europe/Berlin");
  await frame.getByLabel(/^A person may start it by hand/).check();
  await frame.getByRole("button", { name: "Add a question" }).click();
  await frame.getByLabel("Question").fill("Which name?");
  await frame.getByLabel(/^Name, for/).fill("tag");
  await frame.getByText("every day from Monday to Friday at 07:30 or by hand").waitFor();
  await frame.getByRole("combobox", { name: "Add a step: what should happen?" }).fill("make a value");
  await page.keyboard.press("Enter");
  await frame.getByLabel("Value as JSON, or an expression").fill("$.webhook.tag");
  await frame.getByRole("switch", { name: "The flow is on" }).click();
  await frame.getByRole("button", { name: "Publish", exact: true }).click();
  await frame.getByText("Version 1 is published").waitFor();
  const [flow] = (await askAs(world, "/ui/flows")).body.flows.filter(({ name }: { name: string }) =>
    name === "By hand"
  );
  assertEquals(flow.triggers, {
    schedules: [{ cron: "30 7 * * 1-5", zone: "Europe/Berlin", missed: "one" }],
    manual: { inputs: [{ name: "tag", type: "text", label: "Which name?", required: true }] },
  });
  await frame.getByRole("button", { name: "Run now…" }).click();
  const dialog = frame.getByRole("dialog", { name: "Run the flow now" });
  await dialog.getByLabel("Which name? (required)").fill("Harbour");
  assertEquals(await axe(page), []);
  await dialog.getByRole("button", { name: "Run now" }).click();
  await dialog.getByRole("link", { name: "Open the run" }).click();
  await frame.locator(".run-head").getByText("Completed", { exact: true }).waitFor();
  await frame.getByText("Harbour").first().waitFor();
  // Again from its step, with another input.
  await frame.getByRole("button", { name: "Run again from this step…" }).click();
  const again = frame.getByRole("dialog", { name: "Run again from this step" });
  await again.getByLabel(/^Input as JSON/).fill('{"tag": "Pier"}');
  await again.getByRole("button", { name: "Run again with this input" }).click();
  await again.getByRole("link", { name: "Open the new run" }).click();
  await frame.getByText("Pier").first().waitFor();
  assertClean();
  await close();
});

Deno.test("a flow asks for values of every type and holds its runs back, in plain words at 390 px, and a form starts it", async () => {
  const { page, assertClean, close } = await browser.openPage({ viewport: { width: 390, height: 844 } });
  await world.alone(page, PROFILE, "/ui/app/flows/new");
  await page.getByLabel("Name", { exact: true }).fill("Asks and waits");
  await page.getByLabel(/^A person may start it by hand/).check();
  const [project] = (await askAs(world, "/ui/entities/search?type=project&q=a&limit=1")).body.entities;
  const ask = async (number: number, question: string, type: string) => {
    await page.getByRole("button", { name: "Add a question" }).click();
    const form = page.getByRole("group", { name: `Question ${number}` });
    await form.getByLabel("Question", { exact: true }).fill(question);
    await form.getByRole("combobox", { name: "Type" }).selectOption(type);
    return form;
  };
  await ask(1, "Which project?", "Something in Clockify");
  const how = await ask(2, "How urgent?", "One of a list");
  await how.getByLabel("Choices, one on a line").fill("today\nthis week\n");
  const long = await ask(3, "How long", "Duration");
  await long.getByLabel("Where it is left empty").fill("1:30");
  await long.getByText("Read as 1 h 30 min").waitFor();
  const rate = await ask(4, "Rate", "Amount");
  await rate.getByLabel("Where it is left empty").pressSequentially("80");
  assertEquals(await rate.getByLabel("Where it is left empty").inputValue(), "80");
  const day = await ask(5, "Day", "Date");
  await day.getByLabel("Required").uncheck();
  const sure = await ask(6, "Are you sure?", "Yes or no");
  await sure.getByLabel("Where it is left empty").selectOption("No");

  await page.getByText(/^How many runs at once, how often/).click();
  await page.getByLabel("Limit how many runs are in progress at once").check();
  await page.getByLabel("Runs at once", { exact: true }).fill("5");
  await page.getByLabel("Counted for each; empty: for the whole flow").fill("$.webhook.which_project");
  await page.getByText(/^At most 5 runs are in progress at once, counted for each value of \$\.webhook\.which_project;/)
    .waitFor();
  await page.getByLabel("Wait until events stop coming, and run for the last one").check();
  await page.getByLabel("No other event for").fill("30");
  await page.getByText("Add the unit: 30 s, min or h?").waitFor();
  await page.getByLabel("No other event for").fill("45 s");
  await page.getByLabel("At the latest after; empty: no limit").fill("0:05");
  await page.getByText(/^Of events that come less than 45 s apart, .* at the latest 5 min after the first\./).waitFor();
  await page.getByLabel("Limit how many runs begin within a time").check();
  await page.getByLabel("Runs at most").fill("10");
  await page.getByLabel("Those beyond").selectOption("Begin as soon as they may");
  await page.getByText("Within any 1 h at most 10 runs begin; what comes beyond begins as soon as it may.").waitFor();
  // Order and a limit of runs at once are one or the other.
  await page.getByLabel(/^In order: events of one entry/).check();
  assertEquals(await page.getByLabel("Limit how many runs are in progress at once").isChecked(), false);
  await page.getByRole("button", { name: "Undo" }).click();
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 844 });
    assertEquals(await page.evaluate(() => document.documentElement.scrollWidth), width);
  }
  assertEquals(await axe(page), []);

  await page.getByRole("combobox", { name: "Add a step: what should happen?" }).fill("make a value");
  await page.keyboard.press("Enter");
  await page.getByLabel("Value as JSON, or an expression").fill("$.webhook");
  await page.getByRole("switch", { name: "The flow is on" }).click();
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await page.getByText("Version 1 is published").waitFor();
  const flow = (await askAs(world, "/ui/flows")).body.flows.find(({ name }: { name: string }) =>
    name === "Asks and waits"
  );
  assertEquals(flow.triggers.manual.inputs, [
    { name: "which_project", label: "Which project?", type: "entity", entity_type: "project", required: true },
    { name: "how_urgent", label: "How urgent?", type: "choice", choices: ["today", "this week"], required: true },
    { name: "how_long", label: "How long", type: "duration", default: "1:30", required: true },
    { name: "rate", label: "Rate", type: "money", default: "80.00", required: true },
    { name: "day", label: "Day", type: "date", required: false },
    { name: "are_you_sure", label: "Are you sure?", type: "boolean", default: false, required: true },
  ]);
  assertEquals([flow.ordered, flow.concurrency, flow.debounce, flow.throttle], [
    false,
    { at_once: 5, key: "$.webhook.which_project", when_full: "queue" },
    { wait: "45 s", max_wait: "0:05" },
    { at_most: 10, per: "1 h", when_over: "queue" },
  ]);

  await page.getByRole("button", { name: "Run now…" }).click();
  const form = page.getByRole("dialog", { name: "Run the flow now" });
  await form.getByRole("combobox", { name: "Which project? (required)" }).fill(project.name);
  await page.getByRole("option", { name: project.name }).first().click();
  await form.getByLabel("How long (required)").fill("2");
  await form.getByText("Add the unit: 2 h or min?").waitFor();
  await form.getByRole("button", { name: "Run now" }).click();
  // Every fault at once, each at its field.
  await form.getByText("is needed: How urgent?").waitFor();
  await form.getByText(/^must be a duration/).waitFor();
  await form.getByLabel("How urgent? (required)").selectOption("this week");
  await form.getByLabel("How long (required)").fill("2 h");
  await form.getByLabel("Are you sure? (required)").selectOption("Yes");
  assertEquals(await axe(page), []);
  await form.getByRole("button", { name: "Run now" }).click();
  const run = (await form.getByRole("link", { name: "Open the run" }).getAttribute("href"))!.split("/").at(-1);
  const input = await eventually(async () => {
    const { body } = await askAs(world, `/ui/runs/${run}`);
    return body.state === "completed" && body.steps[0].output;
  });
  assertEquals(input, {
    which_project: project.id,
    how_urgent: "this week",
    how_long: "2 h",
    rate: 8000,
    day: null,
    are_you_sure: true,
  });
  assertClean([/status of 4(00|22)/]);
  await close();
});

Deno.test("a ready-made flow becomes the draft of a new one once its blanks are filled in, and is saved as it is", async () => {
  const { page, assertClean, close } = await browser.openPage();
  await world.alone(page, PROFILE, "/ui/app/flows/new");
  await page.getByText("Start from a ready-made flow").click();
  const choices = page.locator(".fl-templates > li");
  await choices.first().waitFor();
  assert(await choices.count() >= 8);
  const choice = choices.filter({ hasText: /has no project/ }).first();
  await choice.getByRole("button").first().click();
  await choice.getByRole("button", { name: "Use this flow" }).click();
  await choice.getByRole("alert").first().waitFor();
  const [project] = (await askAs(world, "/ui/entities/search?type=project&q=a&limit=1")).body.entities;
  await choice.getByRole("combobox", { name: /^Project/ }).fill(project.name);
  await page.getByRole("option", { name: project.name }).first().click();
  await choice.getByRole("button", { name: "Use this flow" }).click();
  await stepOf(page, 1).waitFor();
  assertEquals(await axe(page), []);
  await page.keyboard.press("Control+s");
  await page.getByText("Version 1 is published").waitFor();
  const { flows } = (await askAs(world, "/ui/flows")).body;
  assert(JSON.stringify(flows.map(({ actions }: { actions: unknown }) => actions)).includes(project.id));
  assertClean([/status of 4(00|22)/]);
  await close();
});

const GONE = {
  id: "gone",
  type: "clockify",
  operation_id: "getTag",
  path_params: { id: "f".repeat(24) },
  retry: { max_attempts: 1 },
};

function value(id: string) {
  return { id, type: "transform", output: { id } };
}

async function open(page: Page, name: string): Promise<Frame> {
  const frame = await world.frame(page, PROFILE);
  await goTo(frame, "Flows");
  await frame.getByRole("link", { name, exact: true }).click();
  await stepOf(frame, 1).waitFor();
  return frame;
}

stopAtTheEnd(browser, () => world);
