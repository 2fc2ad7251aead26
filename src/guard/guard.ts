/** The guard: what stands between a request of a person and Clockify, by the grade of its operation and the workspace's policy. */

import { AppError, type ErrorCode } from "../base/errors.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import { type Operation, operationKey } from "../clockify/operations.ts";
import { type Approvals, findApproved } from "./approvals.ts";
import { makeToken, useToken } from "./confirm_tokens.ts";
import { type Grade, gradeOf, GRADES } from "./grades.ts";
import type { Leaving, Outcome, PolicyChange, PolicyStore, Way } from "./policy.ts";
import { callSubject, flowSubject, type GuardedRequest, policySubject, type Subject } from "./subject.ts";

export type { GuardedRequest } from "./subject.ts";

/**
 * allow: send it. preview: show it, and send it once the token comes back (redeem); also for what a second person approved.
 * second_person: another administrator has to approve the request of this id, and the same request is asked again then. deny:
 * refuse it; `reason` is a whole sentence without its full stop, for CLOCKIFY_WRITE_DENIED.
 */
export type Decision =
  | { kind: "allow"; grade: Grade }
  | { kind: "preview"; grade: Grade; confirmToken: string; expiresAt: Date }
  | { kind: "second_person"; grade: Grade; requestId: string; expiresAt: Date }
  | { kind: "deny"; grade: Grade; reason: string };

export interface Guard {
  /** Whether the request may be sent now. A preview makes a confirm token, a second person a request that waits. */
  decide(request: GuardedRequest): Promise<Decision>;
  /** Throws CLOCKIFY_WRITE_DENIED for what decide() would deny: before an object is read for the request's bytes. */
  refuse(request: Pick<GuardedRequest, "installationId" | "operation" | "named">): Promise<void>;
  /**
   * Uses the token up; after it the request may be sent, once. Throws CONFIRM_TOKEN_INVALID (also of another person, workspace
   * or request), CONFIRM_TOKEN_EXPIRED, CONFIRM_TOKEN_USED, and CLOCKIFY_WRITE_DENIED where the policy denies it by now.
   */
  redeem(confirmToken: string, request: GuardedRequest): Promise<void>;
}

/** A version of a flow that somebody publishes, which has to be confirmed or approved. */
export interface Publication {
  installationId: number;
  /** As GuardedRequest.person. */
  person: string;
  /** Null: the flow is made. */
  flowId: number | null;
  /** As people may see it, without its secrets. */
  definition: { name: string };
  /** The gravest of its steps. */
  grade: Grade;
  /** The strictest that the policy has for one of its steps: what is denied was refused before, and what is allowed passes. */
  outcome: "preview" | "second_person";
  /** What is new in it, for who decides: JSON. */
  steps: unknown;
}

/** The guard of flows: what they do is decided once, when it is published. */
export interface PublicationGuard {
  decidePublication(publication: Publication): Promise<Extract<Decision, { kind: Publication["outcome"] }>>;
  /** As Guard.redeem(), in the transaction that publishes: a token is used where the version is stored, and only there. */
  redeemPublication(sql: TransactionSql, confirmToken: string, publication: Publication): Promise<void>;
  /** Counts a publication that was refused for this grade. */
  denied(publication: Pick<Publication, "installationId" | "grade">): void;
}

/** A change of the policy that a second person has to agree to. */
export interface PolicyChangeRequest extends Leaving {
  installationId: number;
  /** As GuardedRequest.person. */
  person: string;
  change: PolicyChange;
}

/** What needs a second person keeps needing one until a second person agrees that it need not. */
export interface PolicyGuard {
  decidePolicyChange(request: PolicyChangeRequest): Promise<Extract<Decision, { kind: Publication["outcome"] }>>;
  /** As PublicationGuard.redeemPublication(), in the transaction of the change. */
  redeemPolicyChange(sql: TransactionSql, confirmToken: string, request: PolicyChangeRequest): Promise<void>;
}

/** How a decision ended, for metrics. */
export const GUARD_OUTCOMES = [
  "allow",
  "preview",
  "second_person",
  "deny",
  "confirmed",
  "approved",
  "rejected",
] as const;
export type GuardOutcome = (typeof GUARD_OUTCOMES)[number];

/** Codes of a token that is not good. */
export const TOKEN_REFUSALS = ["CONFIRM_TOKEN_INVALID", "CONFIRM_TOKEN_EXPIRED", "CONFIRM_TOKEN_USED"] as const;

export interface GuardObserver {
  onDecision(fact: { installationId: number; grade: Grade; outcome: GuardOutcome }): void;
  onTokenRefused(fact: { installationId: number; code: (typeof TOKEN_REFUSALS)[number] }): void;
}

export interface GuardOptions {
  db: Pick<Database, "scoped">;
  policies: Pick<PolicyStore, "read">;
  approvals: Pick<Approvals, "ask">;
  /** Whether people of the installation may write by hand at all: where not, why, as the end of a sentence. */
  writesByHand(installationId: number): Promise<{ allowed: true } | { allowed: false; why: string }>;
  observer: GuardObserver;
}

export function createGuard(
  { db, policies, approvals, writesByHand, observer }: GuardOptions,
): Guard & PublicationGuard & PolicyGuard {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);

  /** Why the request is denied; undefined where it is not. */
  async function denial(
    { operation, installationId }: Pick<GuardedRequest, "operation" | "installationId">,
    grade: Grade,
    outcome: Outcome,
  ): Promise<string | undefined> {
    if (outcome === "deny") return deniedBy(operation, grade, "by_hand");
    if (grade === "read") return undefined;
    const writes = await writesByHand(installationId);
    return writes.allowed ? undefined : `Cannot call ${operationKey(operation)} by hand: ${writes.why}`;
  }

  /** The outcome by the policy as it is now. Throws CLOCKIFY_WRITE_DENIED, counted. */
  async function undenied(
    request: Pick<GuardedRequest, "operation" | "installationId">,
    grade: Grade,
  ): Promise<Outcome> {
    const { installationId } = request;
    const outcome = (await policies.read(installationId)).policy.by_hand[grade];
    const reason = await denial(request, grade, outcome);
    if (reason === undefined) return outcome;
    observer.onDecision({ installationId, grade, outcome: "deny" });
    throw new AppError("CLOCKIFY_WRITE_DENIED", reason, { details: { grade } });
  }

  async function confirm(subject: Subject, outcome: Publication["outcome"]) {
    const { grade, installationId } = subject;
    const token = await within(installationId, async (sql) => {
      if (outcome === "preview") return await makeToken(sql, subject);
      const approvalId = await findApproved(sql, subject);
      return approvalId === undefined ? undefined : await makeToken(sql, subject, { approvalId });
    });
    if (token) return { kind: "preview" as const, grade, ...token };
    const { id, expiresAt } = await approvals.ask(subject);
    return { kind: "second_person" as const, grade, requestId: String(id), expiresAt };
  }

  async function counted<T extends Decision>(installationId: number, decided: Promise<T>): Promise<T> {
    const decision = await decided;
    observer.onDecision({ installationId, grade: decision.grade, outcome: decision.kind });
    return decision;
  }

  async function used(subject: Subject, use: () => Promise<void>): Promise<void> {
    const { installationId, grade } = subject;
    try {
      await use();
    } catch (error) {
      const code = TOKEN_REFUSALS.find((one) => error instanceof AppError && error.code === one satisfies ErrorCode);
      if (code) observer.onTokenRefused({ installationId, code });
      throw error;
    }
    observer.onDecision({ installationId, grade, outcome: "confirmed" });
  }

  return {
    decide: (request) => {
      const { installationId } = request;
      const grade = gradeOf(request.operation, request.named);
      return counted(
        installationId,
        (async (): Promise<Decision> => {
          const outcome = (await policies.read(installationId)).policy.by_hand[grade];
          const reason = await denial(request, grade, outcome);
          if (reason !== undefined || outcome === "deny") return { kind: "deny", grade, reason: reason! };
          if (outcome === "allow") return { kind: "allow", grade };
          return await confirm(callSubject(request, grade), outcome);
        })(),
      );
    },
    refuse: async (request) => {
      await undenied(request, gradeOf(request.operation, request.named));
    },
    redeem: async (confirmToken, request) => {
      const { installationId } = request;
      const grade = gradeOf(request.operation, request.named);
      const outcome = await undenied(request, grade);
      const subject = callSubject(request, grade);
      const approved = outcome === "second_person";
      await used(
        subject,
        () => within(installationId, (sql) => useToken(sql, confirmToken, { ...subject, approved })),
      );
    },
    decidePublication: (publication) =>
      counted(publication.installationId, confirm(flowSubject(publication), publication.outcome)),
    redeemPublication: (sql, confirmToken, publication) => {
      const subject = flowSubject(publication);
      const approved = publication.outcome === "second_person";
      return used(subject, () => useToken(sql, confirmToken, { ...subject, approved }));
    },
    decidePolicyChange: (request) => counted(request.installationId, confirm(changeSubject(request), "second_person")),
    redeemPolicyChange: (sql, confirmToken, request) => {
      const subject = changeSubject(request);
      return used(subject, () => useToken(sql, confirmToken, { ...subject, approved: true }));
    },
    denied: ({ installationId, grade }) => observer.onDecision({ installationId, grade, outcome: "deny" }),
  };
}

function changeSubject(request: PolicyChangeRequest): Subject {
  const grade = GRADES.findLast((one) => request.left.some((left) => left.grade === one))!;
  return policySubject({ ...request, grade });
}

const WORDS: Readonly<Record<Grade, string>> = {
  read: "reads",
  routine: "ordinary writes",
  business: "business writes",
  destructive: "destructive writes",
};
const WHOSE: Readonly<Record<Way, string>> = { by_hand: "by hand", flows: "of flows" };

/** The sentence of a denial, with where it is changed. */
export function deniedBy(operation: Pick<Operation, "method" | "path">, grade: Grade, way: Way): string {
  return `Cannot call ${operationKey(operation)}: this workspace denies ${WORDS[grade]} ${
    WHOSE[way]
  }; an administrator ` +
    `changes that with PUT /ui/guard`;
}
