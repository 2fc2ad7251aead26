/** Tests of src/db/driver.ts and transaction.ts: no statement reaches a connection that is not its own, or seems done and is not. */

import { assert, assertEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { once } from "node:events";
import { Socket } from "node:net";
import { isUnavailable, type Sql, type TransactionSql } from "../../src/db/db.ts";
import { openDriver } from "../../src/db/driver.ts";
import { SERVER_URL, stopSharedDatabase, type TestDatabase, testDatabase } from "../support/database.ts";
import { within } from "./within.ts";

let database: TestDatabase;

Deno.test.beforeAll(async () => {
  database = await testDatabase();
  await database.db.sql`create table noted (id int)`;
});
Deno.test.afterAll(async () => {
  await database.stop();
  await stopSharedDatabase();
});

const note = (sql: Sql | TransactionSql, id: number) => sql`insert into noted (id) values (${id})`;

async function noted(): Promise<number[]> {
  const rows = await database.db.sql<{ id: number }[]>`delete from noted returning id`;
  return rows.map(({ id }) => id).sort((a, b) => a - b);
}

Deno.test("what sends around the guards is out of reach", async () => {
  const open: Record<string, unknown> = database.db.sql as never;
  for (const name of ["reserve", "subscribe", "largeObject", "file", "notify"]) {
    assertEquals(open[name], undefined, name);
  }
  const found: string[] = [];
  for await (const path of files("src")) {
    if (/^import (?!type).*from "(npm:)?(postgres|pg)"/m.test(await Deno.readTextFile(path))) found.push(path);
  }
  assertEquals(found, ["src/db/driver.ts"]);
});

async function* files(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(`../../${folder}`, import.meta.url))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* files(path);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}

/** The driver over sockets that the test has in its hands. */
async function withSockets(max: number, work: (sql: Sql, sockets: Socket[]) => Promise<void>) {
  const { hostname, port, pathname, username } = new URL(database.url!);
  const sockets: Socket[] = [];
  const socket = async () => {
    const made = new Socket();
    made.connect(Number(port), hostname);
    await once(made, "connect");
    sockets.push(made);
    return made;
  };
  const sql = openDriver({ user: username, database: pathname.slice(1), max, socket } as object);
  try {
    await work(sql, sockets);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** The embedded database has one connection, whose socket is the driver's. */
const ignore = !SERVER_URL;

Deno.test({
  name: "a statement handed to a socket that was reset and not yet closed is unavailable, not done",
  ignore,
  fn: () =>
    withSockets(1, async (sql, sockets) => {
      await note(sql, 1);
      const [socket] = sockets;
      const late = new Promise<unknown>((resolve) => {
        socket!.on("error", () => queueMicrotask(() => note(sql, 2).then(() => resolve("done"), resolve)));
      });
      const closed = once(socket!, "close").catch(() => {});
      socket!.destroy(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }));
      await closed;
      await note(sql, 3);
      const error = await within(late, "the statement");
      assert(isUnavailable(error), String(error));
      assertEquals(await noted(), [1, 3]);
    }),
});

Deno.test({
  name: "a silent connection in a transaction serves nobody else, whatever the driver thinks after a large write",
  ignore,
  fn: () =>
    withSockets(1, async (sql, sockets) => {
      const stranger = Promise.withResolvers<unknown>();
      await assertRejectsLike(
        sql.begin(async (tx) => {
          await note(tx, 1);
          sockets[0]!.emit("drain");
          note(sql, 2).then(stranger.resolve, stranger.reject);
          await note(tx, 3);
          throw new Error("changed its mind");
        }) as Promise<unknown>,
        /changed its mind/,
      );
      await within(stranger.promise, "the statement of the pool");
      assertEquals(await noted(), [2]);
    }),
});

Deno.test({
  name: "a transaction that begins among a burst of single statements has its connection to itself",
  ignore,
  fn: () =>
    withSockets(2, async (sql) => {
      const text = "x".repeat(700);
      const single = () =>
        sql<{ inside: boolean }[]>`
        select pg_current_xact_id_if_assigned() is not null as inside, ${text}::text`;
      // The statements are known to the server, so that the driver would send many without waiting.
      await Promise.all(Array.from({ length: 8 }, single));
      const singles = Array.from({ length: 200 }, () => single().execute());
      const begun = Array.from({ length: 6 }, (_, id) => sql.begin((tx) => note(tx, id)));
      await within(Promise.all(begun as Promise<unknown>[]), "the transactions");
      for (const [row] of await Promise.all(singles)) assertEquals(row!.inside, false);
      assertEquals(await noted(), [0, 1, 2, 3, 4, 5]);
    }),
});

Deno.test({
  name: "transactions one after another share the connection that rested last, whose session knows their statements",
  ignore,
  fn: () =>
    withSockets(4, async (sql) => {
      const pid = async (tx: TransactionSql) => (await tx<{ pid: number }[]>`select pg_backend_pid() as pid`)[0]!.pid;
      const all = Promise.withResolvers<void>();
      let begun = 0;
      const opened = await within(
        Promise.all(Array.from({ length: 4 }, () =>
          sql.begin(async (tx) => {
            const own = await pid(tx);
            if (++begun === 4) all.resolve();
            await all.promise;
            return own;
          }))) as Promise<unknown[]>,
        "the connections",
      );
      assertEquals(new Set(opened).size, 4);
      const pids = new Set<unknown>();
      for (let count = 0; count < 8; count++) pids.add(await sql.begin(pid));
      assertEquals(pids.size, 1);
    }),
});
