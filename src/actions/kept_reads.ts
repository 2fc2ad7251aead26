/** Answers that tests of flows have read a moment ago: an editor tests after each change, and asks Clockify for the same once. */

import type { Clock } from "../base/clock.ts";
import { jsonText } from "../base/json_text.ts";
import type { ClockifyAnswer } from "../clockify/client.ts";

type Ok = Extract<ClockifyAnswer, { kind: "ok" }>;

/** An answer holds for so long. */
export const KEPT_READ_MS = 30_000;
/** Of all answers together, as JSON. */
const MAX_CHARS = 8_000_000;

export interface KeptReads {
  get(key: string): Ok | undefined;
  set(key: string, answer: Ok): void;
}

/** Those that were read longest ago go first. */
export function createKeptReads(clock: Pick<Clock, "monotonicMs">): KeptReads {
  const kept = new Map<string, { answer: Ok; chars: number; untilMs: number }>();
  let chars = 0;

  function drop(key: string) {
    chars -= kept.get(key)?.chars ?? 0;
    kept.delete(key);
  }

  return {
    get(key) {
      const found = kept.get(key);
      if (found && found.untilMs > clock.monotonicMs()) return found.answer;
      drop(key);
      return undefined;
    },
    set(key, answer) {
      drop(key);
      const size = key.length + jsonText(answer.data ?? null).length;
      kept.set(key, { answer, chars: size, untilMs: clock.monotonicMs() + KEPT_READ_MS });
      chars += size;
      for (const oldest of kept.keys()) {
        if (chars <= MAX_CHARS) break;
        drop(oldest);
      }
    },
  };
}
