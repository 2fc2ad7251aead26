/** The flow editor at more than a person's speed: the focus never comes late, and no edit undoes another. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Frame } from "playwright-core";
import { axe, openBrowser } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { eventually } from "../support/world.ts";
import { goTo, openStep, PROFILE, stepOf, stopAtTheEnd } from "./setup.ts";

const browser = await openBrowser();
let world: ConsoleWorld;

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
});

Deno.test("a field that was just clicked or typed in keeps the focus", async () => {
  const { page, assertClean, close } = await browser.openPage();
  const frame = await newFlow(await world.frame(page, PROFILE));
  const step = await addUpdate(frame);
  const name = frame.getByLabel("Name", { exact: true });
  const openers = [
    step.getByRole("button", { name: /^Use an expression\s*for billable/ }),
    frame.getByRole("button", { name: "Add condition", exact: true }),
    frame.getByRole("button", { name: "Add step: Clockify" }),
  ];
  await step.getByText("more fields").click();
  for (const opener of openers) {
    const button = (await opener.elementHandle())!;
    const next = await name.evaluateHandle((field: HTMLInputElement, button) => {
      (button as HTMLButtonElement).click();
      const taken = document.activeElement!;
      field.focus();
      return taken;
    }, button);
    assertMatch(await next.evaluate((taken) => taken.outerHTML), /^<input[^>]* data-at=/);
    await drawn(frame);
    assert(await name.evaluate((field) => document.activeElement === field));
  }
  assertClean();
  await close();
});

Deno.test("fields that are filled at once are all taken", async () => {
  const { page, assertClean, close } = await browser.openPage();
  const frame = await newFlow(await world.frame(page, PROFILE));
  const step = await addUpdate(frame);
  await step.getByText("more fields").click();
  await step.getByRole("button", { name: "Add field" }).click();
  const labels = [/^start$/, /^end$/, /^description$/, /^Value of field$/, /^Initial delay/, /^Maximum attempts/];
  const fields = await Promise.all(labels.map(async (label) => (await step.getByLabel(label).elementHandle())!));
  fields.push((await frame.getByLabel("Name", { exact: true }).elementHandle())!);
  // As a browser does that fills in a form by itself: all of it before the page is drawn again.
  await frame.evaluate((fields) => {
    const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")!;
    fields.forEach((field, index) => {
      set!.call(field, `${index + 11}`);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }, fields);
  await drawn(frame);
  const kept = await Promise.all(fields.map((field) => field.inputValue()));
  assertEquals(kept, fields.map((_, index) => `${index + 11}`));
  assertClean();
  await close();
});

Deno.test("a field stays where it is, open and with the focus, while a fault of it comes and goes", async () => {
  const { page, assertClean, close } = await browser.openPage();
  const frame = await newFlow(await world.frame(page, PROFILE));
  const step = await addUpdate(frame);
  await step.getByText("more fields").click();
  const tags = step.getByLabel("customFields", { exact: true });
  await tags.fill('[{"a": 1');
  const field = (await tags.elementHandle())!;
  assertEquals(await field.getAttribute("aria-invalid"), "true");
  await field.fill('[{"a": 1}]');
  await drawn(frame);
  assertEquals(await field.getAttribute("aria-invalid"), null);
  assert(await field.evaluate((field) => field.isConnected && document.activeElement === field));
  assert(await tags.isVisible());
  assertClean();
  await close();
});

Deno.test("a duration is asked for in words, read as it is typed, and saved as it was meant", async () => {
  const { page, assertClean, close } = await browser.openPage();
  const frame = await newFlow(await world.frame(page, PROFILE));
  await frame.getByLabel("Add an event").fill("TIMER_STOPPED");
  await frame.getByRole("option", { name: /TIMER_STOPPED/ }).click();
  await frame.getByRole("button", { name: "Add condition", exact: true }).click();
  await frame.getByRole("combobox", { name: "Field" }).fill("timeInterval.dur");
  await frame.getByRole("option", { name: /^\$\.webhook\.timeInterval\.duration/ }).click();
  const operator = frame.getByRole("combobox", { name: "Operator" });
  await eventually(async () => await operator.locator("option:checked").textContent() === "is longer than");
  const duration = frame.getByLabel("Duration", { exact: true });
  await duration.fill("8");
  await frame.getByText("Add the unit: 8 h or min?").waitFor();
  await duration.fill("8:30");
  await frame.getByText("Read as 8 h 30 min").waitFor();
  await operator.selectOption("is at most");
  assertEquals(await duration.inputValue(), "8:30");
  assertClean();
  await close();
});

Deno.test("a list of choices follows the arrows, Enter and Escape, and leaving it takes what was typed", async () => {
  const { page, assertClean, close } = await browser.openPage();
  const frame = await newFlow(await world.frame(page, PROFILE));
  const field = frame.getByLabel("Add an event");
  const options = frame.getByRole("listbox", { name: "Suggestions" }).getByRole("option");
  const chosen = frame.getByRole("list", { name: "Events that start the flow" }).locator("code");
  const isOpen = (open: boolean) =>
    eventually(async () =>
      await field.getAttribute("aria-expanded") === String(open) && await options.count() > 0 === open
    );
  const isAt = (index: number) =>
    eventually(async () =>
      await field.getAttribute("aria-activedescendant") === await options.nth(index).getAttribute("id")
    );
  await field.pressSequentially("timer");
  await isOpen(true);
  assertEquals(await field.getAttribute("aria-activedescendant"), null);
  await field.press("ArrowDown");
  await isAt(0);
  await field.press("ArrowDown");
  await isAt(1);
  await field.press("ArrowUp");
  await isAt(0);
  await field.press("Escape");
  await isOpen(false);
  assertEquals(await field.inputValue(), "timer");
  await field.press("ArrowDown");
  await isOpen(true);
  await options.nth(1).hover();
  await field.press("Tab");
  await isOpen(false);
  assertEquals(await field.inputValue(), "timer");
  assertEquals(await chosen.allTextContents(), []);
  await field.fill("timer stopped");
  await field.press("Enter");
  await isOpen(false);
  assertEquals(await chosen.allTextContents(), ["TIMER_STOPPED"]);
  assertEquals(await field.inputValue(), "");
  await field.fill("project");
  await field.press("ArrowDown");
  await field.press("ArrowDown");
  await isAt(1);
  const wanted = (await options.nth(1).locator("small").textContent())!;
  await field.press("Enter");
  await isOpen(false);
  await eventually(async () => wanted.includes((await chosen.allTextContents())[1] ?? "nothing"));
  assertClean();
  await close();
});

Deno.test("messages are read out, four at once, and none goes while one is pointed at or focused", async () => {
  const { page, assertClean, close } = await browser.openPage();
  const frame = await newFlow(await world.frame(page, PROFILE));
  const messages = frame.getByRole("region", { name: "Notifications" });
  assertEquals(await messages.getAttribute("aria-live"), "polite");
  const shown = messages.locator(".toast:visible");
  for (let count = 0; count < 5; count++) await frame.getByRole("button", { name: "Add step: Clockify" }).click();
  // All of them before the first goes.
  await stepOf(frame, 1).locator("[data-row]").focus();
  for (let count = 0; count < 5; count++) await page.keyboard.press("Delete");
  await eventually(async () => await shown.count() === 4);
  assertEquals(await shown.last().textContent(), "The step was removed. Undo restores it");
  await shown.last().hover();
  await page.waitForTimeout(5_000);
  assertEquals(await shown.count(), 4);
  await page.keyboard.press("F6");
  await eventually(() => messages.evaluate((region) => region === document.activeElement));
  await page.keyboard.press("Tab");
  await eventually(() =>
    messages.evaluate((region) => document.activeElement!.matches(".toast") && region.contains(document.activeElement))
  );
  await page.keyboard.press("Escape");
  await eventually(async () => await messages.locator(".toast").count() === 4);
  // The focus went on to the next message, and the pointer is there yet: both leave.
  await frame.getByLabel("Name", { exact: true }).click();
  await eventually(async () => await shown.count() === 0);
  await frame.getByRole("button", { name: "Undo" }).click();
  await (await openStep(frame, 1)).getByRole("button", { name: /^Remove\s*step 1$/ }).click();
  await shown.last().hover();
  // Last: its look is from a page of its own, which takes this one's focus.
  assertEquals(await axe(page), []);
  assertClean();
  await close();
});

async function newFlow(frame: Frame): Promise<Frame> {
  await goTo(frame, "Flows");
  await frame.getByRole("button", { name: "New flow" }).click();
  await frame.getByRole("heading", { name: "New flow" }).waitFor();
  return frame;
}

/** A step that changes a time entry. */
async function addUpdate(frame: Frame) {
  await frame.getByRole("button", { name: "Add step: Clockify" }).click();
  const step = stepOf(frame, 1);
  await step.getByLabel("Operation").fill("updateTimeEntry");
  await frame.getByRole("option", { name: /^.*PUT .*\{id\}/ }).first().click();
  await step.getByText("more fields").waitFor();
  return step;
}

/** After whatever was to happen in the next frames. */
async function drawn(frame: Frame): Promise<void> {
  await frame.evaluate(async () => {
    for (let count = 0; count < 3; count++) await new Promise(requestAnimationFrame);
  });
}

stopAtTheEnd(browser, () => world);
