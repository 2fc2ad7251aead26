/** A flow from nothing, in the words of somebody who knows no operation of Clockify: found, tested, saved, run. */

import { assert, assertEquals } from "@std/assert";
import type { Frame } from "playwright-core";
import { axe, openBrowser } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { eventually } from "../support/world.ts";
import { askAs, createFlow, goTo, PROFILE, stepOf, stopAtTheEnd } from "./setup.ts";

// deno-lint-ignore no-explicit-any -- answers are read as a client would, without our types
type Json = any;

const browser = await openBrowser();
let world: ConsoleWorld;

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
});
/** Set by hand, to look at what the tests see. */
const PICTURES = Deno.env.get("PLAIN_WORDS_PICTURES");

const see = async (path: string) =>
  await world.simulator.change({ workspaceId: world.workspaceId, method: "GET", path }) as Json;

Deno.test("an entry longer than 8 hours gets a prefix and a tag, and nothing else of it changes", async () => {
  await makeEntry("Quay inspection");
  const { page, assertClean, close } = await browser.openPage({ viewport: { width: 1400, height: 1000 } });
  const frame = await newFlow(await world.frame(page, PROFILE));
  await frame.getByLabel("Name", { exact: true }).fill("Long days");
  await frame.getByLabel("Add an event").fill("new time entry");
  await frame.getByRole("option", { name: /NEW_TIME_ENTRY/ }).first().click();
  await frame.getByRole("button", { name: "Add condition", exact: true }).click();
  await frame.getByRole("combobox", { name: "Field" }).fill("duration");
  await frame.getByRole("option", { name: /^\$\.webhook\.timeInterval\.duration/ }).click();
  await frame.getByLabel("Duration", { exact: true }).fill("8 h");
  await frame.getByText("true for the sample").waitFor();

  const search = frame.getByRole("combobox", { name: "Add a step: what should happen?" });
  await search.fill("set description");
  const intents = frame.getByRole("group", { name: "What should happen" });
  await frame.getByRole("group", { name: "All operations" }).waitFor({ state: "detached" });
  await search.press("Enter");
  const first = stepOf(frame, 1);
  await first.getByRole("heading", { name: "Set the description" }).waitFor();
  await first.getByText("Only the fields that are set here change").waitFor();
  const description = first.getByLabel("Description (required)");
  await eventually(() => description.evaluate((field) => field === document.activeElement));
  // The value of the event by a press: no expression is typed.
  await description.fill("[long] ");
  await first.getByRole("button", { name: /^\+ Data\s*for Description/ }).click();
  await first.getByRole("button", { name: /^Description Quay inspection/ }).click();
  assertEquals(await description.inputValue(), "[long] {{ $.webhook.description }}");
  await description.press("Tab");
  await search.fill("add tag");
  await intents.getByRole("option").first().waitFor();
  assertEquals(await intents.getByRole("option").first().textContent(), "Add a tag to the time entry");
  if (PICTURES) await page.screenshot({ path: `${PICTURES}/intents.png` });
  assertEquals(await axe(page), []);
  // The look at the page has closed the list.
  await search.fill("");
  await search.fill("add tag");
  await intents.getByRole("option").first().click();
  await stepOf(frame, 3).getByRole("heading", { name: "Add a tag to the time entry" }).waitFor();
  await stepOf(frame, 2).getByLabel("Name of the tag (required)").fill("long-day");
  await stepOf(frame, 2).getByLabel("Name of the tag (required)").press("Tab");

  const test = frame.getByRole("region", { name: "Test on an event" });
  await test.getByText("Matches: 3 of 3 steps would run").waitFor();
  const changed = test.getByRole("row", { name: /^description/ });
  await changed.getByText("[long] Quay inspection").waitFor();
  assertEquals(await changed.getByRole("cell").allTextContents(), ["Quay inspection", "[long] Quay inspection"]);
  await test.getByText(/^Everything else stays as it is: .*billable.*customFields.*projectId/).first().waitFor();
  if (PICTURES) await test.screenshot({ path: `${PICTURES}/test.png` });
  assertEquals(await axe(page), []);
  await frame.getByRole("switch", { name: "The flow is on" }).click();
  await frame.getByRole("button", { name: "Publish", exact: true }).click();
  await frame.getByText("Version 1 is published").waitFor();

  const before = await makeEntry("Crane survey");
  const after = await eventually(async () => {
    const now = await see(`/time-entries/${before.id}`);
    return now.tagIds.length > before.tagIds.length && now;
  });
  const { id } = (await see("/tags")).find(({ name }: Json) => name === "long-day");
  assertEquals(after, { ...before, description: "[long] Crane survey", tagIds: [...before.tagIds, id] });
  assert(before.projectId && before.taskId && before.billable && before.tagIds.length === 1);
  assert(before.customFieldValues.some(({ value }: Json) => value === "Dock 4"));
  assertClean();
  await close();
});

Deno.test("the whole object is replaced only by a switch that says what would be lost", async () => {
  const { page, assertClean, close } = await browser.openPage();
  const frame = await newFlow(await world.frame(page, PROFILE));
  await frame.getByLabel("Add an event").fill("new time entry");
  await frame.getByRole("option", { name: /NEW_TIME_ENTRY/ }).first().click();
  await frame.getByRole("combobox", { name: "Add a step: what should happen?" }).fill("set billable");
  await frame.getByRole("option", { name: "Set billable" }).click();
  const step = stepOf(frame, 1);
  await step.getByLabel("Billable (required)").selectOption("false");
  const test = frame.getByRole("region", { name: "Test on an event" });
  await test.getByRole("row", { name: /^billable changed true false/ }).waitFor();
  await step.getByText("All fields of the operation").click();
  await step.getByRole("checkbox", { name: /^Replace the whole time entry/ }).check();
  await step.getByText("would be lost: customFields, description, end (the timer would run again)")
    .waitFor();
  await step.getByLabel("start (required)").fill("$.webhook.timeInterval.start");
  await step.getByLabel("start (required)").press("Tab");
  await test.getByRole("row", { name: /^description lost \[long\] Crane survey nothing/ }).waitFor();
  assertEquals(await test.getByRole("row", { name: /^description/ }).count(), 1);
  if (PICTURES) await test.screenshot({ path: `${PICTURES}/replace.png` });
  if (PICTURES) await step.screenshot({ path: `${PICTURES}/step.png` });
  await step.getByRole("checkbox", { name: /^Replace the whole time entry/ }).uncheck();
  await test.getByRole("row", { name: /lost/ }).first().waitFor({ state: "detached" });
  assertClean();
  await close();
});

Deno.test("a name that was just made can be picked, an archived one says so, and warnings of a saved flow are shown", async () => {
  await createFlow(world, {
    name: "Other",
    enabled: true,
    trigger_event_types: ["TIMER_STOPPED"],
    actions: [{
      type: "clockify",
      operation_id: "updateTimeEntry",
      path_params: { id: "$.webhook.id" },
      body: { billable: true },
    }],
  });
  const { page, assertClean, close } = await browser.openPage();
  const frame = await newFlow(await world.frame(page, PROFILE));
  await frame.getByLabel("Name", { exact: true }).fill("No night shift");
  await frame.getByLabel("Add an event").fill("TIMER_STOPPED");
  await frame.getByRole("option", { name: /TIMER_STOPPED/ }).click();
  await frame.getByRole("combobox", { name: "Add a step: what should happen?" }).fill("remove tag");
  await frame.getByRole("option", { name: "Remove a tag from the time entry" }).click();
  const step = stepOf(frame, 1);
  const make = (body: unknown) =>
    world.simulator.change({ workspaceId: world.workspaceId, method: "POST", path: "/tags", body }) as Promise<Json>;
  const { id } = await make({ name: "night-shift" });
  await step.getByRole("combobox", { name: "Tag (required)" }).fill("night");
  await frame.getByRole("option", { name: /^night-shift/ }).click();
  await step.getByRole("button", { name: "Remove night-shift from Tag" }).click();
  await world.simulator.change({
    workspaceId: world.workspaceId,
    method: "PUT",
    path: `/tags/${id}`,
    body: { name: "night-shift", archived: true },
  });
  await world.simulator.settled();
  await eventually(async () => {
    const { body } = await askAs(world, `/ui/entities/names?ids=${id}`);
    return body.names[id]?.archived;
  });
  await step.getByRole("combobox", { name: "Tag (required)" }).fill("night-sh");
  await frame.getByRole("option", { name: /^night-shift\s*tag · archived/ }).click();
  await step.getByRole("button", { name: "Remove night-shift from Tag" }).waitFor();

  await frame.getByRole("switch", { name: "The flow is on" }).click();
  await frame.getByRole("button", { name: "Publish", exact: true }).click();
  const warnings = frame.getByRole("status", { name: "Saved, with warnings" });
  await warnings.getByText('changes what flow "Other"').waitFor();
  await frame.getByText("Version 1 is published").waitFor();
  if (PICTURES) await page.screenshot({ path: `${PICTURES}/warnings.png` });
  await warnings.getByRole("button", { name: "Close" }).click();
  await warnings.waitFor({ state: "detached" });
  assertClean();
  await close();
});

/** 9 hours with all that an entry can have. */
async function makeEntry(description: string): Promise<Json> {
  const { simulator, workspaceId, memberId } = world;
  const projects: Json[] = await see("/projects");
  for (const { id: projectId } of projects) {
    const [task] = await see(`/projects/${projectId}/tasks`);
    if (!task) continue;
    const [field] = await see("/custom-fields");
    const overtime = (await see("/tags")).find(({ name }: Json) => name === "overtime").id;
    const { id } = await simulator.change({
      workspaceId,
      userId: memberId,
      method: "POST",
      path: "/time-entries",
      body: {
        description,
        start: "2026-11-20T08:00:00Z",
        end: "2026-11-20T17:00:00Z",
        projectId,
        taskId: task.id,
        billable: true,
        tagIds: [overtime],
        customFields: [{ customFieldId: field.id, sourceType: "WORKSPACE", value: "Dock 4" }],
      },
    }) as Json;
    // Before the flow had a chance: its events are on their way.
    const made = await see(`/time-entries/${id}`);
    await simulator.settled();
    return made;
  }
  throw new Error("no project with a task");
}

async function newFlow(frame: Frame): Promise<Frame> {
  await goTo(frame, "Flows");
  await frame.getByRole("button", { name: "New flow" }).click();
  await frame.getByRole("heading", { name: "New flow" }).waitFor();
  return frame;
}

stopAtTheEnd(browser, () => world);
