/** Tests of src/installations/active.ts: what is remembered of an active installation, for how long, and what ends it. */

import { assertEquals, assertRejects } from "@std/assert";
import { AppError } from "../../src/base/errors.ts";
import { createActiveInstallations } from "../../src/installations/active.ts";
import type { Installation, InstallationStatus } from "../../src/installations/store.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";

function setUp() {
  const clock = createFakeClock();
  const state: { status: InstallationStatus | undefined; generation: number; looks: number } = {
    status: "active",
    generation: 1,
    looks: 0,
  };
  const active = createActiveInstallations({
    clock,
    installations: {
      find: (addon, workspaceId) => {
        state.looks++;
        const { status, generation } = state;
        return Promise.resolve(
          status && { id: 7, addon, workspaceId, addonId: "addon-1", generation, status } as unknown as Installation,
        );
      },
    },
  });
  const find = async () => (await active.find("profile", "workspace-1")).generation;
  return { clock, state, active, find };
}

Deno.test("find() looks once in 60 s, and once for all that ask meanwhile", async () => {
  const { clock, state, active, find } = setUp();
  assertEquals(await Promise.all([find(), find(), find()]), [1, 1, 1]);
  assertEquals(state.looks, 1);
  state.generation = 2;
  await clock.advance(59_999);
  assertEquals(await find(), 1);
  await clock.advance(1);
  assertEquals([await find(), state.looks], [2, 2]);
  assertEquals((await active.find("profile", "workspace-2")).workspaceId, "workspace-2");
});

Deno.test("forget() counts at once, also for a look that is under way", async () => {
  const { state, active, find } = setUp();
  await find();
  state.status = "uninstalled";
  active.forget(8);
  assertEquals(await find(), 1, "another one's end");
  active.forget(7);
  await assertRejects(find, AppError, "the add-on is not installed");

  state.status = "active";
  const reading = find();
  state.generation = 2;
  active.forget(7);
  assertEquals(await reading, 1);
  assertEquals(await find(), 2, "what was read before is not kept");
});

Deno.test("find() keeps nothing of what is not there, or not active", async () => {
  const { state, find } = setUp();
  for (const status of [undefined, "uninstalled", "inactive"] as const) {
    state.status = status;
    await assertRejects(find, AppError, "Cannot");
  }
  state.status = "active";
  assertEquals([await find(), state.looks], [1, 4]);
});
