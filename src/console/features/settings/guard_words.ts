/** What grades, outcomes and changes of the guard are called on the page. Pure. */

import type { Tone } from "../../ui/tag.tsx";
import { say } from "../../words/say.ts";
import type { Grade, GuardPolicy, Outcome, PolicyChange, Way } from "./guard_api.ts";

export const WAYS: readonly Way[] = ["by_hand", "flows"];
export const OUTCOMES: readonly Outcome[] = ["allow", "preview", "second_person", "deny"];

export const GRADE_NAMES: Readonly<Record<Grade, string>> = {
  read: say("Read##a grade of requests"),
  routine: say("Routine"),
  business: say("Business"),
  destructive: say("Destructive"),
};
/** Within a sentence or a row of tags. */
export const GRADE_WORDS: Readonly<Record<Grade, string>> = {
  read: say("read##a grade of requests"),
  routine: say("routine"),
  business: say("business"),
  destructive: say("destructive"),
};
export const GRADE_TONES: Readonly<Record<Grade, Tone>> = {
  read: "ok",
  routine: "idle",
  business: "warn",
  destructive: "bad",
};
export const WAY_NAMES: Readonly<Record<Way, string>> = { by_hand: say("By hand"), flows: say("In flows") };
/** Within a sentence. */
export const WAY_WORDS: Readonly<Record<Way, string>> = { by_hand: say("by hand"), flows: say("in flows") };
export const OUTCOME_NAMES: Readonly<Record<Outcome, string>> = {
  allow: say("Allowed"),
  preview: say("Shown first"),
  second_person: say("A second person"),
  deny: say("Denied"),
};
/** Within a sentence. */
const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  allow: say("allowed"),
  preview: say("shown first"),
  second_person: say("a second person"),
  deny: say("denied"),
};

/** What each outcome means; a workspace without flows is not bothered with them. */
export function outcomeMeaning(outcome: Outcome, hasFlows: boolean): string {
  const [byHand, inFlows] = MEANINGS[outcome];
  return hasFlows ? `${byHand} ${inFlows}` : byHand;
}

const MEANINGS: Readonly<Record<Outcome, readonly [byHand: string, inFlows: string]>> = {
  allow: [say("By hand, it is sent at once."), say("In a flow, the step is published without a question.")],
  preview: [
    say("By hand, what would be sent is shown, and sent once it is confirmed."),
    say("In a flow, new steps are confirmed when the flow is published; its runs are not asked."),
  ],
  second_person: [
    say("By hand, another administrator approves the request first; then who asked confirms it."),
    say("In a flow, the same for new steps when the flow is published."),
  ],
  deny: [
    say("By hand, nothing is sent."),
    say("In a flow, such steps cannot be published, and those that were published fail."),
  ],
};

/** A path without the workspace that all paths begin with. */
export function shortPath(text: string): string {
  return text.replace(/\/v1\/workspaces\/(?:[0-9a-f]{24}|\{workspaceId\})(?=\/)/, "…");
}

/** What a person chose that differs from what is stored; null: the default. */
export type Choices = Readonly<Record<Way, Readonly<Partial<Record<Grade, Outcome | null>>>>>;

export const NO_CHOICES: Choices = { by_hand: {}, flows: {} };

export interface ChangedRule {
  way: Way;
  grade: Grade;
  /** Null: not known here. */
  from: Outcome | null;
  /** Null: the default. */
  to: Outcome | null;
}

/** The choices that differ from the policy, from the lightest grade to the gravest. */
export function changedRules({ grades }: GuardPolicy, choices: Choices): ChangedRule[] {
  return WAYS.flatMap((way) =>
    grades.flatMap(({ grade, [way]: { outcome: from, is_default } }): ChangedRule[] => {
      const to = choices[way][grade];
      const isSame = to === undefined || to === from || (to === null && is_default);
      return isSame ? [] : [{ way, grade, from, to }];
    })
  );
}

export function changeOf(rules: readonly ChangedRule[]): PolicyChange {
  const change: PolicyChange = {};
  for (const { way, grade, to } of rules) (change[way] ??= {})[grade] = to;
  return change;
}

/** "Destructive, in flows: Denied instead of shown first" */
export function ruleText({ way, grade, from, to }: ChangedRule): string {
  const after = to === null ? say("the default") : OUTCOME_NAMES[to];
  const rule = from === null ? after : say("{after} instead of {before}", { after, before: OUTCOME_WORDS[from] });
  return `${GRADE_NAMES[grade]}, ${WAY_WORDS[way]}: ${rule}`;
}

/** "Destructive, in flows: Denied", of the wire's plain texts. */
export function leftText({ way, grade, to }: { way: string; grade: string; to: string }): string {
  const [named, meant, wanted] = [WAY_WORDS[way as Way], GRADE_NAMES[grade as Grade], OUTCOME_NAMES[to as Outcome]];
  return `${meant ?? grade}, ${named ?? way}: ${wanted ?? to}`;
}
