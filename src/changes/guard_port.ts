/** What the undo of a change asks before it sends anything, as it is asked for a call by hand; app/ hands it in. */

import type { Operation } from "../clockify/operations.ts";

export interface GuardedRequest {
  installationId: number;
  workspaceId: string;
  /** Clockify user id, or "operator:<name>". */
  person: string;
  operation: Operation;
  request: { method: string; path: string; query: unknown; body: unknown };
  /** The part of the body that the undo is about. */
  named?: unknown;
}

export type Decision =
  | { kind: "allow"; grade: string }
  | { kind: "preview"; grade: string; confirmToken: string; expiresAt: Date }
  | { kind: "second_person"; grade: string; requestId: string; expiresAt: Date }
  | { kind: "deny"; grade: string; reason: string };

/** What the workspace asks of a write by hand. */
export interface Asked {
  grade: string;
  outcome: "allow" | "preview" | "second_person" | "deny";
}

export interface UndoGuard {
  /** Makes no token and no request. */
  askedOf(installationId: number, operation: Operation, named?: unknown): Promise<Asked>;
  decide(request: GuardedRequest): Promise<Decision>;
  /** Throws where the token is unknown, used, expired, or of another request. */
  redeem(token: string, request: GuardedRequest): Promise<void>;
}
