/** Kinds of steps: what people call them, and what a new one begins with. Pure. */

import { say } from "../../../words/say.ts";
import type { Fields } from "./fields.ts";

export interface Kind {
  type: string;
  title: string;
  about: string;
  /** Other words that people search it by. */
  words: string;
}

export const KINDS: readonly Kind[] = [
  {
    type: "agent",
    title: say("Ask an agent"),
    about: say("Sends it a message and continues with its answer"),
    words: say("call message request"),
  },
  {
    type: "conditional",
    title: say("If: two ways by a condition"),
    about: say("Continues on one of two ways"),
    words: say("decide branch otherwise else"),
  },
  {
    type: "loop",
    title: say("For each item of a list"),
    about: say("Runs steps for every item, one after another or several at once"),
    words: say("repeat loop every"),
  },
  {
    type: "parallel",
    title: say("Several steps at once"),
    about: say("Continues when all have ended"),
    words: say("parallel beside same time"),
  },
  {
    type: "fork_join",
    title: say("Branches that meet again"),
    about: say("Continues when all, most or some of them have ended well"),
    words: say("fork join race majority"),
  },
  {
    type: "sub_workflow",
    title: say("Run another workflow"),
    about: say("With an input of its own, and waits for its end or not"),
    words: say("call sub workflow nested"),
  },
  {
    type: "wait_for_event",
    title: say("Wait for an event"),
    about: say("Continues when one of a type arrives"),
    words: say("pause signal approval until"),
  },
  {
    type: "validate",
    title: say("Check a value"),
    about: say("Fails where it does not fit a JSON Schema"),
    words: say("validate schema guard"),
  },
];

/** Those that the text means, the ones whose title says it first; all without a text. */
export function kindsFor(text: string): Kind[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (said: string) => words.every((word) => said.toLowerCase().includes(word));
  const meant = KINDS.filter(({ title }) => has(title));
  const more = KINDS.filter(({ type, title, about, words }) => has(`${type} ${title} ${about} ${words}`));
  return [...new Set([...meant, ...more])];
}

export interface Beginning {
  /** Name of an agent to call; empty where there is none. */
  agent: string;
  /** Ids for the steps that it begins with, each free. */
  freeId(type: string): string;
}

/** A new step, and the steps that it begins with: only a parallel one cannot be empty. */
export function newStep(type: string, { agent, freeId }: Beginning): { step: Fields; others: Record<string, Fields> } {
  const ask = (): Fields => ({ type: "agent", agent_name: agent, input_mapping: {} });
  switch (type) {
    case "conditional":
      return { step: { type, condition: "" }, others: {} };
    case "parallel": {
      const others = { [freeId("agent")]: ask(), [freeId("agent")]: ask() };
      return { step: { type, parallel_steps: Object.keys(others) }, others };
    }
    case "loop":
      return { step: { type, loop_config: { collection: "", loop_body: [] } }, others: {} };
    case "fork_join": {
      const branches = { first: { steps: [] }, second: { steps: [] } };
      return { step: { type, fork_join_config: { branches, join_policy: "all" } }, others: {} };
    }
    case "sub_workflow":
      return { step: { type, workflow_name: "", input_mapping: {} }, others: {} };
    case "wait_for_event":
      return { step: { type, event_type: "" }, others: {} };
    case "validate":
      return { step: { type, input: "", schema: { type: "object", properties: {} } }, others: {} };
    default:
      return { step: ask(), others: {} };
  }
}
