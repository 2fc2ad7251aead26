/** Each place of src/base/crash_point.ts has a test that kills a process there; a new place has none until it stands here. */

import { assert } from "@std/assert";
import type { CrashPoint } from "../../src/base/crash_point.ts";

/** The file, and how it names the place where that is not its name. */
const KILLED_IN: Record<CrashPoint, { file: string; as?: string }> = {
  after_commit: { file: "e2e/crash_test.ts" },
  after_claim: { file: "e2e/crash_test.ts" },
  before_call: { file: "engine/kinds_crash_test.ts" },
  after_call: { file: "engine/kinds_crash_test.ts" },
  before_run_end: { file: "engine/kinds_crash_test.ts" },
  after_run_end: { file: "engine/kinds_crash_test.ts" },
  before_failure: { file: "e2e/crash_ends_test.ts", as: "failure" },
  after_failure: { file: "e2e/crash_ends_test.ts", as: "failure" },
  before_backoff: { file: "e2e/crash_ends_test.ts", as: "backoff" },
  after_backoff: { file: "e2e/crash_ends_test.ts", as: "backoff" },
  before_snooze: { file: "engine/kinds_crash_test.ts" },
  after_snooze: { file: "engine/kinds_crash_test.ts" },
  before_answer_kept: { file: "e2e/idempotency_crash_test.ts" },
  after_answer_kept: { file: "e2e/idempotency_crash_test.ts" },
  before_answer: { file: "e2e/idempotency_crash_test.ts" },
  after_uninstall: { file: "e2e/uninstall_crash_test.ts" },
  in_cleanup: { file: "e2e/uninstall_crash_test.ts" },
  after_advance: { file: "schedules/crash_test.ts" },
  before_fire_commit: { file: "schedules/crash_test.ts" },
  after_fire: { file: "schedules/crash_test.ts" },
  change_stored: { file: "changes/crash_test.ts" },
  missed_published: { file: "reconcile/crash_test.ts" },
};

Deno.test("each place at which a process may be killed has a test that kills it there, as often as CRASH_TIMES says", async () => {
  for (const [point, { file, as = point }] of Object.entries(KILLED_IN)) {
    const text = await Deno.readTextFile(new URL(`../${file}`, import.meta.url));
    assert(text.includes(`"${as}"`), `${file} kills at ${point}`);
    assert(text.includes("SIGKILL") || text.includes("dieAndGoOn("), `${file} kills`);
    assert(text.includes("../support/crash_times.ts"), `${file} repeats ${point}`);
  }
});
