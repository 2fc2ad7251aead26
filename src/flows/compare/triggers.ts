/** What starts a flow, compared: events, times of its own, people and programs. Works on drafts with faults. Pure. */

import { isDeepStrictEqual } from "node:util";
import { isObject } from "../../engine/faults.ts";
import { cronWords } from "../../schedules/words.ts";
import { listed, quoted } from "./words.ts";

/** A difference, in a sentence of its own. */
export interface TriggerChange {
  path: string;
  kind: "added" | "removed" | "changed";
  words: string;
  before: unknown;
  after: unknown;
}

/** Of `trigger_event_types`. */
export function compareEvents(was: unknown, is: unknown): TriggerChange[] {
  const texts = (value: unknown) => Array.isArray(value) ? value.map(String) : [];
  return compareLists(texts(was), texts(is), {
    path: "trigger_event_types",
    added: (type) => `Starts on ${type} too`,
    removed: (type) => `No longer starts on ${type}`,
  });
}

/** Of `triggers`. */
export function compareTriggers(was: unknown, is: unknown): TriggerChange[] {
  const [left, right] = [was, is].map((one) => isObject(one) ? one : {}) as [Fields, Fields];
  const lists = (one: Fields) => Array.isArray(one.schedules) ? one.schedules : [];
  return [
    ...compareLists(lists(left), lists(right), {
      path: "triggers.schedules",
      added: (one) => `Starts ${scheduleWords(one)} too`,
      removed: (one) => `No longer starts ${scheduleWords(one)}`,
    }),
    ...compareManual(left.manual, right.manual),
    ...(left.api === true) === (right.api === true) ? [] : [
      change("triggers.api", { before: left.api, after: right.api }, {
        added: "Can be started by a program",
        removed: "Can no longer be started by a program",
      }),
    ],
  ];
}

type Fields = Record<string, unknown>;

function compareManual(was: unknown, is: unknown): TriggerChange[] {
  if (isDeepStrictEqual(was ?? null, is ?? null)) return [];
  const path = "triggers.manual";
  const names = (one: unknown) =>
    (isObject(one) && Array.isArray(one.inputs) ? one.inputs : []).flatMap((input) =>
      isObject(input) && typeof input.name === "string" ? [quoted(input.name)] : []
    );
  const asks = (one: unknown) => listed(names(one)) || "nothing";
  if (was && is) {
    const changed = asks(was) === asks(is)
      ? "Asks for its inputs in another way"
      : `Asks who starts it by hand for ${asks(is)} (before: ${asks(was)})`;
    return [{ path: `${path}.inputs`, kind: "changed", words: changed, before: was, after: is }];
  }
  return [change(path, { before: was, after: is }, {
    added: `Can be started by hand${names(is).length > 0 ? `, and asks for ${asks(is)}` : ""}`,
    removed: "Can no longer be started by hand",
  })];
}

function scheduleWords(one: unknown): string {
  if (!isObject(one) || typeof one.cron !== "string" || one.cron.trim().split(/\s+/).length !== 5) return "at a time";
  const words = cronWords({ cron: one.cron, zone: typeof one.zone === "string" ? one.zone : "UTC" });
  const missed: Record<string, string> = { skip: " (skips what it missed)", all: " (makes up for all that it missed)" };
  return `${words}${missed[String(one.missed)] ?? ""}`;
}

function change(
  path: string,
  { before, after }: { before: unknown; after: unknown },
  words: { added: string; removed: string },
): TriggerChange {
  const kind = after ? "added" : "removed";
  return { path, kind, words: words[kind], before, after };
}

/** Members that are there on one side alone; their order says nothing. */
function compareLists<Item>(
  left: readonly Item[],
  right: readonly Item[],
  { path, added, removed }: { path: string; added(item: Item): string; removed(item: Item): string },
): TriggerChange[] {
  const isIn = (list: readonly Item[], item: Item) => list.some((one) => isDeepStrictEqual(one, item));
  return [
    ...right.flatMap((item, index): TriggerChange[] =>
      isIn(left, item)
        ? []
        : [{ path: `${path}[${index}]`, kind: "added", words: added(item), before: undefined, after: item }]
    ),
    ...left.flatMap((item, index): TriggerChange[] =>
      isIn(right, item)
        ? []
        : [{ path: `${path}[${index}]`, kind: "removed", words: removed(item), before: item, after: undefined }]
    ),
  ];
}
