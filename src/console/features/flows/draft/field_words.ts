/** Fields of a flow as their form labels them, from the paths of faults: "Case 1, Condition 2, Value". Pure. */

import { say } from "../../../words/say.ts";

/** By the field's path in its step, or in the flow; `*` stands for a position or a name. The first that fits. */
const LABELS: readonly (readonly [path: string, label: string])[] = [
  ["name", say("Name")],
  ["id", say("Step id")],
  ["operation_id", say("Operation")],
  ["as_user", say("Act as user")],
  ["on_uncertain", say("When a request was sent and its response was lost")],
  ["url", say("Address")],
  ["method", say("Method")],
  ["timeout_ms", say("Timeout (ms)")],
  ["on", say("Value that decides")],
  ["join.at_least", say("How many")],
  ["join", say("Continues when")],
  ["time_limit_ms", say("Time limit of each (ms)")],
  ["over", say("List")],
  ["at_once", say("Items at the same time")],
  ["on_error", say("When an item fails")],
  ["for", say("How long")],
  ["until", say("Date and time")],
  ["zone", say("Time zone")],
  ["event.event_types", say("Event to wait for")],
  ["deadline", say("Deadline")],
  ["people", say("People who may decide")],
  ["note", say("What they read")],
  ["remind.after", say("Remind after")],
  ["outcome", say("The run ends as")],
  ["message", say("Message")],
  ["output", say("Output")],
  ["flow_id", say("Flow")],
  ["wait", say("Wait until it is over")],
  ["event", say("Name of the event")],
  ["input", say("Input")],
  ["trigger_event_types", say("Event")],
  ["triggers.schedules[*].cron", say("Time *, minute, hour, day, month, weekday")],
  ["triggers.schedules[*].zone", say("Time *, time zone")],
  ["triggers.schedules[*]", say("Time *")],
  ["triggers.manual.inputs[*].label", say("Question *")],
  ["triggers.manual.inputs[*].type", say("Question *, type")],
  ["triggers.manual.inputs[*].default", say("Question *, where it is left empty")],
  ["triggers.manual.inputs[*]", say("Question *")],
  ["concurrency.at_once", say("Runs at once")],
  ["concurrency.when_full", say("Runs at once, the next ones")],
  ["concurrency.key", say("Runs at once, counted for each")],
  ["debounce.wait", say("Wait until events stop, no other event for")],
  ["debounce.max_wait", say("Wait until events stop, at the latest after")],
  ["debounce.key", say("Wait until events stop, for each")],
  ["throttle.at_most", say("How often, runs at most")],
  ["throttle.per", say("How often, within")],
  ["throttle.when_over", say("How often, those beyond")],
  ["throttle.key", say("How often, counted for each")],
  ["order_key", say("In order of")],
];

/** Parts of a request stand in the form by their own names. */
const OF_REQUESTS = new Set(["path_params", "query_params", "body"]);
/** Values that people name. */
const NAMED: Readonly<Record<string, string>> = { headers: say("Header"), query: say("Query"), set: say("Variable") };
const RULE_PARTS: Readonly<Record<string, string>> = {
  field: say("Field"),
  operator: say("Operator"),
  value: say("Value"),
  quantifier: say("Which elements of the list"),
  case_insensitive: say("Ignore case"),
};

/** Of a path in a step, or in the flow; "" for the whole. */
export function fieldWords(path: string): string {
  const keys = path.match(/\["(?:[^"\\]|\\.)*"\]|\[\d+\]|[\w-]+/g) ?? [];
  const [first = "", second, ...rest] = keys;
  if (first === "") return "";
  const number = positionOf(second);
  if (first === "cases" && number !== undefined) return joined(say("Case {number}", { number }), rest, path);
  if (first === "branches" && number !== undefined) return joined(say("Branch {number}", { number }), rest, path);
  if (["conditions", "if", "while"].includes(first)) return conditionWords(keys.slice(1));
  if (first === "event" && second === "conditions") return conditionWords(rest);
  if (OF_REQUESTS.has(first)) {
    return second === undefined ? first.replaceAll("_", " ") : keys.slice(1).map(plain).join(".");
  }
  if (NAMED[first] && second !== undefined) return `${NAMED[first]} ${plain(second)}`;
  for (const [place, label] of LABELS) {
    const found = new RegExp(
      `^${place.replaceAll(/[.[\]]/g, "\\$&").replaceAll("*", '(?:"?)([^.\\]"]+)(?:"?)')}(?![\\w-])`,
    )
      .exec(path);
    if (found) return label.replace("*", /^\d+$/.test(found[1] ?? "") ? String(Number(found[1]) + 1) : found[1] ?? "");
  }
  return keys.map((key) => positionOf(key) ?? plain(key).replaceAll("_", " ")).join(", ");
}

function joined(label: string, rest: readonly string[], path: string): string {
  const inner = rest.length === 0 ? "" : fieldWords(path.slice(path.indexOf("]") + 1).replace(/^\./, ""));
  return inner === "" || inner === "actions" ? label : `${label}, ${inner}`;
}

/** Rules by their positions, groups around them left out where they hold one level alone: "Condition 2, Value". */
function conditionWords(keys: readonly string[]): string {
  const numbers = keys.map(positionOf).filter((one) => one !== undefined);
  const last = keys.at(-1);
  const part = last === undefined ? undefined : RULE_PARTS[last];
  const which = numbers.length === 0 ? say("Conditions") : say("Condition {number}", { number: numbers.join(".") });
  return part === undefined ? which : `${which}, ${part}`;
}

/** From 1. */
function positionOf(key: string | undefined): number | undefined {
  const found = /^\[(\d+)\]$/.exec(key ?? "");
  return found ? Number(found[1]) + 1 : undefined;
}

function plain(key: string): string {
  if (!key.startsWith("[")) return key;
  return positionOf(key) === undefined ? JSON.parse(key.slice(1, -1)) : String(positionOf(key));
}
