/** What can be added beside Clockify's actions: steps that decide, wait, ask and repeat, by the words people use. Pure. */

import type { ActionJson } from "./json.ts";
import type { ControlUse } from "./new_steps.ts";

export interface StepChoice {
  key: string;
  title: string;
  /** Other words that people look for it by. */
  words: readonly string[];
  adds: { control: ControlUse } | { action: ActionJson["type"] };
}

export const STEP_CHOICES: readonly StepChoice[] = [
  choice("If a condition is met", "else otherwise when only check decide condition branch", { control: "branch" }),
  choice("Wait for some time", "delay pause sleep hour hours day days later minutes", { control: "wait" }),
  choice("Ask somebody to approve", "approval approve me person people confirm decision human reject", {
    control: "approval",
  }),
  choice("For each item of a list", "loop every all repeat iterate", { control: "each" }),
  choice("Do several things at once", "parallel together same time simultaneously", { control: "parallel" }),
  choice("Depending on a value", "switch case choose several", { control: "switch" }),
  choice("Wait until a time", "date clock instant schedule morning", { control: "wait_until" }),
  choice("Wait for an event", "until happens webhook answer", { control: "wait_event" }),
  choice("Try, and do something else on error", "catch fail failure exception fallback finally", { control: "try" }),
  choice("Repeat while a condition is met", "loop until while poll", { control: "while" }),
  choice("End the run", "stop exit finish fail return", { control: "end" }),
  choice("Run another flow", "call sub-flow subflow start flow", { action: "run_flow" }),
  choice("Make a value", "transform compute calculate format text map", { action: "transform" }),
  choice("Set variables", "remember store keep count variable", { action: "variables" }),
  choice("Make an event for other flows", "emit trigger publish signal", { action: "emit_event" }),
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
    const all = [...title.split(/\W+/), ...choice.words];
    if (!typed.every((word) => all.some((one) => one.startsWith(word)))) return [];
    const isMeant = wanted !== "" && (title.startsWith(wanted) || choice.words.includes(wanted) ||
      typed.every((word) => all.includes(word)));
    return [{ choice, isMeant }];
  });
}
