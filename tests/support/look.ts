/**
 * Shows a page of the console to whoever builds it: starts a world with a sample, signs in by the operator's key, writes
 * a PNG. `deno run -A tests/support/look.ts <profile> <path> <outfile> [--dark] [--width 360] [--height 800] [--full]
 * [--framed] [--keep]`; --framed opens the host page, --keep leaves the world up and prints its addresses.
 */

import { parseArgs } from "node:util";
import { systemClock } from "../../src/base/clock.ts";
import type { ProfileKey } from "../../src/profiles/profile.ts";
import { PROFILES } from "../../src/profiles/profiles.ts";
import { openBrowser } from "./browser.ts";
import { type ConsoleWorld, startConsoleWorld } from "./console_world.ts";
import { makeSample } from "./console_sample.ts";
import { stopSharedDatabase } from "./database.ts";
import { OPERATOR_KEY } from "./world.ts";

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    dark: { type: "boolean", default: false },
    width: { type: "string", default: "1280" },
    height: { type: "string", default: "800" },
    full: { type: "boolean", default: false },
    framed: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
});
const [profile, path = "/ui", outfile = "/tmp/look.png"] = positionals;
if (!isProfile(profile)) {
  console.error(`Cannot look: "${profile ?? ""}" is not one of ${PROFILES.map(({ key }) => key).join(", ")}`);
  Deno.exit(2);
}

const world = await startOnFreshBuild();
try {
  await makeSample(world);
  await shoot(world, profile);
  if (values.keep) await untilStopped(world);
} finally {
  await world.stop();
  await stopSharedDatabase();
}
Deno.exit(0);

/** One at a time: a build empties the folder that a world reads at its start. */
async function startOnFreshBuild(): Promise<ConsoleWorld> {
  using lock = await Deno.open("data/look.lock", { create: true, write: true });
  await lock.lock(true);
  // Others work in the same folder: what does not build now does in a moment.
  for (let tries = 1; !await buildConsole() && tries < 4; tries++) await systemClock.sleep(10_000);
  return await startConsoleWorld({ sample: false });
}

async function buildConsole(): Promise<boolean> {
  const options = { args: ["task", "console:build"], env: { NO_COLOR: "1" } };
  const { success, stderr } = await new Deno.Command(Deno.execPath(), options).output();
  if (!success) console.error(new TextDecoder().decode(stderr).split("\n    at ")[0]);
  return success;
}

async function shoot(world: ConsoleWorld, profile: ProfileKey): Promise<void> {
  const browser = await openBrowser();
  const { page, problems } = await browser.openPage({
    theme: values.dark ? "dark" : "light",
    viewport: { width: Number(values.width), height: Number(values.height) },
  });
  try {
    page.setDefaultTimeout(15_000);
    if (values.framed && values.dark) {
      await world.simulator.setUserSettings({ workspaceId: world.workspaceId, userId: world.ownerId, theme: "DARK" });
    }
    await (values.framed ? world.frame(page, profile) : world.alone(page, profile, path));
    // A page with a live stream is never idle: then a moment must do.
    await page.waitForLoadState("networkidle", { timeout: 3_000 }).catch(() => {});
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
  await page.screenshot({ path: outfile, fullPage: values.full });
  console.log(`${outfile}  ${page.url()}`);
  for (const { kind, text } of problems) console.log(`${kind}: ${text}`);
  await browser.stop();
}

async function untilStopped({ simulator, consoleUrl, workspaceId }: ConsoleWorld): Promise<void> {
  console.log(`
Host page     ${simulator.url}/
${PROFILES.map(({ key }) => `${key.padEnd(18)}${consoleUrl(key)}`).join("\n")}
X-API-Key     ${OPERATOR_KEY}
workspace_id  ${workspaceId}
Ctrl-C stops.`);
  const stopped = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, () => stopped.resolve());
  await stopped.promise;
}

function isProfile(name: string | undefined): name is ProfileKey {
  return PROFILES.some(({ key }) => key === name);
}
