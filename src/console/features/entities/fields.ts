/** What fields of Clockify's objects are called in the viewer's language, by their words in English: "hourly rate". Pure. */

import { say } from "../../words/say.ts";

/** Fields of many objects; another one is called by its own words. */
const WORDS: Readonly<Record<string, string>> = {
  address: say("address"),
  amount: say("amount"),
  archived: say("archived"),
  billable: say("billable"),
  category: say("category"),
  client: say("client"),
  color: say("color"),
  "cost rate": say("cost rate"),
  currency: say("currency"),
  "custom fields": say("custom fields"),
  date: say("date"),
  description: say("description"),
  "due date": say("due date"),
  duration: say("duration"),
  email: say("email"),
  end: say("end"),
  estimate: say("estimate"),
  "hourly rate": say("hourly rate"),
  name: say("name"),
  note: say("note"),
  project: say("project"),
  start: say("start"),
  status: say("status"),
  tags: say("tags"),
  task: say("task"),
  type: say("type"),
  user: say("user"),
};

export function fieldWord(words: string): string {
  return Object.hasOwn(WORDS, words) ? WORDS[words]! : words;
}
