/** Places between two effects at which a crash test stops the process with kill -9. In production nothing listens. */

/** How a pass over a run ends: each is one record. */
export type WalkEnd = "run_end" | "failure" | "backoff" | "snooze";

/** The places, by what has just been or is about to be written or sent. */
export type CrashPoint =
  | "after_commit"
  | "after_claim"
  | "before_call"
  | "after_call"
  | `before_${WalkEnd}`
  | `after_${WalkEnd}`
  | "before_answer_kept"
  | "after_answer_kept"
  | "before_answer"
  | "after_uninstall"
  | "in_cleanup"
  | "after_advance"
  | "before_fire_commit"
  | "after_fire"
  | "change_stored"
  | "missed_published";

/** Called as the program passes a place; a crash test ends the process in it. */
export type OnPoint = (point: CrashPoint) => void;
