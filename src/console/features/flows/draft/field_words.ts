/** Fields of a flow as their form labels them, from the paths of faults: "Case 1, Condition 2, Value". Pure. */

/** By the field's path in its step, or in the flow; `*` stands for a position or a name. The first that fits. */
const LABELS: readonly (readonly [path: string, label: string])[] = [
  ["name", "Name"],
  ["id", "Step id"],
  ["operation_id", "Operation"],
  ["as_user", "Act as user"],
  ["on_uncertain", "When a request was sent and its response was lost"],
  ["url", "Address"],
  ["method", "Method"],
  ["timeout_ms", "Timeout (ms)"],
  ["on", "Value that decides"],
  ["join.at_least", "How many"],
  ["join", "Continues when"],
  ["time_limit_ms", "Time limit of each (ms)"],
  ["over", "List"],
  ["at_once", "Items at the same time"],
  ["on_error", "When an item fails"],
  ["for", "How long"],
  ["until", "Date and time"],
  ["zone", "Time zone"],
  ["event.event_types", "Event to wait for"],
  ["deadline", "Deadline"],
  ["people", "People who may decide"],
  ["note", "What they read"],
  ["remind.after", "Remind after"],
  ["outcome", "The run ends as"],
  ["message", "Message"],
  ["output", "Output"],
  ["flow_id", "Flow"],
  ["wait", "Wait until it is over"],
  ["event", "Name of the event"],
  ["input", "Input"],
  ["trigger_event_types", "Event"],
  ["triggers.schedules[*].cron", "Time *, minute, hour, day, month, weekday"],
  ["triggers.schedules[*].zone", "Time *, time zone"],
  ["triggers.schedules[*]", "Time *"],
  ["triggers.manual.inputs[*].label", "Question *"],
  ["triggers.manual.inputs[*].type", "Question *, type"],
  ["triggers.manual.inputs[*].default", "Question *, where it is left empty"],
  ["triggers.manual.inputs[*]", "Question *"],
  ["concurrency.at_once", "Runs at once"],
  ["concurrency.when_full", "Runs at once, the next ones"],
  ["concurrency.key", "Runs at once, counted for each"],
  ["debounce.wait", "Wait until events stop, no other event for"],
  ["debounce.max_wait", "Wait until events stop, at the latest after"],
  ["debounce.key", "Wait until events stop, for each"],
  ["throttle.at_most", "How often, runs at most"],
  ["throttle.per", "How often, within"],
  ["throttle.when_over", "How often, those beyond"],
  ["throttle.key", "How often, counted for each"],
  ["order_key", "In order of"],
];

/** Parts of a request stand in the form by their own names. */
const OF_REQUESTS = new Set(["path_params", "query_params", "body"]);
/** Values that people name. */
const NAMED: Readonly<Record<string, string>> = { headers: "Header", query: "Query", set: "Variable" };
const RULE_PARTS: Readonly<Record<string, string>> = {
  field: "Field",
  operator: "Operator",
  value: "Value",
  quantifier: "Which elements of the list",
  case_insensitive: "Ignore case",
};

/** Of a path in a step, or in the flow; "" for the whole. */
export function fieldWords(path: string): string {
  const keys = path.match(/\["(?:[^"\\]|\\.)*"\]|\[\d+\]|[\w-]+/g) ?? [];
  const [first = "", second, ...rest] = keys;
  if (first === "") return "";
  const number = positionOf(second);
  if (first === "cases" && number !== undefined) return joined(`Case ${number}`, rest, path);
  if (first === "branches" && number !== undefined) return joined(`Branch ${number}`, rest, path);
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
  const which = numbers.length === 0 ? "Conditions" : `Condition ${numbers.join(".")}`;
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
