/** Kafka for the database of the Workflow Management API, where brokers are configured. */

import type { Audit } from "../access/audit.ts";
import { createHome } from "../access/home.ts";
import type { Database } from "../db/db.ts";
import { createKafka, type Kafka, type KafkaOptions } from "../kafka/kafka.ts";
import { workflowApi } from "../profiles/workflow_api.ts";
import { createRunControl } from "../runs/control.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { createExecutions } from "../workflows/executions.ts";
import { createWorkflowStore } from "../workflows/store.ts";
import type { Jobs } from "./jobs.ts";
import type { Shared } from "./shared.ts";

/** A lag costs the brokers a request: as often as Prometheus asks. */
const LAG_MS = 15_000;

/** Undefined without brokers, and for other databases. Throws START_FAILED for a file that cannot be read. */
export async function openKafka(
  { databaseUrl, db, jobs, audit }: { databaseUrl: string | undefined; db: Database; jobs: Jobs; audit: Audit },
  { config, clock, log, metrics, stops }: Shared,
): Promise<Kafka | undefined> {
  if (!config.kafka || config.api.databaseUrl !== databaseUrl) return undefined;
  const { queue } = jobs;
  const observer = kafkaObserver(metrics);
  const kafka = await createKafka({
    db,
    settings: config.kafka,
    home: createHome(db),
    clock,
    log: log.child({ logger: "kafka" }),
    wake: queue.wake,
    apply: {
      executions: createExecutions({ db, clock, budget: jobs.runBudget, wake: queue.wake, audit }),
      workflows: createWorkflowStore({ db, clock, audit }),
      runs: createRunControl({ db, wake: queue.wake, sayWithdrawn: queue.sayWithdrawn }),
      onCancelled: observer.onCancelled,
      audit,
    },
    maxDepth: config.limits.jsonDepth,
    keptDays: config.workspaceDefaults.workflow_api.flowExecutionDays,
    observer,
  });
  stops.add("kafka", () => kafka.stop(0));
  metrics.beforeScrape(async () => {
    for (const { kind, messages } of await kafka.lag() ?? []) metrics.set("kafka_consumer_lag", [kind], messages);
  }, LAG_MS);
  return kafka;
}

/** What Kafka reports. */
function kafkaObserver(metrics: Metrics): KafkaOptions["observer"] & { onCancelled(): void } {
  return {
    onPublished: ({ kind, outcome, count }) => metrics.add("kafka_published_total", [kind, outcome], count),
    onConsumed: ({ kind, outcome, count }) => metrics.add("kafka_consumed_total", [kind, outcome], count),
    onDeadLetter: (why) => metrics.add("kafka_dead_letters_total", [why]),
    onTidied: ({ rows, oldestSeconds }) => {
      metrics.set("kafka_outbox_rows", [], rows);
      metrics.set("kafka_outbox_oldest_seconds", [], oldestSeconds);
    },
    onState: (part, isConnected) => metrics.set("kafka_connected", [part], isConnected ? 1 : 0),
    onCancelled: () => metrics.add("workflow_executions_total", [workflowApi.service, "cancelled"]),
  };
}
