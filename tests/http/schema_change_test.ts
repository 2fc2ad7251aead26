/** The schema changes under a running instance: no request is answered with an error for it. */

import { assertEquals } from "@std/assert";
import { DATABASE_KIND, stopSharedDatabase } from "../support/database.ts";
import { eventually, startWorld } from "../support/world.ts";
import { type Answer, ask, type Json } from "./door.ts";

const EVENT = "TIMER_STOPPED";
/** More than the pool has connections. */
const AT_ONCE = 24;

Deno.test(`a column gets another type under a running instance (${DATABASE_KIND}): reads, writes and events go on`, async () => {
  const world = await startWorld();
  try {
    await world.install("universal_webhook");
    const headers = await world.viewer("universal_webhook");
    const flows = (path = "", options: Parameters<typeof ask>[1] = {}) =>
      ask(`${world.url("universal_webhook")}/ui/flows${path}`, { headers, ...options });
    const readAll = () => Promise.all(Array.from({ length: AT_ONCE }, () => flows()));
    const body = { name: "Read", trigger_event_types: [EVENT], actions: [{ id: "tags", operation_id: "getTags" }] };
    const { body: flow } = await flows("", { body });
    const deliver = () =>
      world.simulator.deliver({
        workspaceId: world.workspaceId,
        event: EVENT,
        payload: { id: crypto.randomUUID(), workspaceId: world.workspaceId },
      });
    const runs = (count: number) =>
      eventually(async () => {
        const { executions } = (await flows(`/${flow.id}/executions`)).body;
        return executions.length === count && executions.every((one: Json) => one.status === "COMPLETED");
      });

    await flows(`/${flow.id}`, { method: "PATCH", body: { name: "Read once" } });
    await deliver();
    await runs(1);
    await readAll();
    const before = await readAll();

    await world.database.db.sql.unsafe(`
      alter table flow alter column name type varchar(500);
      alter table flow add column noted text;
      alter table run alter column error_message type varchar(5000);
      alter table event alter column event_type type varchar(500)`);

    const parts = (answers: Answer[]) => answers.map(({ status, body }) => ({ status, body }));
    assertEquals(parts(await readAll()), parts(before));
    const changes = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, index) => flows("", { body: { ...body, name: `Made after ${index}` } })),
    );
    assertEquals(changes.map(({ status }) => status), Array(AT_ONCE).fill(201));
    for (const { body } of changes) assertEquals((await flows(`/${body.id}`, { method: "DELETE" })).status, 200);
    await deliver();
    await runs(2);
  } finally {
    await world.stop();
    await stopSharedDatabase();
  }
});
