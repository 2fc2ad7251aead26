/** Tests of /docs in a browser: its search finds routes, and its policy lets its own script run and nothing else. */

import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { axe, openBrowser } from "../support/browser.ts";
import { stopSharedDatabase } from "../support/database.ts";
import { startWorld } from "../support/world.ts";

Deno.test("/docs is searched in the browser, on an add-on's port and the operators', without a word on the console", async () => {
  const world = await startWorld({ env: {} });
  const browser = await openBrowser();
  try {
    for (const base of [world.url("universal_webhook"), `http://127.0.0.1:${world.serving.operatorPort}`]) {
      const { page, assertClean, close } = await browser.openPage();
      await page.goto(`${base}/docs`);
      const shown = () => page.locator("[data-route]:visible h3").allTextContents();
      const all = await shown();
      assert(all.length > 50, String(all.length));
      await page.getByRole("searchbox", { name: "Search the routes" }).fill("retry failed run");
      const found = await shown();
      assert(found.length > 0 && found.length < all.length, found.join());
      assert(found.some((route) => route.endsWith("/ui/runs/{id}/retry")), found.join());
      assertStrictEquals(
        await page.locator("output").textContent(),
        found.length === 1 ? "1 route" : `${found.length} routes`,
      );
      await page.getByRole("searchbox").fill("no such words anywhere");
      assertEquals(await shown(), []);
      await page.getByRole("searchbox").fill("");
      assertEquals((await shown()).length, all.length);
      await page.getByRole("link", { name: /^GET .*\/ui\/runs$/ }).click();
      assertMatch(page.url(), /#get_.*ui_runs$/);
      assertEquals(await axe(page), []);
      assertClean();
      await close();
    }
  } finally {
    await browser.stop();
    await world.stop();
    await stopSharedDatabase();
  }
});
