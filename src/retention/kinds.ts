/**
 * The kinds of rows that retention deletes of an installation, with the setting that bounds each, in the order of
 * deletion.
 */

import type { TransactionSql } from "../db/db.ts";
import { APPROVAL_KEPT_DAYS } from "../guard/approvals.ts";
import { TOKEN_KEPT_DAYS } from "../guard/confirm_tokens.ts";
import { KEY_HOURS } from "../idempotency/room.ts";
import type { OwnerKey, WorkspaceSettings } from "../profiles/profile.ts";
import { callPage } from "./call_page.ts";
import { agentPage, chainPage, revokedTokenPage, sessionPage, versionPage } from "./api_pages.ts";
import { changePage } from "./change_page.ts";
import {
  agedPage,
  cachePage,
  deletedFlows,
  eventPage,
  finishedRunPage,
  forgottenHeads,
  type Page,
  type PageRequest,
  planPage,
} from "./pages.ts";
import { ENDED_JOBS } from "../queue/ended_jobs.ts";

/** Drafts of flows that were never saved, since their last change. */
const NEW_DRAFT_KEPT_DAYS = 90;
const MARK_KEPT_DAYS = 365;

/** Days that rows of an installation are kept; 0 keeps them for ever. */
export type RetentionDays =
  & Pick<WorkspaceSettings, "webhookLogDays" | "flowExecutionDays" | "cacheTtlDays" | "callLogDays">
  & {
    auditDays: number;
    journalDays: number;
  };

export interface Kind {
  /** Main table of the kind; one that a migration has not made yet is passed over. */
  table: string;
  days(days: RetentionDays): number;
  /** Of the installations of this owner alone. */
  owner?: OwnerKey;
  /** Rows of the first batch, where 500 would be many. */
  startRows?: number;
  page(sql: TransactionSql, request: PageRequest): Promise<Page>;
}

/** Days: a hundred years. */
const FOR_EVER = 36_500;
const flowDays = ({ flowExecutionDays }: RetentionDays) => flowExecutionDays;
const logDays = ({ webhookLogDays }: RetentionDays) => webhookLogDays;

/** Jobs before the events they name, runs before the flows and plans they point to. */
export const KINDS: readonly Kind[] = [
  { table: ENDED_JOBS.table, days: flowDays, page: agedPage(ENDED_JOBS) },
  // Each brings its steps, attempts and outputs.
  { table: "run", days: flowDays, startRows: 100, page: finishedRunPage },
  { table: "flow", days: flowDays, page: deletedFlows },
  { table: "workflow_version", owner: "workflow_api", days: flowDays, page: versionPage },
  { table: "agent", owner: "workflow_api", days: flowDays, page: agentPage },
  { table: "plan", days: flowDays, page: planPage },
  { table: "event", days: logDays, page: eventPage },
  // Where events are kept for as long as ids of other senders are remembered, all heads go with them.
  { table: "entity_head", days: (days) => logDays(days) < 7 ? logDays(days) : 0, page: forgottenHeads },
  { table: "event_tally", days: logDays, page: agedPage({ table: "event_tally", age: "hour", order: "hour" }) },
  {
    table: "entity_cache",
    days: ({ cacheTtlDays }) => cacheTtlDays,
    page: cachePage,
  },
  {
    table: "entity_change",
    days: logDays,
    page: agedPage({ table: "entity_change", age: "seen_at", order: "seen_at" }),
  },
  // Past their hours they stand for nothing, whatever is set.
  {
    table: "idempotency_key",
    days: () => KEY_HOURS / 24,
    page: agedPage({ table: "idempotency_key", age: "created_at", order: "created_at" }),
  },
  // Where they are kept without an end, as many of them as an installation may have.
  {
    table: "explorer_call",
    days: ({ callLogDays }) => callLogDays,
    page: agedPage({ table: "explorer_call", age: "at", order: "id" }),
  },
  { table: "clockify_call", days: ({ callLogDays }) => callLogDays || FOR_EVER, page: callPage },
  {
    table: "confirm_token",
    days: () => TOKEN_KEPT_DAYS,
    page: agedPage({ table: "confirm_token", age: "created_at", order: "created_at" }),
  },
  {
    table: "guard_request",
    days: () => APPROVAL_KEPT_DAYS,
    page: agedPage({ table: "guard_request", age: "created_at", order: "id" }),
  },
  // What somebody works on counts from its last change.
  {
    table: "new_flow_draft",
    days: () => NEW_DRAFT_KEPT_DAYS,
    page: agedPage({ table: "new_flow_draft", age: "updated_at", order: "updated_at" }),
  },
  // Each brings what it lists of events.
  {
    table: "flow_history",
    days: logDays,
    page: agedPage({ table: "flow_history", age: "created_at", order: "created_at" }),
  },
  // Each brings what it lists of changes.
  {
    table: "undo_job",
    days: ({ journalDays }) => journalDays,
    page: agedPage({ table: "undo_job", age: "created_at", order: "created_at" }),
  },
  // What a person said of a cause that was not seen for so long is asked again.
  {
    table: "issue_mark",
    days: () => MARK_KEPT_DAYS,
    page: agedPage({ table: "issue_mark", age: "updated_at", order: "updated_at" }),
  },
  {
    table: "source_refusal",
    days: logDays,
    page: agedPage({ table: "source_refusal", age: "last_at", order: "last_at" }),
  },
  // Each brings what it sent again.
  {
    table: "bulk_job",
    days: flowDays,
    page: agedPage({ table: "bulk_job", age: "created_at", order: "created_at" }),
  },
  // Up to 0.8 MB each, and as many of them as an installation may have.
  {
    table: "change",
    days: ({ journalDays }) => journalDays || FOR_EVER,
    startRows: 100,
    page: changePage,
  },
  { table: "audit", days: ({ auditDays }) => auditDays, page: agedPage({ table: "audit", age: "at", order: "id" }) },
  { table: "api_audit", owner: "workflow_api", days: ({ auditDays }) => auditDays, page: chainPage },
  { table: "api_token_revoked", owner: "workflow_api", days: () => 1, page: revokedTokenPage },
  { table: "api_session", owner: "workflow_api", days: () => 1, page: sessionPage },
];
