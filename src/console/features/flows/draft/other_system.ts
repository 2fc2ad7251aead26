/** What people look for that Clockify does not do, and that a request to another system can. Pure. */

import { say } from "../../../words/say.ts";

const WORDS: readonly [RegExp, string][] = [
  [/\b(e-?)?mails?\b/, say("No action sends mail. Send an HTTP request to a mail service.")],
  [
    /\b(slack|teams|discord|telegram|chat)\b/,
    say("No action posts to a chat. Send an HTTP request to the chat's incoming webhook."),
  ],
  [/\b(sms|text message|phone|call)\b/, say("No action calls or texts. Send an HTTP request to a message service.")],
  [
    /\b(notify|notification|alert|inform|remind|message|ping)\b/,
    say("No action notifies people. Send an HTTP request to a chat or mail service."),
  ],
  [
    /\b(http|https|webhook|request|api|url|post|send|forward|zapier|make\.com|n8n)\b/,
    say("A request to the address of another system."),
  ],
];

/** How it is done; undefined for a text that asks for nothing of the kind. */
export function otherSystem(text: string): { how: string } | undefined {
  const how = WORDS.find(([words]) => words.test(text.toLowerCase()))?.[1];
  return how === undefined ? undefined : { how };
}
