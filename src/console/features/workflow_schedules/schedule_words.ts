/** What policies and outcomes of schedules are called. */

import type { Tone } from "../../ui/tag.tsx";
import { say } from "../../words/say.ts";
import type { Firing, Schedule } from "./api.ts";

export const POLICY_WORDS: Record<Schedule["missed_policy"], string> = {
  skip: say("missed ones are skipped"),
  one: say("the last missed one is made up for"),
  all: say("all missed ones are made up for, 100 at most"),
};

export const OUTCOMES: Record<Firing["outcome"], { text: string; tone: Tone }> = {
  started: { text: say("Started a run"), tone: "ok" },
  held_back: { text: say("Held back"), tone: "warn" },
  not_executable: { text: say("Not executable"), tone: "bad" },
  input_invalid: { text: say("Input refused"), tone: "bad" },
};
