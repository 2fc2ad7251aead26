/** Steps that wait: for a span of time, until an instant, or for an event that fits a condition. */

import { completeComposite, endComposite, endedBefore } from "./decision.ts";
import type { StepDeps, Walk, Walker } from "./walk.ts";
import type { WaitStep } from "./plan.ts";
import { fill } from "./evaluate.ts";
import { recall } from "./recall.ts";
import { walkList } from "./step.ts";
import { factsOf, orFailure } from "./wait_parts.ts";
import { valuesOf, withValues } from "./wait_condition.ts";
import { instantAfter, instantAt, latestEnd, zoneOf } from "./wait_time.ts";
import { waitForSignal, waitUntil } from "./wait.ts";

/** Type of what ends a wait for an event; the key is the event's type, as triggers spell it. */
const EVENT = "event";

/**
 * Its output is {ended: "time"}, {ended: "event", event: {id, type, body}} or {ended: "deadline"}. At the deadline the list
 * `expired` is walked, and then the run goes on.
 */
export const walkWait: Walker<WaitStep> = async (step, path, walk, deps) => {
  const composite = { kind: step.kind, path, walk };
  const over = endedBefore(walk, path);
  const expired = () => walkList(step.expired ?? [], `${path}#0`, walk, deps);
  if (over) {
    // Later steps may name what was walked of it.
    recall(step, path, walk);
    return over;
  }
  const { clock } = deps;
  const begun = walk.history.get(path)?.decided || walk.waits.has(path);
  const prepared = begun ? { made: undefined } : await orFailure(() => begin(step, walk, deps));
  if ("failed" in prepared) return endComposite(composite, prepared.failed);
  if (!step.event) {
    const parked = await waitUntil(composite, { clock, reason: "waits" }, () => prepared.made!.until);
    return parked
      ? { ...parked, reason: `waits until ${new Date(parked.until!).toISOString()}` }
      : endComposite(composite, { kind: "completed", output: { ended: "time" } });
  }
  const reason = `waits for ${step.event.types.join(" or ")}`;
  const end = await waitForSignal(composite, { clock, reason }, () => prepared.made!);
  if ("kind" in end) return end;
  if ("came" in end) {
    return completeComposite(composite, { ended: "event", event: end.came.value }, { maxBytes: deps.maxOutputBytes });
  }
  const last = await expired();
  if (last.kind === "parked") return last;
  return endComposite(
    composite,
    last.kind === "completed" ? { kind: "completed", output: { ended: "deadline" } } : last,
  );
};

/** What it waits for, for the first walk that comes to it. */
async function begin(
  { for: span, until, zone, event, deadline }: WaitStep,
  walk: Walk,
  { clock, waitRoom }: Pick<StepDeps, "clock" | "waitRoom">,
) {
  const nowMs = clock.now();
  const { timeZone } = factsOf(walk);
  const now = { nowMs, timeZone: zoneOf(zone, timeZone) };
  if (!event) {
    return span !== undefined
      ? { until: instantAfter("for", await fill(walk, span), now), on: [] }
      : { until: instantAt("until", await fill(walk, until), now), on: [] };
  }
  const condition = withValues(event.condition, await fill(walk, valuesOf(event.condition)));
  const end = deadline === undefined ? latestEnd(nowMs) : instantAfter("deadline", await fill(walk, deadline), now);
  await waitRoom?.(walk.run.installationId, event.types.length);
  return { until: end, on: event.types.map((key) => ({ type: EVENT, key, condition })) };
}
