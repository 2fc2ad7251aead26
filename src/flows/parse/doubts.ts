/**
 * Warnings about the conditions of a flow that can be saved, or was: rules that may mean something else than their
 * author intended.
 */

import type { Condition, RuleCondition } from "../../engine/condition.ts";
import { decimalOf } from "../../engine/decimal.ts";
import { at, cut, type Fault } from "../../engine/faults.ts";
import { literalValue } from "../../actions/http_secrets.ts";
import { isPlainDate } from "../../base/iso_time.ts";
import type { OperatorName } from "../../engine/operators.ts";
import { isTimeZone, spanMs } from "../../engine/zone.ts";
import { rulesOf } from "./validate.ts";

/** By ordering operator: what it asks of a field beside a whole day. */
const BESIDE_A_DAY: Partial<Record<OperatorName, string>> = {
  "<": "before the day's beginning",
  "<=": "before the day's end",
  ">": "after the day's end",
  ">=": "from the day's beginning on",
};

/** Warnings about rules as they are given, the same for a new flow and a stored one. */
export function ruleDoubts(condition: Condition): Fault[] {
  return rulesOf(condition).flatMap(({ at: place, operator, value, typed, warning }) => {
    if (warning) return [{ path: at(place, warning.key), message: warning.message }];
    if (!Object.hasOwn(BESIDE_A_DAY, operator) || typed || typeof value !== "string") return [];
    const number = value.trim();
    if (decimalOf(number) === undefined) return [];
    // One of more digits than a number keeps would be refused without its quotes.
    const isExact = Math.abs(Number(number)) <= Number.MAX_SAFE_INTEGER;
    const remedy = isExact ? `: write the number ${number} without quotes` : "";
    return [{
      path: at(place, "value"),
      message: `"${cut(value)}" is text, and compares with a text letter by letter${remedy}`,
    }];
  });
}

/** Warnings about a condition that was saved before, with what a version since then reads differently. */
export function storedDoubts(condition: Condition): Fault[] {
  return [...ruleDoubts(condition), ...rulesOf(condition).flatMap(dayDoubt)];
}

function dayDoubt({ at: place, operator, value, typed }: RuleCondition): Fault[] {
  const asks = BESIDE_A_DAY[operator];
  if (asks === undefined || typed?.type !== "instant" || !isPlainDate(value)) return [];
  const message = `${value} is the whole day in the workspace's time zone: ${operator} asks for ${asks}`;
  return [{ path: at(place, "value"), message }];
}

/** The zone that is last to reach a time of the clock: what is past there is past everywhere. */
const LAST_ZONE = "Etc/GMT+12";

/** A warning about a wait until a fixed instant that is past, as it is given: each run would go on at once. */
export function waitDoubts(
  { raw, place }: { raw: Record<string, unknown>; place: string },
  now: number,
): Fault[] {
  if (raw.kind !== "wait" || raw.until == null) return [];
  const zone = typeof raw.zone === "string" && isTimeZone(raw.zone) ? raw.zone : LAST_ZONE;
  const until = spanMs(literalValue(raw.until), zone, { wall: true });
  if (until === undefined || until.from > now) return [];
  return [{ path: at(place, "until"), message: "is past: the wait ends at once, in every run" }];
}
