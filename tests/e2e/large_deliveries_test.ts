/** One workspace sends 60 deliveries of 5 MB at once: others are stored meanwhile, answers are true, and memory is bounded. */

import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import { openEmbedded } from "../../src/db/embedded.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { createServerDatabase, SERVER_URL } from "../support/database.ts";
import { startPostgres } from "../support/postgres_server.ts";
import { HURRIED, UNHURRIED } from "../support/child.ts";
import { endsWithin, makeDataDir, startProgram } from "../support/program.ts";
import { startTestSimulator } from "../support/simulator.ts";
import { worldEnv } from "../support/world.ts";

const EVENT = "NEW_TIME_ENTRY";
const LARGE_BYTES = 5_200_000;
const LARGE = 60;
const MIB = 1_048_576;
const PADDING = new Uint8Array(LARGE_BYTES).fill(0x78);

interface Options {
  env: Record<string, string>;
  /** Whether the other workspace must get 200 for each. */
  served: boolean;
  maxRss?: number;
}

/** Whom to send to, as whom. */
interface Sender {
  workspaceId: string;
  url: string;
  headers: Record<string, string>;
}

/** Looks every few milliseconds; gives the most that it saw, in bytes, or 0 where /proc is not. */
function watchRss(pid: number): { stop(): Promise<number> } {
  let most = 0;
  const end = new AbortController();
  const watching = (async () => {
    while (!end.signal.aborted) {
      const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
      most = Math.max(most, Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024);
      await systemClock.sleep(10, end.signal).catch(() => {});
    }
  })();
  return {
    stop: async () => {
      end.abort();
      await watching;
      return most;
    },
  };
}

/** The answer's status; undefined when the connection was closed on it instead. */
async function send({ url, headers, workspaceId }: Sender, id: string, padding = new Uint8Array()) {
  const body = new Blob([`{"workspaceId":"${workspaceId}","id":"${id}","padding":"`, padding, `"}`]);
  try {
    const response = await fetch(url, { method: "POST", headers, body });
    await response.body?.cancel();
    return response.status;
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** What the database holds, by the id in the body. */
type Stored = () => Promise<string[]>;

async function withProgram(
  place: { env: Record<string, string>; folder: string; stored: Stored },
  { env, served, maxRss = Infinity }: Options,
) {
  const simulator = await startTestSimulator({ ratePerSecond: 1_000 });
  const program = await startProgram({
    ...worldEnv(simulator),
    PROFILES: "universal_webhook",
    DATA_DIR: place.folder,
    ...HURRIED,
    ...place.env,
    ...env,
  });
  try {
    const base = `http://127.0.0.1:${program.ports.universal_webhook}`;
    const workspaces = (await simulator.workspaces()).slice(0, 2);
    const senders: Sender[] = [];
    for (const { id: workspaceId } of workspaces) {
      const { lifecycle, webhooks } = await simulator.install({ manifestUrl: `${base}/manifest`, workspaceId });
      assertEquals(lifecycle.status, 200);
      const { path, authToken } = webhooks.find(({ event }) => event === EVENT)!;
      senders.push({
        workspaceId,
        url: base + path,
        headers: {
          "content-type": "application/json",
          "clockify-signature": authToken,
          "clockify-webhook-event-type": EVENT,
        },
      });
    }
    const [many, few] = senders as [Sender, Sender];
    assertEquals(await send(many, "warm-many"), 200);
    assertEquals(await send(few, "warm-few"), 200);

    const watch = watchRss(program.pid);
    const large = Array.from({ length: LARGE }, (_, index) => `large-${index}`);
    let left = large.length;
    const sending = Promise.all(large.map(async (id) => {
      const status = await send(many, id, PADDING);
      left--;
      return { id, status };
    }));
    const small: { id: string; status: number | undefined }[] = [];
    while (left > 0 || small.length < 50) {
      const id = `small-${small.length}`;
      small.push({ id, status: await send(few, id) });
    }
    const answers = await sending;
    const rss = await watch.stop();
    program.kill("SIGTERM");
    assertEquals((await endsWithin(program, 5_000)).code, 0);

    const unserved = small.filter(({ status }) => status !== 200);
    if (served) assertEquals(unserved, [], "another workspace is served throughout");
    else assertEquals(unserved.filter(({ status }) => status !== 503), []);
    const statuses = new Map([...Map.groupBy(answers, ({ status }) => status)].map(([key, of]) => [key, of.length]));
    const seen = JSON.stringify([...statuses]);
    assert((statuses.get(200) ?? 0) >= 1, seen);
    for (const status of statuses.keys()) assert([200, 429, 503, undefined].includes(status), seen);
    const acknowledged = [...answers, ...small].filter(({ status }) => status === 200).map(({ id }) => id);
    // What was refused is not there either.
    const stored = (await place.stored()).toSorted();
    assertEquals(stored, [...acknowledged, "warm-few", "warm-many"].toSorted());
    assert(rss < maxRss, `${Math.round(rss / MIB)} MiB, ${seen}`);
  } finally {
    program.kill("SIGKILL");
    await program.ended;
    await simulator.stop();
  }
}

const SELECT = "select convert_from(body, 'UTF8')::json ->> 'id' as id from event";

async function onServer(url: string, options: Options) {
  const database = await createServerDatabase(url);
  await database.db.stop();
  const folder = await makeDataDir({ empty: true });
  try {
    const stored = async () => {
      const db = openPostgres({ url: database.url, poolSize: 1, applicationName: "timewire-tests" });
      const rows = await db.sql.unsafe<{ id: string }[]>(SELECT).finally(() => db.stop());
      return rows.map(({ id }) => id);
    };
    await withProgram({ env: { DATABASE_URL: database.url }, folder: folder.path, stored }, options);
  } finally {
    await folder.remove();
    await database.stop();
  }
}

async function onEmbedded(options: Options) {
  const folder = await makeDataDir();
  try {
    // Made here, since that takes a process 0.8 to 1 GB for a moment, of which it gives little back.
    await (await openEmbedded({ dataDir: folder.path })).stop();
    const stored = async () => {
      const db = await openEmbedded({ dataDir: folder.path });
      const rows = await db.sql.unsafe<{ id: string }[]>(SELECT).finally(() => db.stop());
      return rows.map(({ id }) => id);
    };
    // One connection stores everything, 5 MB in a second where others work beside.
    await withProgram({ env: UNHURRIED, folder: folder.path, stored }, options);
  } finally {
    await folder.remove();
  }
}

/** Then 300 MB are read and parsed at once, and others may get 503: what is answered must be true all the same. */
const NO_RATE = { WEBHOOK_RATE_LIMIT_BYTES: String(1_024 * MIB) };

let missing = "";
const server = SERVER_URL ? { url: SERVER_URL, stop: () => Promise.resolve() } : await startPostgres({
  onMissing: (why) => missing = why,
});
Deno.test.afterAll(async () => await server?.stop());

const ON_SERVER = server ? "" : ` (ignored: ${missing})`;
Deno.test({
  name:
    `60 deliveries of 5 MB at once, on PostgreSQL: others are stored, what is refused is not, under 512 MB${ON_SERVER}`,
  ignore: !server,
  fn: () => onServer(server!.url, { env: {}, served: true, maxRss: 512 * MIB }),
});

Deno.test(
  "60 deliveries of 5 MB at once, embedded: others are stored, what is refused is not, under 1 GB",
  () => onEmbedded({ env: {}, served: true, maxRss: 1_024 * MIB }),
);

Deno.test({
  name: `60 deliveries of 5 MB without a rate, on PostgreSQL: what is refused is not stored${ON_SERVER}`,
  ignore: !server,
  fn: () => onServer(server!.url, { env: NO_RATE, served: false }),
});

Deno.test(
  "60 deliveries of 5 MB without a rate, embedded: what is refused is not stored",
  () => onEmbedded({ env: NO_RATE, served: false }),
);
