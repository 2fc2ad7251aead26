/** Who makes a call to Clockify: what every call says of itself, for its record (calls/) and for whoever asks later. */

/**
 * person: by hand, from the explorer or over REST; `name` is a Clockify user id, or "operator:<name>". undo: a person takes
 * the change of this id back. test: a person tests a flow, whose reads are made. bootstrap, poll, coverage, settings, lookup and
 * token: the program itself, for the reading of a workspace, the polling of its lists, its webhooks and their heartbeat, its
 * settings, a name or id that a page asks for, and the exchange of a user's token.
 */
export type CallOrigin =
  | { kind: "flow"; runId: string; flowId: number; version?: number; stepPath: string }
  | { kind: "person"; name: string; via: "explorer" | "api_call" }
  | { kind: "undo"; name: string; changeId: number }
  | { kind: "test"; name: string }
  | { kind: "bootstrap" | "poll" | "coverage" | "settings" | "lookup" | "token" };

export type CallOriginKind = CallOrigin["kind"];

/** Each of them, as filters and labels of metrics spell it. */
export const CALL_ORIGINS = [
  "flow",
  "person",
  "undo",
  "test",
  "bootstrap",
  "poll",
  "coverage",
  "settings",
  "lookup",
  "token",
] as const satisfies readonly CallOriginKind[];

/** As records of a person's doings name him: a Clockify user id, or "operator:<name>", since a key may be named as an id is. */
export function personOf({ kind, name }: { kind: "user" | "operator"; name: string }): string {
  return kind === "operator" ? `operator:${name}` : name;
}
