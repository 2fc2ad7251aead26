/**
 * How a command asks the program that serves from an embedded database, which no second process may open: by a socket file
 * in the database's own folder, that only the user of the program may enter. One line of JSON each way.
 */

import type { Logger } from "../telemetry/log.ts";
import { AppError } from "../base/errors.ts";
import type { Database } from "../db/db.ts";
import { type LastBackup, storeFailedBackup, storeLastBackup } from "./last.ts";

type Question = { ask: "snapshot" } | { ask: "made"; last: LastBackup } | { ask: "failed"; failedAt: number };
type Answer = { folder: string } | { done: true } | { failed: string };

const MAX_LINE_BYTES = 4_096;
/** Of folders beside the database; the next start removes what a killed command left of them. */
const SNAPSHOT = "copy-";

const socketOf = (dataDir: string) => `${dataDir}/run/backup.sock`;

/** Answers questions until it is stopped. */
export async function answerBackups(
  db: Pick<Database, "scoped" | "snapshot">,
  { dataDir, log }: { dataDir: string; log: Logger },
): Promise<{ stop(): Promise<void> }> {
  await removeSnapshots(dataDir);
  const path = socketOf(dataDir);
  await Deno.remove(path).catch(() => {});
  const listener = Deno.listen({ transport: "unix", path });

  async function answer(question: Question): Promise<Answer> {
    if (question.ask === "made") {
      await storeLastBackup(db, question.last);
      return { done: true };
    }
    if (question.ask === "failed") {
      await storeFailedBackup(db, question.failedAt);
      return { done: true };
    }
    const folder = `${SNAPSHOT}${crypto.randomUUID().slice(0, 4)}`;
    await db.snapshot!(`${dataDir}/${folder}`);
    log.info("backup.snapshot_made", { folder });
    return { folder };
  }
  async function serve(connection: Deno.Conn): Promise<void> {
    try {
      const question: Question = JSON.parse(await readLine(connection));
      const said = await answer(question).catch((error): Answer => {
        log.warn("backup.snapshot_failed", { error });
        return { failed: error instanceof Error ? error.message : String(error) };
      });
      await writeLine(connection, said);
    } finally {
      connection.close();
    }
  }
  const serving = (async () => {
    for await (const connection of listener) {
      serve(connection).catch((error) => log.warn("backup.asked_wrongly", { error }));
    }
  })().catch(() => {});
  return {
    stop: async () => {
      listener.close();
      await serving;
      await Deno.remove(path).catch(() => {});
    },
  };
}

/** Asks the program that serves from `dataDir`. Throws DATA_FOLDER_LOCKED when none answers, START_FAILED when it cannot. */
async function ask(dataDir: string, question: Question): Promise<Answer> {
  let connection: Deno.Conn;
  try {
    connection = await Deno.connect({ transport: "unix", path: socketOf(dataDir) });
  } catch (cause) {
    throw new AppError(
      "DATA_FOLDER_LOCKED",
      `Cannot back up the data folder "${dataDir}": a process uses it that answers no backups, such as another command or a version before this one`,
      { cause },
    );
  }
  let answer: Answer;
  try {
    await writeLine(connection, question);
    answer = JSON.parse(await readLine(connection));
  } finally {
    connection.close();
  }
  if ("failed" in answer) throw new AppError("START_FAILED", `Cannot copy the database: ${answer.failed}`);
  return answer;
}

/** A folder with a copy of the database as it is at this moment, made while the program serves. It is the caller's to remove. */
export async function askForSnapshot(dataDir: string): Promise<string> {
  const answer = await ask(dataDir, { ask: "snapshot" });
  return `${dataDir}/${(answer as { folder: string }).folder}`;
}

/** Has the program write the row of storeLastBackup(). */
export async function askToStore(dataDir: string, last: LastBackup): Promise<void> {
  await ask(dataDir, { ask: "made", last });
}

/** Has it write that of storeFailedBackup(). */
export async function askToStoreFailure(dataDir: string, failedAt: number): Promise<void> {
  await ask(dataDir, { ask: "failed", failedAt });
}

async function removeSnapshots(dataDir: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(dataDir)) {
    if (isDirectory && name.startsWith(SNAPSHOT)) await Deno.remove(`${dataDir}/${name}`, { recursive: true });
  }
}

async function writeLine(connection: Deno.Conn, value: Question | Answer): Promise<void> {
  const bytes = new TextEncoder().encode(`${JSON.stringify(value)}\n`);
  for (let rest = bytes; rest.byteLength > 0;) rest = rest.subarray(await connection.write(rest));
}

async function readLine(connection: Deno.Conn): Promise<string> {
  const bytes = new Uint8Array(MAX_LINE_BYTES);
  let filled = 0;
  while (!bytes.subarray(0, filled).includes(10)) {
    const read = await connection.read(bytes.subarray(filled));
    if (read === null || filled + read === MAX_LINE_BYTES) throw new Error("The line has no end");
    filled += read;
  }
  return new TextDecoder().decode(bytes.subarray(0, filled));
}
