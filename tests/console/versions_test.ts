/** The versions of a flow on its page: what each save made, and one restored by those alone who may. */

import { assertEquals } from "@std/assert";
import { openBrowser } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { askAs, createFlow, goTo, isFocused, openStep, type Place, PROFILE, stepOf, stopAtTheEnd } from "./setup.ts";

const FLOW = { name: "Reads", trigger_event_types: ["NEW_CLIENT"], actions: [{ id: "tags", operation_id: "getTags" }] };

const browser = await openBrowser();
let world: ConsoleWorld;
let flowId: string;

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
  flowId = await createFlow(world, FLOW);
  await put({ actions: [{ id: "projects", operation_id: "getProjects" }] });
  await put({ enabled: false });
});

const put = async (body: unknown) => {
  const answer = await askAs(world, `/ui/flows/${flowId}`, { method: "PUT", body });
  assertEquals(answer.status, 200, JSON.stringify(answer.body));
};

async function openFlow(viewer?: string) {
  const watched = await browser.openPage({ viewport: { width: 1280, height: 900 } });
  const frame = await world.frame(watched.page, PROFILE, { viewer });
  await goTo(frame, "Flows");
  await frame.getByRole("link", { name: FLOW.name, exact: true }).click();
  await frame.getByText("Version 2 is published").waitFor();
  return { ...watched, frame };
}

async function rowsOf(place: Place): Promise<string[]> {
  const rows = place.getByRole("dialog", { name: "Versions" }).locator("tbody tr");
  await rows.first().waitFor();
  return await rows.locator("td:first-child").allTextContents();
}

Deno.test("the versions of a flow are listed, and one is restored by way of the draft", async () => {
  const { page, frame, assertClean, close } = await openFlow();
  const open = frame.getByRole("button", { name: "Versions" });
  await open.click();
  const dialog = frame.getByRole("dialog", { name: "Versions" });
  assertEquals(await rowsOf(frame), ["2current, off", "1"]);
  assertEquals(await dialog.getByRole("button", { name: /^Restore/ }).count(), 1, "none for the current one");
  const changes = dialog.getByRole("list", { name: "Changes" }).locator("li");
  await dialog.getByRole("button", { name: "Changes of version 2" }).click();
  await changes.getByText(/tags/i).first().waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await isFocused(open);

  // What is not saved would be lost with it.
  await (await openStep(frame, 1)).getByLabel("Operation").waitFor();
  await frame.getByLabel("Name", { exact: true }).fill("Reads more");
  await open.click();
  const restore = dialog.getByRole("button", { name: "Restore version 1" });
  await restore.and(frame.getByTitle("Save or discard your changes first")).waitFor();
  await restore.click({ force: true });
  await page.keyboard.press("Escape");
  await frame.getByRole("button", { name: "Undo" }).click();
  await frame.getByText("not saved", { exact: true }).waitFor({ state: "detached" });

  await open.click();
  await restore.click();
  // Nothing runs by it before it is published, and nothing goes unsaid in its place.
  const draft = dialog.getByRole("region", { name: "Draft" });
  await draft.getByText("Draft: version 1 again").waitFor();
  await draft.getByRole("heading", { name: "What publishing it changes" }).waitFor();
  await changes.first().waitFor();
  await restore.and(frame.getByTitle("Publish or discard the draft first")).waitFor();
  // The editor shows it, and says so.
  await stepOf(frame, 1).getByText("Get tags").first().waitFor();
  await frame.getByRole("button", { name: "Draft: 2 changes", includeHidden: true }).waitFor();
  assertEquals((await askAs(world, `/ui/flows/${flowId}`)).body.version, 2);
  await draft.getByRole("button", { name: "Discard the draft" }).click();
  await draft.waitFor({ state: "detached" });
  await restore.click();
  await draft.getByRole("button", { name: "Publish the draft" }).click();
  await dialog.waitFor({ state: "detached" });
  await frame.locator(".toast", { hasText: "The draft is published, as version 3" }).waitFor();
  await frame.getByText("Version 3 is published").waitFor();
  await stepOf(frame, 1).getByText("Get tags").first().waitFor();
  await frame.getByRole("switch", { name: "The flow is on", checked: false }).waitFor();
  await open.click();
  await dialog.getByText("Restored from version 1").waitFor();
  assertEquals(await rowsOf(frame), ["3current, off", "2", "1"]);
  const { body } = await askAs(world, `/ui/flows/${flowId}`);
  assertEquals([body.version, body.enabled, body.actions[0].operation_id], [3, false, "getTags"]);
  assertClean();
  await close();
});

Deno.test("who may not change a flow sees its versions, and why none can be restored", async () => {
  await put({ name: FLOW.name, ordered: true });
  const watched = await browser.openPage({ viewport: { width: 1280, height: 900 } });
  const frame = await world.frame(watched.page, PROFILE, { viewer: world.memberId });
  await goTo(frame, "Flows");
  await frame.getByRole("link", { name: FLOW.name, exact: true }).click();
  await frame.getByRole("button", { name: "Versions" }).click();
  assertEquals(await rowsOf(frame), ["4current, off", "3", "2", "1"]);
  const restore = frame.getByRole("dialog", { name: "Versions" }).getByRole("button", { name: "Restore version 1" });
  assertEquals(await restore.getAttribute("aria-disabled"), "true");
  await restore.click({ force: true });
  assertEquals((await askAs(world, `/ui/flows/${flowId}`)).body.version, 4);
  watched.assertClean();
  await watched.close();
});

stopAtTheEnd(browser, () => world);
