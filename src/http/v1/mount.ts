/** The routes of the Workflow Management API. */

import type { Hono } from "hono";
import type { ServedAs } from "../api/contract.ts";
import type { ApiAuthDeps } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";
import { mountAgentCall } from "./agent_call.ts";
import { type AgentCallsDeps, mountAgentCalls } from "./agent_calls.ts";
import { type AgentUseRoutesDeps, mountAgentUses } from "./agent_uses.ts";
import { type AgentRoutesDeps, mountAgents } from "./agents.ts";
import { type ApiDeadLetterRoutesDeps, mountApiDeadLetters } from "./dead_letters.ts";
import { mountAuth } from "./auth.ts";
import { type ApiEventRoutesDeps, mountApiEvents } from "./events.ts";
import { type KeyRoutesDeps, mountApiKeys } from "./keys.ts";
import { type ApiAuditRoutesDeps, mountApiAudit } from "./audit.ts";
import { type ApiInfoDeps, mountApiInfo } from "./info.ts";
import { mountMe } from "./me.ts";
import { mountRunCounts, type RunCountRoutesDeps } from "./run_counts.ts";
import { mountRunFailures, type RunFailureRoutesDeps } from "./run_failures.ts";
import { mountWorkflowSearch, type WorkflowSearchRoutesDeps } from "./search.ts";
import { mountConsoleSession, type SessionRoutesDeps } from "./session.ts";
import { mountSessions, type SessionsRoutesDeps } from "./sessions.ts";
import { mountUsers, type UserRoutesDeps } from "./users.ts";
import { mountWorkflowSchedules, type ScheduleRoutesDeps } from "./schedules.ts";
import { mountWorkflowRuns, type WorkflowRunRoutesDeps } from "./runs.ts";
import { mountWebhookIssues, type WebhookIssueRoutesDeps } from "./webhook_issues.ts";
import { mountRunWebhooks, type WebhookRoutesDeps } from "./webhooks.ts";
import { mountWorkflowExecute, type WorkflowExecuteDeps } from "./workflow_execute.ts";
import { mountWorkflowVersions, type WorkflowVersionRoutesDeps } from "./workflow_versions.ts";
import { mountWorkflows, type WorkflowRoutesDeps } from "./workflows.ts";

export type WorkflowApiDeps =
  & ServedAs
  & ApiAuthDeps
  & AgentRoutesDeps
  & AgentUseRoutesDeps
  & AgentCallsDeps
  & WorkflowRoutesDeps
  & WorkflowVersionRoutesDeps
  & WorkflowExecuteDeps
  & WorkflowRunRoutesDeps
  & ScheduleRoutesDeps
  & RunCountRoutesDeps
  & RunFailureRoutesDeps
  & WebhookRoutesDeps
  & WebhookIssueRoutesDeps
  & ApiDeadLetterRoutesDeps
  & ApiEventRoutesDeps
  & KeyRoutesDeps
  & ApiAuditRoutesDeps
  & ApiInfoDeps
  & UserRoutesDeps
  & SessionRoutesDeps
  & SessionsRoutesDeps
  & WorkflowSearchRoutesDeps;

export function mountWorkflowApi(app: Hono<AppEnv>, deps: WorkflowApiDeps): void {
  mountAgents(app, deps);
  mountAgentCall(app, deps);
  mountAgentUses(app, deps);
  mountAgentCalls(app, deps);
  mountWorkflows(app, deps);
  mountWorkflowVersions(app, deps);
  mountWorkflowExecute(app, deps);
  mountWorkflowRuns(app, deps);
  mountWorkflowSchedules(app, deps);
  mountRunCounts(app, deps);
  mountRunFailures(app, deps);
  mountRunWebhooks(app, deps);
  mountWebhookIssues(app, deps);
  mountApiDeadLetters(app, deps);
  mountApiEvents(app, deps);
  mountMe(app, deps);
  mountApiKeys(app, deps);
  mountApiAudit(app, deps);
  mountApiInfo(app, deps);
  mountUsers(app, deps);
  mountAuth(app, deps);
  mountConsoleSession(app, deps);
  mountSessions(app, deps);
  mountWorkflowSearch(app, deps);
}
