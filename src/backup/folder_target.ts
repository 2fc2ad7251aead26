/** Backups as files of a folder, which may be a mounted disk of another machine. */

import { AppError } from "../base/errors.ts";
import { refused } from "./faults.ts";
import { backupTime } from "./keep.ts";
import type { BackupTarget, StoredBackup } from "./target.ts";

/** Only the user of this process may read them. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const PART = ".part";

export function createFolderTarget(folder: string): BackupTarget {
  return {
    place: folder,
    write: (name, bytes) =>
      alone(folder, async () => {
        const whole = `${folder}/${name}`;
        const part = `${whole}${PART}`;
        try {
          const written = await writeFile(part, bytes);
          await Deno.rename(part, whole);
          await syncFolder(folder);
          return written;
        } catch (error) {
          await Deno.remove(part).catch(() => {});
          throw error;
        }
      }),
    list: async () => {
      const found: StoredBackup[] = [];
      try {
        for await (const { name, isFile } of Deno.readDir(folder)) {
          if (isFile && backupTime(name)) found.push({ name, bytes: (await Deno.stat(`${folder}/${name}`)).size });
        }
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw fault(folder, "read", error);
      }
      return found;
    },
    read: async (name) => {
      try {
        return (await Deno.open(`${folder}/${name}`)).readable;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) {
          throw new AppError("NOT_FOUND", `Cannot read the backup: ${folder} has no "${name}"`);
        }
        throw fault(folder, "read", error);
      }
    },
    remove: (name) => Deno.remove(`${folder}/${name}`),
  };
}

/** One backup at a time: what an earlier one left when it was killed goes. */
async function alone<T>(folder: string, work: () => Promise<T>): Promise<T> {
  let lock: Deno.FsFile;
  try {
    await Deno.mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    lock = await Deno.open(`${folder}/.lock`, { create: true, write: true, mode: FILE_MODE });
  } catch (error) {
    throw fault(folder, "write to", error);
  }
  try {
    if (!await lock.tryLock(true)) {
      throw refused(`Cannot back up to ${folder}: another backup is in progress there`);
    }
    for await (const { name } of Deno.readDir(folder)) {
      if (name.endsWith(PART) && backupTime(name.slice(0, -PART.length))) await Deno.remove(`${folder}/${name}`);
    }
    return await work();
  } finally {
    lock.close();
  }
}

async function writeFile(path: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  using file = await Deno.open(path, { createNew: true, write: true, mode: FILE_MODE });
  let written = 0;
  for await (const chunk of bytes) {
    for (let rest = chunk; rest.byteLength > 0;) rest = rest.subarray(await file.write(rest));
    written += chunk.byteLength;
  }
  await file.sync();
  return written;
}

/** The new name is on the disk too. */
async function syncFolder(folder: string): Promise<void> {
  using opened = await Deno.open(folder);
  await opened.sync();
}

function fault(folder: string, verb: string, error: unknown): AppError {
  const why = error instanceof Deno.errors.NotCapable
    ? "backups may lie in ./backups, /backups and /var/backups/timewire only; set BACKUP_TARGET to one of them, or run it with --allow-write for the folder"
    : (error as Error).message;
  return new AppError("START_FAILED", `Cannot ${verb} the folder of backups "${folder}": ${why}`, { cause: error });
}
