/** Secrets that a single machine makes for itself on first start, each a file only its owner can read. */

import { randomBytes } from "node:crypto";
import { newKey } from "./encryption.ts";

/** The encryption key of the embedded database, as an ENCRYPTION_KEYS list. */
export function localEncryptionKey(dataDir: string): Promise<string> {
  return readOrMake(`${dataDir}/encryption.key`, () => newKey("local"));
}

/** The operator's key, and the file it stands in. */
export async function localOperatorKey(dataDir: string): Promise<{ list: string; file: string }> {
  const file = `${dataDir}/operator.key`;
  const key = await readOrMake(file, () => randomBytes(32).toString("base64url"));
  return { list: `local:${key}`, file };
}

async function readOrMake(path: string, make: () => string): Promise<string> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const secret = make();
  await Deno.writeTextFile(path, `${secret}\n`, { createNew: true, mode: 0o600 });
  return secret;
}
