/** What the webhooks on runs of workflows did not bring: one cause for a webhook and a reason, and for one that is switched off. */

import { createHash } from "node:crypto";
import { appendAudit, type Audit } from "../access/audit.ts";
import { accessStore, type By } from "../access/by.ts";
import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import type { Database, Query, TransactionSql } from "../db/db.ts";
import { type IssueState, type Mark, stateOf, type Wish } from "./issue.ts";
import { readMarks, writeMark } from "./marks.ts";

/** Messages that failed and are looked through, the newest: all that 20 webhooks keep, some 20 ms of PostgreSQL. */
const MAX_LOOKED_THROUGH = 2_000;

/** failed: messages were given up; off: the webhook was switched off by the program, and brings nothing. */
export const WEBHOOK_ISSUE_KINDS = ["failed", "off"] as const;
export type WebhookIssueKind = (typeof WEBHOOK_ISSUE_KINDS)[number];

/** As an issue is named. */
export const WEBHOOK_ISSUE_ID = new RegExp(`^(?:${WEBHOOK_ISSUE_KINDS.join("|")})-[0-9a-f]{32}$`);

/** A message that was given up. */
export interface FailedMessage {
  id: string;
  event: string;
  runId: string | null;
  failedAt: Date;
}

export interface WebhookIssue {
  id: string;
  kind: WebhookIssueKind;
  state: IssueState;
  webhook: { id: string; url: string; description: string | null; enabled: boolean };
  /** Of the last answer; null without one. */
  httpStatus: number | null;
  /** Why the messages failed, or the webhook was switched off. */
  reason: string;
  /** Messages that failed, and since it was resolved only those after it. None where only the webhook is off. */
  count: number;
  /** Of those that count: what is sent again, the newest first. */
  messages: FailedMessage[];
  firstAt: Date;
  lastAt: Date;
  /** It was resolved, and happened again. */
  cameBack: boolean;
  /** Null where it is not muted, and where it is for ever. */
  mutedUntil: Date | null;
  /** Who muted or resolved it last. */
  person: string | null;
}

export interface WebhookIssues {
  /** Of all states, the one that came last first. `isCut`: there are more failed messages than were looked through. */
  list(installationId: number): Promise<{ issues: WebhookIssue[]; isCut: boolean }>;
  /** Throws NOT_FOUND where nothing stands of such an issue. */
  find(installationId: number, id: string): Promise<WebhookIssue>;
  /** Gives it as it is then. Throws NOT_FOUND where nothing stands of such an issue. */
  mark(installationId: number, asked: { id: string; wish: Wish; by: By }): Promise<WebhookIssue>;
}

interface HookRow {
  id: string;
  url: string;
  description: string | null;
  enabled: boolean;
  fault: string | null;
  fault_at: Date | null;
}

interface FailedRow {
  id: string;
  webhook_id: string;
  event: string;
  run_id: string | null;
  http_status: number | null;
  reason: string | null;
  finished_at: Date;
}

/** One cause. `rows`: the newest first. */
interface WebhookCause {
  id: string;
  kind: WebhookIssueKind;
  hook: HookRow;
  rows: FailedRow[];
}

/** What is recorded of a wish. */
const ACTIONS: Record<IssueState, string> = { open: "reopen", muted: "mute", resolved: "resolve" };

export function createWebhookIssues({ db, clock, audit: append = appendAudit }: {
  db: Pick<Database, "scoped">;
  clock: Clock;
  audit?: Audit;
}): WebhookIssues {
  const { within, audit } = accessStore({ db, clock, audit: append, entityType: "webhook" });
  return {
    list: (installationId) => within(installationId, (sql) => readIssues(sql, installationId)),

    find: (installationId, id) => within(installationId, (sql) => findIssue(sql, installationId, id)),

    mark: (installationId, { id, wish, by }) =>
      within(installationId, async (sql) => {
        // Taken back where nothing stands of the issue.
        await writeMark(sql, { installationId, issue: id, wish, person: by.actor });
        const issue = await findIssue(sql, installationId, id);
        const changes = { issue: id, ...(wish.state === "muted" && { until: wish.until?.toISOString() ?? null }) };
        const entry = { ...by, action: ACTIONS[wish.state], entityId: issue.webhook.id, changes };
        await audit(sql, installationId, entry);
        return issue;
      }),
  };
}

async function findIssue(sql: TransactionSql, installationId: number, id: string): Promise<WebhookIssue> {
  const { issues } = await readIssues(sql, installationId);
  const found = issues.find((one) => one.id === id);
  if (!found) throw new AppError("NOT_FOUND", `Cannot find issue "${id}": nothing stands of it`);
  return found;
}

async function readIssues(
  sql: TransactionSql,
  installationId: number,
): Promise<{ issues: WebhookIssue[]; isCut: boolean }> {
  const { marks, now } = await readMarks(sql, installationId);
  const failed = await readFailed(sql, installationId);
  const causes = causesOf(await readHooks(sql, installationId), failed);
  const issues = causes.map((cause) => toIssue(cause, { mark: marks.get(cause.id), now }));
  return {
    issues: issues.sort((a, b) => b.lastAt.getTime() - a.lastAt.getTime()),
    isCut: failed.length === MAX_LOOKED_THROUGH,
  };
}

/** There are 20 of them at most. */
async function readHooks(sql: Query, installationId: number): Promise<HookRow[]> {
  return [
    ...await sql<HookRow[]>`
      select id, url, description, enabled, fault, fault_at from run_webhook where installation_id = ${installationId}`,
  ];
}

/** Without those that a person sent to try a webhook: that person saw what became of them. */
async function readFailed(sql: Query, installationId: number): Promise<FailedRow[]> {
  return [
    ...await sql<FailedRow[]>`
      select id, webhook_id, event, run_id, http_status, reason, finished_at from webhook_delivery
      where installation_id = ${installationId} and state = 'failed' and event <> 'webhook.test'
      order by finished_at desc, id limit ${MAX_LOOKED_THROUGH}`,
  ];
}

/** What failed since a webhook is switched off is of that cause; what failed before keeps its own. */
function causesOf(hooks: readonly HookRow[], failed: readonly FailedRow[]): WebhookCause[] {
  const causes = new Map<string, WebhookCause>();
  const of = (hook: HookRow, kind: WebhookIssueKind, what: unknown): WebhookCause => {
    const id = issueId(kind, [hook.id, what]);
    const cause = causes.get(id) ?? { id, kind, hook, rows: [] };
    causes.set(id, cause);
    return cause;
  };
  const byId = new Map(hooks.map((hook) => [hook.id, hook]));
  for (const hook of hooks) if (offSince(hook)) of(hook, "off", null);
  for (const row of failed) {
    const hook = byId.get(row.webhook_id);
    // Of one that was made between the two reads: the next shows it.
    if (!hook) continue;
    const since = offSince(hook);
    const cause = since && row.finished_at >= since
      ? of(hook, "off", null)
      : of(hook, "failed", [row.http_status, row.reason]);
    cause.rows.push(row);
  }
  return [...causes.values()];
}

/** Null where it is on, and where a person switched it off, who knows. */
function offSince({ enabled, fault, fault_at }: HookRow): Date | null {
  return !enabled && fault !== null ? fault_at : null;
}

function issueId(kind: WebhookIssueKind, what: unknown): string {
  return `${kind}-${createHash("sha256").update(JSON.stringify(what)).digest("hex").slice(0, 32)}`;
}

function toIssue(
  { id, kind, hook, rows }: WebhookCause,
  { mark, now }: { mark: Mark | undefined; now: Date },
): WebhookIssue {
  const resolvedAt = mark?.resolvedAt ?? null;
  const isFresh = (at: Date) => resolvedAt === null || at >= resolvedAt;
  const fresh = rows.filter(({ finished_at }) => isFresh(finished_at));
  const offAt = kind === "off" ? hook.fault_at! : null;
  const freshCount = fresh.length + (offAt && isFresh(offAt) ? 1 : 0);
  const state = stateOf({ fresh: freshCount }, { mark, now });
  const counted = fresh.length > 0 ? fresh : rows;
  const times = [...counted.map(({ finished_at }) => finished_at.getTime()), ...(offAt ? [offAt.getTime()] : [])];
  return {
    id,
    kind,
    state,
    webhook: { id: hook.id, url: hook.url, description: hook.description, enabled: hook.enabled },
    httpStatus: rows[0]?.http_status ?? null,
    reason: (kind === "off" ? hook.fault : rows[0]!.reason) ?? "no reason was kept",
    count: counted.length,
    messages: counted.map((row) => ({ id: row.id, event: row.event, runId: row.run_id, failedAt: row.finished_at })),
    firstAt: new Date(Math.min(...times)),
    lastAt: new Date(Math.max(...times)),
    cameBack: freshCount > 0 && resolvedAt !== null,
    mutedUntil: state === "muted" ? mark!.mutedUntil : null,
    person: mark?.person ?? null,
  };
}
