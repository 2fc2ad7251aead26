import { type Clock, systemClock } from "../../src/base/clock.ts";

/** Deadlines come forty times later: a busy machine does not turn a test red that is about something else. */
export const unhurriedClock: Clock = {
  ...systemClock,
  monotonicMs: () => Math.floor(systemClock.monotonicMs() / 40),
};
