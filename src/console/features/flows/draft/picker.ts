/** What can be added beside Clockify's actions: steps that decide, wait, ask and repeat, by the words people use. Pure. */

import type { ActionJson } from "./json.ts";
import type { ControlUse } from "./new_steps.ts";
import { say } from "../../../words/say.ts";

export interface StepChoice {
  key: string;
  title: string;
  /** Other words that people look for it by. */
  words: readonly string[];
  adds: { control: ControlUse } | { action: ActionJson["type"] };
}

export const STEP_CHOICES: readonly StepChoice[] = [
  choice(say("If a condition is met"), say("else otherwise when only check decide condition branch"), {
    control: "branch",
  }),
  choice(say("Wait for some time"), say("delay pause sleep hour hours day days later minutes"), { control: "wait" }),
  choice(say("Ask somebody to approve"), say("approval approve me person people confirm decision human reject"), {
    control: "approval",
  }),
  choice(say("For each item of a list"), say("loop every all repeat iterate"), { control: "each" }),
  choice(say("Do several things at once"), say("parallel together same time simultaneously"), { control: "parallel" }),
  choice(say("Depending on a value"), say("switch case choose several"), { control: "switch" }),
  choice(say("Wait until a time"), say("date clock instant schedule morning"), { control: "wait_until" }),
  choice(say("Wait for an event"), say("until happens webhook answer"), { control: "wait_event" }),
  choice(say("Try, and do something else on error"), say("catch fail failure exception fallback finally"), {
    control: "try",
  }),
  choice(say("Repeat while a condition is met"), say("loop until while poll"), { control: "while" }),
  choice(say("End the run"), say("stop exit finish fail return"), { control: "end" }),
  choice(say("Run another flow"), say("call sub-flow subflow start flow"), { action: "run_flow" }),
  choice(say("Make a value"), say("transform compute calculate format text map"), { action: "transform" }),
  choice(say("Set variables"), say("remember store keep count variable"), { action: "variables" }),
  choice(say("Make an event for other flows"), say("emit trigger publish signal"), { action: "emit_event" }),
];

function choice(title: string, words: string, adds: StepChoice["adds"]): StepChoice {
  return { key: Object.values(adds)[0] as string, title, words: words.split(" "), adds };
}

/** Those that hold each word of the text; `isMeant`: the text is how the title or one of the other words begins. */
export function stepChoicesFor(text: string): { choice: StepChoice; isMeant: boolean }[] {
  const wanted = text.trim().toLowerCase();
  const typed = wanted.split(/\s+/).filter((word) => word !== "");
  return STEP_CHOICES.flatMap((choice) => {
    const title = choice.title.toLowerCase();
    const all = [...title.split(/[^\p{L}\p{N}]+/u), ...choice.words];
    if (!typed.every((word) => all.some((one) => one.startsWith(word)))) return [];
    const isMeant = wanted !== "" && (title.startsWith(wanted) || choice.words.includes(wanted) ||
      typed.every((word) => all.includes(word)));
    return [{ choice, isMeant }];
  });
}
