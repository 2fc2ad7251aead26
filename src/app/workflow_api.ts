/** What the routes of the Workflow Management API are given. */

import { appendAudit, notAudited } from "../access/audit.ts";
import { createApiAuditStore } from "../access/audit_store.ts";
import { createHome } from "../access/home.ts";
import { createApiKeyStore } from "../access/keys.ts";
import { createPasswords } from "../access/passwords.ts";
import { createAccessTokens } from "../access/tokens.ts";
import { createApiUserStore } from "../access/users.ts";
import { createSessions } from "../access/sessions.ts";
import { createVerdicts } from "../access/verdicts.ts";
import type { Clock } from "../base/clock.ts";
import type { Config } from "../config/config.ts";
import type { WorkflowApiDeps } from "../http/v1/mount.ts";
import { createServedAs } from "../http/v1/served_as.ts";
import { createWebhookIssues } from "../issues/run_webhooks.ts";
import { createWorkflowSearch } from "../workflows/search.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { OperatorKey } from "../verify/operator.ts";
import type { Limits } from "./limits.ts";
import { ADDONS_PATH, OPERATOR_SERVICE } from "./operator_app.ts";
import type { Services } from "./services.ts";
import { VERSION } from "./version.ts";

export function createWorkflowApiParts(
  { services, metrics, operators, limits, clock, config }: {
    config: Config["api"];
    metrics: Metrics;
    /** Of its database. */
    services: Pick<
      Services,
      | "db"
      | "probe"
      | "apiIdempotency"
      | "agents"
      | "agentCalls"
      | "agentUsage"
      | "agentStepCalls"
      | "breakers"
      | "workflows"
      | "executions"
      | "kafka"
      | "workflowRuns"
      | "workflowSchedules"
      | "runWebhooks"
      | "deadLetters"
      | "runs"
      | "ingest"
    >;
    operators: readonly OperatorKey[];
    limits: Limits;
    clock: Clock;
  },
): WorkflowApiDeps {
  const own = limits.ofListener({ service: OPERATOR_SERVICE, addonKey: OPERATOR_SERVICE });
  const audit = config.auditLogging ? appendAudit : notAudited;
  const apiKeys = createApiKeyStore({ db: services.db, clock, audit });
  const users = createApiUserStore({ db: services.db, clock, audit, passwords: createPasswords({ clock }) });
  return {
    ...createServedAs(config),
    info: { title: config.title, version: config.version, description: config.description },
    probe: services.probe,
    apiAudit: createApiAuditStore(services.db),
    appendAudit: audit,
    onCancelled: () => metrics.add("workflow_executions_total", [OPERATOR_SERVICE, "cancelled"]),
    home: createHome(services.db),
    operators,
    apiKeys,
    users,
    sessions: createSessions({ db: services.db, clock, audit, operators }),
    version: VERSION,
    cookiePaths: { api: config.prefix, addons: ADDONS_PATH },
    tokens: config.jwt && createAccessTokens({ ...config.jwt, clock }),
    verdicts: createVerdicts(clock),
    keyHeader: config.keyHeader,
    budget: own.api,
    logins: own.logins,
    idempotency: services.apiIdempotency,
    agents: services.agents,
    agentCalls: services.agentCalls,
    agentUsage: services.agentUsage,
    agentStepCalls: services.agentStepCalls,
    breakers: services.breakers,
    workflows: services.workflows,
    executions: services.executions,
    dispatch: services.kafka?.dispatch,
    kafka: services.kafka?.health,
    workflowRuns: services.workflowRuns,
    workflowSearch: createWorkflowSearch(services),
    workflowSchedules: services.workflowSchedules,
    webhooks: services.runWebhooks,
    webhookIssues: createWebhookIssues({ db: services.db, clock, audit }),
    deadLetters: services.deadLetters,
    runs: services.runs,
    ingest: services.ingest,
    body: limits.apiBody,
    clock,
  };
}
