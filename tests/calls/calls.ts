/** Requests to Clockify as its client reports them, for tests of their records. */

import type { SentCall } from "../../src/clockify/client.ts";

/** A GET that a poll made and that was answered; `change` says what differs. */
export function sentCall(change: Partial<SentCall> = {}): SentCall {
  return {
    origin: { kind: "poll" },
    addonKey: "clockify_addon",
    workspaceId: "64a687e29ae1f428e7ebe303",
    installationId: 1,
    operation: "getTags",
    family: "Tag",
    method: "GET",
    path: "/v1/workspaces/64a687e29ae1f428e7ebe303/tags",
    status: 200,
    outcome: "ok",
    attempt: 1,
    durationMs: 12,
    requestBytes: 0,
    answerBytes: 345,
    ...change,
  };
}
