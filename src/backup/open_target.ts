/** From BACKUP_TARGET to the place that it names. */

import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import { createFolderTarget } from "./folder_target.ts";
import type { BackupSettings, BackupTarget } from "./target.ts";

/** Throws CONFIG_INVALID where a bucket lacks its credentials. */
export async function openTarget({ target, bucket }: BackupSettings, clock: Clock): Promise<BackupTarget> {
  const match = /^s3:\/\/([^/]+)\/?(.*)$/.exec(target);
  if (!match) return createFolderTarget(target);
  const { accessKeyId, secretAccessKey } = bucket;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new AppError(
      "CONFIG_INVALID",
      `Cannot reach ${target}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key that may list, read, write and delete there`,
    );
  }
  // Only who keeps backups in a bucket waits for its client to load.
  const { createBucketTarget } = await import("./bucket_target.ts");
  const [, name, path] = match as unknown as [string, string, string];
  const prefix = path === "" || path.endsWith("/") ? path : `${path}/`;
  return createBucketTarget({ ...bucket, accessKeyId, secretAccessKey, bucket: name, prefix, clock });
}
