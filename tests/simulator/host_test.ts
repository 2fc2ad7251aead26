/** The host page's files and headers, and the commands it works with. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { decodeJwt } from "jose";
import { call, withScene } from "./setup.ts";

Deno.test("the host page allows frames of installed add-ons only, and nothing inline", () =>
  withScene({}, async ({ simulator, addon, installed }) => {
    for (const path of ["/", "/host"]) {
      const page = await call(simulator.url + path, "GET");
      assertEquals(page.status, 200);
      assertMatch(page.headers.get("content-type")!, /^text\/html/);
      const policy = page.headers.get("content-security-policy")!;
      assertMatch(policy, new RegExp(`frame-src ${addon.url};`));
      assert(!policy.includes("unsafe"), policy);
    }
    const files = (await call(`${simulator.url}/`, "GET")).text.matchAll(/(?:href|src)="([^"]+)"/g);
    for (const [, file] of files) assertEquals((await call(simulator.url + file, "GET")).status, 200, file);

    await simulator.uninstall({ addonId: installed.addonId });
    const empty = await call(`${simulator.url}/`, "GET");
    assertMatch(empty.headers.get("content-security-policy")!, /frame-src 'none'/);
  }));

Deno.test("no file but the page's own is served, and only read", () =>
  withScene({}, async ({ simulator }) => {
    for (const path of ["/host/page.ts", "/host/..%2fsimulator.ts", "/host/constructor"]) {
      assertEquals((await call(simulator.url + path, "GET")).status, 404, path);
    }
    assertEquals((await call(`${simulator.url}/host/host.js`, "POST", {})).status, 405);
  }));

Deno.test("listAddonPages() gives the sidebar pages of the workspace's active add-ons", () =>
  withScene({}, async ({ simulator, addon, installed, workspaceId }) => {
    const { addonId } = installed;
    const page = { addonId, addonKey: "fake-addon", label: "Fake", accessLevel: "EVERYONE" };
    assertEquals(await simulator.listAddonPages({ workspaceId }), [
      { ...page, url: `${addon.url}/ui`, origin: addon.url },
    ]);
    await simulator.setStatus({ addonId, status: "INACTIVE" });
    assertEquals(await simulator.listAddonPages({ workspaceId }), []);
  }));

Deno.test("setUserSettings() shows in the person's next token and in the REST answers, and in nobody else's", () =>
  withScene({}, async ({ simulator, workspaceId, ownerId, memberId, api }) => {
    const changed = { theme: "DARK", language: "DE", timeZone: "Asia/Tokyo" } as const;
    const who = { workspaceId, userId: memberId };
    assertEquals(await simulator.setUserSettings({ ...who, ...changed }), changed);

    const looks = async (userId: string) => {
      const { theme, language } = decodeJwt(await simulator.userToken({ workspaceId, userId, addonKey: "fake-addon" }));
      return [theme, language];
    };
    assertEquals(await looks(memberId), ["DARK", "DE"]);
    assertEquals(await looks(ownerId), ["DEFAULT", "EN"]);

    const key = await simulator.apiKey({ workspaceId, userId: memberId });
    const { settings } = (await api("GET", "/users", undefined, { "X-Api-Key": key })).json.find(
      ({ id }: { id: string }) => id === memberId,
    );
    assertEquals(
      [settings.theme, settings.darkTheme, settings.lang, settings.timeZone],
      ["DARK", true, "DE", "Asia/Tokyo"],
    );

    for (const wrong of [{ theme: "dark" }, { language: "German" }, { timeZone: "Mars/Olympus" }]) {
      await assertRejectsLike(simulator.setUserSettings({ ...who, ...wrong } as typeof who), {
        code: "REQUEST_INVALID",
      });
    }
    assertEquals(await looks(memberId), ["DARK", "DE"]);
  }));
