/** The guard: what stands between a request of a person and Clockify, by the grade of its operation and the workspace's policy. */

import type { Operation } from "../clockify/operations.ts";
import type { Grade } from "./grades.ts";

/** One request to Clockify that a person asks for. */
export interface GuardedRequest {
  installationId: number;
  workspaceId: string;
  /** Clockify user id, or "operator:<name>". */
  person: string;
  operation: Operation;
  /**
   * As it will be sent. `path` with its values; `query` the text behind "?", or what canonical_request.ts takes; `body` the text
   * or the bytes that will be sent: of any other value its JSON text counts. What is confirmed is compared byte for byte.
   */
  request: { method: string; path: string; query: unknown; body: unknown };
}

/**
 * allow: send it. preview: show it, and send it once the token comes back (redeem). second_person: another administrator has to
 * approve the request of this id. deny: refuse it; `reason` is a whole sentence without its full stop, for CLOCKIFY_WRITE_DENIED.
 */
export type Decision =
  | { kind: "allow"; grade: Grade }
  | { kind: "preview"; grade: Grade; confirmToken: string; expiresAt: Date }
  | { kind: "second_person"; grade: Grade; requestId: string; expiresAt: Date }
  | { kind: "deny"; grade: Grade; reason: string };

export interface Guard {
  /** Whether the request may be sent now. A preview makes a confirm token, a second person a request that waits. */
  decide(request: GuardedRequest): Promise<Decision>;
  /**
   * Uses the token up; after it the request may be sent, once. Throws CONFIRM_TOKEN_INVALID (also of another person, workspace
   * or request), CONFIRM_TOKEN_EXPIRED, CONFIRM_TOKEN_USED, and CLOCKIFY_WRITE_DENIED where the policy denies the grade by now.
   */
  redeem(confirmToken: string, request: GuardedRequest): Promise<void>;
}
