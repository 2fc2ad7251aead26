/**
 * Waits of steps: for a time, or for something that comes for the run (signals/signal.ts). A wait is recorded before any call
 * that is made beside it, so that what comes while the run is walked is not missed; what ended it is a decision.
 */

import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import { type Composite, decide, endComposite } from "./decision.ts";
import type { SignalRecord, WaitKey } from "./journal.ts";
import { parentOf } from "./step_path.ts";
import { endWaits, type OpenWait, type Parked, type StepEnd, type Walk } from "./walk.ts";

/** How a wait for something ended: what came, or its time, `at` in milliseconds since 1970. JSON. */
export type WaitEnd = { came: Pick<SignalRecord, "type" | "key" | "value"> } | { expired: true; at?: number };

export interface Waiting {
  clock: Clock;
  /** What people read of the run meanwhile. */
  reason: string;
}

/** Waits of one run at once: each is a row that events are held against. */
const MAX_WAITS = 1_000;
const MAX_KEY_CHARS = 400;
const MAX_CONDITION_CHARS = 16_384;

/**
 * How the wait of the step ended, the same in all walks of the run; the step is parked while it has not. `begin` says what is waited for,
 * once. More than a run may wait for is a failure, RUN_LIMIT_REACHED.
 */
export async function waitForSignal(
  composite: Composite,
  { clock, reason }: Waiting,
  begin: () => OpenWait | Promise<OpenWait>,
): Promise<WaitEnd | StepEnd> {
  const { kind, path, walk } = composite;
  const recorded = walk.history.get(path)?.decided;
  if (recorded) return recorded.decision as WaitEnd;
  const step = { kind, path, parentPath: parentOf(path), state: "running" } as const;
  let wait = walk.waits.get(path);
  if (!wait) {
    wait = await begin();
    const error = faultOfWait(walk, wait);
    if (error) return endComposite(composite, { kind: "failed", error });
    walk.waits.set(path, wait);
    walk.draft.add({ step, waits: { begun: [{ path, ...wait }] } });
  }
  const parked: Parked = { kind: "parked", until: wait.until, on: wait.on, reason, retry: false };
  const signal = findSignal(walk, path, wait);
  if (!signal && (wait.until === undefined || wait.until > clock.now())) return parked;
  const end: WaitEnd = signal
    ? { came: { type: signal.type, key: signal.key, value: signal.value } }
    : { expired: true, at: wait.until };
  const waits = { ended: [path], ...(signal ? { taken: [signal.id] } : { expired: [path] }) };
  const part = { step: { ...step, decision: end }, waits };
  if (signal) walk.signals.splice(walk.signals.indexOf(signal), 1);
  if (signal?.path === path) walk.draft.add(part);
  // An answer to this wait that came since the claim was accepted, and goes before all else: the next walk has it.
  else if (!await walk.draft.addUnlessWoken(part)) return parked;
  endWaits(walk, path);
  return end;
}

/** Undefined once the time has come, which `pick` names once for all walks of the run; parked until then. */
export async function waitUntil(
  composite: Composite,
  { clock, reason }: Waiting,
  pick: () => number | Promise<number>,
): Promise<Parked | undefined> {
  const { until } = await decide(composite, async () => ({ until: await pick() }));
  return until <= clock.now() ? undefined : { kind: "parked", until, on: [], reason, retry: false };
}

/** What answers this very wait, else the first that came for any step that waits for such. */
function findSignal({ signals }: Walk, path: string, { on }: OpenWait): SignalRecord | undefined {
  const find = (of: string | null) =>
    signals.find((signal) =>
      signal.path === of && on.some(({ type, key }) => type === signal.type && key === signal.key)
    );
  return find(path) ?? find(null);
}

function faultOfWait({ waits }: Walk, { on }: OpenWait): AppError | undefined {
  const open = [...waits.values()].reduce((sum, one) => sum + one.on.length, 0);
  if (open + on.length > MAX_WAITS) {
    return new AppError("RUN_LIMIT_REACHED", `Cannot wait: a run may wait for ${MAX_WAITS} things at once`);
  }
  const long = on.find(isTooLong);
  return long && new AppError(
    "RUN_LIMIT_REACHED",
    `Cannot wait for ${long.type}: its key and condition may have ${MAX_KEY_CHARS} and ${MAX_CONDITION_CHARS} characters`,
  );
}

function isTooLong({ type, key, condition }: WaitKey): boolean {
  return type.length + key.length > MAX_KEY_CHARS || (JSON.stringify(condition)?.length ?? 0) > MAX_CONDITION_CHARS;
}
