/** The fake Clockify of tests, with one RSA key for all of them: making one takes longer than most tests. */

import { tmpdir } from "node:os";
import { join } from "node:path";
import { platformKey } from "../../src/simulator/keys.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../src/simulator/simulator.ts";

/** Kept from one process and run to the next, like the migrated database: it signs for simulators on loopback only. */
const KEY = join(tmpdir(), "timewire-test-platform-key.pem");

let privateKeyPem: Promise<string> | undefined;

/** As startSimulator(), with the key of all tests unless `options` name one. */
export async function startTestSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  return await startSimulator({ privateKeyPem: await (privateKeyPem ??= readOrMakeKey()), ...options });
}

async function readOrMakeKey(): Promise<string> {
  try {
    return await Deno.readTextFile(KEY);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const made = await platformKey();
  // Under another name until it is whole; of two processes that make one at once, each goes on with its own.
  const written = `${KEY}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(written, made.privateKeyPem, { mode: 0o600 });
  await Deno.rename(written, KEY);
  return made.privateKeyPem;
}
