/**
 * Attacks on languages such as that of flows: what was published against jsonpath-plus, patterns that backtrack, pollution of
 * prototypes, data that is deep or wide, huge templates. Each would call `canary` where it is executed.
 */

import { matches } from "../../src/engine/condition.ts";
import { parseCondition } from "../../src/engine/condition_shape.ts";
import { parseTemplate, resolveTemplate } from "../../src/engine/mapping.ts";
import { buildScope, type Scope } from "../../src/engine/scope.ts";
import { inTurn } from "../../src/engine/turns.ts";
import process from "node:process";
import { AppError } from "../../src/base/errors.ts";
import { nextLoopTurn } from "../../src/base/event_loop.ts";
import { quantile } from "../bench/quantile.ts";
import { mixed } from "./mixed_text.ts";

/** What an attack is written into, and the event that it meets. */
export interface Attack {
  name: string;
  kind: "template" | "field" | "pattern";
  written: unknown;
  body: unknown;
}

const CANARY = "globalThis.timewireCanary()";
const list = <Item>(count: number, make: (n: number) => Item) => Array.from({ length: count }, (_, n) => make(n));

/** Scripts and filters that were published; the last two run nothing, and count the loads of objects that they reach for. */
export const SCRIPTS: readonly string[] = [
  // CVE-2024-21534, and what came after its first mendings
  `$[(this.constructor.constructor("${CANARY}")())]`,
  `$..[?(p="${CANARY}";a=''[['constructor']][['constructor']](p);a())]`,
  `$..[?(@root.constructor.constructor('${CANARY}')())]`,
  `$[?(con = constructor, dp = con.defineProperty, gopd = con.getOwnPropertyDescriptor, f = gopd(con, 'entries').value, alt = gopd(con.getPrototypeOf(f), 'apply'), dp(con.getPrototypeOf(_$_root.body), 'toString', alt), ${CANARY})]`,
  // CVE-2025-1302
  `$[?(eth0.constructor.constructor('${CANARY}')())]`,
  `$..[?(' '.sub.constructor('${CANARY}')())]`,
  `$[?(__defineGetter__.call(_$_root, "x", "".constructor.constructor("${CANARY}")))]`,
  `$[?(@.__lookupGetter__('__proto__').call(1).constructor("${CANARY}"))]`,
  // Plain filters and scripts, as the library runs them with its native evaluation
  `$[?(${CANARY})]`,
  `$.items[(${CANARY})]`,
  `$.items[?(@.id && ${CANARY})]`,
  '$.items[?(/^(a+)+$/.test("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"))]',
  "$.items[(@.length-1)]^~",
];

/** In other languages that people write templates in. */
const FOREIGN = [
  `{{ constructor.constructor("${CANARY}")() }}`,
  `{{ this.constructor.constructor("${CANARY}")() }}`,
  `{{ [].constructor.constructor("${CANARY}")() }}`,
  `{{ upper.constructor("${CANARY}") }}`,
  `{{ get(webhook, "constructor") }}`,
  `{{ get(get(webhook.items, "constructor"), "constructor") }}`,
  `{{#with "s" as |string|}}{{#with "e"}}{{lookup string.sub "constructor"}}{{/with}}{{/with}}`,
  `{{ webhook.items.constructor.constructor }}`,
  `{{ cache.constructor.prototype.polluted }}`,
  `{{ cache.tag("__proto__") }}{{ cache.tags.__proto__.id }}`,
  `\${${CANARY}}`,
  `<%= ${CANARY} %>`,
  `#{${CANARY}}`,
  `{{{{ ${CANARY} }}}}`,
];

/** Hours each, where a matcher backtracks. */
const BACKTRACKING = [
  ["^(a+)+$", `${"a".repeat(5_000)}!`],
  ["^(a|a)*$", `${"a".repeat(5_000)}!`],
  ["^(a|aa)+$", `${"a".repeat(5_000)}!`],
  ["(.*a){20}x", "a".repeat(5_000)],
  ["^(([a-z])+.)+[A-Z]([a-z])+$", "a".repeat(5_000)],
  [
    "^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$",
    "a".repeat(5_000),
  ],
  ["^(\\w+\\s?)*$", `${"word ".repeat(1_000)}!`],
  ["(x+x+)+y", "x".repeat(5_000)],
  ["a.{200}b.{199}[x-z]", mixed(45_000)],
  ["(\\p{L}+\\s*)+$", `${"ä".repeat(45_000)}!`],
  ["((a{0,20}){0,10})b", "a".repeat(50_000)],
] as const;

/** All of them. Bodies are made when they are asked for: some hold megabytes. */
export function attacks(): Attack[] {
  const body = { items: list(50, (n) => ({ id: n, name: `n${n}` })), note: `{{ ${CANARY} }}`, path: `$[?(${CANARY})]` };
  const polluting = JSON.parse(
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"items":[{"__proto__":{"polluted":1}}]}',
  );
  const deep = nested(50_000, (inner) => ({ a: inner }));
  const deepList = nested(50_000, (inner) => [inner]);
  const wide = { items: list(100_000, (n) => ({ id: n, tags: ["a", "b"] })) };
  const keys = Object.fromEntries(list(200_000, (n) => [`key${n}`, n]));
  const twice = (count: number, inner: string): string =>
    count === 0 ? inner : twice(count - 1, `concat(${inner}, ${inner})`);
  const template = (name: string, written: unknown, event: unknown = body): Attack => ({
    name,
    kind: "template",
    written,
    body: event,
  });
  return [
    ...SCRIPTS.flatMap((script): Attack[] => [
      template(script, script.replace("$", "$.webhook")),
      template(`{{ ${script} }}`, `{{ ${script.replace("$", "$.webhook")} }}`),
      { name: script, kind: "field", written: script.replace(/^\$\.?/, ""), body },
    ]),
    ...FOREIGN.map((text) => template(text, text)),
    ...BACKTRACKING.map(([pattern, note]): Attack => ({
      name: pattern,
      kind: "pattern",
      written: pattern,
      body: { note },
    })),
    // What an event holds is a value, whatever it looks like.
    template("a template in the event", { a: "$.webhook.note", b: "x {{ webhook.note }} {{ webhook.path }}" }),
    template("keys named __proto__", polluting, polluting),
    template(
      "__proto__ from the event",
      { "__proto__": "$.webhook", x: { "__proto__": "$.webhook.items[0]" } },
      polluting,
    ),
    template(
      "paths through __proto__",
      list(20, () => "{{ webhook.__proto__.polluted }}{{ webhook..prototype }}"),
      polluting,
    ),
    template("union of polluting lists", "{{ union(webhook.items, webhook.items) }}", polluting),
    template("descendants of deep data", "$.webhook..zz", deep),
    template("deep data as JSON", "{{ json(webhook) }}", deep),
    template("deep lists as text", "x {{ webhook }}", deepList),
    template("wide data, every element", "$.webhook.items[*].tags[*]", wide),
    template("wide data, at any depth", list(500, (n) => `{{ $.webhook..z${n} }}`), wide),
    template("an object of 200,000 keys", list(100, (n) => `{{ $.webhook.*.k${n} }}`), keys),
    template("wide lists in functions", list(400, () => "{{ length(union(webhook.items, webhook.items)) }}"), wide),
    template("a text that doubles", `{{ ${twice(9, "json(webhook.items)")} }}`, wide),
    template("a text that is split", '{{ length(split(webhook.note, "a")) }}', { note: "a".repeat(900_000) }),
    template("10,000 values", list(9_999, () => "{{ upper(webhook.note) }}")),
    template("100,000 values", list(100_000, () => "{{ upper(webhook.note) }}")),
    template("a text of 2,000 expressions", list(2_000, () => "{{webhook.items}}").join("")),
    template("a text of 2 MB of braces", "{{".repeat(1_000_000)),
    template("a text of 2 MB of backslashes", `${"\\".repeat(2_000_000)}{{ webhook.note }}`),
    template("quotes without an end", `{{ "${"a".repeat(1_000_000)} }}`),
    template("calls nested 1,000 deep", `{{ ${"not(".repeat(1_000)}1${")".repeat(1_000)} }}`),
    template("a path of 1 MB", `$.webhook${".a".repeat(500_000)}`),
    template("lists nested 100,000 deep", nested(100_000, (inner) => [inner])),
    template("an instant of a far year", '{{ date_add("2026-01-01T00:00:00Z", "999999999 d") }}'),
    template("a number of many digits", `{{ multiply(1e308, 1e308, ${"9".repeat(300)}) }}`),
  ];
}

/** Puts the canary where attacks look for it; gives how often it was called. */
export function watchCanary(): { canary(): number; executed(): number; [Symbol.dispose](): void } {
  let executed = 0;
  const canary = () => ++executed;
  Object.assign(globalThis, { timewireCanary: canary });
  return {
    canary,
    executed: () => executed,
    [Symbol.dispose]: () => void Reflect.deleteProperty(globalThis, "timewireCanary"),
  };
}

/**
 * What comes of an attack: refused when it is saved, refused when it is run, or the value that it gives. Saving and running
 * are two pieces of work, as in the program. Throws what is no error for authors.
 */
export async function execute({ kind, written, body }: Attack): Promise<{ refused: string } | { value: unknown }> {
  const run = kind === "template" ? templateRun(written) : conditionRun(kind, written);
  await nextLoopTurn();
  if ("refused" in run) return run;
  try {
    return { value: await inTurn(() => run(buildScope({ body, results: [] }))) };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "EXPRESSION_FAILED") throw error;
    return { refused: error.message };
  }
}

type Run = { refused: string } | ((scope: Scope) => unknown);

function templateRun(written: unknown): Run {
  const { template, faults } = parseTemplate(written, "body");
  return template ? (scope) => resolveTemplate(template, scope) : { refused: faults![0]!.message };
}

function conditionRun(kind: "field" | "pattern", written: unknown): Run {
  const rule = kind === "pattern"
    ? { field: "note", operator: "matches", value: written }
    : { field: written, operator: "exists" };
  const { condition, faults } = parseCondition(rule, "conditions");
  return condition ? (scope) => matches(condition, scope) : { refused: faults![0]!.message };
}

/** Runs all, each in turns of its own as requests are, and then pieces of plain work; gives what each kind held the loop for. */
export async function measured(
  list: readonly Attack[],
): Promise<{ attacks: { clock: Held; thread: Held }; plain: Held }> {
  const plain: number[] = [];
  const found = await held(async () => {
    for (const attack of list) {
      await execute(attack);
      await nextLoopTurn();
    }
  });
  for (let piece = 0; piece < 30; piece++) {
    const used = threadMs();
    plainWork();
    plain.push(threadMs() - used);
    await nextLoopTurn();
  }
  return { attacks: found, plain: heldOf(plain) };
}

/** Some 5 ms on a machine that does nothing else. */
function plainWork(): number {
  let state = 1;
  for (let i = 0; i < 4_000_000; i++) state = Math.imul(state, 1_103_515_245) + 12_345;
  return state;
}

/** What held the event loop between two of its turns while something went on, in ms: 99 of 100 turns less, and the longest. */
export interface Held {
  turns: number;
  p99: number;
  most: number;
}

/**
 * What `work` held the loop for: by the clock, and by the time that its thread had a processor, which leaves out what else the
 * machine did. It is looked at in every turn that work leaves.
 */
async function held(work: () => Promise<void>): Promise<{ clock: Held; thread: Held }> {
  const clock: number[] = [];
  const thread: number[] = [];
  let over = false;
  const watching = (async () => {
    while (!over) {
      const from = performance.now();
      const used = threadMs();
      await nextLoopTurn();
      thread.push(threadMs() - used);
      clock.push(performance.now() - from);
    }
  })();
  await work();
  over = true;
  await watching;
  return { clock: heldOf(clock), thread: heldOf(thread) };
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

function heldOf(values: number[]): Held {
  const sorted = values.toSorted((a, b) => a - b);
  return { turns: sorted.length, p99: quantile(sorted, 0.99), most: sorted.at(-1) ?? 0 };
}

function nested(depth: number, around: (inner: unknown) => unknown): unknown {
  let value: unknown = "end";
  for (let i = 0; i < depth; i++) value = around(value);
  return value;
}
