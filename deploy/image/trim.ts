/**
 * Makes the folder that the image runs from one that can build, test and run: no sources of the console or the simulator, and
 * a deno.json and deno.lock that name only the packages that the entries import, without compiled code. Run by the Dockerfile,
 * in that folder: `deno run -A deploy/image/trim.ts ENTRY...`. Fails when the lock would name a package or a hash that the whole one does not.
 */

interface Lock {
  npm: Record<string, Locked>;
}

interface Locked {
  integrity?: string;
  optionalDependencies?: string[];
  /** Set for packages of compiled code alone. */
  os?: string[];
  cpu?: string[];
}

const entries = Deno.args;
const config = JSON.parse(await Deno.readTextFile("deno.json"));
const whole: Lock = JSON.parse(await Deno.readTextFile("deno.lock"));

/** Names of the packages that the entries import, as in `@scope/name`. */
async function importedPackages(): Promise<Set<string>> {
  const names = new Set<string>();
  for (const entry of entries) {
    const { modules } = JSON.parse(await deno("info", "--json", "--frozen", entry));
    for (const { kind, specifier } of modules) if (kind === "npm") names.add(packageOf(specifier));
  }
  return names;
}

/** `npm:/@scope/name@1.2.3/path` is of the package `@scope/name`. */
function packageOf(specifier: string): string {
  return /^npm:\/?(@[^/]+\/[^@/]+|[^@/]+)/.exec(specifier)![1]!;
}

async function deno(...args: string[]): Promise<string> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).output();
  if (code !== 0) throw new Error(`deno ${args.join(" ")} ended with ${code}`);
  return new TextDecoder().decode(stdout);
}

const used = await importedPackages();
const imports = Object.fromEntries(
  Object.entries(config.imports as Record<string, string>).filter(([, target]) =>
    target.startsWith("npm:") ? used.has(packageOf(target)) : target.startsWith("./src/")
  ),
);
const { name, version, license, exports, lock, unstable, nodeModulesDir, compilerOptions, permissions } = config;
const kept = { name, version, license, exports, lock, unstable, nodeModulesDir, compilerOptions, permissions, imports };
await Deno.writeTextFile("deno.json", JSON.stringify(kept, null, 2));
for await (const { name } of Deno.readDir("src/console")) {
  if (name !== "dist") await Deno.remove(`src/console/${name}`, { recursive: true });
}
await Deno.remove("src/simulator", { recursive: true });

// Once with leave to change the lock: what is imported no longer is taken out.
await deno("cache", "--quiet", "--frozen=false", ...entries);
const trimmed: Lock = JSON.parse(await Deno.readTextFile("deno.lock"));
const strangers = Object.entries(trimmed.npm)
  .filter(([key, { integrity }]) => whole.npm[key]?.integrity !== integrity)
  .map(([key]) => key);
if (strangers.length > 0) throw new Error(`Not in deno.lock, or with another hash there: ${strangers.join(", ")}`);

// Compiled code is of one platform, and the image is of two; the permissions let none be loaded, and what has some does without.
const isCompiled = (name: string) =>
  Object.entries(trimmed.npm).some(([key, { os, cpu }]) =>
    (key === name || key.startsWith(`${name}@`)) && (os ?? cpu) !== undefined
  );
for (const locked of Object.values(trimmed.npm)) {
  const rest = locked.optionalDependencies?.filter((name) => !isCompiled(name)) ?? [];
  if (rest.length > 0) locked.optionalDependencies = rest;
  else delete locked.optionalDependencies;
}
for (const [key, { os, cpu }] of Object.entries(trimmed.npm)) if (os ?? cpu) delete trimmed.npm[key];
await Deno.writeTextFile("deno.lock", JSON.stringify(trimmed, null, 2));
console.log(`${Object.keys(trimmed.npm).length} of ${Object.keys(whole.npm).length} packages stay`);
