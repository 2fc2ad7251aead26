/** How much room the editor of flows takes. */

import { assert } from "@std/assert";
import { openBrowser } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { createFlow, PROFILE, stepOf, stopAtTheEnd, stopTimer } from "./setup.ts";

const EDITOR_PX = 900;

const browser = await openBrowser();
let world: ConsoleWorld;

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
  await stopTimer(world, "Pier night shift");
});

const TWO_STEPS = {
  name: "Two steps",
  enabled: false,
  trigger_event_types: ["TIMER_STOPPED"],
  conditions: { type: "ALL", rules: [{ field: "$.webhook.projectId", operator: "exists", value: false }] },
  actions: [
    { id: "find", type: "clockify", operation_id: "findOrCreateTag", body: { name: "long" } },
    {
      id: "note",
      type: "clockify",
      operation_id: "updateTimeEntry",
      path_params: { id: "$.webhook.id" },
      body: { description: "{{ $.webhook.description }}, long" },
    },
  ],
};

Deno.test(`a flow of two steps is at most ${EDITOR_PX} px high in the editor`, async () => {
  const id = await createFlow(world, TWO_STEPS);
  const heights: Record<number, number> = {};
  for (const width of [1440, 1024]) {
    const { page, assertClean, close } = await browser.openPage({ viewport: { width, height: 500 } });
    await world.alone(page, PROFILE, `/ui/app/flows/${id}`);
    await stepOf(page, 2).waitFor();
    // With the test's result, which is most of it.
    await page.getByRole("region", { name: "Test on an event" }).getByText(/^Dry run: nothing/).waitFor();
    heights[width] = await page.evaluate(() => document.documentElement.scrollHeight);
    assertClean();
    await close();
  }
  assert(Object.values(heights).every((height) => height <= EDITOR_PX), JSON.stringify(heights));
});

stopAtTheEnd(browser, () => world);
