/** What policies and outcomes of schedules are called. */

import type { Tone } from "../../ui/tag.tsx";
import type { Firing, Schedule } from "./api.ts";

export const POLICY_WORDS: Record<Schedule["missed_policy"], string> = {
  skip: "missed ones are skipped",
  one: "the last missed one is made up for",
  all: "all missed ones are made up for, 100 at most",
};

export const OUTCOMES: Record<Firing["outcome"], { text: string; tone: Tone }> = {
  started: { text: "Started a run", tone: "ok" },
  held_back: { text: "Held back", tone: "warn" },
  not_executable: { text: "Not executable", tone: "bad" },
  input_invalid: { text: "Input refused", tone: "bad" },
};
