/**
 * Several test files in one isolate: what they all import is loaded once, and the embedded database opens once. Each file
 * keeps hooks of its own, which run around its tests alone, as if it had the isolate for itself.
 */

type Hook = () => void | Promise<void>;
type Hooks = Record<"beforeAll" | "beforeEach" | "afterEach" | "afterAll", Hook[]>;
type Definition = Deno.TestDefinition;

interface TestFile {
  path: string;
  hooks: Hooks;
  /** Settles when its beforeAll hooks have run; a failure fails each of its tests. */
  begun?: Promise<void>;
}

/** Where Deno takes the place of a test from that another file registers for it. */
const LOCATION = Symbol.for("Deno.test.location");

const real = { test: Deno.test, ...Deno.test };
const files: TestFile[] = [];
/** Whose tests run now. */
let current: TestFile | undefined;
/** What failed after the tests of a file. */
const faults: Error[] = [];
/** What the files share, ended after the last of them. */
const kept = new Set<Hook>();

/** True where more files follow in this isolate: then `stop` runs after the last one, and not before. */
export function isKept(stop: Hook): boolean {
  if (files.length === 0) return false;
  kept.add(stop);
  return true;
}

/** Registers the tests of a file, which `load` imports; `path` names it in errors. */
export async function addFile(path: string, load: () => Promise<unknown>): Promise<void> {
  const file: TestFile = { path, hooks: { beforeAll: [], beforeEach: [], afterEach: [], afterAll: [] } };
  if (files.push(file) === 1) real.afterAll(endAll);
  const register = (...args: unknown[]) => {
    const definition = definitionOf(args);
    const fn = (t: Deno.TestContext) => runTest(file, () => definition.fn(t));
    real.test({ ...definition, fn: Object.assign(fn, { [LOCATION]: callerOf() }) });
  };
  const hooks = Object.fromEntries(
    Object.entries(file.hooks).map(([kind, list]) => [kind, (fn: Hook) => list.push(fn)]),
  );
  const namespace: { test: unknown } = Deno;
  namespace.test = Object.assign(register, { ...real, ...hooks });
  try {
    await load();
  } finally {
    namespace.test = real.test;
  }
}

/** Of each form that Deno.test() has. */
function definitionOf([first, second, third]: unknown[]): Definition {
  const given = [first, second, third].filter((one) => typeof one === "object") as Partial<Definition>[];
  const fn = [first, second, third].find((one) => typeof one === "function") as Definition["fn"] | undefined;
  const definition = Object.assign({}, ...given, fn && { fn }, typeof first === "string" && { name: first });
  return { ...definition, name: definition.name ?? definition.fn.name };
}

/** "file:line:column" of the call of Deno.test(). */
function callerOf(): string | undefined {
  const [, , , line = ""] = new Error().stack?.split("\n") ?? [];
  return /(file:.*:\d+:\d+)\)?$/.exec(line)?.[1];
}

async function runTest(file: TestFile, test: () => void | Promise<void>): Promise<void> {
  if (current !== file) {
    await end(current);
    current = file;
  }
  await (file.begun ??= runAll(file.hooks.beforeAll));
  await runAll(file.hooks.beforeEach);
  try {
    await test();
  } finally {
    await runAll(file.hooks.afterEach.toReversed());
  }
}

/**
 * The hooks of a file that is through. Of one that ran no test only what began when it loaded is there to be ended: where a
 * hook would have begun it, it is not.
 */
async function end(file: TestFile | undefined): Promise<void> {
  if (!file || (!file.begun && file.hooks.beforeAll.length > 0)) return;
  try {
    await runAll(file.hooks.afterAll.toReversed());
  } catch (error) {
    faults.push(new Error(`What ends ${file.path} failed`, { cause: error }));
  } finally {
    file.hooks.afterAll = [];
  }
}

async function endAll(): Promise<void> {
  for (const file of files) await end(file);
  for (const stop of kept) await stop();
  if (faults.length > 0) throw new AggregateError(faults, faults.map(({ message }) => message).join("; "));
}

async function runAll(hooks: Hook[]): Promise<void> {
  for (const hook of hooks) await hook();
}
