/** A world with something to show, and the two ways into its console: framed by the host page, and alone by a key. */

import { assert, assertEquals, assertNotStrictEquals } from "@std/assert";
import type { Frame, Page } from "playwright-core";
import type { ProfileKey } from "../../src/profiles/profile.ts";
import { PROFILES } from "../../src/profiles/profiles.ts";
import { makeSample } from "./console_sample.ts";
import { eventually, OPERATOR_KEY, startWorld, type World, type WorldOptions } from "./world.ts";

export interface ConsoleWorld extends World {
  /** Address of a profile's console, or of the page below it. */
  consoleUrl(profile: ProfileKey, path?: string): string;
  /** Opens the host page in front of a viewer (the owner when none is named); gives the frame the console is in. */
  frame(page: Page, profile: ProfileKey, options?: { viewer?: string }): Promise<Frame>;
  /** Opens a page of the console without a frame, signed in by the operator's key. */
  alone(page: Page, profile: ProfileKey, path?: string): Promise<void>;
}

export interface ConsoleWorldOptions extends WorldOptions {
  /** Without events, flows and runs when false. */
  sample?: boolean;
}

/** All three add-ons in the first workspace; events, flows and runs at Universal Webhook. */
export async function startConsoleWorld(
  { sample = true, ...options }: ConsoleWorldOptions = {},
): Promise<ConsoleWorld> {
  const world = await startWorld({ ...options, env: { MANIFEST_WEBHOOK_LIMIT: "20", ...options.env } });
  for (const { key } of PROFILES) await world.install(key);
  await eventually(() => namesAreRead(world));
  if (sample) await makeSample(world);
  const built = await fetch(`${world.url("universal_webhook")}/ui`);
  await built.body?.cancel();
  assertNotStrictEquals(built.status, 503, "The console is not built: deno task console:build");
  const consoleUrl = (profile: ProfileKey, path = "/ui") => world.url(profile) + path;
  return {
    ...world,
    consoleUrl,
    async frame(page, profile, { viewer } = {}) {
      const { addonKey } = world.serving.core.listeners.find((one) => one.profile.key === profile)!.app;
      const query = new URLSearchParams({ addon: addonKey, ...(viewer && { viewer }) });
      await page.goto(`${world.simulator.url}/?${query}`);
      const element = await page.waitForSelector("iframe#addon");
      const frame = await element.contentFrame();
      assert(frame, "the host page has no frame");
      await frame.waitForLoadState();
      // As a person scrolls down to it where the window is narrow: what is fixed in a frame brings no page to itself.
      await element.scrollIntoViewIfNeeded();
      return frame;
    },
    async alone(page, profile, path) {
      await page.goto(consoleUrl(profile, path));
      await page.getByLabel("Operator key").fill(OPERATOR_KEY);
      await page.getByRole("button", { name: "Sign in" }).click();
      const [workspace] = await world.simulator.workspaces();
      await page.getByRole("button", { name: workspace!.name }).click();
      await page.locator("#page").waitFor();
    },
  };
}

/** The workspace is known by its name as soon as its first read has come to it. */
async function namesAreRead(world: World): Promise<boolean> {
  const named = await Promise.all(PROFILES.map(async ({ key }) => {
    const response = await fetch(`${world.url(key)}/ui/workspaces`, { headers: { "x-api-key": OPERATOR_KEY } });
    const answer = await response.json();
    // A machine that is busy with other tests: asked again in a moment.
    if (response.status === 429 || response.status === 503) return false;
    assertEquals(response.status, 200, JSON.stringify(answer));
    const { workspaces } = answer;
    return workspaces.length > 0 && workspaces.every(({ name }: { name: string | null }) => name !== null);
  }));
  return named.every(Boolean);
}
