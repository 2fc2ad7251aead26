/** The journal's page: what a flow wrote with before and after, its undo by one and by run, conflicts, the guard, members, and small screens. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { axe, openBrowser } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { eventually, OPERATOR_KEY } from "../support/world.ts";
import { ask, type Json } from "../http/door.ts";
import { askAs, createFlow, goTo, isFocused, type Place, PROFILE, stopAtTheEnd } from "./setup.ts";

const EVENT = "TIMER_STOPPED";

const browser = await openBrowser();
let world: ConsoleWorld;
let simulator: ConsoleWorld["simulator"];
let workspaceId: string;
let memberId: string;
let ownerId: string;
let entry: Json;
let project: Json;
let tag: Json;

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
  ({ simulator, workspaceId, memberId, ownerId } = world);
  [entry] = await change("GET", `/user/${ownerId}/time-entries`);
  [project] = await change("GET", "/projects");
  tag = await change("POST", "/tags", { name: "billable hours" });
});

const change = (method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: Json): Promise<Json> =>
  simulator.change({ workspaceId, method, path, body });
const entryNow = () => change("GET", `/time-entries/${entry.id}`);

/** Has a flow with these actions run once; gives the run's id. */
async function run(name: string, actions: Json[]): Promise<string> {
  const flow = { name, trigger_event_types: [EVENT], actions };
  const asked = await askAs(world, "/ui/flows", { body: flow });
  const flowId = asked.status === 201
    ? asked.body.id
    : await createFlow(world, { ...flow, confirm_token: asked.body.confirmation.confirm_token });
  await simulator.deliver({ workspaceId, event: EVENT, payload: { id: crypto.randomUUID(), workspaceId } });
  const { id } = await eventually(async () => {
    const { body } = await askAs(world, `/ui/runs?flow_id=${flowId}`);
    return body.runs.find(({ state }: Json) => state === "completed" || state === "failed");
  });
  await askAs(world, `/ui/flows/${flowId}`, { method: "PUT", body: { enabled: false } });
  return id;
}

const rename = (id: string, description: string) => ({
  id,
  operation_id: "updateTimeEntry",
  path_params: { id: entry.id },
  body: { description },
});

/** Wide enough for the change beside the list, in the host page's frame. */
const WIDE = 1680;

async function openJournal({ width = WIDE, viewer }: { width?: number; viewer?: string } = {}) {
  const watched = await browser.openPage({ viewport: { width, height: 900 } });
  const frame = await world.frame(watched.page, PROFILE, { viewer });
  await goTo(frame, "Journal");
  return { ...watched, frame };
}

const row = (place: Place, ...texts: string[]) =>
  texts.reduce((found, hasText) => found.filter({ hasText }), place.locator("a[data-change]"));
const pane = (place: Place) => place.getByRole("region", { name: "Change", exact: true });
const undoing = (place: Place) => place.getByRole("dialog", { name: "Undo this change?" });

Deno.test("by the keyboard: from its run to what a flow wrote, before and after, and its undo makes the entry whole again", async () => {
  const before = await entryNow();
  const runId = await run("Long entries", [{
    ...rename("prefix", "[LONG] Pier night shift"),
    body: { description: "[LONG] Pier night shift", tagIds: [tag.id] },
  }]);
  const names = () => askAs(world, `/ui/entities/names?ids=${tag.id}&cached=true`);
  await eventually(async () => (await names()).body.names[tag.id]);
  const { page, frame, assertClean, close } = await openJournal();
  await frame.evaluate((id) => {
    const base = location.pathname.slice(0, location.pathname.indexOf("/app/") + "/app".length);
    history.pushState(null, "", `${base}/runs/${id}`);
  }, runId);
  const input = frame.getByRole("tree", { name: "Input" });
  await input.getByRole("treeitem").filter({ hasText: "tagIds 1 item" }).click();
  await input.getByRole("link", { name: "billable hours" }).waitFor();
  await frame.getByRole("link", { name: "What this run wrote" }).press("Enter");
  const line = row(frame, "Time entry [LONG] Pier night shift changed", "Long entries, version 1");
  await line.waitFor();
  assertEquals(await row(frame).count(), 1, "of this run alone");
  await page.keyboard.press("j");
  await isFocused(line);
  await page.keyboard.press("Enter");
  const fields = pane(frame).getByRole("table", { name: "Fields before and after" });
  const cells = (name: string) => fields.getByRole("row").filter({ hasText: name }).getByRole("cell").allInnerTexts();
  await fields.getByText("billable hours").waitFor();
  assertEquals(await cells("Description"), [before.description, "[LONG] Pier night shift"]);
  assertEquals((await cells("Tags"))[1], "billable hours", "by its name");
  await pane(frame).getByRole("link", { name: "Its run" }).waitFor();
  await pane(frame).getByRole("button", { name: "Compare with now" }).press("Enter");
  await pane(frame).getByText("Nothing changed since.").waitFor();

  await pane(frame).getByRole("button", { name: "Undo 2 fields…" }).press("Enter");
  const dialog = undoing(frame);
  await dialog.getByText("These 2 fields are put back").waitFor();
  assertEquals((await entryNow()).description, "[LONG] Pier night shift", "a preview changes nothing");
  await dialog.getByRole("button", { name: "Undo 2 fields" }).press("Enter");
  await dialog.waitFor({ state: "detached" });
  assertEquals(await entryNow(), before);
  await isFocused(pane(frame).getByRole("heading", { level: 2 }).first());

  // The undo is a change itself, linked from both sides, and can be undone.
  const link = pane(frame).getByRole("link", { name: /^change \d+$/ });
  await link.press("Enter");
  await pane(frame).getByText("Undo of").waitFor();
  await pane(frame).getByText("as an undo").waitFor();
  assertEquals(await pane(frame).getByRole("button", { name: /^Undo 2 fields/ }).getAttribute("aria-disabled"), null);
  await page.keyboard.press("Escape");
  await pane(frame).waitFor({ state: "detached" });
  assertClean();
  await close();
});

Deno.test("what others changed since is a conflict, taken only by a checked box; what they changed besides stays", async () => {
  const before = await change("PUT", `/projects/${project.id}`, {
    name: project.name,
    note: "First",
    color: "#111111",
  });
  await run("Notes of projects", [{
    id: "note",
    operation_id: "updateProject",
    path_params: { projectId: project.id },
    body: { note: "By the flow" },
  }]);
  const { frame, assertClean, close } = await openJournal();
  await row(frame, "Project", "Notes of projects").click();
  await change("PUT", `/projects/${project.id}`, { name: project.name, note: "By the flow", color: "#222222" });
  const open = pane(frame).getByRole("button", { name: "Undo 1 field…" });
  await open.click();
  const dialog = undoing(frame);
  await dialog.getByText("Others changed 1 other field meanwhile, which stays").waitFor();
  assertEquals(await dialog.getByRole("button", { name: "Undo 1 field" }).getAttribute("aria-disabled"), "false");

  // Another one changes it while the plan is looked at: nothing is sent, and the plan is made once more.
  await change("PUT", `/projects/${project.id}`, { name: project.name, note: "By Mara", color: "#222222" });
  await dialog.getByRole("button", { name: "Undo 1 field" }).click();
  await dialog.getByRole("alert").filter({ hasText: "others changed the project since: note" }).waitFor();
  await dialog.getByText("Nothing is undone unless the box below is checked.").waitFor();
  const undo = dialog.getByRole("button", { name: /^Undo \d field/ });
  assertEquals(await undo.getAttribute("aria-disabled"), "true");
  await undo.click({ force: true });
  assertEquals((await change("GET", `/projects/${project.id}`)).note, "By Mara");
  await dialog.getByRole("checkbox", { name: /Also take back what others changed/ }).check();
  await dialog.getByRole("button", { name: "Undo 2 fields" }).click();
  await dialog.waitFor({ state: "detached" });
  assertEquals(await change("GET", `/projects/${project.id}`), before);
  assertClean([/status of 409 .*\/undo\)/]);
  await close();
});

Deno.test("an undo that deletes is confirmed once more by the guard; what was refused and what stays uncertain say why", async () => {
  await run("Makes a tag", [{ id: "make", operation_id: "createNewTag", body: { name: "long-entry" } }]);
  await simulator.addFault({ kind: "status", method: "PUT", path: "*/tags/*", status: 400 });
  await run("Refused tags", [{ id: "r", operation_id: "updateTag", path_params: { id: tag.id }, body: { name: "x" } }]);
  await simulator.addFault({ kind: "status", method: "PUT", path: "*/tags/*", status: 500, count: 1 });
  await run("Failing tags", [{
    id: "f",
    operation_id: "updateTag",
    path_params: { id: tag.id },
    body: { name: "y" },
    retry: { max_attempts: 1 },
  }]);
  const { frame, assertClean, close } = await openJournal();
  await row(frame, "Tag long-entry created").click();
  await pane(frame).getByRole("button", { name: "Delete the tag…" }).click();
  const dialog = undoing(frame);
  await dialog.getByRole("button", { name: "Delete the tag" }).click();
  await dialog.getByText("Nothing was sent yet").waitFor();
  const tags = async () => (await change("GET", "/tags?page-size=200")).map(({ name }: Json) => name);
  assert((await tags()).includes("long-entry"));
  await dialog.getByRole("button", { name: "Confirm the undo" }).click();
  await dialog.waitFor({ state: "detached" });
  assertEquals((await tags()).includes("long-entry"), false);
  await row(frame, "Tag long-entry created", "Undone").waitFor();

  await row(frame, "Tag billable hours not changed", "Refused").click();
  await pane(frame).getByText("Clockify refused it with 400: nothing was changed.").waitFor();
  await pane(frame).getByText("It cannot be undone: Clockify refused it").waitFor();
  assertEquals(await pane(frame).getByRole("button", { name: /^Undo/ }).getAttribute("aria-disabled"), "true");
  await row(frame, "Tag billable hours perhaps changed").click();
  await pane(frame).getByText(/it may have been done all the same/).waitFor();
  // The guard's question is an answer of 428, which the browser notes.
  assertClean([/status of 428 .*\/undo\)/]);
  await close();
});

Deno.test("a create whose answer was lost is looked for, and a person says which object it made", async () => {
  await simulator.addFault({ kind: "drop_answer", method: "POST", path: "*/tags", count: 1 });
  await run("Loses a tag", [{
    id: "make",
    operation_id: "createNewTag",
    body: { name: "lost and found" },
    retry: { max_attempts: 1 },
  }]);
  const { page, frame, assertClean, close } = await openJournal({ width: 390 });
  await row(frame, "lost and found").click();
  const lost = pane(frame).getByRole("region", { name: "Look for what it made" });
  await lost.getByRole("button", { name: "Look for the tag" }).press("Enter");
  await lost.getByText("Clockify shows one tag like what was sent.").waitFor();
  await lost.getByRole("button", { name: "This is it" }).press("Enter");
  assertEquals(await axe(page), []);
  assertEquals(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
  await lost.getByRole("button", { name: "Yes, keep that" }).press("Enter");
  await pane(frame).getByText(/found it: its answer was lost/).waitFor();
  await pane(frame).getByRole("button", { name: "Delete the tag…" }).waitFor();
  assertEquals(await lost.count(), 0);
  assertClean();
  await close();
});

Deno.test("what one run wrote is counted, undone in the background, shown as it goes on, and stopped", async () => {
  const before = await entryNow();
  const runId = await run("Three times", [rename("a", "One"), rename("b", "Two"), rename("c", "Three")]);
  const { frame, assertClean, close } = await openJournal();
  await frame.evaluate((id) => history.pushState(null, "", `${location.pathname}?run_id=${id}`), runId);
  await eventually(async () => await row(frame).count() === 3);
  await frame.getByRole("button", { name: "Undo what this run wrote…" }).click();
  const dialog = frame.getByRole("dialog", { name: "Undo what this run wrote?" });
  await dialog.getByText("3 changes: 3 can be undone.").waitFor();
  assertEquals((await entryNow()).description, "Three");
  await dialog.getByRole("button", { name: "Undo 3 changes" }).click();
  const job = frame.getByRole("region", { name: "Undo of what a run wrote" });
  await job.getByText("3 of 3: 3 undone.").waitFor();
  await job.getByText("Finished").waitFor();
  assertEquals(await entryNow(), before);
  await eventually(async () => await row(frame, "Undone").count() === 3);
  assertMatch(await frame.evaluate(() => location.search), /undo_job=\d+/);

  // Held at its first call, another one is stopped: the rest stays.
  const held = await run("Twice", [rename("a", "Four"), rename("b", "Five")]);
  const { id } = await simulator.addFault({
    kind: "hang",
    method: "GET",
    path: `*/time-entries/${entry.id}`,
    count: 1,
  });
  await frame.evaluate((id) => history.pushState(null, "", `${location.pathname}?run_id=${id}`), held);
  await eventually(async () => await row(frame).count() === 2);
  await frame.getByRole("button", { name: "Undo what this run wrote…" }).click();
  await dialog.getByRole("button", { name: "Undo 2 changes" }).click();
  await job.getByRole("button", { name: "Stop" }).click();
  await job.getByText("Stopping").waitFor();
  await simulator.releaseFaults({ id });
  await job.getByText("Stopped").waitFor();
  await job.getByText(/1 not begun/).waitFor();
  assertEquals((await entryNow()).description, "Four");
  assertClean();
  await close();
});

Deno.test("changes of a person are found by the name, older ones on request, and the row says why there is no undo", async () => {
  await world.database.db.sql`
    insert into change (installation_id, state, operation, operation_key, params, entity_type, origin, person, via,
      before_state, undoable, http_status)
    select installation.id, 'done', 'addUsers', 'POST /v1/workspaces/{workspaceId}/users', '{"path": {}, "query": {}}',
      'user', 'person', ${ownerId}, 'explorer', 'no_read', false, 200
    from installation, generate_series(1, 60) where addon = ${PROFILE} and workspace_id = ${workspaceId}`;
  const [{ users }] = await simulator.workspaces() as Json[];
  const { name } = users.find(({ id }: Json) => id === ownerId);
  const { page, frame, assertClean, close } = await openJournal();
  await frame.getByRole("combobox", { name: "Person" }).fill(name.slice(0, 4));
  await frame.getByRole("option", { name }).waitFor();
  await page.keyboard.press("Enter");
  await frame.getByRole("button", { name: `By ${name}` }).waitFor();
  const invited = row(frame, "Add users", `${name} in the Explorer`, "Cannot be undone", "the invitation was sent");
  await eventually(async () => await invited.count() === 50);
  await frame.getByRole("button", { name: "Show older changes" }).click();
  await eventually(async () => await invited.count() === 60);
  await invited.first().click();
  await pane(frame).getByText("It cannot be undone: the invitation was sent").waitFor();
  assertClean();
  await close();
});

Deno.test("a member reads the journal without amounts, and sees why there is no undo", async () => {
  await run("Rates", [{
    id: "rate",
    operation_id: "updateProject",
    path_params: { projectId: project.id },
    body: { hourlyRate: { amount: 7_700 }, note: "Day work" },
  }]);
  const { frame, assertClean, close } = await openJournal({ viewer: memberId });
  await row(frame, "Project", "Rates").click();
  await pane(frame).getByText("Amounts are for admins: hourly rate.").waitFor();
  for (const name of ["Undo 2 fields…", "Compare with now"]) {
    const button = pane(frame).getByRole("button", { name });
    assertEquals(await button.getAttribute("aria-disabled"), "true");
    assertMatch((await button.getAttribute("title"))!, /member/);
    await button.click({ force: true });
  }
  assertEquals(await frame.getByRole("dialog").count(), 0);
  await pane(frame).getByText("Whole objects").click();
  assertNotMatch(await pane(frame).innerText(), /hourlyRate|77\.00|7,?700/);
  const bulk = frame.getByRole("button", { name: "Undo a flow's changes…" });
  assertMatch((await bulk.getAttribute("title"))!, /member/);
  assertClean();
  await close();
});

Deno.test("at 390 pixels a row has two lines, a change stands instead of the list, and the way back leads to its row", async () => {
  const { page, frame, assertClean, close } = await openJournal({ width: 390 });
  const first = row(frame).first();
  await first.waitFor();
  for (const line of await row(frame).all()) assert((await line.boundingBox())!.height < 66, await line.innerText());
  const id = await first.getAttribute("data-change");
  await first.press("Enter");
  await isFocused(pane(frame).getByRole("heading", { level: 2 }).first());
  assertEquals(await first.isVisible(), false);
  const sideways = () => frame.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assertEquals(await sideways(), 0);
  await pane(frame).getByRole("button", { name: /^Undo|^Delete|^Create/ }).click();
  await undoing(frame).getByRole("button", { name: "Cancel" }).waitFor();
  assertEquals(await sideways(), 0);
  assertEquals(await axe(page), []);
  await page.keyboard.press("Escape");
  await undoing(frame).waitFor({ state: "detached" });
  await isFocused(pane(frame).getByRole("heading", { level: 2 }).first());
  await page.keyboard.press("Escape");
  await isFocused(frame.locator(`[data-change="${id}"]`));
  assertClean();
  await close();
});

Deno.test("where a second person is needed the page names the request, and the undo goes on after the approval", async () => {
  await run("Makes a second tag", [{ id: "make", operation_id: "createNewTag", body: { name: "two persons" } }]);
  // The last of the file: a second person would be needed to lift it.
  const policy = { by_hand: { destructive: "second_person" } };
  assertEquals((await askAs(world, "/ui/guard", { method: "PUT", body: policy })).status, 200);
  const { frame, assertClean, close } = await openJournal();
  await row(frame, "Tag two persons created").click();
  const open = pane(frame).getByRole("button", { name: "Delete the tag…" });
  await open.click();
  const dialog = undoing(frame);
  const undo = dialog.getByRole("button", { name: "Delete the tag" });
  await undo.click();
  const [, id] = /approve request (\d+)/.exec((await dialog.getByText(/approve request/).textContent()) ?? "")!;
  await dialog.getByRole("button", { name: "Close" }).click();
  await dialog.waitFor({ state: "detached" });
  const approve = world.consoleUrl(PROFILE, `/ui/guard/requests/${id}/approve?workspace_id=${workspaceId}`);
  assertEquals((await ask(approve, { method: "POST", body: {}, headers: { "x-api-key": OPERATOR_KEY } })).status, 200);
  await open.click();
  await undo.click();
  const confirm = dialog.getByRole("button", { name: "Confirm the undo" });
  await confirm.or(row(frame, "Tag two persons created", "Undone")).first().waitFor();
  if (await confirm.isVisible()) await confirm.click();
  await row(frame, "Tag two persons created", "Undone").waitFor();
  assertClean([/status of 428 .*\/undo\)/]);
  await close();
});

stopAtTheEnd(browser, () => world);
