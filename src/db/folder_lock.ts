/** An operating-system lock on the data folder: held by one process, gone when that process ends, however it ends. */

import { AppError } from "../base/errors.ts";

/** Locks `folder` (made when missing) or throws DATA_FOLDER_LOCKED at once. The file keeps the owner's process id for people. */
export async function lockFolder(folder: string): Promise<{ release(): Promise<void> }> {
  const path = `${folder}/timewire.lock`;
  let file: Deno.FsFile;
  try {
    await Deno.mkdir(folder, { recursive: true });
    file = await Deno.open(path, { create: true, read: true, write: true });
  } catch (error) {
    const why = error instanceof Deno.errors.NotCapable
      ? "the program may write below ./data, /data and /var/lib/timewire only; set DATA_DIR to one of them, or run it with --allow-write for the folder"
      : (error as Error).message;
    throw new AppError("START_FAILED", `Cannot write to the data folder "${folder}": ${why}`, { cause: error });
  }
  if (!await file.tryLock(true)) {
    const owner = (await Deno.readTextFile(path).catch(() => "")).trim();
    file.close();
    throw new AppError(
      "DATA_FOLDER_LOCKED",
      `Cannot open the data folder "${folder}": ${
        owner ? `process ${owner}` : "another process"
      } uses it; stop that process or set DATA_DIR to another folder`,
    );
  }
  await file.truncate();
  await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
  return {
    release: async () => {
      await file.unlock();
      file.close();
    },
  };
}
