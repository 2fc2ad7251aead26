/** /ui/guard: what a workspace decides for each grade of request to Clockify, and the requests that wait for a second person. */

import { personOf } from "../../clockify/call_origin.ts";
import type { Hono } from "hono";
import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import type { Catalogue } from "../../clockify/operations.ts";
import {
  type Approval,
  APPROVAL_HOURS,
  APPROVAL_STATES,
  type Approvals,
  MAX_NOTE_CHARS,
} from "../../guard/approvals.ts";
import type { TransactionSql } from "../../db/db.ts";
import { type Grade, GRADE_WORDS, gradeOf, GRADES } from "../../guard/grades.ts";
import type { GuardObserver, GuardOptions, PolicyChangeRequest, PolicyGuard } from "../../guard/guard.ts";
import {
  DEFAULT_POLICY,
  type Leaving,
  OUTCOMES,
  type PolicyStore,
  type StoredPolicy,
  type Way,
} from "../../guard/policy.ts";
import { SUBJECT_KINDS } from "../../guard/subject.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import type { AuthDeps } from "../server/login.ts";
import { oneOf } from "../server/query.ts";
import { defineRoute, mount } from "./contract.ts";
import { confirmationProblem } from "./confirmation.ts";
import { confirmToken, GUARD_PROBLEMS } from "./flow_guard.ts";
import { ifMatch } from "./flow_saving.ts";
import { anyJson, cursorPage, id, ID_PARAM, idCursor, instant, limitUpTo100, workspaceId } from "./schemas.ts";

export interface GuardRoutesDeps extends AuthDeps {
  guard: PolicyGuard;
  policies: PolicyStore;
  approvals: Approvals;
  catalogue: Catalogue;
  writesByHand: GuardOptions["writesByHand"];
  /** Called when a policy changed. */
  onChanged(installationId: number): void;
  onDecision: GuardObserver["onDecision"];
  body: BodyLimits;
}

const PATH = "/ui/guard";

const outcome = z.enum(OUTCOMES).meta({
  id: "GuardOutcome",
  description:
    "allow; preview: what would be sent is shown, and confirmed once; second_person: another administrator " +
    "approves it; deny",
});
export const grade = z.enum(GRADES).meta({ id: "Grade" });

const rule = z.object({
  outcome,
  is_default: z.boolean(),
}).meta({ id: "GuardRule" });

const policy = z.object({
  workspace_id: workspaceId,
  version: z.int().meta({ description: "0: nothing was ever set" }),
  updated_by: z.string().nullable().meta({ description: 'Id of a user, or "operator:" and the name of a key' }),
  updated_at: instant.nullable(),
  writes_by_hand: z.object({
    allowed: z.boolean(),
    reason: z.string().nullable().meta({ description: "Why not, as the end of a sentence" }),
  }).meta({ description: "Whether people may send writes at all; reads they always may" }),
  grades: z.array(z.object({
    grade,
    about: z.string(),
    operations: z.int().meta({ description: "How many of the catalogue have it" }),
    by_hand: rule,
    flows: rule,
  })).meta({ description: "From the lightest to the gravest" }),
}).meta({ id: "GuardPolicy" });

const POLICY_EXAMPLE = {
  workspace_id: "64a687e29ae1f428e7ebe303",
  version: 1,
  updated_by: "5e6a0f7c1f3b2a0012345678",
  updated_at: "2026-11-21T08:00:00.000Z",
  writes_by_hand: { allowed: true, reason: null },
  grades: [{
    grade: "destructive" as const,
    about: GRADE_WORDS.destructive,
    operations: 28,
    by_hand: { outcome: "second_person" as const, is_default: false },
    flows: { outcome: "preview" as const, is_default: true },
  }],
};

const ETAG = { ETag: "The version, for If-Match" };

const getPolicy = defineRoute({
  method: "get",
  path: PATH,
  tag: "Guard",
  summary: "What each grade of request to Clockify needs, by hand and in flows",
  who: "member",
  answer: { status: 200, about: "The policy of the workspace", schema: policy, example: POLICY_EXAMPLE, headers: ETAG },
});

const grades = z.strictObject(
  Object.fromEntries(GRADES.map((one) => [one, z.enum(OUTCOMES).nullable().optional()])) as Record<
    Grade,
    z.ZodOptional<z.ZodNullable<z.ZodEnum<{ [Name in (typeof OUTCOMES)[number]]: Name }>>>
  >,
  "must name grades",
);

const putPolicy = defineRoute({
  method: "put",
  path: PATH,
  tag: "Guard",
  summary: "Change what grades need",
  about:
    "What is left out stays; null gives the default back. Flows that are published keep running, but for steps of a grade " +
    "that is denied: they fail with CLOCKIFY_WRITE_DENIED, on other instances after a few seconds. A change after which a " +
    "grade needs no second person any more needs one itself: 428 until another administrator approved it.",
  who: "admin",
  headers: { "if-match": z.string().optional().meta({ description: "ETag of the policy as it was read" }) },
  body: {
    schema: z.strictObject(
      { by_hand: grades.optional(), flows: grades.optional(), confirm_token: confirmToken },
      "must be an object",
    ),
    refusal: "Cannot change the guard: the request does not fit",
    example: { by_hand: { destructive: "second_person" as const } },
  },
  answer: { status: 200, about: "The policy as it is now", schema: policy, example: POLICY_EXAMPLE, headers: ETAG },
  problems: ["PRECONDITION_FAILED", ...GUARD_PROBLEMS],
});

const request = {
  id,
  kind: z.enum(SUBJECT_KINDS)
    .meta({ description: "A request to Clockify, the publication of a flow, or a change of the policy" }),
  person: z.string().meta({ description: 'Who asks: id of a user, or "operator:" and the name of a key' }),
  is_mine: z.boolean(),
  grade,
  title: z.string().meta({ example: "DELETE /v1/workspaces/64a687e29ae1f428e7ebe303/tags/64c777ddd3fcab07cfbb210c" }),
  state: z.enum(APPROVAL_STATES),
  decided_by: z.string().nullable(),
  decided_at: instant.nullable(),
  note: z.string().nullable(),
  created_at: instant,
  expires_at: instant,
};
const row = z.object(request).meta({ id: "GuardRequestRow" });
const whole = z.object({ ...request, shown: anyJson.meta({ description: "What it would send, whole" }) })
  .meta({ id: "GuardRequest" });

const REQUEST_EXAMPLE = {
  id: "7",
  kind: "call" as const,
  person: "5e6a0f7c1f3b2a0012345678",
  is_mine: false,
  grade: "destructive" as const,
  title: "DELETE /v1/workspaces/64a687e29ae1f428e7ebe303/tags/64c777ddd3fcab07cfbb210c",
  state: "waiting" as const,
  decided_by: null,
  decided_at: null,
  note: null,
  created_at: "2026-11-21T08:00:00.000Z",
  expires_at: "2026-11-22T08:00:00.000Z",
};

const listRequests = defineRoute({
  method: "get",
  path: `${PATH}/requests`,
  tag: "Guard",
  summary: "Requests for a second person, newest first",
  about: "Administrators see all, members their own.",
  who: "member",
  query: z.object({
    limit: limitUpTo100,
    cursor: idCursor,
    state: oneOf("Only requests in this state", APPROVAL_STATES),
  }),
  answer: {
    status: 200,
    about: "A page of requests, without what they would send",
    schema: z.object({ workspace_id: workspaceId, pagination: cursorPage, requests: z.array(row) }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      pagination: { limit: 50, has_more: false, next_cursor: null },
      requests: [REQUEST_EXAMPLE],
    },
  },
});

const getRequest = defineRoute({
  method: "get",
  path: `${PATH}/requests/{id}`,
  tag: "Guard",
  summary: "One request for a second person, with what it would send",
  who: "member",
  params: ID_PARAM,
  answer: {
    status: 200,
    about: "The request",
    schema: whole,
    example: { ...REQUEST_EXAMPLE, shown: { operation_id: "deleteTag", method: "DELETE", query: null, body: null } },
  },
  problems: ["NOT_FOUND"],
});

const decision = (verb: "approve" | "reject", about: string) =>
  defineRoute({
    method: "post",
    path: `${PATH}/requests/{id}/${verb}`,
    tag: "Guard",
    summary: `${verb === "approve" ? "Approve" : "Reject"} a request`,
    about,
    who: "admin",
    creates: false,
    params: ID_PARAM,
    body: {
      schema: z.strictObject({
        note: z.string("must be text").trim().max(MAX_NOTE_CHARS, `must have at most ${MAX_NOTE_CHARS} characters`)
          .optional(),
      }, "must be an object"),
      refusal: `Cannot ${verb} the request: what was sent does not fit`,
      example: { note: "As agreed with Ada" },
      absent: {},
    },
    answer: {
      status: 200,
      about: "The request as it is now",
      schema: row,
      example: { ...REQUEST_EXAMPLE, state: verb === "approve" ? "approved" as const : "rejected" as const },
    },
    problems: ["NOT_FOUND", "CONFLICT"],
  });

const approveRequest = decision(
  "approve",
  "Not by the person who asked. Nothing is sent by it: who asked sends the same again, is shown it once more, and confirms. " +
    `It is good for one request, for ${APPROVAL_HOURS} hours.`,
);
const rejectRequest = decision("reject", "Not by the person who asked.");

export const guardRoutes = [getPolicy, putPolicy, listRequests, getRequest, approveRequest, rejectRequest];

export function mountGuard(app: Hono<AppEnv>, deps: GuardRoutesDeps) {
  const counts = new Map<Grade, number>();
  for (const operation of deps.catalogue.list()) {
    counts.set(gradeOf(operation), (counts.get(gradeOf(operation)) ?? 0) + 1);
  }
  const policyJson = async ({ installation }: Login, stored: StoredPolicy) => {
    const writes = await deps.writesByHand(installation.id);
    const ruleOf = (way: Way, grade: Grade) => ({
      outcome: stored.policy[way][grade],
      is_default: stored.policy[way][grade] === DEFAULT_POLICY[way][grade],
    });
    return {
      workspace_id: installation.workspaceId,
      version: stored.version,
      updated_by: stored.updatedBy,
      updated_at: stored.updatedAt?.toISOString() ?? null,
      writes_by_hand: { allowed: writes.allowed, reason: writes.allowed ? null : writes.why },
      grades: GRADES.map((grade) => ({
        grade,
        about: GRADE_WORDS[grade],
        operations: counts.get(grade) ?? 0,
        by_hand: ruleOf("by_hand", grade),
        flows: ruleOf("flows", grade),
      })),
    };
  };

  mount(app, deps, getPolicy, async ({ c, login }) => {
    const stored = await deps.policies.read(login.installation.id);
    c.header("etag", etagOf(stored));
    return await policyJson(login, stored);
  });

  mount(app, deps, putPolicy, async ({ c, login, body }) => {
    const { installation } = login;
    const { confirm_token: token, ...change } = await body();
    const wanted = ifMatch(c);
    let expectedVersion: number | undefined;
    if (wanted !== undefined && !wanted.includes("*")) {
      const stored = await deps.policies.read(installation.id);
      if (!wanted.includes(etagOf(stored))) throw changedMeanwhile(stored);
      expectedVersion = stored.version;
    }
    const by = personOf(login);
    let asked: PolicyChangeRequest | undefined;
    const leaving = async (sql: TransactionSql, found: Leaving) => {
      const request = { installationId: installation.id, person: by, change, ...found };
      if (token !== undefined) return await deps.guard.redeemPolicyChange(sql, token, request);
      asked = request;
      throw new AppError("APPROVAL_REQUIRED", "Cannot change the guard: a second person has to agree");
    };
    const stored = await deps.policies.change(installation.id, { change, by, expectedVersion, leaving })
      .catch(async (error) => {
        if (asked) {
          const { left } = asked;
          throw confirmationProblem(await deps.guard.decidePolicyChange(asked), { action: "change the guard", left });
        }
        throw error instanceof AppError && error.code === "CONFLICT" ? changedMeanwhile() : error;
      });
    deps.onChanged(installation.id);
    c.header("etag", etagOf(stored));
    return await policyJson(login, stored);
  });

  mount(app, deps, listRequests, async ({ login, query: { limit, cursor: before, state } }) => {
    const { installation, role } = login;
    const person = role === "admin" ? undefined : personOf(login);
    const { requests, next } = await deps.approvals.list(installation.id, { limit, before, person, state });
    return {
      workspace_id: installation.workspaceId,
      pagination: { limit, has_more: next !== null, next_cursor: next === null ? null : String(next) },
      requests: requests.map((one) => requestJson(one, login)),
    };
  });

  mount(app, deps, getRequest, async ({ login, params }) => {
    const person = login.role === "admin" ? undefined : personOf(login);
    const { shown, ...found } = await deps.approvals.find(login.installation.id, requestId(params.id), { person });
    return { ...requestJson(found, login), shown };
  });

  for (const [route, state] of [[approveRequest, "approved"], [rejectRequest, "rejected"]] as const) {
    mount(app, deps, route, async ({ login, params, body }) => {
      const { installation } = login;
      const number = requestId(params.id);
      const { note } = await body();
      const decided = await deps.approvals.decide(installation.id, number, {
        by: personOf(login),
        state,
        note: note || null,
      });
      deps.onDecision({ installationId: installation.id, grade: decided.grade, outcome: state });
      return requestJson(decided, login);
    });
  }
}

function etagOf({ version }: StoredPolicy): string {
  return `"${version}"`;
}

function changedMeanwhile(stored?: StoredPolicy): AppError {
  const now = stored ? `another version than ${etagOf(stored)}` : "a version of before";
  return new AppError("PRECONDITION_FAILED", `Cannot change the guard: If-Match names ${now}; read it again`);
}

function requestId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new AppError("NOT_FOUND", `Cannot find request "${text.slice(0, 40)}": there is none`);
}

function requestJson(one: Approval, login: Login) {
  return {
    id: String(one.id),
    kind: one.kind,
    person: one.person,
    is_mine: one.person === personOf(login),
    grade: one.grade,
    title: one.title,
    state: one.state,
    decided_by: one.decidedBy,
    decided_at: one.decidedAt?.toISOString() ?? null,
    note: one.note,
    created_at: one.createdAt.toISOString(),
    expires_at: one.expiresAt.toISOString(),
  };
}
