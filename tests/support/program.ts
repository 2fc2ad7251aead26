/** The real entry as a child process, run as the README does: with the permission set of deno.json, from the project's root. */

import { systemClock } from "../../src/base/clock.ts";
import { fileURLToPath as fromFileUrl } from "node:url";
import { fillDataFolder } from "./database.ts";
import { inherited, killChild, SHORT_LIVED, UNHURRIED } from "./child.ts";
import { ownTimeOver } from "./own_time.ts";

const ROOT = new URL("../../", import.meta.url);
const READY_LIMIT_MS = 60_000;

/** One parsed line of the program's log. */
export type LogLine = Record<string, unknown> & { message: string };

export interface Ended {
  code: number;
  stdout: string;
  /** Without Deno's own notice about permission sets. */
  stderr: string;
}

export interface Program {
  /** Port of each profile's listener, by profile key. */
  ports: Record<string, number>;
  pid: number;
  log(): LogLine[];
  kill(signal: Deno.Signal): void;
  ended: Promise<Ended>;
}

/** A new folder below ./data, where the permission set lets the program write, with a migrated database unless it is to be `empty`. */
export async function makeDataDir({ empty = false } = {}): Promise<{ path: string; remove(): Promise<void> }> {
  const path = `./data/test-${crypto.randomUUID().slice(0, 8)}`;
  const url = new URL(path, ROOT);
  await Deno.mkdir(url, { recursive: true });
  if (!empty) await fillDataFolder(fromFileUrl(url));
  return { path, remove: () => Deno.remove(url, { recursive: true }) };
}

/** Runs a command that ends by itself. */
export function runProgram(env: Record<string, string>, args: string[] = []): Promise<Ended> {
  return spawn(env, args).ended;
}

/** Starts a command that the caller may kill before it ends by itself. */
export function startCommand(env: Record<string, string>, args: string[]): Pick<Program, "kill" | "ended"> {
  return spawn(env, args);
}

/**
 * Starts the program in the folder `root` and waits until every listener of `env.PROFILES` (three when unset) and the operators'
 * is ready, or the worker where `env.ROLE` is work; throws when it ends before.
 */
export async function startProgram(env: Record<string, string>, root = ROOT): Promise<Program> {
  const { log, ended, kill, pid } = spawn(env, [], root);
  const wanted = (env.PROFILES?.split(",").length ?? 3) + 1;
  const isReady = (listening: number) =>
    env.ROLE === "work" ? log().some(({ message }) => message === "worker.ready") : listening === wanted;
  let early: Ended | undefined;
  void ended.then((end) => early = end);
  for (let waitedMs = 0;; waitedMs += 25) {
    const ready = log().filter(({ message }) => message === "listener.ready");
    if (isReady(ready.length)) {
      return { ports: Object.fromEntries(ready.map(({ profile, port }) => [profile, port])), pid, log, kill, ended };
    }
    if (early || waitedMs > READY_LIMIT_MS) {
      kill("SIGKILL");
      throw new Error(`The program is not ready: ${early ? JSON.stringify(early) : JSON.stringify(log())}`);
    }
    await systemClock.sleep(25);
  }
}

/** Fails when the program has not ended within `limitMs`, those not counted in which a busy machine lets all wait. */
export async function endsWithin(program: Pick<Program, "ended">, limitMs: number): Promise<Ended> {
  const timer = new AbortController();
  const late = ownTimeOver(limitMs, timer.signal).then(() => {
    throw new Error(`The program did not end in ${limitMs} ms`);
  });
  late.catch(() => {});
  return await Promise.race([program.ended, late]).finally(() => timer.abort());
}

const MAIN = ["-P=timewire", "--no-prompt", "src/main.ts"];

/** The entry as a child process; `command`: what stands behind `deno run`. */
export function spawn(env: Record<string, string>, args: string[], root = ROOT, command = MAIN) {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", ...command, ...args],
    cwd: root,
    env: { ...inherited(), NO_COLOR: "1", ...SHORT_LIVED, ...UNHURRIED, ...env },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdout = gather(process.stdout);
  const stderr = gather(process.stderr);
  const ended = Promise.all([process.status, stdout.done, stderr.done]).then(([{ code }]): Ended => ({
    code,
    stdout: stdout.text(),
    stderr: stderr.text().split("\n").filter((line) => !line.includes("Permissions in the config file")).join("\n"),
  }));
  return {
    pid: process.pid,
    ended,
    log: () => stdout.text().split("\n").slice(0, -1).map((line): LogLine => JSON.parse(line)),
    kill: (signal: Deno.Signal) => killChild(process, signal),
  };
}

function gather(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  let text = "";
  const done = (async () => {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) text += chunk;
  })();
  return { done, text: () => text };
}
