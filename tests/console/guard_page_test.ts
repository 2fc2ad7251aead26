/** The guard in the settings: its policy changed and read, and what waits for a second person decided by one. */

import { assertEquals, assertMatch } from "@std/assert";
import type { Locator } from "playwright-core";
import { axe, openBrowser, type PageOptions } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "../support/console_world.ts";
import { eventually } from "../support/world.ts";
import { assertProblem } from "../http/door.ts";
import { askAs, goTo, isFocused, type Place, PROFILE, stopAtTheEnd } from "./setup.ts";

const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 390, height: 844 };
/** Set by hand, to look at what the tests see. */
const PICTURES = Deno.env.get("GUARD_PICTURES");

const browser = await openBrowser();
let world: ConsoleWorld;
let tag: { id: string; name: string };

Deno.test.beforeAll(async () => {
  world = await startConsoleWorld({ sample: false });
  const tags = await askAs(world, "/ui/api-explorer/execute", { body: { operation_id: "getTags" } });
  tag = tags.body.data[0];
});
const deleteTag = () => ({ operation_id: "deleteTag", path_params: { id: tag.id } });

const execute = async (more: unknown = {}) =>
  (await askAs(world, "/ui/api-explorer/execute", { body: { ...deleteTag(), ...more as object } })).body;
const policy = async () => (await askAs(world, "/ui/guard")).body;
const destructive = async () => {
  const { grades } = await policy();
  return grades.find(({ grade }: { grade: string }) => grade === "destructive");
};

/** A tab of the settings in the host page's frame. */
async function openTab(name: string, { viewer, ...options }: PageOptions & { viewer?: string } = {}) {
  const watched = await browser.openPage({ viewport: WIDE, ...options });
  const frame = await world.frame(watched.page, PROFILE, { viewer });
  await goTo(frame, "Settings");
  await frame.getByRole("tab", { name, exact: true }).click();
  return { ...watched, frame };
}

/** As an operator, who is another person than the owner. */
async function openApprovalsAlone(options: PageOptions = {}) {
  const watched = await browser.openPage({ viewport: WIDE, ...options });
  await world.alone(watched.page, PROFILE);
  await goTo(watched.page, "Settings");
  await watched.page.getByRole("tab", { name: "Approvals" }).click();
  return watched;
}

const ruleOf = (place: Place, name: string) => place.getByRole("combobox", { name, exact: true });
const requestOf = (place: Place, text: string) => place.getByRole("article").filter({ hasText: text });
const toast = (place: Place, hasText: string | RegExp) => place.locator(".toast", { hasText }).waitFor();

async function picture(place: Place, name: string): Promise<void> {
  if (!PICTURES) return;
  const page = "page" in place && typeof place.page === "function" ? place.page() : place;
  await (page as { screenshot(options: object): Promise<unknown> }).screenshot({
    path: `${PICTURES}/${name}.png`,
    fullPage: true,
  });
}

async function fits(place: Place): Promise<void> {
  assertEquals(await place.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
}

async function isRefused(control: Locator, reason: RegExp): Promise<void> {
  assertEquals(await control.getAttribute("aria-disabled"), "true");
  assertMatch((await control.getAttribute("title"))!, reason);
}

Deno.test("an admin sees what each grade holds, and changes what it needs; a change of somebody else is laid under it", async () => {
  const { page, frame, assertClean, close } = await openTab("Guard");
  await frame.getByText("Nothing was changed so far").waitFor();
  const save = frame.getByRole("button", { name: "Save", exact: true });
  await isRefused(save, /Nothing was changed/);
  await frame.getByText(/^\d+ operations of the grade Destructive/).click();
  const held = frame.getByRole("list", { name: "Operations of the grade Destructive" });
  await held.getByText("DELETE …/tags/{id}", { exact: true }).waitFor();
  assertEquals(await held.getByRole("listitem").count(), (await destructive()).operations);

  await ruleOf(frame, "Destructive, by hand").selectOption("second_person");
  await frame.getByText("Destructive, by hand: A second person instead of shown first").waitFor();
  await picture(frame, "guard");
  assertEquals(await axe(page), []);
  await askAs(world, "/ui/guard", { method: "PUT", body: { by_hand: { business: "deny" } } });
  await save.press("Enter");
  await frame.getByRole("alert").getByText("Someone else changed the guard meanwhile").waitFor();
  await frame.getByText(/^Version 1, by /).waitFor();
  assertEquals(await ruleOf(frame, "Business, by hand").inputValue(), "deny");
  assertEquals(await ruleOf(frame, "Destructive, by hand").inputValue(), "second_person");
  await save.press("Enter");
  await toast(frame, "The guard is changed");
  await frame.getByText(/^Version 2, by /).waitFor();
  assertEquals((await destructive()).by_hand, { outcome: "second_person", is_default: false });
  // Business was set by the other, and goes back by the page.
  await ruleOf(frame, "Business, by hand").selectOption({ label: "Back to the default" });
  await frame.getByText("Business, by hand: the default instead of denied").waitFor();
  await save.press("Enter");
  await frame.getByText(/^Version 3, by /).waitFor();
  assertEquals(await ruleOf(frame, "Business, by hand").inputValue(), "preview");

  await frame.getByRole("tab", { name: "Uninstall" }).click();
  const deleted = frame.getByRole("region", { name: "Is deleted" });
  await deleted.getByRole("heading", { name: "Is deleted after 30 days" }).waitFor();
  const guard = deleted.getByRole("row").filter({ hasText: "Guard and its approvals" });
  await guard.getByText("1 guard_policy").waitFor();
  await frame.getByRole("region", { name: "Ends at once" }).getByText("Webhooks of the add-on in Clockify").waitFor();
  await picture(frame, "uninstall");
  await frame.getByRole("tab", { name: "Audit" }).click();
  await frame.getByRole("row").filter({ hasText: "PUT /ui/guard" }).filter({ hasText: "done" }).first().waitFor();
  // Of one person alone, with the count over all pages; the address keeps whom.
  const who = frame.getByLabel("Who");
  const people = await who.locator("option").evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value));
  assertEquals(people[0], "");
  const chosen = people[1]!;
  const { body: audited } = await askAs(world, `/ui/audit?reads=omit&limit=100&actor=${encodeURIComponent(chosen)}`);
  await who.selectOption(chosen);
  await frame.getByRole("status").filter({ hasText: new RegExp(`^${audited.total} changes?$`) }).waitFor();
  await eventually(async () => await frame.locator("tbody tr").count() === Math.min(audited.total, 50));
  assertMatch(await frame.evaluate(() => location.search), new RegExp(`who=${chosen}`));
  await frame.getByRole("tab", { name: "Uninstall" }).click();
  await frame.getByRole("link", { name: "Export first" }).click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    frame.getByRole("button", { name: "Export the workspace" }).click(),
  ]);
  const file = JSON.parse(await Deno.readTextFile((await download.path())!));
  assertEquals([file.guard.by_hand.destructive, file.complete], ["second_person", true]);
  await toast(frame, "Exported");
  await picture(frame, "export");
  assertClean([/412/]);
  await close();
});

Deno.test("a member reads the guard and is refused a change of it, by the page and by the server", async () => {
  const { page, frame, assertClean, close } = await openTab("Guard", { viewer: world.memberId, viewport: NARROW });
  await frame.getByText("You can read this, and not change it").waitFor();
  assertEquals(await frame.getByRole("combobox").count(), 0);
  await isRefused(frame.getByRole("button", { name: "Save", exact: true }), /member/);
  await fits(frame);
  await picture(frame, "guard-member-390");
  assertEquals(await axe(page), []);
  const options = { userId: world.memberId, method: "PUT", body: { by_hand: { read: "deny" } } };
  assertProblem(await askAs(world, "/ui/guard", options), 403, "ROLE_INSUFFICIENT");
  await frame.getByRole("tab", { name: "Approvals" }).click();
  await frame.getByText("Nothing waits for a second person").waitFor();
  await frame.getByRole("tab", { name: "Uninstall" }).click();
  await frame.getByText("What an uninstall deletes is shown to admins only").waitFor();
  await frame.getByRole("tab", { name: "Export" }).click();
  await isRefused(frame.getByRole("button", { name: "Export the workspace" }), /member/);
  for (
    const [tab, variable] of [["Limits", "EGRESS_ALLOW"], ["Retention", "UNINSTALL_GRACE_DAYS"], [
      "Effective values",
      "UW_ENABLE_FLOWS",
    ]]
  ) {
    await frame.getByRole("tab", { name: tab }).click();
    await frame.getByText(variable!, { exact: true }).waitFor();
    await fits(frame);
    await picture(frame, `member-390-${tab}`);
  }
  assertEquals(await axe(page), []);
  assertClean();
  await close();
});

Deno.test("a second person reads what would be sent, approves it by keys, and the same call of who asked passes", async () => {
  const asked = await execute();
  assertEquals([asked.status, asked.preview.confirm_token], ["second_person", null], JSON.stringify(asked));
  const own = await openTab("Approvals", { viewport: NARROW, theme: "dark" });
  const mine = requestOf(own.frame, tag.id);
  await mine.getByText("another owner or admin of the workspace, or an operator, decides.").first().waitFor();
  await mine.getByRole("region", { name: "Request", exact: true }).waitFor();
  await isRefused(mine.getByRole("button", { name: /^Approve/ }), /You asked for it/);
  await own.page.keyboard.press("a");
  await toast(own.frame, "You asked for it");
  await fits(own.frame);
  await picture(own.frame, "approvals-mine-390");
  assertEquals(await axe(own.page), []);

  const second = await openApprovalsAlone();
  const request = requestOf(second.page, tag.id);
  await request.getByText(/, by /).waitFor();
  assertEquals(
    await request.getByRole("region", { name: "Request", exact: true }).textContent(),
    `DELETE ${asked.preview.request.path}`,
  );
  await request.getByRole("definition").getByText(tag.name).waitFor();
  assertMatch((await request.textContent())!, /It has no body\./);
  await picture(second.page, "approvals");
  assertEquals(await axe(second.page), []);
  await second.page.keyboard.press("a");
  const dialog = second.page.getByRole("dialog", { name: /^Approve request/ });
  await isFocused(dialog.getByLabel("Note for who asked (optional)"));
  assertEquals(await axe(second.page), []);
  await second.page.keyboard.type("As agreed");
  await second.page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await second.page.getByText("Nothing waits for a second person").waitFor();

  // The list of who asked says so by itself.
  await own.frame.getByText("As agreed").waitFor();
  await own.frame.getByText("it is shown once more, and sent when you confirm").waitFor();
  const { preview } = await execute();
  const sent = await execute({ confirm_token: preview.confirm_token });
  assertEquals(sent.status, "success", JSON.stringify(sent));
  for (const one of [own, second]) {
    one.assertClean();
    await one.close();
  }
});

Deno.test("taking a second person away needs one: asked for, rejected, approved, and made from the approval", async () => {
  const first = await openTab("Guard");
  const { frame, page } = first;
  const second = await openApprovalsAlone({ theme: "dark", viewport: NARROW });
  const ask = async () => {
    await ruleOf(frame, "Destructive, by hand").selectOption("allow");
    await frame.getByText("the change itself needs one").waitFor();
    await frame.getByRole("button", { name: "Save", exact: true }).click();
    const dialog = frame.getByRole("dialog", { name: "A second person is needed" });
    await dialog.getByText("Destructive, by hand: Allowed").waitFor();
    assertEquals(await axe(page), []);
    await picture(frame, "guard-asked");
    await dialog.getByRole("button", { name: "Show the request" }).press("Enter");
    await frame.getByText("Destructive, by hand: Allowed instead of a second person").waitFor();
  };
  await ask();
  // It comes to the other one's list by itself.
  await requestOf(second.page, "Change of the guard").getByText("Destructive, by hand: Allowed").waitFor();
  await fits(second.page);
  await picture(second.page, "approvals-390");
  assertEquals(await axe(second.page), []);
  await second.page.keyboard.press("x");
  await second.page.getByRole("dialog").getByRole("button", { name: "Reject" }).click();
  await frame.getByText("Rejected by operator").waitFor();
  assertEquals((await destructive()).by_hand.outcome, "second_person");

  await frame.getByRole("tab", { name: "Guard" }).click();
  await ask();
  const waiting = requestOf(second.page, "Change of the guard");
  await waiting.waitFor();
  await waiting.getByRole("button", { name: /^Approve/ }).click();
  await second.page.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
  await frame.getByRole("button", { name: "Make this change…" }).press("Enter");
  const dialog = frame.getByRole("dialog", { name: "Change the guard?" });
  await picture(frame, "approval-next");
  await dialog.getByRole("button", { name: "Change the guard" }).click();
  await toast(frame, "The guard is changed");
  await frame.getByText("used", { exact: true }).waitFor();
  assertEquals((await destructive()).by_hand.outcome, "allow");
  await frame.getByRole("combobox", { name: "Show" }).selectOption("all");
  await frame.getByText("3 requests, newest first").waitFor();
  await page.keyboard.press("j");
  await isFocused(frame.locator("[data-request]").first());
  await picture(frame, "approvals-all");
  first.assertClean([/428/]);
  second.assertClean();
  await first.close();
  await second.close();
});

Deno.test("API Studio says that its people only read, and where that is switched; what cannot be loaded says so", async () => {
  const { page, close } = await browser.openPage({ viewport: NARROW });
  const fails = (url: URL) => /\/ui\/guard/.test(url.pathname);
  await page.route(fails, (route) => route.fulfill({ status: 400, json: { code: "INTERNAL", detail: "It broke" } }));
  const frame = await world.frame(page, "api_studio");
  await goTo(frame, "Settings");
  await frame.getByRole("tab", { name: "Guard" }).click();
  await frame.getByText("Cannot load the guard").waitFor();
  await frame.getByRole("tab", { name: "Approvals" }).click();
  await frame.getByText("Cannot load the requests").waitFor();
  assertEquals(await axe(page), []);
  await page.unroute(fails);
  await frame.getByRole("button", { name: "Try again" }).click();
  await frame.getByText("Nothing waits for a second person").waitFor();
  await frame.getByRole("tab", { name: "Guard" }).click();
  await frame.getByText(/"Allow writes by hand" is off; an administrator switches it on in Clockify/).waitFor();
  await fits(frame);
  await picture(frame, "guard-studio-390");
  assertEquals(await axe(page), []);
  await close();
});

stopAtTheEnd(browser, () => world);
