/** A run in progress on its page: paused, resumed, and cancelled after a word on what was sent; by those alone who may. */

import { assertEquals } from "@std/assert";
import { openBrowser } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { eventually } from "../support/world.ts";
import { askAs, createFlow, isFocused, PROFILE, stopAtTheEnd } from "./setup.ts";

const EVENT = "NEW_CLIENT";
const browser = await openBrowser();
let world: ConsoleWorld;
let simulator: ConsoleWorld["simulator"];
let workspaceId: string;
let memberId: string;

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
  ({ simulator, workspaceId, memberId } = world);
  await createFlow(world, {
    name: "Two tags",
    trigger_event_types: [EVENT],
    actions: [
      { id: "first_tag", operation_id: "createNewTag", body: { name: "{{ $.webhook.name }} 1" } },
      { id: "second_tag", operation_id: "createNewTag", body: { name: "{{ $.webhook.name }} 2" } },
    ],
  });
});

/** A run whose second step is in progress until hanging requests are released; its id. */
async function runUnderWay(name: string): Promise<string> {
  await simulator.addFault({ kind: "hang", method: "POST", path: "*/tags", skip: 1 });
  await simulator.deliver({ workspaceId, event: EVENT, payload: { id: crypto.randomUUID(), name, workspaceId } });
  return await eventually(async () => {
    const [run] = (await askAs(world, "/ui/runs?state=running")).body.runs;
    const { steps } = run ? (await askAs(world, `/ui/runs/${run.id}`)).body : { steps: [] };
    return steps[1]?.state === "running" && run.id as string;
  });
}

const isIn = async (id: string, state: string) => (await askAs(world, `/ui/runs/${id}`)).body.state === state;

async function openRun(id: string, viewer?: string) {
  const watched = await browser.openPage({ viewport: { width: 1680, height: 1000 } });
  const frame = await world.frame(watched.page, PROFILE, { viewer });
  await frame.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Runs" }).click();
  await frame.locator(`[data-run="${id}"]`).click();
  await frame.getByRole("heading", { name: "Run", exact: true }).waitFor();
  return { ...watched, frame };
}

Deno.test("a run is paused after its present call, and resumed where it was", async () => {
  const id = await runUnderWay("Ada");
  const { frame, assertClean, close } = await openRun(id);
  await frame.getByText("Running", { exact: true }).first().waitFor();
  const pause = frame.getByRole("button", { name: "Pause", exact: true });
  await pause.click();
  await frame.locator(".toast", { hasText: "pauses after its present call" }).waitFor();
  await frame.getByText("Running, pauses after this call").waitFor();
  // The last call ends the run, pause or not: so the next run is paused between its steps.
  await simulator.releaseFaults();
  await eventually(() => isIn(id, "completed"));
  await frame.locator(".run-head").getByText("Completed", { exact: true }).waitFor();
  assertEquals(await frame.getByRole("button", { name: /^(Pause|Resume|Cancel)/ }).count(), 0);
  assertClean();
  await close();

  await simulator.addFault({ kind: "hang", method: "POST", path: "*/tags" });
  await simulator.deliver({ workspaceId, event: EVENT, payload: { id: "b", name: "Bea", workspaceId } });
  const next = await eventually(async () => {
    const [run] = (await askAs(world, "/ui/runs?state=running")).body.runs;
    return run?.id as string | undefined;
  });
  const page = await openRun(next);
  await page.frame.getByRole("button", { name: "Pause", exact: true }).click();
  await page.frame.getByText("Running, pauses after this call").waitFor();
  await simulator.releaseFaults();
  await page.frame.locator(".run-head").getByText("Paused", { exact: true }).waitFor();
  await page.frame.getByText(/^paused by /).waitFor();
  const resume = page.frame.getByRole("button", { name: "Resume", exact: true });
  await resume.click();
  await eventually(() => isIn(next, "completed"));
  await page.frame.locator(".run-head").getByText("Completed", { exact: true }).waitFor();
  page.assertClean();
  await page.close();
});

Deno.test("a run is cancelled after a word on what was sent; its page says what is certain", async () => {
  const id = await runUnderWay("Cleo");
  const { frame, assertClean, close } = await openRun(id);
  await frame.getByRole("button", { name: "Cancel…" }).click();
  const dialog = frame.getByRole("dialog", { name: "Cancel this run" });
  await dialog.getByText("Step 1, first_tag, was sent, answered 201").waitFor();
  await dialog.getByText("Step 2, second_tag, is in progress: it may have taken effect").waitFor();
  await dialog.getByRole("button", { name: "Cancel the run" }).click();
  await dialog.waitFor({ state: "detached" });
  await frame.locator(".toast", { hasText: "The run is cancelled" }).waitFor();
  await isFocused(frame.getByRole("heading", { name: "Run", exact: true }));
  await frame.locator(".run-head").getByText("Cancelled", { exact: true }).waitFor();
  await frame.getByText("Uncertain: no answer was awaited").first().waitFor();
  assertEquals(await frame.getByRole("button", { name: /^(Pause|Resume|Cancel)/ }).count(), 0);
  await simulator.releaseFaults();
  assertEquals(await isIn(id, "cancelled"), true);
  assertClean();
  await close();
});

Deno.test("who may not change anything sees none of the buttons", async () => {
  const id = await runUnderWay("Dan");
  const { frame, assertClean, close } = await openRun(id, memberId);
  await frame.getByText("Running", { exact: true }).first().waitFor();
  assertEquals(await frame.getByRole("button", { name: /^(Pause|Resume|Cancel)/ }).count(), 0);
  await simulator.releaseFaults();
  await eventually(() => isIn(id, "completed"));
  assertClean();
  await close();
});

stopAtTheEnd(browser, () => world);
