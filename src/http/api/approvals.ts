/** /ui/approvals: what runs ask of people, what follows from each answer, and the answers. */

import type { Hono } from "hono";
import { z } from "zod";
import { type Decisions, MAX_NOTE_CHARS } from "../../approvals/decide.ts";
import { type Follows, followsOf } from "../../approvals/follows.ts";
import { type Approval, APPROVAL_STATES, type ApprovalStore, approvalUnknown } from "../../approvals/store.ts";
import { mayDecide, rolesOf, type Viewer } from "../../approvals/who.ts";
import { personOf } from "../../clockify/call_origin.ts";
import type { Catalogue } from "../../clockify/operations.ts";
import type { PlanStep } from "../../engine/plan.ts";
import { subjectOf } from "../../events/subject.ts";
import { stepName, stepTitle } from "../../flows/vocabulary/step_name.ts";
import type { SettingsSource } from "../../installations/settings.ts";
import { decodeCursor, encodeCursor } from "../../runs/cursor.ts";
import type { RunInspector } from "../../runs/inspect.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import type { AuthDeps } from "../server/login.ts";
import { oneOf } from "../server/query.ts";
import { defineRoute, mount } from "./contract.ts";
import { type RunView, runViewOf } from "./run_view.ts";
import { cursorPage, id, instant, limitUpTo100, workspaceId } from "./schemas.ts";

export interface ApprovalRoutesDeps extends AuthDeps {
  approvals: ApprovalStore & Decisions;
  runs: RunInspector;
  settings: Pick<SettingsSource, "of">;
  catalogue: Catalogue;
  body: BodyLimits;
}

const PATH = "/ui/approvals";

const fields = {
  id: z.uuid(),
  state: z.enum(APPROVAL_STATES).meta({
    description: "cancelled: its run went on or ended without an answer; expired: no answer came in time",
  }),
  run_id: z.uuid(),
  run_paused: z.boolean().meta({ description: "The run goes on with the decision once it is resumed" }),
  flow: z.object({ id, name: z.string(), version: z.int() }),
  step: z.string().meta({ description: "Path of the step in its run", example: "root/manager" }),
  note: z.string().nullable().meta({ description: "What is asked; redacted for members who may not decide" }),
  people: z.array(z.object({ id: z.string(), name: z.string().nullable() }))
    .meta({ description: "Who may decide; the name is null where it was not read" }),
  roles: z.array(z.string()).meta({ description: "Who may decide beside them, by role in the workspace" }),
  may_decide: z.boolean().meta({ description: "Whether you may" }),
  asked_at: instant,
  expires_at: instant.nullable(),
  reminded_at: instant.nullable(),
  decided_at: instant.nullable().meta({ description: "When it ended, also without a decision" }),
  decided_by: z.string().nullable().meta({ description: 'Id of a user, or "operator:" and the name of a key' }),
  decided_by_name: z.string().nullable(),
  decision_note: z.string().nullable(),
  handed_by: z.string().nullable().meta({ description: "Who handed it to others last" }),
};
const row = z.object(fields).meta({ id: "Approval" });

const follow = z.object({
  id: z.string(),
  kind: z.string(),
  name: z.string(),
  title: z.string(),
}).meta({ id: "FollowingStep" });

const outcome = z.object({
  steps: z.array(follow).meta({ description: "What is done because of it" }),
  then: z.enum(["goes_on", "is_cancelled", "fails"]).meta({ description: "What becomes of the run" }),
}).meta({ id: "ApprovalOutcome" });

const detail = z.object({
  ...fields,
  event: z.object({ id, event_type: z.string(), received_at: instant, subject: z.string().nullable() }).nullable()
    .meta({ description: "Null where no event began the run, and once retention took it" }),
  approve: outcome.nullable().meta({ description: "Null, as the next ones, where the run got another plan" }),
  reject: outcome.nullable(),
  expire: outcome.nullable(),
  after: z.array(follow).meta({ description: "The steps behind the approval, where the run goes on" }),
}).meta({ id: "ApprovalDetail" });

const EXAMPLE = {
  id: "0192f0c1-2345-4abc-8def-0123456789ab",
  state: "open" as const,
  run_id: "0192f0c1-0000-4abc-8def-0123456789ab",
  run_paused: false,
  flow: { id: "3", name: "Large invoices", version: 2 },
  step: "root/manager",
  note: "Invoice 2026-17 is over 10,000: may it go out?",
  people: [{ id: "5e6a0f7c1f3b2a0012345678", name: "Ana Lopez" }],
  roles: ["WORKSPACE_ADMIN"],
  may_decide: true,
  asked_at: "2026-11-21T08:00:00.000Z",
  expires_at: "2026-11-23T08:00:00.000Z",
  reminded_at: null,
  decided_at: null,
  decided_by: null,
  decided_by_name: null,
  decision_note: null,
  handed_by: null,
};
const DECIDED = {
  ...EXAMPLE,
  state: "approved" as const,
  decided_at: "2026-11-21T09:00:00.000Z",
  decided_by: "5e6a0f7c1f3b2a0012345678",
  decided_by_name: "Ana Lopez",
  decision_note: "As agreed",
};

const listApprovals = defineRoute({
  method: "get",
  path: PATH,
  tag: "Runs",
  summary: "What runs ask of people, newest first",
  who: "member",
  query: z.object({
    limit: limitUpTo100,
    state: oneOf("Only approvals in this state", APPROVAL_STATES),
    run_id: z.uuid("the id of a run").optional().meta({ description: "Of one run" }),
    mine: oneOf("true: only those that you may decide", ["true", "false"]),
    cursor: z.string().optional().meta({ description: "next_cursor of the page before" }),
  }),
  answer: {
    status: 200,
    about: "A page of approvals",
    schema: z.object({ workspace_id: workspaceId, pagination: cursorPage, approvals: z.array(row) }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      pagination: { limit: 50, has_more: false, next_cursor: null },
      approvals: [EXAMPLE],
    },
  },
});

const params = { id: z.uuid().meta({ description: "Id of the approval", example: EXAMPLE.id }) };

const getApproval = defineRoute({
  method: "get",
  path: `${PATH}/{id}`,
  tag: "Runs",
  summary: "One approval, with what follows from each answer",
  who: "member",
  params,
  answer: {
    status: 200,
    about: "The approval",
    schema: detail,
    example: {
      ...EXAMPLE,
      event: {
        id: "17",
        event_type: "NEW_INVOICE",
        received_at: "2026-11-21T07:59:59.990Z",
        subject: "2026-17",
      },
      approve: { steps: [], then: "goes_on" },
      reject: { steps: [], then: "is_cancelled" },
      expire: { steps: [], then: "fails" },
      after: [{ id: "send", kind: "action", name: "send", title: "POST /workspaces/{workspaceId}/invoices" }],
    },
  },
  problems: ["NOT_FOUND"],
});

const decideApproval = defineRoute({
  method: "post",
  path: `${PATH}/{id}/decide`,
  tag: "Runs",
  summary: "Approve or reject",
  about: "By the people and roles that are asked alone. The first decision counts: a second gets 409 with who decided.",
  who: "member",
  creates: false,
  params,
  body: {
    schema: z.strictObject({
      decision: z.enum(["approve", "reject"], "must be approve or reject"),
      note: z.string("must be text").trim().max(MAX_NOTE_CHARS, `must have at most ${MAX_NOTE_CHARS} characters`)
        .optional(),
    }, "must be an object"),
    refusal: "Cannot decide the approval: the request does not fit",
    example: { decision: "approve" as const, note: "As agreed" },
  },
  answer: { status: 200, about: "The approval as it is now; its run goes on", schema: row, example: DECIDED },
  problems: ["NOT_FOUND", "CONFLICT"],
});

const handApproval = defineRoute({
  method: "post",
  path: `${PATH}/{id}/hand`,
  tag: "Runs",
  summary: "Hand an approval to another user",
  about: "By those who may decide it, who need not any more, and by owners and admins, who add someone.",
  who: "member",
  creates: false,
  params,
  body: {
    schema: z.strictObject({
      to: z.string("must be the id of a user").regex(/^[A-Za-z0-9_-]{1,64}$/, "must be the id of a user"),
    }, "must be an object"),
    refusal: "Cannot hand the approval over: the request does not fit",
    example: { to: "5e6a0f7c1f3b2a0012345679" },
  },
  answer: {
    status: 200,
    about: "The approval as it is now",
    schema: row,
    example: { ...EXAMPLE, people: [{ id: "5e6a0f7c1f3b2a0012345679", name: "Bo Chen" }], may_decide: false },
  },
  problems: ["NOT_FOUND", "CONFLICT"],
});

export const approvalRoutes = [listApprovals, getApproval, decideApproval, handApproval];

export function mountApprovals(app: Hono<AppEnv>, deps: ApprovalRoutesDeps) {
  const { approvals, catalogue } = deps;
  const now = async (login: Login, id: string) => {
    const { approval } = await approvals.find(login.installation.id, id);
    return approvalJson(approval, { viewer: viewerOf(login), view: await runViewOf(login, deps.settings) });
  };

  mount(app, deps, listApprovals, async ({ login, query: { limit, state, run_id: runId, mine, cursor } }) => {
    const viewer = viewerOf(login);
    const view = await runViewOf(login, deps.settings);
    const page = await approvals.list(login.installation.id, {
      limit,
      state,
      runId,
      ...(mine === "true" && { mine: viewer }),
      ...(cursor !== undefined && { before: decodeCursor(cursor) }),
    });
    const last = page.hasMore ? page.approvals.at(-1) : undefined;
    return {
      workspace_id: login.installation.workspaceId,
      pagination: {
        limit,
        has_more: page.hasMore,
        next_cursor: last ? encodeCursor({ micros: last.askedMicros, id: last.id }) : null,
      },
      approvals: page.approvals.map((one) => approvalJson(one, { viewer, view })),
    };
  });

  mount(app, deps, getApproval, async ({ login, params }) => {
    const { installation } = login;
    const view = await runViewOf(login, deps.settings);
    const { approval, plan } = await approvals.find(installation.id, approvalId(params.id));
    const { event } = await deps.runs.inspect(installation.id, approval.runId);
    const follows = followsOf(plan, approval.path);
    return {
      ...approvalJson(approval, { viewer: viewerOf(login), view }),
      event: event && {
        id: String(event.id),
        event_type: event.eventType,
        received_at: event.receivedAt.toISOString(),
        subject: subjectOf(event, { redacted: view.redacted }),
      },
      ...followsJson(follows, catalogue),
    };
  });

  mount(app, deps, decideApproval, async ({ login, params, body }) => {
    const id = approvalId(params.id);
    const { decision, note } = await body();
    await approvals.decide(login.installation.id, id, { by: viewerOf(login), decision, note: note || null });
    return await now(login, id);
  });

  mount(app, deps, handApproval, async ({ login, params, body }) => {
    const id = approvalId(params.id);
    const { to } = await body();
    await approvals.hand(login.installation.id, id, { by: viewerOf(login), to });
    return await now(login, id);
  });
}

function viewerOf(login: Login): Viewer {
  const { kind, role, token } = login;
  return {
    person: personOf(login),
    roles: rolesOf({ kind, roleClaim: token?.roleClaim }),
    isAdmin: role === "admin",
  };
}

function approvalId(text: string): string {
  if (z.uuid().safeParse(text).success) return text.toLowerCase();
  throw approvalUnknown(text.slice(0, 40));
}

function approvalJson(one: Approval, { viewer, view }: { viewer: Viewer; view: RunView }) {
  const may = mayDecide({ people: one.people.map(({ id }) => id), roles: one.roles }, viewer);
  const text = (words: string | null) => may ? words : view.showText(words);
  return {
    id: one.id,
    state: one.state,
    run_id: one.runId,
    run_paused: one.runPaused,
    flow: { id: String(one.flow.id), name: one.flow.name, version: one.flow.version },
    step: one.path,
    note: text(one.note),
    people: one.people,
    roles: one.roles,
    may_decide: may && one.state === "open" && !one.isLate,
    asked_at: one.askedAt.toISOString(),
    expires_at: one.expiresAt?.toISOString() ?? null,
    reminded_at: one.remindedAt?.toISOString() ?? null,
    decided_at: one.decidedAt?.toISOString() ?? null,
    decided_by: one.decidedBy,
    decided_by_name: one.decidedByName,
    decision_note: text(one.decisionNote),
    handed_by: one.handedBy,
  };
}

function followsJson(follows: Follows | undefined, catalogue: Catalogue) {
  if (!follows) return { approve: null, reject: null, expire: null, after: [] };
  const steps = (list: readonly PlanStep[] = []) => list.map((step) => followJson(step, catalogue));
  const { approved, rejected, expired, then } = follows;
  return {
    approve: { steps: steps(approved), then: "goes_on" as const },
    reject: { steps: steps(rejected), then: rejected ? "goes_on" as const : "is_cancelled" as const },
    expire: { steps: steps(expired), then: expired ? "goes_on" as const : "fails" as const },
    after: steps(then),
  };
}

function followJson(step: PlanStep, catalogue: Catalogue) {
  const { id, kind } = step;
  if (step.kind !== "action") return { id, kind, name: id, title: kind };
  return { id, kind, name: stepName(step, catalogue), title: stepTitle(step, catalogue) };
}
