/** What a new workflow may begin with: definitions whose agents' names are to be filled in. Pure. */

import { say } from "../../words/say.ts";

export interface WorkflowTemplate {
  key: string;
  name: string;
  about: string;
  /** `agent`: name of an agent that the steps call. */
  definition(agent: string): object;
}

const ask = (agent: string, input: object, next?: string) => ({
  type: "agent",
  agent_name: agent,
  input_mapping: input,
  ...(next !== undefined && { next_step: next }),
});

const TEXT_INPUT = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };

export const TEMPLATES: readonly WorkflowTemplate[] = [
  {
    key: "one",
    name: say("One agent"),
    about: say("Sends the input to one agent; the run gives what it gave."),
    definition: (agent) => ({
      start_step: "ask",
      steps: { ask: ask(agent, { text: "${workflow.input.text}" }) },
      input_schema: TEXT_INPUT,
    }),
  },
  {
    key: "decide",
    name: say("Ask, then decide"),
    about: say("Asks an agent, and a second time where a condition on its answer holds."),
    definition: (agent) => ({
      start_step: "first",
      steps: {
        first: ask(agent, { text: "${workflow.input.text}" }, "check"),
        check: { type: "conditional", condition: "${first.output.length} > 5", if_true_step: "again" },
        again: ask(agent, { text: "${first.output.text}" }),
      },
      input_schema: TEXT_INPUT,
    }),
  },
  {
    key: "list",
    name: say("Each item of a list"),
    about: say("Sends each item of a list to an agent, one after another."),
    definition: (agent) => ({
      start_step: "each",
      steps: {
        each: {
          type: "loop",
          loop_config: { collection: "${workflow.input.items}", loop_body: ["ask"], on_error: "continue" },
        },
        ask: ask(agent, { text: "${loop.item}" }),
      },
      input_schema: { type: "object", properties: { items: { type: "array" } }, required: ["items"] },
    }),
  },
  {
    key: "wait",
    name: say("Ask, then wait for an event"),
    about: say("Asks an agent, and continues when an event of a type arrives."),
    definition: (agent) => ({
      start_step: "ask",
      steps: {
        ask: ask(agent, { text: "${workflow.input.text}" }, "approved"),
        approved: { type: "wait_for_event", event_type: "approved", timeout_seconds: 86_400 },
      },
      input_schema: TEXT_INPUT,
    }),
  },
];
