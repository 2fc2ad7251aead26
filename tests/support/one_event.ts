/** The whole path of an event on a database: installed, delivered, matched, run, and written to the fake Clockify. */

import { assertEquals } from "@std/assert";
import type { Database } from "../../src/db/db.ts";
import { NEEDS_PROJECT_FLOW } from "../../src/simulator/demo_flow.ts";
import { eventually, startWorld } from "./world.ts";

/** Rejects where any of it fails; the database must be migrated, and is left open. */
export async function serveOneEvent(db: Database): Promise<void> {
  const world = await startWorld({ database: { db, stop: () => Promise.resolve() } });
  try {
    await world.install("universal_webhook");
    const { simulator, workspaceId, memberId: userId } = world;
    const url = world.url("universal_webhook");
    const headers = { ...await world.viewer("universal_webhook"), "content-type": "application/json" };
    await simulator.change({ workspaceId, method: "POST", path: "/tags", body: { name: "needs-project" } }).catch(
      () => {},
    );
    const body = JSON.stringify(NEEDS_PROJECT_FLOW);
    const saved = await (await fetch(`${url}/ui/flows`, { method: "POST", headers, body })).json();
    const change = (method: "POST" | "PATCH", path: string, body: unknown) =>
      simulator.change({ workspaceId, userId, method, path, body });
    await change("POST", "/time-entries", { start: "2026-11-20T09:00:00Z", description: "A call" });
    await change("PATCH", `/user/${userId}/time-entries`, { end: "2026-11-20T09:30:00Z" });
    await simulator.settled();
    const [run] = await eventually(async () => {
      const answer = await (await fetch(`${url}/ui/flows/${saved.id}/executions`, { headers })).json();
      return answer.executions?.[0]?.status === "COMPLETED" && answer.executions;
    });
    assertEquals(run.actions.map(({ status }: { status: string }) => status), ["COMPLETED", "COMPLETED"]);
    // A probe that a busy machine kept waiting is asked again.
    const { checks } = await eventually(async () => {
      const ready = await (await fetch(`${url}/ready`)).json();
      return ready.ready && ready;
    });
    assertEquals(checks, { database: "ok", migrations: "ok", keys: "ok", redis: null });
    // Also what the flow's own write brought.
    await simulator.settled();
    const refused = (await simulator.listDeliveries()).filter(({ attempts }) => attempts.at(-1)?.status !== 200);
    assertEquals(refused, []);
  } finally {
    await world.stop();
  }
}
