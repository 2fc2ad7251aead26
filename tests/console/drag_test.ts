/** A value of the sample is dragged into fields of the flow editor by the mouse, and is in the draft. */

import { assertEquals } from "@std/assert";
import { openBrowser } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { eventually } from "../support/world.ts";
import { askAs, createFlow, PROFILE, stopAtTheEnd, stopTimer } from "./setup.ts";

const browser = await openBrowser();
let world: ConsoleWorld;

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
});

Deno.test("a chip of the sample's data that is dragged into a field is the value of an empty one, and a part of a text", async () => {
  await stopTimer(world, "Dragged");
  const id = await createFlow(world, {
    name: "Takes what is dragged",
    enabled: false,
    trigger_event_types: ["TIMER_STOPPED"],
    actions: [{ id: "tag", operation_id: "findOrCreateTag", body: { name: "audio" } }],
  });
  const { page, assertClean, close } = await browser.openPage({
    viewport: { width: 1440, height: 900 },
    flowView: "by room",
  });
  await world.alone(page, PROFILE, `/ui/app/flows/${id}`);
  const canvas = page.getByRole("group", { name: "Canvas of the flow" });
  await canvas.getByRole("button", { name: /^Step 1: .*audio/ }).focus();
  await page.keyboard.press("Enter");
  const name = page.getByRole("region", { name: "Chosen step" }).getByRole("combobox", { name: /^Name of the tag/ });
  await name.waitFor();
  const chip = page.getByRole("region", { name: "Data of the sample" }).getByRole("button", { name: /^Description/ });
  const nameInDraft = async () => {
    const { body } = await askAs(world, `/ui/flows/${id}/draft`);
    return body.definition?.actions[0].body.name;
  };
  await chip.dragTo(name);
  await eventually(async () => await name.inputValue() === "audio{{ $.webhook.description }}");
  await page.keyboard.press("Control+s");
  await eventually(async () => await nameInDraft() === "audio{{ $.webhook.description }}");
  // Also from a field that has the focus.
  await name.fill("");
  await chip.dragTo(name);
  await eventually(async () => await name.inputValue() === "$.webhook.description");
  await page.keyboard.press("Control+s");
  await eventually(async () => await nameInDraft() === "$.webhook.description");
  assertEquals(await page.evaluate(() => document.activeElement?.getAttribute("role")), "combobox");
  assertClean();
  await close();
});

stopAtTheEnd(browser, () => world);
