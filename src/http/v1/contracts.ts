/** The contracts of the Workflow Management API, each resource's beside the others. */

import type { RouteContract } from "../api/contract.ts";
import { agentCallRoutes } from "./agent_call.ts";
import { agentCallsRoutes } from "./agent_calls.ts";
import { agentUseRoutes } from "./agent_uses.ts";
import { apiDeadLetterRoutes } from "./dead_letters.ts";
import { agentRoutes } from "./agents.ts";
import { authRoutes } from "./auth.ts";
import { apiEventRoutes } from "./events.ts";
import { keyRoutes } from "./keys.ts";
import { apiAuditRoutes } from "./audit.ts";
import { apiInfoRoutes } from "./info.ts";
import { meRoutes } from "./me.ts";
import { workflowScheduleRoutes } from "./schedules.ts";
import { runCountRoutes } from "./run_counts.ts";
import { runFailureRoutes } from "./run_failures.ts";
import { workflowSearchRoutes } from "./search.ts";
import { sessionRoutes } from "./session.ts";
import { sessionsRoutes } from "./sessions.ts";
import { userRoutes } from "./users.ts";
import { workflowRunRoutes } from "./runs.ts";
import { webhookIssueRoutes } from "./webhook_issues.ts";
import { runWebhookRoutes } from "./webhooks.ts";
import { workflowExecuteRoutes } from "./workflow_execute.ts";
import { workflowVersionRoutes } from "./workflow_versions.ts";
import { workflowRoutes } from "./workflows.ts";

export const API_CONTRACTS: readonly RouteContract[] = [
  ...agentRoutes,
  ...agentCallRoutes,
  ...agentUseRoutes,
  ...agentCallsRoutes,
  ...workflowRoutes,
  ...workflowVersionRoutes,
  ...workflowExecuteRoutes,
  ...workflowRunRoutes,
  ...workflowScheduleRoutes,
  ...runCountRoutes,
  ...runFailureRoutes,
  ...runWebhookRoutes,
  ...webhookIssueRoutes,
  ...apiDeadLetterRoutes,
  ...apiEventRoutes,
  ...meRoutes,
  ...keyRoutes,
  ...apiAuditRoutes,
  ...apiInfoRoutes,
  ...userRoutes,
  ...sessionRoutes,
  ...sessionsRoutes,
  ...workflowSearchRoutes,
  ...authRoutes,
];
