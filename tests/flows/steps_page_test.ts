/** docs/steps.md: every example is a step that can be saved, every kind has one, and the limits are those of the code. */

import { assert, assertEquals } from "@std/assert";
import { parseFlow } from "../../src/flows/parse/parse_flow.ts";
import * as limits from "../../src/flows/shape/step_limits.ts";
import { ACTION_WORDS, STEP_WORDS } from "../../src/flows/vocabulary/step_words.ts";
import { stepKind } from "../../src/flows/shape/steps.ts";

const PAGE = await Deno.readTextFile(new URL("../../docs/steps.md", import.meta.url));
const examples = [...PAGE.matchAll(/^```json\n(.+?)^```/gms)].flatMap(([, text]) =>
  text!.trim().split(/\n(?=\{)/).map((one) => JSON.parse(one))
);

Deno.test("docs/steps.md: every example can be saved, and every kind and type has one", () => {
  for (const step of examples) {
    const flow = { name: "f", trigger_event_types: ["NEW_TIME_ENTRY"], actions: [step] };
    const read = parseFlow(flow, { knownEvent: () => true, checkAction: () => [], genericHttp: true });
    assert(read.ok, JSON.stringify([step, read]));
  }
  const kinds = new Set(examples.map(stepKind));
  assertEquals(STEP_WORDS.filter(({ kind }) => !kinds.has(kind)), []);
  const types = new Set(examples.flatMap((step) => stepKind(step) === "action" ? [step.type ?? "clockify"] : []));
  // A request to another system stands below an approval.
  assertEquals(ACTION_WORDS.filter(({ type }) => type !== "http" && !types.has(type)), []);
});

Deno.test("docs/steps.md: the limits that it names are those of the code", () => {
  const table = PAGE.split(/^## /m).find((part) => part.startsWith("Limits"))!;
  const { MAX_WAIT_MS, MIN_WAIT_MS, MAX_BRANCH_MS: _, ...counts } = limits;
  for (const [name, value] of Object.entries(counts)) {
    assert(new RegExp(`(?<![\\d,])${value.toLocaleString("en-US")}(?![\\d,])`).test(table), `${name}: ${value}`);
  }
  assertEquals([MIN_WAIT_MS, MAX_WAIT_MS], [1_000, 366 * 86_400_000]);
});
