/** What the commands backup, restore and move share. */

import type { BackupTarget } from "../backup/target.ts";
import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";

export interface BackupCommand {
  config: Config;
  clock: Clock;
  /** Takes a line for people. */
  say(line: string): void;
}

/** BACKUP_KEYS. Throws CONFIG_INVALID when it is not set. */
export function keysOf({ backup }: Config): string {
  if (backup.keys !== undefined) return backup.keys;
  throw new AppError(
    "CONFIG_INVALID",
    "BACKUP_KEYS is not set: set it to b1:KEY with the output of `openssl rand -base64 32` as KEY, and keep it apart from the backups; without it none of them opens",
  );
}

/** The backup of that name, or the newest. Throws NOT_FOUND. */
export async function findBackup(target: BackupTarget, name: string | undefined): Promise<string> {
  if (name !== undefined) return name;
  const newest = (await target.list()).map((one) => one.name).sort().at(-1);
  if (newest === undefined) throw new AppError("NOT_FOUND", `Cannot find a backup: ${target.place} has none`);
  return newest;
}
