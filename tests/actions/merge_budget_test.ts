/** What a merge does with a small budget of the hour, and with a null that is no instruction any more. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { toStep } from "../../src/flows/parse/to_plan.ts";
import { type ActionScene, type Json, startActionScene } from "../support/action_scene.ts";

const START = "2026-11-20T09:00:00Z";
const END = "2026-11-20T11:30:00Z";

async function withScene(perHour: number | undefined, test: (scene: ActionScene) => Promise<void>) {
  const scene = await startActionScene({ perHour });
  try {
    await test(scene);
  } finally {
    await scene.stop();
  }
}

/** The input of a flow's step once its expressions are resolved: `drawn` are the fields that they gave. */
function resolved(body: Json, drawn: Json, path_params: Json) {
  const action = { id: "a", type: "clockify", operation_id: "updateTimeEntry", path_params, query_params: {}, body };
  const { input } = toStep({ on_uncertain: "fail", ...action } as Json) as Json;
  return { ...input, body: { ...body, ...drawn } };
}

Deno.test("a merge reads only when its write has a call too, and refuses what no hour has the calls for", () =>
  withScene(4, async (scene) => {
    const body = { start: START, end: END, description: "Kept" };
    const entry = await scene.change("POST", "/time-entries", body);
    const change = (description: string) =>
      scene.run({ operation_id: "updateTimeEntry", path_params: { id: entry.id }, body: { description } });
    scene.sent();
    const many = await scene.run({
      operation_id: "replaceMany",
      path_params: { userId: scene.ownerId },
      body: Array.from({ length: 4 }, () => ({ id: entry.id, description: "Many" })),
    });
    assert(many.outcome === "failed" && !many.error.retryable);
    assertEquals([many.error.code, many.error.details.sent], ["UPSTREAM_RATE_LIMITED", false]);
    assertMatch(many.error.message, /needs 5 calls, and the workspace has 4 an hour/);
    assertEquals(scene.sent(), []);
    // Nothing to write: the call that was set aside for it is there for the next one.
    assertEquals((await change("Kept")).outcome, "done");
    assertEquals((await change("New")).outcome, "done");
    scene.sent();
    assertEquals((await change("Newer")).outcome, "snooze");
    assertEquals(scene.sent(), []);
    assertEquals(await scene.see(`/time-entries/${entry.id}`), { ...entry, description: "New" });
  }));

Deno.test("a null that an expression gave leaves the field as it is now, one that the flow says empties it", () =>
  withScene(undefined, async (scene) => {
    const [project] = await scene.see("/projects?name=Terminal");
    const entry = await scene.change("POST", "/time-entries", { start: START, end: END, projectId: project.id });
    const path_params = { id: entry.id };
    const body = { start: "$.webhook.timeInterval.start", end: "$.webhook.timeInterval.end", description: "Seen" };
    // The event is of the time when the timer ran.
    const input = resolved(body, { start: START, end: null }, path_params);
    assertEquals("nulls" in input, false);
    await scene.done(input);
    const seen = { ...entry, description: "Seen" };
    assertEquals(await scene.see(`/time-entries/${entry.id}`), seen);
    // A plan that was stored before says nothing of its nulls.
    await scene.done({ operation_id: "updateTimeEntry", path_params, body: { projectId: null, end: null } });
    assertEquals(await scene.see(`/time-entries/${entry.id}`), seen);
    await scene.done(resolved({ projectId: null, end: "$.webhook.timeInterval.end" }, { end: null }, path_params));
    const { projectId, ...rest } = await scene.see(`/time-entries/${entry.id}`);
    assertEquals([projectId, rest.timeInterval, rest.description], [null, seen.timeInterval, "Seen"]);
    const reopened = await scene.done(resolved({ end: null }, {}, path_params));
    assertEquals(reopened, { ...rest, projectId, timeInterval: { start: START, end: null, duration: null } });
  }));
