/**
 * `deno task compile` makes one binary for this machine, ./timewire; `deno task compile:all` one for each target, in ./binaries with
 * their checksums. Console, migrations and the worker of the embedded database are in each, and the program's permissions.
 */

import { createHash } from "node:crypto";

const ROOT = new URL("../", import.meta.url);
const FOLDER = "binaries";

/** Rust's names of what is served: Linux, macOS and Windows. */
export const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
] as const;

/** What is read as files at run time, and modules that no import names. */
export const EMBEDDED = ["src/console/dist", "migrations", "src/db/embedded_worker.ts"] as const;

interface Compiling {
  /** This machine's unless given. */
  target?: string;
  output: string;
  /** Handed on, as --no-check. */
  flags: readonly string[];
}

/** Arguments of `deno` for one binary. */
export function compileArgs({ target, output, flags }: Compiling): string[] {
  return [
    "compile",
    "-P=timewire",
    "--no-prompt",
    ...flags,
    ...EMBEDDED.flatMap((file) => ["--include", file]),
    ...(target === undefined ? [] : ["--target", target]),
    "--output",
    output,
    "src/main.ts",
  ];
}

/** Name of a target's binary. */
export function binaryName(target: string): string {
  return `timewire-${target}${target.includes("windows") ? ".exe" : ""}`;
}

async function compile(compiling: Compiling): Promise<void> {
  const { code } = await new Deno.Command(Deno.execPath(), { args: compileArgs(compiling), cwd: ROOT }).spawn().status;
  if (code !== 0) Deno.exit(code);
}

/** Lines as sha256sum writes and checks them. */
async function checksums(names: readonly string[]): Promise<string> {
  const lines = await Promise.all(names.map(async (name) => {
    const hash = createHash("sha256");
    for await (const chunk of (await Deno.open(new URL(`${FOLDER}/${name}`, ROOT))).readable) hash.update(chunk);
    return `${hash.digest("hex")}  ${name}\n`;
  }));
  return lines.join("");
}

if (import.meta.main) {
  const flags = Deno.args.filter((one) => one !== "--all");
  if (!Deno.args.includes("--all")) await compile({ output: "timewire", flags });
  else {
    await Deno.mkdir(new URL(FOLDER, ROOT), { recursive: true });
    for (const target of TARGETS) await compile({ target, output: `${FOLDER}/${binaryName(target)}`, flags });
    await Deno.writeTextFile(new URL(`${FOLDER}/SHA256SUMS`, ROOT), await checksums(TARGETS.map(binaryName)));
  }
}
