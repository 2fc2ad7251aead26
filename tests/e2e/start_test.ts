/** The real entry: what it says and how it ends when it cannot start, and what answers when it can. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { newKey } from "../../src/secrets/encryption.ts";
import { createServerDatabase, migratedOnServer, SERVER_URL } from "../support/database.ts";
import { type Ended, endsWithin, makeDataDir, runProgram, startProgram } from "../support/program.ts";

const LOOPBACK = {
  HOST: "127.0.0.1",
  APP_PORT: "0",
  UNIVERSAL_WEBHOOK_PORT: "0",
  CLOCKIFY_ADDON_PORT: "0",
  API_PORT: "0",
};
const SECRET = "a-secret-that-must-not-be-printed";

/** Where the program may keep its data, on the kind of database this run tests; migrated unless it is to be `empty`. */
async function makePlace({ empty = false } = {}) {
  const folder = await makeDataDir({ empty });
  const database = SERVER_URL && empty ? await createServerDatabase(SERVER_URL) : await migratedOnServer();
  const env = {
    ...LOOPBACK,
    DATA_DIR: folder.path,
    ...(database && { DATABASE_URL: database.url, ENCRYPTION_KEYS: newKey("test") }),
  };
  return {
    env,
    remove: async () => {
      await database?.stop();
      await folder.remove();
    },
  };
}

/** Exit code 4 and one sentence on standard error, nothing more. */
function assertNotReady({ code, stderr }: Ended, sentence: RegExp) {
  assertMatch(stderr, sentence);
  assertEquals(stderr.trim().split("\n").length, 1, `one sentence, not: ${stderr}`);
  assertNotMatch(stderr, /\.\s*$|\bat .*\.ts:/, "a sentence without full stop or stack");
  assertEquals(code, 4);
}

function takePort() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  return { port, close: () => listener.close() };
}

function freePort(): number {
  const { port, close } = takePort();
  close();
  return port;
}

/** What is the same whatever database the run tests is tried once, with the embedded one. */
function testOnce(name: string, fn: () => Promise<void>) {
  Deno.test({ name, ignore: SERVER_URL !== undefined, fn });
}

Deno.test("a taken port: one sentence, exit 4, the ports opened before it are free again, the folder is not locked", async () => {
  const place = await makePlace();
  const taken = takePort();
  const first = freePort();
  try {
    const ended = await runProgram({ ...place.env, APP_PORT: String(first), CLOCKIFY_ADDON_PORT: String(taken.port) });
    assertNotReady(
      ended,
      new RegExp(
        `^Cannot listen on 127.0.0.1:${taken.port} for .*: the port is taken; .* set CLOCKIFY_ADDON_PORT\\s*$`,
      ),
    );
    Deno.listen({ hostname: "127.0.0.1", port: first }).close();
    const program = await startProgram(place.env);
    program.kill("SIGTERM");
    assertEquals((await program.ended).code, 0, "the same folder opens at once");
  } finally {
    taken.close();
    await place.remove();
  }
});

testOnce("an unreachable database: one sentence without its password, exit 4", async () => {
  const folder = await makeDataDir({ empty: true });
  const port = freePort();
  try {
    const ended = await runProgram({
      ...LOOPBACK,
      DATA_DIR: folder.path,
      DATABASE_URL: `postgresql://timewire:${SECRET}@127.0.0.1:${port}/timewire`,
      ENCRYPTION_KEYS: newKey("test"),
    });
    assertNotReady(ended, new RegExp(`^Cannot open the database at 127.0.0.1:${port}/timewire: no answer`));
    assertNotMatch(ended.stdout + ended.stderr, new RegExp(SECRET));
  } finally {
    await folder.remove();
  }
});

testOnce("a locked data folder: the second process names the first and exits 4, the first serves on", async () => {
  const folder = await makeDataDir();
  const env = { ...LOOPBACK, DATA_DIR: folder.path };
  const first = await startProgram(env);
  try {
    const ended = await runProgram(env);
    assertNotReady(ended, new RegExp(`^Cannot open the data folder ".*": process ${first.pid} uses it; `));
    const response = await fetch(`http://127.0.0.1:${first.ports.api_studio}/ready`);
    assertEquals(response.status, 200, await response.text());
  } finally {
    first.kill("SIGTERM");
    await first.ended;
    await folder.remove();
  }
});

Deno.test("a wrong encryption key: one sentence, exit 4; with the right one it starts again", async () => {
  const place = await makePlace();
  const key = newKey("local");
  const wrong = newKey("local");
  try {
    const before = await startProgram({ ...place.env, ENCRYPTION_KEYS: key });
    before.kill("SIGTERM");
    assertEquals((await before.ended).code, 0);

    const ended = await runProgram({ ...place.env, ENCRYPTION_KEYS: wrong });
    assertNotReady(ended, /^Cannot open what the database at .* holds: it was encrypted with another key; /);
    for (const value of [key, wrong]) assert(!(ended.stdout + ended.stderr).includes(value.split(":")[1]!));

    const after = await startProgram({ ...place.env, ENCRYPTION_KEYS: key });
    after.kill("SIGTERM");
    assertEquals((await after.ended).code, 0);
  } finally {
    await place.remove();
  }
});

testOnce("a replaced encryption.key of the embedded database is refused in the same way", async () => {
  const folder = await makeDataDir();
  const env = { ...LOOPBACK, DATA_DIR: folder.path };
  const file = new URL(`../../${folder.path}/encryption.key`, import.meta.url);
  try {
    const program = await startProgram(env);
    program.kill("SIGTERM");
    await program.ended;
    await Deno.writeTextFile(file, `${newKey("local")}\n`);
    assertNotReady(await runProgram(env), /^Cannot open what the database at .* holds: .*restore encryption\.key/);
  } finally {
    await folder.remove();
  }
});

testOnce("faulty variables: all at once, each with name, shape and remedy, no value printed, exit 3", async () => {
  const { code, stdout, stderr } = await runProgram({
    APP_PORT: "eighty",
    UNIVERSAL_WEBHOOK_PORT: "8002",
    PROFILES: "api_studio,universal_webhook,clockify_addon",
    DATABASE_URL: `mysql://timewire:${SECRET}@localhost/timewire`,
    ENCRYPTION_KEYS: `k1:${SECRET}`,
    OPERATOR_API_KEYS: `me:${SECRET.slice(0, 8)}`,
    LOG_LEVEL: "CHATTY",
  });
  assertEquals(code, 3);
  assertEquals(stdout, "");
  const lines = stderr.trim().split("\n");
  assertEquals(lines[0], "Cannot start: the configuration has faults");
  const faults = lines.slice(1);
  for (const line of faults) assertMatch(line, /^ {2}[A-Z_]+: [^;]+; (set|give|remove) .+$/);
  assertEquals(
    faults.map((line) => line.trim().split(":")[0]).toSorted(),
    ["APP_PORT", "CLOCKIFY_ADDON_PORT", "DATABASE_URL", "ENCRYPTION_KEYS", "LOG_LEVEL", "OPERATOR_API_KEYS"],
  );
  assertNotMatch(stderr, new RegExp(`${SECRET.slice(0, 8)}|eighty|CHATTY`));
});

testOnce("an unknown command, also behind migrate, exits 2 and names the known ones", async () => {
  const cases: [args: string[], said: RegExp][] = [
    [["serv"], /^error: unknown command 'serv'\n\(Did you mean serve\?\)$/m],
    [["migrate", "sideways"], /^error: .*'sideways' is invalid .* Allowed choices are up, status, down\.$/m],
  ];
  for (const [args, said] of cases) {
    const { code, stderr } = await runProgram({ ...LOOPBACK }, args);
    assertEquals(code, 2, stderr);
    assertMatch(stderr, said);
  }
});

Deno.test("after start every listener answers, the summary holds no secret, a misspelt name is warned about", async () => {
  const place = await makePlace({ empty: true });
  const key = newKey("test");
  const program = await startProgram({
    ...place.env,
    ENCRYPTION_KEYS: key,
    OPERATOR_API_KEYS: `me:${SECRET}`,
    WORKER_CONCURENCY: "8",
  });
  try {
    for (const [listener, port] of Object.entries(program.ports)) {
      const get = async (path: string) => {
        const headers = { accept: path === "/" ? "text/html" : "*/*" };
        const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
        assertEquals(response.status, 200, path);
        return await response.text();
      };
      assertEquals(JSON.parse(await get("/healthz")).status, "ok");
      assertEquals(JSON.parse(await get("/ready")).ready, true);
      assertMatch(await get("/metrics"), /^# (HELP|TYPE) /m);
      if (listener === "operators") assertMatch(await get("/"), /<title>Timewire/);
      else assertEquals(JSON.parse(await get("/manifest")).baseUrl, `http://localhost:${port}`);
    }
  } finally {
    program.kill("SIGTERM");
    const { code, stdout, stderr } = await endsWithin(program, 5_000);
    assertEquals(code, 0);
    assertEquals(stderr, "");
    const warnings = program.log().filter(({ message }) => message === "config.warning");
    assert(warnings.some(({ warning }) =>
      /WORKER_CONCURENCY is unknown; did you mean WORKER_CONCURRENCY\?/
        .test(String(warning))
    ));
    const [summary] = program.log().filter(({ message }) => message === "config.loaded");
    assertEquals(summary?.encryption_configured, true);
    assertEquals(summary?.operators_configured, true);
    const secrets = [key.split(":")[1]!, SECRET];
    if (SERVER_URL) secrets.push(SERVER_URL);
    for (const secret of secrets) assert(!stdout.includes(secret), "no secret in the log");
    await place.remove();
  }
});

Deno.test("migrate, migrate status and migrate down print what they did", async () => {
  const place = await makePlace({ empty: true });
  const migrate = async (...rest: string[]) => {
    const { code, stdout, stderr } = await runProgram(place.env, ["migrate", ...rest]);
    assertEquals(code, 0, stderr);
    const [database, ...lines] = stdout.trimEnd().split("\n");
    assertMatch(database!, /^Database \S+$/);
    return lines;
  };
  try {
    const missing = await migrate("status");
    assert(missing.length > 0);
    for (const line of missing) assertMatch(line, /^ {2}\d{4} \w+: missing$/);
    const numbers = missing.map((line) => Number(line.trim().slice(0, 4)));
    assertEquals((await migrate()).join(), `  applied ${numbers.join(", ")}`);
    for (const line of await migrate("status")) assertMatch(line, /^ {2}\d{4} \w+: \d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assertEquals(await migrate("up"), ["  nothing to apply"]);
    assertEquals(await migrate("down"), [`  rolled back ${numbers.at(-1)}`]);
    assertMatch((await migrate("status")).at(-1)!, /: missing$/);
  } finally {
    await place.remove();
  }
});

testOnce(
  "a data folder outside the permission set: one sentence that names the places and the remedy, exit 4",
  async () => {
    const ended = await runProgram({ ...LOOPBACK, DATA_DIR: "/tmp/timewire-elsewhere" });
    assertNotReady(
      ended,
      /^Cannot write to the data folder "\/tmp\/timewire-elsewhere": .* \.\/data, \/data and \/var\/lib\/timewire only; set DATA_DIR /,
    );
  },
);

Deno.test({
  name:
    "migrate needs no encryption keys, leaves the embedded database beside a named one alone, and names a missing one",
  ignore: SERVER_URL === undefined,
  fn: async () => {
    const folder = await makeDataDir({ empty: true });
    const database = await createServerDatabase(SERVER_URL!);
    try {
      const env = { ...LOOPBACK, DATA_DIR: folder.path, API_STUDIO_DB_URL: database.url };
      const { code, stdout, stderr } = await runProgram(env, ["migrate"]);
      assertEquals(code, 0, stderr);
      assertMatch(stdout, /^Database \S+\n {2}applied [\d, ]+\n$/);
      assertEquals([...Deno.readDirSync(new URL(`../../${folder.path}`, import.meta.url))], []);
      const missing = new URL(database.url);
      missing.pathname = "/timewire_missing";
      assertNotReady(
        await runProgram({ ...env, API_STUDIO_DB_URL: missing.href }, ["migrate"]),
        /\/timewire_missing: database "timewire_missing" does not exist; create it \(createdb .*\), or correct DATABASE_URL$/m,
      );
    } finally {
      await database.stop();
      await folder.remove();
    }
  },
});
