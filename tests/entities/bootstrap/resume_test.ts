/** A read that is stopped in the middle: the next start goes on at its page, and the page cap cuts it. */

import { assertEquals } from "@std/assert";
import { systemClock } from "../../../src/base/clock.ts";
import { start } from "../../../src/app/start.ts";
import { createLogger } from "../../../src/telemetry/log.ts";
import { stopSharedDatabase, testDatabase } from "../../support/database.ts";
import type { Json } from "../../http/door.ts";
import { startTestSimulator } from "../../support/simulator.ts";
import { configOf, eventually, type World, worldEnv } from "../../support/world.ts";
import { addClients, asked, readingOf } from "./reading.ts";

const UW = "universal_webhook";

Deno.test.afterAll(stopSharedDatabase);

Deno.test("a read that was stopped goes on at its page with the next start", async () => {
  const simulator = await startTestSimulator();
  const database = await testDatabase();
  // A poll whose minute comes would read the same lists.
  const env = { ...worldEnv(simulator), PROFILES: UW, UW_BOOTSTRAP_MAX_PAGES: "2", POLL_MINUTES: "0" };
  const logs: string[] = [];
  const log = createLogger({ level: "INFO", format: "json", clock: systemClock, write: (line) => logs.push(line) });
  const serve = () => start({ config: configOf(env), clock: systemClock, log, database: database.db });
  let serving = await serve();
  try {
    const [workspace] = await simulator.workspaces();
    const workspaceId = workspace!.id;
    const part = { simulator, workspaceId, database, url: () => `http://127.0.0.1:${serving.ports[UW]}` };
    const own = readingOf(part as unknown as World, UW);
    await addClients(part as unknown as World, 116);
    // Also what is tried once more while the stop waits for it.
    await simulator.addFault({ kind: "hang", path: "*/clients", skip: 1, count: null });
    const manifestUrl = `http://127.0.0.1:${serving.ports[UW]}/manifest`;
    await simulator.install({ manifestUrl, workspaceId });
    const hanging = () => Promise.resolve(simulator.requests.some(({ query }) => query.startsWith("page=2&")));
    await eventually(hanging);
    await serving.stop();
    await simulator.clearFaults();
    await simulator.clearRequests();

    serving = await serve();
    const read = await own.ended();
    assertEquals(asked(part as unknown as World).filter((path) => path.startsWith("/clients?")), [
      "/clients?page=2&page-size=50",
    ]);
    // And there the cap of two pages cuts it.
    assertEquals(read.status, "COMPLETE");
    assertEquals(read.last_error, "Not read completely: getClients: cut after 2 pages");
    assertEquals(read.lists.find(({ entity_type }: Json) => entity_type === "client").status, "truncated");
    assertEquals((await own.entities("client")).length, 100);
    const line = logs.map((line) => JSON.parse(line)).find(({ message }) => message === "bootstrap.truncated");
    assertEquals([line.workspace_id, line.operation_id], [workspaceId, "getClients"]);
  } finally {
    await serving.stop();
    await simulator.stop();
    await database.stop();
  }
});
