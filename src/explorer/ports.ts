/** What executing a call needs of others, as few functions as it uses; app/ gives them. */

import type { ClockifyAnswer } from "../clockify/client.ts";
import type { Operation } from "../clockify/operations.ts";

/** Names of entities, as entities/lookup.ts has them. */
export interface NameSearch {
  /** Entity types that have names. */
  types: ReadonlySet<string>;
  search(
    installation: { id: number; addon: string },
    query: { q: string; type: string; limit: number; withAddresses: boolean },
  ): Promise<{ id: string; type: string; name: string; archived: boolean }[]>;
}

export type Grade = "read" | "routine" | "business" | "destructive";

/** What is to be sent, as the guard judges it and a confirm token is bound to it. */
export interface GuardedRequest {
  installationId: number;
  workspaceId: string;
  /** Clockify user id, or "operator:<name>". */
  person: string;
  operation: Operation;
  request: { method: string; path: string; query: unknown; body: unknown };
}

export type Decision =
  | { kind: "allow"; grade: Grade }
  | { kind: "preview"; grade: Grade; confirmToken: string; expiresAt: Date }
  | { kind: "second_person"; grade: Grade; requestId: string; expiresAt: Date }
  | { kind: "deny"; grade: Grade; reason: string };

export interface Guard {
  decide(request: GuardedRequest): Promise<Decision>;
  /** Throws where the token is unknown, used, expired, or of another request. */
  redeem(token: string, request: GuardedRequest): Promise<void>;
}

/** One call as it leaves. */
export interface SentParts {
  operation: Operation;
  pathParams: Record<string, unknown>;
  queryParams: Record<string, unknown>;
  body?: unknown;
  calls?: number;
}

export type Send = (call: SentParts) => Promise<ClockifyAnswer>;

/** The journal of writes. */
export interface ChangeRecorder {
  write(
    write: Omit<SentParts, "calls"> & {
      installation: { id: number };
      origin: { kind: "person"; name: string; via: "explorer" | "api_call" };
      before?: unknown;
      asUser?: string;
    },
    send: Send,
  ): Promise<ClockifyAnswer>;
}
