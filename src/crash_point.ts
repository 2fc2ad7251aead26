/** Places between two effects at which a crash test stops the process with kill -9. Production passes none of these a listener. */

export type CrashPoint = "after_commit" | "after_claim" | "before_call" | "after_call" | "before_run_end";

export type OnPoint = (point: CrashPoint) => void;
