/** What things of Clockify are called. Pure. */

import { say } from "../../../words/say.ts";

const WORDS: Readonly<Record<string, string>> = {
  "approval request": say("approval request"),
  client: say("client"),
  "custom field": say("custom field"),
  "expense category": say("expense category"),
  expense: say("expense"),
  holiday: say("holiday"),
  invoice: say("invoice"),
  project: say("project"),
  "shared report": say("shared report"),
  tag: say("tag"),
  task: say("task"),
  "time entry": say("time entry"),
  "time off policy": say("time off policy"),
  user: say("user"),
  "user group": say("user group"),
  webhook: say("webhook"),
};

/** Of a type as the API names it, as in "custom_field", or of one in its words; another as it is, without underscores. */
export function entityWords(type: string): string {
  const name = type.replaceAll("_", " ");
  return WORDS[name] ?? name;
}
