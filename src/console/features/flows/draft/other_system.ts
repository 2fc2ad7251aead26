/** What people look for that Clockify does not do, and that a request to another system can. Pure. */

const WORDS: readonly [RegExp, string][] = [
  [/\b(e-?)?mails?\b/, "There is no action that sends mail: a request to a mail service's address can."],
  [
    /\b(slack|teams|discord|telegram|chat)\b/,
    "There is no action for chats: a request to the chat's incoming webhook can.",
  ],
  [/\b(sms|text message|phone|call)\b/, "There is no action for phones: a request to a message service's address can."],
  [
    /\b(notify|notification|alert|inform|remind|message|ping)\b/,
    "There is no action that notifies: a request to the address of a chat or a mail service can.",
  ],
  [
    /\b(http|https|webhook|request|api|url|post|send|forward|zapier|make\.com|n8n)\b/,
    "A request to the address of another system.",
  ],
];

/** How it is done; undefined for a text that asks for nothing of the kind. */
export function otherSystem(text: string): { how: string } | undefined {
  const how = WORDS.find(([words]) => words.test(text.toLowerCase()))?.[1];
  return how === undefined ? undefined : { how };
}
