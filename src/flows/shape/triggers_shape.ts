/** The shape of `triggers`: what starts a flow beside events. */

import { at, type Fault, isObject, kindOf, unknownName } from "../../engine/faults.ts";
import { AppError } from "../../base/errors.ts";
import { POLICIES, type Policy } from "../../schedules/catch_up.ts";
import { isTimeZone, UTC } from "../../engine/zone.ts";
import { requireTiming } from "../../schedules/timing.ts";
import { type FlowInput, parseInputs } from "./inputs.ts";

/** What starts a flow beside events; a part that is absent starts nothing. */
export interface FlowTriggers {
  /** Times of its own, 1 to MAX_SCHEDULES_OF_FLOW. */
  schedules?: FlowSchedule[];
  /** A person by hand, with a form of these inputs. */
  manual?: { inputs: FlowInput[] };
  /** A program, by POST /ui/flows/{id}/run; what it gives is checked against the declared inputs, where there are some. */
  api?: true;
}

export interface FlowSchedule {
  /** Five fields, in one spelling (schedules/timing.ts). */
  cron: string;
  /** IANA name: on whose clock. */
  zone: string;
  /** What happens to slots that passed while no instance was running (schedules/catch_up.ts). */
  missed: Policy;
}

const MAX_SCHEDULES_OF_FLOW = 10;
const KEYS = ["schedules", "manual", "api"];
/** Whether any date matches does not depend on it: an expression names no year. */
const ANY_DAY = new Date(0);

/** The triggers, undefined where there are none; or all that is wrong with them. */
export function triggersShape(given: unknown, path = "triggers"): { triggers?: FlowTriggers; faults: Fault[] } {
  if (given === undefined || given === null) return { faults: [] };
  if (!isObject(given)) {
    return { faults: [{ path, message: `must be an object, as in {"api": true}, not ${kindOf(given)}` }] };
  }
  const faults: Fault[] = unknownKeys(given, path, KEYS);
  const triggers: FlowTriggers = {};
  const schedules = schedulesShape(given.schedules, at(path, "schedules"));
  faults.push(...schedules.faults);
  if (schedules.value.length > 0) triggers.schedules = schedules.value;
  const manual = manualShape(given.manual, at(path, "manual"));
  faults.push(...manual.faults);
  if (manual.value) triggers.manual = manual.value;
  if (given.api === true) triggers.api = true;
  else if (given.api !== undefined && given.api !== null && given.api !== false) {
    faults.push({ path: at(path, "api"), message: "must be true or false" });
  }
  return { ...(Object.keys(triggers).length > 0 && { triggers }), faults };
}

function schedulesShape(given: unknown, path: string): { value: FlowSchedule[]; faults: Fault[] } {
  if (given === undefined || given === null) return { value: [], faults: [] };
  if (!Array.isArray(given) || given.length > MAX_SCHEDULES_OF_FLOW) {
    return { value: [], faults: [{ path, message: `must be a list of at most ${MAX_SCHEDULES_OF_FLOW} schedules` }] };
  }
  const faults: Fault[] = [];
  const value = given.flatMap((one: unknown, index): FlowSchedule[] => {
    const place = at(path, index);
    if (!isObject(one)) {
      faults.push({
        path: place,
        message: 'must be a schedule, as in {"cron": "0 9 * * MON", "zone": "Europe/Berlin"}',
      });
      return [];
    }
    faults.push(...unknownKeys(one, place, ["cron", "zone", "missed"]));
    const { cron, zone = "UTC", missed = "one" } = one;
    if (!POLICIES.some((policy) => policy === missed)) {
      faults.push({ path: at(place, "missed"), message: 'must be "skip", "one" or "all"' });
    }
    if (typeof cron !== "string") {
      faults.push({ path: at(place, "cron"), message: 'must be a cron expression of 5 fields, as in "0 9 * * MON"' });
      return [];
    }
    const timing = readTiming({ cron, zone: String(zone) }, { place, faults });
    if (timing) return [{ ...timing, missed: missed as Policy }];
    // With a zone that is none the expression was not looked at.
    if (!isTimeZone(zone)) readTiming({ cron, zone: UTC }, { place, faults });
    return [];
  });
  value.forEach(({ cron, zone }, index) => {
    if (value.findIndex((one) => one.cron === cron && one.zone === zone) < index) {
      faults.push({ path, message: `hold "${cron}" in ${zone} twice` });
    }
  });
  return { value, faults };
}

function manualShape(given: unknown, path: string): { value?: FlowTriggers["manual"]; faults: Fault[] } {
  if (given === undefined || given === null || given === false) return { faults: [] };
  if (!isObject(given)) {
    return { faults: [{ path, message: `must be an object, as in {"inputs": []}, not ${kindOf(given)}` }] };
  }
  const { inputs, faults } = parseInputs(given.inputs, at(path, "inputs"));
  return { value: { inputs }, faults: [...unknownKeys(given, path, ["inputs"]), ...faults] };
}

export function unknownKeys(given: Record<string, unknown>, path: string, known: readonly string[]): Fault[] {
  return Object.keys(given).filter((key) => !known.includes(key))
    .map((key) => ({ path: at(path, key), message: unknownName(key, known) }));
}

/** Undefined with a fault where it cannot be read. */
function readTiming(
  timing: { cron: string; zone: string },
  { place, faults }: { place: string; faults: Fault[] },
): { cron: string; zone: string } | undefined {
  try {
    const read = requireTiming(timing, ANY_DAY);
    return "cron" in read ? read : undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const reason = error.message.slice(error.message.lastIndexOf('": ') + 3);
    faults.push({ path: at(place, String(error.details.field ?? "cron")), message: reason });
    return undefined;
  }
}
