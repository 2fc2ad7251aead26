/** Drafts, publication, a look at the history, files of flows and where things are used, on the pages of flows. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { axe, openBrowser } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { eventually } from "../support/world.ts";
import { askAs, createFlow, type Place, PROFILE, stopAtTheEnd, stopTimer } from "./setup.ts";

const FLOW = {
  name: "Marks piers",
  enabled: false,
  trigger_event_types: ["TIMER_STOPPED"],
  conditions: { field: "$.webhook.description", operator: "contains", value: "Harbour" },
  actions: [{ id: "tags", operation_id: "getTags" }],
};

const browser = await openBrowser();
let world: ConsoleWorld;

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
  for (const name of ["Pier one", "Pier two", "Harbour wall"]) await stopTimer(world, name);
});

const draftOf = async (id: string) => (await askAs(world, `/ui/flows/${id}/draft`)).body;
const putDraft = async (id: string, definition: unknown, headers: Record<string, string> = {}) => {
  const answer = await askAs(world, `/ui/flows/${id}/draft`, { method: "PUT", body: { definition }, headers });
  assertEquals(answer.status, 200, JSON.stringify(answer.body));
};
const state = (place: Place) => place.getByRole("group", { name: "State of the flow" });
const { enabled: _, ...DEFINITION } = FLOW;

Deno.test("a draft that another person changes meanwhile is said, and nothing of either is lost", async () => {
  const id = await createFlow(world, FLOW);
  const { page, assertClean, close } = await browser.openPage({ viewport: { width: 390, height: 844 } });
  await world.alone(page, PROFILE, `/ui/app/flows/${id}`);
  const name = page.getByLabel("Name", { exact: true });
  const save = page.getByRole("button", { name: "Save draft" });
  await name.fill("Mine");
  await state(page).getByText("not saved").waitFor();
  // Both begin one: the second is not written over the first.
  await putDraft(id, { ...DEFINITION, name: "Theirs" });
  await save.click();
  const conflict = page.getByRole("alert").filter({ hasText: "Someone else changed this flow" });
  await conflict.getByText(/saved a draft of it/).waitFor();
  assertEquals(await name.inputValue(), "Mine");
  assertEquals((await draftOf(id)).definition.name, "Theirs");
  assertEquals(await axe(page), []);
  await conflict.getByRole("button", { name: "Load theirs" }).click();
  assertEquals(await name.inputValue(), "Theirs");
  await page.getByRole("button", { name: "Undo" }).click();
  assertEquals(await name.inputValue(), "Mine");
  await save.click();
  await page.locator(".toast", { hasText: "The draft is saved" }).waitFor();
  assertEquals((await draftOf(id)).definition.name, "Mine");

  // A version that is published meanwhile is named, and its changes are shown before it is replaced.
  const put = await askAs(world, `/ui/flows/${id}`, { method: "PUT", body: { ordered: true } });
  assertEquals(put.body.version, 2);
  await name.fill("Mine again");
  await save.click();
  await page.getByText("Version 2 was published since this draft was begun from version 1").waitFor();
  await page.getByRole("button", { name: "What version 2 changed" }).click();
  await page.getByRole("list", { name: "Changes" }).locator("li").first().waitFor();
  await page.getByRole("button", { name: "Keep the draft on top of version 2" }).click();
  await page.getByText("Version 2 was published since").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Publish…" }).click();
  const dialog = page.getByRole("dialog", { name: "Publish the draft?" });
  await dialog.getByLabel(/^Note/).fill("Piers too");
  assertEquals(await axe(page), []);
  await dialog.getByRole("button", { name: "Publish version 3" }).click();
  await state(page).getByText("Version 3 is published").waitFor();
  await dialog.waitFor({ state: "detached" });
  const { versions: [newest], draft } = (await askAs(world, `/ui/flows/${id}/versions`)).body;
  assertEquals([newest.version, newest.note, draft], [3, "Piers too", null]);
  await page.setViewportSize({ width: 320, height: 800 });
  assertEquals(await page.evaluate(() => document.documentElement.scrollWidth), 320);
  assertClean([/status of 412/]);
  await close();
});

Deno.test("what the draft would have done is counted before it is published, beside what is published; nothing is sent", async () => {
  const id = await createFlow(world, { ...FLOW, name: "Counted" });
  const writes = () => world.simulator.requests.filter(({ method }) => method !== "GET").length;
  const before = writes();
  const { page, assertClean, close } = await browser.openPage({ viewport: { width: 1440, height: 900 } });
  await world.alone(page, PROFILE, `/ui/app/flows/${id}`);
  await page.locator("[data-row=if]").click();
  await page.getByLabel("Value", { exact: true }).fill("Pier");
  await page.getByRole("button", { name: "Publish…" }).click();
  const dialog = page.getByRole("dialog", { name: "Publish the draft?" });
  await dialog.getByRole("list", { name: "Changes" }).getByText(/Pier/).first().waitFor();
  await dialog.getByRole("button", { name: "Look at the last 30 days" }).click();
  await dialog.getByText("2 events would have matched").waitFor();
  assertMatch((await dialog.textContent())!, /\(what is published: 1\), none would have failed/);
  await dialog.getByRole("button", { name: "Cancel" }).click();

  // The same numbers beside the versions, with the events.
  await page.getByRole("button", { name: "Versions" }).click();
  const look = page.getByRole("dialog", { name: "Versions" }).getByRole("region", { name: "Had this been on since" });
  await look.getByText("2 events would have matched").waitFor();
  await look.getByText("2 requests:").waitFor();
  await look.getByRole("button", { name: "Show the events" }).click();
  const rows = look.getByRole("table", { name: "Events that match" }).locator("tbody tr");
  await eventually(async () => await rows.count() === 3);
  assertEquals((await rows.locator("td:nth-child(2)").allTextContents()).sort(), ["new", "new", "no more"]);
  await look.getByLabel("What", { exact: true }).selectOption("1");
  await look.getByRole("button", { name: "Look at the events" }).click();
  await look.getByText("1 event would have matched").waitFor();
  assertEquals(await axe(page), []);
  assertEquals(writes(), before, "nothing was sent");
  assertClean();
  await close();
});

Deno.test("flows leave as a file and come back from one: every fault with its place, what lacks here, and one confirmation", async () => {
  await createFlow(world, {
    name: "Posts",
    enabled: true,
    trigger_event_types: ["NEW_TAG"],
    actions: [{ id: "drop", operation_id: "updateTag", path_params: { id: "f".repeat(24) }, body: { name: "x" } }],
  });
  const { page, assertClean, close } = await browser.openPage({ viewport: { width: 390, height: 844 } });
  await world.alone(page, PROFILE, "/ui/app/flows");
  await page.getByRole("button", { name: "Export…" }).click();
  const leaving = page.getByRole("dialog", { name: "Export flows" });
  await leaving.getByRole("button", { name: "Choose none" }).click();
  await leaving.getByLabel(/^Posts/).check();
  await leaving.getByLabel(/^Counted/).check();
  assertEquals(await axe(page), []);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    leaving.getByRole("button", { name: "Export 2 flows" }).click(),
  ]);
  assertEquals(download.suggestedFilename(), "flows.json");
  const path = await download.path();
  const file = JSON.parse(await Deno.readTextFile(path));
  assertEquals(file.flows.map(({ name }: { name: string }) => name).sort(), ["Counted", "Posts"]);

  await page.getByRole("button", { name: "Import…" }).click();
  const coming = page.getByRole("dialog", { name: "Import flows" });
  const pasted = coming.getByLabel("Or its JSON, pasted");
  await pasted.fill('{\n  "format": timewire\n}');
  await coming.getByText(/^It is no JSON: line 2, column \d+$/).waitFor();
  await pasted.fill(JSON.stringify({ ...file, version: 9, flows: [{ ...file.flows[0], name: 5 }] }));
  const refused = coming.getByRole("alert");
  await refused.getByText("flows[0].name").waitFor();
  await refused.getByText(/must be 1: this version of the program reads no other/).waitFor();
  const posts = file.flows.find(({ name }: { name: string }) => name === "Posts");
  await pasted.fill(JSON.stringify({ ...file, flows: [{ ...posts, trigger_event_types: ["NO_SUCH"] }] }));
  await coming.getByRole("list", { name: "Errors" }).getByText("trigger_event_types[0]").waitFor();
  await coming.getByRole("button", { name: "Import 1 flow" }).and(page.getByTitle(/keeps the flows from being made/))
    .waitFor();
  await coming.getByLabel(/^File of flows/).setInputFiles(path);
  await coming.getByRole("heading", { name: "2 flows would be made, switched off" }).waitFor();
  // An id that is not here is named.
  const lacks = coming.getByRole("region", { name: "What this workspace does not have" });
  await lacks.getByText("f".repeat(24)).waitFor();
  assertEquals(await axe(page), []);
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 844 });
    assert(await coming.evaluate((dialog) => dialog.scrollWidth <= dialog.clientWidth), `${width} px`);
  }
  await coming.getByRole("button", { name: "Import 2 flows" }).click();
  await coming.getByText("2 flows made, switched off").waitFor();
  const { flows } = (await askAs(world, "/ui/flows")).body;
  const made = flows.filter(({ name }: { name: string }) => name === "Posts");
  assertEquals(made.map(({ enabled }: { enabled: boolean }) => enabled), [true, false]);
  await coming.getByRole("button", { name: "Close" }).click();

  await page.getByRole("combobox", { name: "Where is it used?" }).fill("updateTag");
  await page.getByRole("option", { name: /^Update tag\s*updateTag/ }).click();
  const uses = page.getByRole("list", { name: "Flows that name it" });
  await uses.getByRole("link").first().waitFor();
  assertEquals(await uses.getByRole("link").allTextContents(), ["Posts", "Posts"]);
  await world.alone(page, PROFILE, `/ui/app/flows?used=entity%20${"e".repeat(24)}`);
  await page.getByText("No flow and no draft names it.").waitFor();
  assertEquals(await axe(page), []);
  assertClean([/status of 4(00|22)/]);
  await close();
});

stopAtTheEnd(browser, () => world);
