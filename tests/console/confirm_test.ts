/** A flow that deletes is confirmed once when it is published, restored or copied; where a second person is needed, the page says so. */

import { assertEquals, assertMatch } from "@std/assert";
import { OPERATOR_KEY } from "../support/world.ts";
import { openBrowser } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { ask } from "../http/door.ts";
import { askAs, createFlow, goTo, isFocused, openStep, type Place, PROFILE, stopAtTheEnd } from "./setup.ts";

const TAG = "$.webhook.tagId";
const DROP = { id: "drop", operation_id: "deleteTag", path_params: { id: TAG } };
const FLOW = { name: "Drops", trigger_event_types: ["NEW_CLIENT"], actions: [DROP] };

const browser = await openBrowser();
let world: ConsoleWorld;
let flowId: string;

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
  const refused = await askAs(world, "/ui/flows", { body: FLOW });
  assertEquals(refused.status, 428);
  flowId = await createFlow(world, { ...FLOW, confirm_token: refused.body.confirmation.confirm_token });
});

const setPolicy = async (flows: unknown) => {
  const answer = await askAs(world, "/ui/guard", { method: "PUT", body: { flows } });
  assertEquals(answer.status, 200, JSON.stringify(answer.body));
};
const stored = async () => (await askAs(world, `/ui/flows/${flowId}`)).body;

async function openFlow(width = 1280) {
  const watched = await browser.openPage({ viewport: { width, height: 900 } });
  const frame = await world.frame(watched.page, PROFILE);
  await goTo(frame, "Flows");
  await frame.getByRole("link", { name: FLOW.name, exact: true }).click();
  const field = (await openStep(frame, 1)).getByLabel(/^id \(required\)/);
  await field.waitFor();
  return { ...watched, frame, field };
}

/** Publishes what was changed; the dialog may be open from before. */
const publisher = (place: Place) => async (version?: number) => {
  const dialog = place.getByRole("dialog", { name: "Publish the draft?" });
  if (await dialog.count() === 0) await place.getByRole("button", { name: "Publish…" }).click();
  await dialog.getByRole("button", { name: `Publish version ${version ?? ""}` }).click();
};
const asking = (place: Place) => place.getByRole("dialog", { name: "Publish these steps?" });

Deno.test("publishing what deletes is confirmed in a dialog; cancelled, nothing is published and the draft stays", async () => {
  const { page, frame, field, close } = await openFlow();
  await field.fill("$.webhook.id");
  const save = publisher(frame);
  await save(2);
  const dialog = asking(frame);
  await dialog.getByText("destructive", { exact: true }).waitFor();
  assertMatch(
    (await dialog.textContent()) ?? "",
    /drop.*It deletes: DELETE \/v1\/workspaces\/\{workspaceId\}\/tags\/\{id\}/,
  );
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assertEquals((await stored()).version, 1);
  await frame.getByRole("button", { name: "Draft: 1 change", includeHidden: true }).waitFor();

  await save(2);
  await dialog.getByRole("button", { name: "Publish" }).press("Enter");
  await frame.locator(".toast", { hasText: "Version 2 is published" }).waitFor();
  assertEquals((await stored()).actions[0].path_params.id, "$.webhook.id");

  // What is confirmed is not asked for again.
  await frame.getByLabel("Name", { exact: true }).fill("Drops more");
  await save(3);
  await frame.locator(".toast", { hasText: "Version 3 is published" }).waitFor();
  await frame.getByLabel("Name", { exact: true }).fill(FLOW.name);
  await save(4);
  await frame.locator(".toast", { hasText: "Version 4 is published" }).waitFor();
  await close();
});

Deno.test("a restored version and a copy are confirmed too, at 390 pixels as well", async () => {
  const { frame, close } = await openFlow(390);
  const open = frame.getByRole("button", { name: "Versions" });
  await open.click();
  const versions = frame.getByRole("dialog", { name: "Versions" });
  await versions.getByRole("button", { name: "Restore version 1" }).click();
  await versions.getByRole("button", { name: "Publish the draft" }).click();
  await asking(frame).getByRole("button", { name: "Cancel" }).click();
  await asking(frame).waitFor({ state: "detached" });
  assertEquals(await versions.getByRole("alert").count(), 0, "a no is no failure");
  await versions.getByRole("button", { name: "Publish the draft" }).click();
  const publish = asking(frame).getByRole("button", { name: "Publish" });
  const box = (await publish.boundingBox())!;
  assertEquals(box.x >= 0 && box.x + box.width <= 390, true);
  await publish.click();
  await versions.waitFor({ state: "detached" });
  assertEquals((await stored()).actions[0].path_params.id, TAG);
  await isFocused(open);

  await goTo(frame, "Flows");
  const copy = frame.getByRole("button", { name: /^Duplicate/ });
  await copy.click();
  await asking(frame).getByRole("button", { name: "Cancel" }).click();
  await asking(frame).waitFor({ state: "detached" });
  await copy.click();
  await asking(frame).getByRole("button", { name: "Publish" }).click();
  await frame.locator(".toast", { hasText: "The flow was duplicated" }).waitFor();
  assertEquals((await askAs(world, "/ui/flows")).body.total, 2);
  await close();
});

Deno.test("where a second person is needed the page names the request, and what is published after the approval goes on", async () => {
  await setPolicy({ destructive: "second_person" });
  const { frame, field, close } = await openFlow();
  await field.fill("$.webhook.name");
  const save = publisher(frame);
  await save();
  const dialog = frame.getByRole("dialog", { name: "A second person is needed" });
  const [, id] = /approve request (\d+)/.exec((await dialog.getByText(/approve request/).textContent()) ?? "")!;
  const href = await dialog.getByRole("link", { name: `request ${id}` }).getAttribute("href");
  assertMatch(href!, new RegExp(`/app/settings/approvals\\?request=${id}$`));
  await dialog.getByRole("button", { name: "Close" }).click();
  await dialog.waitFor({ state: "detached" });
  await frame.getByRole("button", { name: /^Draft/, includeHidden: true }).waitFor();
  const approve = world.consoleUrl(PROFILE, `/ui/guard/requests/${id}/approve?workspace_id=${world.workspaceId}`);
  assertEquals((await ask(approve, { method: "POST", body: {}, headers: { "x-api-key": OPERATOR_KEY } })).status, 200);
  await save();
  await asking(frame).getByRole("button", { name: "Publish" }).click();
  await frame.locator(".toast", { hasText: /Version \d is published/ }).waitFor();
  assertEquals((await stored()).actions[0].path_params.id, "$.webhook.name");
  await close();
});

stopAtTheEnd(browser, () => world);
