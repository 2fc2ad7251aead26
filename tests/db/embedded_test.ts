/** Tests of src/db/embedded.ts and folder_lock.ts: one owner per data folder, and what is left after kill -9. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { openEmbedded } from "../../src/db/embedded.ts";
import { lockFolder } from "../../src/db/folder_lock.ts";
import { startChild } from "../support/child.ts";
import { SERVER_URL, stopSharedDatabase, testDatabase } from "../support/database.ts";
import { databaseContract } from "./contract.ts";

const OWNER = new URL("../support/embedded_owner.ts", import.meta.url);
/** These tests never touch a server; once, in the run on the embedded database, is enough. */
const ignore = SERVER_URL !== undefined;

databaseContract({
  name: "embedded",
  missing: ignore ? "once, in the run on the embedded database, is enough" : undefined,
  open: testDatabase,
  openAgain: () => undefined,
  cannot: {
    "notify() reaches the listeners of other processes": "one process alone has its folder open",
    "scoped() ends a statement that is under way at its deadline": "it has no timers",
    "scopedStatement() that does not narrow itself sees no row":
      "one session serves all, so that the first wall holds alone",
  },
});
Deno.test.afterAll(stopSharedDatabase);

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "timewire_data_" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "openEmbedded() refuses a folder in use, and opens it with every committed row after kill -9 of its owner",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      const env = { FOLDER: folder, ROWS: "50" };
      const owner = await startChild(OWNER, env);
      await assertRejectsLike(openEmbedded({ dataDir: folder }), {
        code: "DATA_FOLDER_LOCKED",
        message: new RegExp(`"${folder}": process ${owner.pid} uses it`),
      });
      owner.kill("SIGKILL");
      await owner.status;

      const db = await openEmbedded({ dataDir: folder });
      const [row] = await db.sql<{ rows: number; newest: number }[]>`
        select count(*)::int as rows, max(number) as newest from kept`;
      assert(row!.rows >= 50, `${row!.rows} rows`);
      assertStrictEquals(row!.newest, row!.rows, "no row in between is missing");
      await assertRejectsLike(startChild(OWNER, env), new RegExp(`process ${Deno.pid} uses it`));
      await db.stop();
    }),
});

Deno.test({
  name: "openEmbedded() that fails says so and unlocks the folder",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/postgres`, "not a folder");
      await assertRejectsLike(openEmbedded({ dataDir: folder }), { code: "START_FAILED" });
      await (await lockFolder(folder)).release();
    }),
});

Deno.test({
  name: "openEmbedded() keeps the data of a folder over a stop, and hands hints to its listeners",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      const first = await openEmbedded({ dataDir: folder });
      await first.sql`create table kept as select 7 as number`;
      let hints = 0;
      const listening = await first.listen("work", () => hints++);
      first.notify("work");
      first.notify("other");
      await listening.stop();
      first.notify("work");
      assertEquals(hints, 1);
      await first.stop();
      const second = await openEmbedded({ dataDir: folder });
      assertEquals([...await second.sql`select number from kept`], [{ number: 7 }]);
      await second.stop();
    }),
});

Deno.test({
  name: "openEmbedded() listens on no port, and lets no other user of the machine to its socket and files",
  ignore: ignore || Deno.build.os !== "linux",
  fn: () =>
    withFolder(async (folder) => {
      const opened = async () => {
        const db = await openEmbedded({ dataDir: folder });
        await db.sql`select 1`;
        const links = await Array.fromAsync(
          Deno.readDir("/proc/self/fd"),
          ({ name }) => linkOf(`/proc/self/fd/${name}`),
        );
        const inodes = new Set((await Promise.all(links)).map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]));
        const listening = (await Deno.readTextFile("/proc/self/net/tcp")).split("\n").map((line) =>
          line.trim().split(/\s+/)
        )
          .filter(([, , , state, , , , , , inode]) => state === "0A" && inodes.has(inode));
        assertEquals(listening, []);
        await db.stop();
      };
      await opened();
      // As a version before this one made them.
      for (const name of ["run", "postgres"]) await Deno.chmod(`${folder}/${name}`, 0o755);
      await opened();
      for (const name of ["run", "postgres"]) assertEquals((await Deno.stat(`${folder}/${name}`)).mode! & 0o777, 0o700);
    }),
});

async function linkOf(path: string): Promise<string> {
  return await Deno.readLink(path).catch(() => "");
}

Deno.test("lockFolder() makes the folder, refuses a second lock and gives way after release()", () =>
  withFolder(async (folder) => {
    const path = `${folder}/a/b`;
    const lock = await lockFolder(path);
    await assertRejectsLike(lockFolder(path), {
      code: "DATA_FOLDER_LOCKED",
      message: new RegExp(`process ${Deno.pid} uses it`),
    });
    await lock.release();
    await (await lockFolder(path)).release();
  }));

Deno.test("lockFolder() answers START_FAILED where it cannot write", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    await assertRejectsLike(lockFolder(`${folder}/file`), { code: "START_FAILED" });
  }));
