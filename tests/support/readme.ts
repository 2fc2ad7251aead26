/** The README and docs/ as a stranger uses them: their shell blocks, and a folder like a fresh clone to run them in. */

import { dirname } from "node:path";
import { systemClock } from "../../src/base/clock.ts";
import { inherited, killChild, makeProjectFolder, outputOf } from "./child.ts";

const ROOT = new URL("../../", import.meta.url);
/** What the program is made of; a clone has it, and so has the folder. */
const PARTS = ["deno.json", "deno.lock", "src", "migrations", "fixtures"];
/** A bound, not a measurement: two suites may share the machine. */
const READY_LIMIT_MS = 240_000;

/** A page for people: its path from the project's root, and its text. */
export interface Page {
  path: string;
  text: string;
}

/** The README, the other pages beside it, and docs/, in this order and each by name. */
export async function readPages(): Promise<Page[]> {
  const names = async (folder: string) =>
    (await Array.fromAsync(Deno.readDir(new URL(folder, ROOT))))
      .filter(({ isFile, name }) => isFile && name.endsWith(".md"))
      .map(({ name }) => `${folder}${name}`.replace(/^\.\//, ""))
      .sort();
  const beside = (await names("./")).filter((name) => name !== "README.md");
  const paths = ["README.md", ...beside, ...await names("docs/")];
  return await Promise.all(paths.map(async (path) => ({ path, text: await Deno.readTextFile(new URL(path, ROOT)) })));
}

/** The text of each ```sh block, in the order of the page. */
export function shellBlocks(page: string): string[] {
  return [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text]) => text!);
}

/** A command that goes on until it is stopped. */
export interface Running {
  /** What it printed so far, on both streams. */
  text(): string;
  /** SIGTERM, as Ctrl-C or a platform does; gives the exit code. */
  stop(): Promise<number>;
}

export interface Clone {
  /** Runs a block to its end in bash; throws with what it printed when it fails. Gives standard output. */
  run(block: string): Promise<string>;
  /** Runs a block whose last line serves, until `ready` is printed; throws when it ends before. */
  serve(block: string, ready: (text: string) => boolean): Promise<Running>;
  remove(): Promise<void>;
}

/** A copy of this project in a folder of its own; `env` moves the listeners to free ports. */
export async function makeClone(env: Record<string, string>): Promise<Clone> {
  const folder = await makeProjectFolder("timewire-clone-");
  await outputOf(new Deno.Command("cp", { args: ["-r", ...PARTS, folder], cwd: ROOT }));
  const { PATH = "", ...rest } = inherited();
  const options = {
    cwd: folder,
    clearEnv: true,
    env: { ...rest, PATH: `${dirname(Deno.execPath())}:${PATH}`, NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  } as const;
  const bash = (script: string) => new Deno.Command("bash", { args: ["-euc", script], ...options });
  return {
    run: (block) => outputOf(bash(block)),
    serve: (block, ready) => untilReady(bash(lastInPlace(block)).spawn(), ready),
    remove: async () => {
      const { typescriptCache } = JSON.parse(
        await outputOf(new Deno.Command("deno", { args: ["info", "--json"], ...options })),
      );
      // What deno compiled of a folder that is never used again.
      await Deno.remove(`${typescriptCache}/file${folder}`, { recursive: true }).catch(() => {});
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** The last line takes the place of the shell, so that a signal reaches it. */
function lastInPlace(block: string): string {
  return block.trimEnd().replace(/^.*$(?![\s\S])/m, (line) => `exec ${line}`);
}

async function untilReady(process: Deno.ChildProcess, ready: (text: string) => boolean): Promise<Running> {
  let text = "";
  const reading = [process.stdout, process.stderr].map(async (stream) => {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) text += chunk;
  });
  let ended = false;
  const status = Promise.all([process.status, ...reading]).then(([{ code }]) => {
    ended = true;
    return code;
  });
  for (let waitedMs = 0; !ready(text); waitedMs += 25) {
    if (ended || waitedMs > READY_LIMIT_MS) {
      killChild(process, "SIGKILL");
      throw new Error(`The command ${ended ? "ended" : "is not ready"}: ${text}`);
    }
    await systemClock.sleep(25);
  }
  return {
    text: () => text,
    stop: () => {
      killChild(process, "SIGTERM");
      return status;
    },
  };
}
