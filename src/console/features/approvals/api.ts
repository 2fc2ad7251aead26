/** Approvals: what runs ask of people, what follows from each answer, the answer, and handing one to another person. */

import type { Api } from "../../shell/client.ts";
import type { Answer, RequestBody, Wire } from "../../wire.ts";

export interface Approval {
  id: string;
  state: Wire<"Approval">["state"];
  runId: string;
  /** Its run resumes by hand. */
  isRunPaused: boolean;
  flow: { id: string; name: string; version: number };
  /** What is asked. */
  note: string | null;
  people: { id: string; name: string | null }[];
  roles: string[];
  mayDecide: boolean;
  askedAt: Date;
  expiresAt: Date | null;
  decidedAt: Date | null;
  decidedBy: string | null;
  decisionNote: string | null;
}

export type Outcome = NonNullable<Wire<"ApprovalOutcome">>;
export type FollowingStep = Wire<"FollowingStep">;

export interface ApprovalDetail extends Approval {
  event: { id: string; type: string; subject: string | null } | null;
  /** Null where the run got another plan. */
  approve: Outcome | null;
  reject: Outcome | null;
  expire: Outcome | null;
  /** The steps behind the approval. */
  after: FollowingStep[];
}

/** Which ones: those that wait for the viewer, all that wait, or those that are over. */
export type ApprovalFilter = "mine" | "open" | "approved" | "rejected" | "expired" | "cancelled";

const AT_ONCE = 100;

/** Those that wait: oldest first. Those that are over: newest first. At most a hundred; `hasMore`: there are others. */
export async function listApprovals(
  api: Api,
  filter: ApprovalFilter,
  signal?: AbortSignal,
): Promise<{ approvals: Approval[]; hasMore: boolean }> {
  const isOpen = filter === "mine" || filter === "open";
  const { approvals, pagination } = await api.get<Answer<"get_ui_approvals">>("/approvals", {
    state: isOpen ? "open" : filter,
    mine: filter === "mine" ? "true" : undefined,
    limit: AT_ONCE,
  }, signal);
  const rows = approvals.map(toApproval);
  return { approvals: isOpen ? rows.reverse() : rows, hasMore: pagination.has_more };
}

export async function getApproval(api: Api, id: string, signal?: AbortSignal): Promise<ApprovalDetail> {
  const wire = await api.get<Answer<"get_ui_approvals_id">>(`/approvals/${encodeURIComponent(id)}`, undefined, signal);
  const { event, approve, reject, expire, after } = wire;
  return {
    ...toApproval(wire),
    event: event && { id: event.id, type: event.event_type, subject: event.subject },
    approve,
    reject,
    expire,
    after,
  };
}

export type Decision = RequestBody<"post_ui_approvals_id_decide">["decision"];

/** Throws CONFLICT where somebody else was first. */
export async function decideApproval(
  api: Api,
  { id, decision, note }: { id: string; decision: Decision; note: string },
): Promise<Approval> {
  const body: RequestBody<"post_ui_approvals_id_decide"> = { decision, ...(note !== "" && { note }) };
  const path = `/approvals/${encodeURIComponent(id)}/decide`;
  return toApproval(await api.send<Answer<"post_ui_approvals_id_decide">>("POST", path, body));
}

export async function handApproval(api: Api, { id, to }: { id: string; to: string }): Promise<Approval> {
  const path = `/approvals/${encodeURIComponent(id)}/hand`;
  return toApproval(await api.send<Answer<"post_ui_approvals_id_hand">>("POST", path, { to }));
}

function toApproval(wire: Wire<"Approval">): Approval {
  return {
    id: wire.id,
    state: wire.state,
    runId: wire.run_id,
    isRunPaused: wire.run_paused,
    flow: wire.flow,
    note: wire.note,
    people: wire.people,
    roles: wire.roles,
    mayDecide: wire.may_decide,
    askedAt: new Date(wire.asked_at),
    expiresAt: wire.expires_at === null ? null : new Date(wire.expires_at),
    decidedAt: wire.decided_at === null ? null : new Date(wire.decided_at),
    decidedBy: wire.decided_by_name ?? wire.decided_by,
    decisionNote: wire.decision_note,
  };
}
