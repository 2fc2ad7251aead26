/** The simulator's host page in a browser: what it says to a framed page, what it does for it, and its own tracker. */

import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { decodeJwt } from "jose";
import type { Frame, Page } from "playwright-core";
import { type Scene, withScene } from "../simulator/setup.ts";
import { axe, openBrowser, type PageOptions, type WatchedPage } from "../support/browser.ts";
import { eventually } from "../support/world.ts";

const browser = await openBrowser();

/** A framed page that records the messages it gets. */
const PROBE = `<!doctype html><html lang="en"><title>Probe</title><script>
  window.received = [];
  addEventListener("message", ({ origin, data }) => received.push({ origin, data }));
</script><p>Probe`;

interface Message {
  origin: string;
  data: { title: string; body?: unknown };
}

interface Stage extends Scene {
  page: Page;
  watched: WatchedPage;
  frame: Frame;
  /** Messages that the framed page got, of this title. */
  received(title: string): Promise<Message[]>;
  /** Sends an action as an add-on does. */
  send(action: string, payload?: unknown): Promise<void>;
}

async function withStage(
  { options, viewer }: { options?: PageOptions; viewer?: "member" },
  test: (stage: Stage) => Promise<void>,
): Promise<void> {
  await withScene({}, async (scene) => {
    const { simulator, addon, workspaceId, memberId } = scene;
    const watched = await browser.openPage(options);
    const { page } = watched;
    await page.route(`${addon.url}/ui**`, (route) => route.fulfill({ contentType: "text/html", body: PROBE }));
    try {
      const person = viewer === "member" ? `?workspace=${workspaceId}&viewer=${memberId}` : "";
      await page.goto(`${simulator.url}/${person}`);
      const frame = (await (await page.waitForSelector("iframe#addon")).contentFrame())!;
      await frame.waitForSelector("p");
      const received = async (title: string) =>
        (await frame.evaluate<Message[]>("received")).filter(({ data }) => data.title === title);
      const send = (action: string, payload?: unknown) =>
        frame.evaluate(([text, origin]) => globalThis.top!.postMessage(text, origin!), [
          JSON.stringify({ action, payload }),
          simulator.url,
        ]);
      await test({ ...scene, page, watched, frame, received, send });
      watched.assertClean();
    } finally {
      await watched.close();
    }
  });
}

function tokenOf(frame: Frame) {
  return decodeJwt(new URL(frame.url()).searchParams.get("auth_token")!);
}

Deno.test("an add-on is framed with a token of the viewer, and gets messages for its origin alone", () =>
  withStage({ viewer: "member" }, async ({ frame, addon, memberId, received, simulator }) => {
    assert(frame.url().startsWith(`${addon.url}/ui?auth_token=`));
    const { user, workspaceRole, theme } = tokenOf(frame);
    assertEquals([user, workspaceRole, theme], [memberId, "MEMBER", "DEFAULT"]);
    const [message] = await eventually(async () => {
      const all = await received("URL_CHANGED");
      return all.length > 0 && all;
    });
    assertStrictEquals(message!.origin, simulator.url);
    assertMatch(String(message!.data.body), /viewer=/);
  }));

Deno.test("refreshAddonToken is answered with a new token", () =>
  withStage({}, async ({ send, received, ownerId }) => {
    await send("refreshAddonToken");
    const [answer] = await eventually(async () => {
      const all = await received("refreshAddonToken");
      return all.length > 0 && all;
    });
    assertStrictEquals(decodeJwt(String(answer!.data.body)).user, ownerId);
  }));

Deno.test("a switch of the theme or the language reaches the frame, and the next token says so", () =>
  withStage({}, async ({ page, send, received }) => {
    await page.getByLabel("Theme").selectOption("Dark");
    await eventually(async () => (await received("USER_SETTINGS_UPDATED")).length === 1);
    assertEquals(await page.locator("html").getAttribute("data-theme"), "DARK");
    await page.getByLabel("Language").selectOption("DE");
    await eventually(async () => (await received("PROFILE_UPDATED")).length === 1);
    await page.getByLabel("Time zone").selectOption("Asia/Tokyo");
    await eventually(async () => (await received("PROFILE_UPDATED")).length === 2);

    await send("refreshAddonToken");
    const [answer] = await eventually(async () => {
      const all = await received("refreshAddonToken");
      return all.length > 0 && all;
    });
    const { theme, language } = decodeJwt(String(answer!.data.body));
    assertEquals([theme, language], ["DARK", "DE"]);
    assertEquals(await axe(page), []);
  }));

Deno.test("toastrPop and preview show a toast as text, navigate opens the tracker", () =>
  withStage({}, async ({ page, send }) => {
    await send("toastrPop", { type: "warning", message: "<b>Careful</b>" });
    const toast = page.locator("#toasts p.warning");
    assertEquals(await toast.textContent(), "<b>Careful</b>");
    await send("preview");
    await page.locator("#toasts p", { hasText: "marketplace" }).waitFor();
    await send("navigate", { type: "tracker" });
    await page.locator("iframe#addon").waitFor({ state: "detached" });
    assertEquals(await page.locator("[aria-current=page]").textContent(), "Time tracker");
  }));

Deno.test("a message from another window or origin does nothing", () =>
  withStage({}, async ({ page, send, simulator }) => {
    const forged = JSON.stringify({ action: "toastrPop", payload: { type: "info", message: "forged" } });
    await page.evaluate(([text, origin]) => globalThis.postMessage(text, origin!), [forged, simulator.url]);
    // The frame's own window, of an origin that is not the add-on's: an opaque one, by a document of its own.
    await page.evaluate((text) => {
      const frame = document.querySelector<HTMLIFrameElement>("iframe#addon")!;
      dispatchEvent(
        new MessageEvent("message", { source: frame.contentWindow, origin: "https://elsewhere.example", data: text }),
      );
    }, forged);
    await send("toastrPop", { type: "info", message: "genuine" });
    await page.locator("#toasts p", { hasText: "genuine" }).waitFor();
    assertEquals(await page.locator("#toasts p").count(), 1);
  }));

Deno.test("the tracker starts and stops a timer, tells the add-on, and shows a tag that comes later", () =>
  withStage({}, async ({ page, received, addon, simulator, workspaceId, ownerId }) => {
    await page.getByLabel("Description").fill("Call with the harbour office");
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("button", { name: "Start" }).waitFor();
    const [started] = await received("TIME_ENTRY_STARTED");
    const [stopped] = await eventually(async () => {
      const all = await received("TIME_ENTRY_STOPPED");
      return all.length > 0 && all;
    });
    const { id } = started!.data.body as { id: string };
    assertStrictEquals((stopped!.data.body as { id: string }).id, id);
    await simulator.settled();
    assertEquals(addon.to("/webhooks/clockify/TIMER_STOPPED").length, 1);

    await page.getByRole("button", { name: "Add 30 min" }).click();
    await eventually(async () => (await received("TIME_ENTRY_CREATED")).length === 1);

    const entry = await simulator.change({ workspaceId, method: "GET", path: `/time-entries/${id}` }) as {
      timeInterval: { start: string; end: string };
    };
    const tags = await simulator.change({ workspaceId, method: "GET", path: "/tags" }) as {
      id: string;
      name: string;
    }[];
    const tag = tags.find(({ name }) => name === "needs-project")!;
    const { start, end } = entry.timeInterval;
    const body = { start, end, description: "Call with the harbour office", tagIds: [tag.id] };
    await simulator.change({ workspaceId, userId: ownerId, method: "PUT", path: `/time-entries/${id}`, body });
    const row = page.locator("#entries li", { hasText: "Call with the harbour office" });
    await row.locator(".tag.fresh", { hasText: "needs-project" }).waitFor();
    assertEquals(await page.locator("#news").textContent(), '"Call with the harbour office" got the tag needs-project');
  }));

Deno.test("its buttons make what people try by keyboard, say what came of it, and let Clockify fail and come back", () =>
  withStage({ options: { viewport: { width: 360, height: 800 } } }, async ({ page, api }) => {
    const done = page.locator("#made > li");
    const press = async (name: string) => {
      await page.getByRole("button", { name }).focus();
      await page.keyboard.press("Enter");
    };
    await press("Entry of 9 hours");
    await done.first().getByText("NEW_TIME_ENTRY to fake-addon: answered 200").waitFor();
    assertMatch((await done.first().textContent())!, /^Made time entry "Quay survey, nine hours" [0-9a-f]{24}/);
    await press("Project");
    await done.first().getByText("No add-on wants this event").waitFor();
    assertMatch((await done.first().textContent())!, /^Made project "Quay works 1" [0-9a-f]{24}/);
    await page.getByLabel("Entries of the burst").fill("3");
    await press("Burst of");
    await done.first().getByText("NEW_TIME_ENTRY to fake-addon: 3 answered 200").waitFor();

    await press("429, too many");
    await page.locator("#failing", { hasText: "429 to every call" }).waitFor();
    assertEquals((await api("GET", "/tags")).status, 429);
    await done.first().getByText("1 call met it so far").waitFor();
    assertEquals(await axe(page), []);
    await press("Back now");
    await done.first().getByText("1 call met it; Clockify answers again").waitFor();
    assertEquals((await api("GET", "/tags")).status, 200);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert(wide <= 360, `the page is ${wide} px wide`);
  }));

for (const width of [820, 1400]) {
  Deno.test(`the host page fits ${width} px and has no serious accessibility fault`, () =>
    withStage({ options: { viewport: { width, height: 800 } } }, async ({ page }) => {
      await page.locator("#entries li").first().waitFor();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert(wide <= width, `the page is ${wide} px wide`);
      assertEquals(await axe(page), []);
    }));
}

Deno.test("the browser stops", () => browser.stop());
