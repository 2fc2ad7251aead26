/** The services over one database: add-ons that share the database share them. */

import type { AgentCalls } from "../agents/call.ts";
import { readBackups } from "../backup/last.ts";
import { appendAudit, notAudited } from "../access/audit.ts";
import type { AuditSealer } from "../access/audit_seal.ts";
import { type AgentStore, createAgentStore } from "../agents/store.ts";
import { type AgentUsageReader, createAgentUsage, createAgentUsageRecorder } from "../agents/usage.ts";
import { type AuditRecorder, createAuditRecorder } from "../audit/record.ts";
import { type AuditStore, createAuditStore } from "../audit/store.ts";
import { type CallRecorder, createCallRecorder } from "../calls/recorder.ts";
import { type CallStore, createCallStore } from "../calls/store.ts";
import { EVENTS } from "../clockify/events.ts";
import { webhookPath } from "../clockify/manifest.ts";
import { type ChangeStore, createChangeStore } from "../changes/store.ts";
import type { ChangeRecorder } from "../changes/recorder.ts";
import type { LostCreates } from "../changes/lost_creates.ts";
import type { Undo } from "../changes/undo.ts";
import { createUndoJobs, type UndoJobs, type UndoOutcome } from "../changes/undo_jobs.ts";
import type { Config } from "../config/config.ts";
import { watchCoverage } from "../coverage/gauges.ts";
import type { Database } from "../db/db.ts";
import { answerWithin } from "../db/within.ts";
import { migrateUp } from "../db/migrate.ts";
import { createPeopleAccess } from "../db/people.ts";
import { createEntityNames, type EntityNames } from "../entities/names.ts";
import { createDashboardStore, type DashboardStore } from "../events/dashboard.ts";
import { createEventStore, type EventStore } from "../events/store.ts";
import { createEventViews, type EventViews } from "../events/views.ts";
import { createExplain, type Explain } from "../flows/triggers/explain.ts";
import { createFlowSecrets, type FlowSecrets } from "../flows/secrets.ts";
import { shareAsked } from "../db/share_asked.ts";
import { createFlowStore, type FlowStore } from "../flows/store/store.ts";
import { createDraftSecrets, type DraftSecrets } from "../flows/store/draft_secrets.ts";
import { createNewDrafts, type NewDrafts } from "../flows/store/new_drafts.ts";
import { createFlowDrafts, type FlowDrafts } from "../flows/store/drafts.ts";
import { createFlowVersions, type FlowVersions } from "../flows/store/versions.ts";
import { createDryRun, type DryRun } from "../flows/dry_run/dry_run.ts";
import { createOnDemand, type OnDemand } from "../flows/triggers/on_demand.ts";
import { createHistoryRuns, type HistoryRuns } from "../flows/history/history.ts";
import { createHealthProbe, type HealthProbe } from "../http/server/health.ts";
import { streamJson } from "../http/api/stream.ts";
import { API_ROOM, INSTALLATION_ROOM, type RoomLimits } from "../idempotency/room.ts";
import { createIdempotencyKeys, type IdempotencyKeys } from "../idempotency/store.ts";
import { createQuota } from "../ingest/quota.ts";
import { createTally, type Tally } from "../ingest/tally.ts";
import { profileOf } from "../profiles/profiles.ts";
import { workflowApi } from "../profiles/workflow_api.ts";
import { createExplorer, type Explorer } from "./explorer.ts";
import { watchDatabase } from "./database_gauges.ts";
import { watchServices } from "./gauges.ts";
import { openDatabase } from "./open_database.ts";
import { createKeyring, type Keyring } from "../secrets/encryption.ts";
import { requireFittingKeys } from "../secrets/key_check.ts";
import { bindToRows } from "../secrets/row_binding.ts";
import { createKeyReports, type KeyReports } from "../secrets/key_report.ts";
import { createLifecycle, type Lifecycle } from "../installations/lifecycle.ts";
import { localEncryptionKey } from "../secrets/local_secrets.ts";
import { readSettingsState, type SettingsState } from "../installations/settings_read.ts";
import { type ActiveInstallations, createActiveInstallations } from "../installations/active.ts";
import { createInstallationStore, type InstallationStore } from "../installations/store.ts";
import { createSettingsSource, readStoredSettings, type SettingsSource } from "../installations/settings.ts";
import { webhookTokenHashes } from "../installations/token_hashes.ts";
import { endUnverified } from "../installations/unverified.ts";
import { createWebhookLookup } from "../installations/webhook_lookup.ts";
import { createWorkspaceList, type WorkspaceEntry } from "../installations/workspaces.ts";
import { quotaObserver, undoObserver } from "./observers.ts";
import { createOverviewStore, type OverviewStore } from "../overview/overview.ts";
import { createDoneStore, type DoneStore } from "../overview/done.ts";
import { createSearchStore, type SearchStore } from "../overview/search.ts";
import { createStopStore, type StopStore } from "../overview/stops.ts";
import { createUninstallPreview, type UninstallPreview } from "../overview/uninstall.ts";
import { type BacklogStore, createBacklogStore } from "../overview/health.ts";
import type { Breakers } from "../breakers/breakers.ts";
import { createBreakerStore } from "../breakers/store.ts";
import { createIssueList, type IssueList } from "../issues/issues.ts";
import { type BulkJobs, createBulkJobs } from "../replay/bulk_jobs.ts";
import { createDeadLetterList, type DeadLetterList } from "../replay/dead_letters.ts";
import { createReplay, type Replay } from "../replay/replay.ts";
import { createRetentionReport, type RetentionReport } from "../retention/report.ts";
import { createRetention, type Retention } from "../retention/sweep.ts";
import type { Scheduler } from "../schedules/scheduler.ts";
import { createScheduleList, type ScheduleList } from "../schedules/store.ts";
import { createRunInspector, type RunInspector } from "../runs/inspect.ts";
import { createRunList, type RunList } from "../runs/list.ts";
import { createRunNodes, type RunNodes } from "../runs/nodes.ts";
import { createRunControl, type RunControl } from "../runs/control.ts";
import { createRunAgain, type RunAgain } from "../runs/again.ts";
import { createRunRetry, type RunRetry } from "../runs/retry.ts";
import { createFlowStats, type FlowStatsSource } from "../runs/stats.ts";
import { createOpenedSources, type OpenedSources } from "../sources/opened.ts";
import { createRefusalRecorder } from "../sources/refusals.ts";
import { sourceHashes } from "../sources/known.ts";
import { createSourceStore, type SourceStore } from "../sources/store.ts";
import { type ApprovalStore, createApprovalStore } from "../approvals/store.ts";
import { createDecisions, type Decisions } from "../approvals/decide.ts";
import { createStreamHub, type StreamHub } from "../stream/hub.ts";
import { createStreamReads } from "../stream/read.ts";
import { loadKnownHashes } from "../verify/known_hashes.ts";
import { createWebhookVerifier, normalisePath, type WebhookVerifier } from "../verify/webhook.ts";
import type { CredentialSource } from "../installations/credentials.ts";
import type { Ingest } from "../ingest/ingest.ts";
import type { Reading } from "../entities/poll/reading.ts";
import type { NameLookup } from "../entities/lookup.ts";
import type { CoverageService } from "../coverage/coverage.ts";
import { createTimelineStore, type TimelineStore } from "../overview/timeline.ts";
import { createReconcileService, type ReconcileService } from "../reconcile/service.ts";
import type { Worker } from "../queue/worker.ts";
import { createForwardResults, type ForwardResults } from "../flows/forwarding.ts";
import { createSigningSecrets, type SigningSecrets } from "../installations/signing_secrets.ts";
import { type Guarded, openGuard } from "./guard.ts";
import { createJobs, standingOf } from "./jobs.ts";
import type { Kafka } from "../kafka/kafka.ts";
import { openAuditSealer } from "./audit_sealer.ts";
import { openKafka } from "./kafka.ts";
import { createExecutions, type Executions } from "../workflows/executions.ts";
import { createRunFailures, type RunFailures } from "../workflows/failures.ts";
import { createWorkflowRunLog, type WorkflowRunLog } from "../workflows/run_log.ts";
import { createWorkflowRunSteps, type WorkflowRunSteps } from "../workflows/run_steps.ts";
import { createWorkflowRuns, type WorkflowRuns } from "../workflows/runs.ts";
import { type AgentStepCalls, createAgentStepCalls } from "../workflows/agent_calls.ts";
import { createScheduleStore, type ScheduleStore } from "../workflows/schedules.ts";
import { createWebhookStore, type WebhookStore } from "../workflows/webhooks.ts";
import { createWorkflowStore, type WorkflowStore } from "../workflows/store.ts";
import { type Shared, WAIT_SHARE } from "./shared.ts";
import { createServiceOf } from "./service_of.ts";

/** Between two looks that strangers cause at what other instances stored; the embedded database has none, and no network. */
const LOOK_EVERY_MS = 1_000;
/** Least timeout of a lifecycle call, which the platform may send only once: better answered late than lost. */
const LIFECYCLE_MS = 10_000;

/**
 * What one database offers: to the listeners of the add-ons that share it, and to the start and stop of the program. What
 * requests wait for has an end (Database.within), what people ask for has only a part of the connections (db/people.ts);
 * the worker's own use of the same tables has neither.
 */
export interface Services {
  db: Database;
  database: { kind: Database["kind"]; place: string };
  probe: HealthProbe;

  // Logins and installations.
  installations: InstallationStore;
  credentials: CredentialSource;
  settings: SettingsSource & { state(installationId: number): Promise<SettingsState> };
  workspaces(addon: string): Promise<WorkspaceEntry[]>;
  keyReports: KeyReports;
  keyring: Keyring;
  auditRecorder: AuditRecorder;
  audit: AuditStore;
  /** Of the requests to Clockify for workspaces of this database. */
  callRecorder: CallRecorder;
  calls: CallStore;
  lifecycle: Lifecycle;
  /** With the longer wait of a lifecycle call. */
  lifecycleLookups: InstallationStore;
  /** Of requests that create. */
  idempotency: IdempotencyKeys;
  /** Of the Workflow Management API. */
  apiIdempotency: IdempotencyKeys;

  // The path of an event: verify, ingest, flows.
  verifier: WebhookVerifier;
  active: ActiveInstallations;
  sources: SourceStore;
  openedSources: OpenedSources;
  ingest: Ingest;
  tally: Tally;
  events: EventStore;
  eventViews: EventViews;
  streams: StreamHub;
  replay: Replay;
  deadLetters: DeadLetterList;
  issues: IssueList;
  bulkJobs: BulkJobs;
  breakers: Pick<Breakers, "list" | "reset">;

  // Flows and their runs.
  flows: FlowStore;
  flowVersions: FlowVersions;
  flowDrafts: FlowDrafts;
  newFlowDrafts: NewDrafts;
  draftSecrets: DraftSecrets;
  flowSecrets: FlowSecrets;
  flowStats: FlowStatsSource;
  dryRun: DryRun;
  history: HistoryRuns;
  schedules: ScheduleList;
  /** Runs that people and programs ask for. */
  onDemand: OnDemand;
  explain: Explain;
  runs: RunList & RunInspector & RunNodes & RunRetry & RunControl & RunAgain;
  approvals: ApprovalStore & Decisions;
  forwarding: { results: ForwardResults };
  signing: SigningSecrets;

  // Workflows of the Workflow Management API.
  agents: AgentStore;
  agentCalls: AgentCalls;
  agentUsage: AgentUsageReader;
  agentStepCalls: AgentStepCalls;
  workflows: WorkflowStore;
  executions: Executions;
  workflowRuns: WorkflowRuns & WorkflowRunSteps & WorkflowRunLog & RunFailures;
  workflowSchedules: ScheduleStore;
  runWebhooks: WebhookStore;
  /** Of the database of the Workflow Management API, where brokers are configured. */
  kafka?: Kafka;

  // What writes to Clockify need.
  guarded: Guarded;

  // What is known of a workspace.
  bootstrap: Reading["service"];
  atVisit: Reading["atVisit"];
  names: EntityNames;
  nameLookup: NameLookup;
  coverage: CoverageService;
  reconcile: ReconcileService;

  /** Calls to Clockify by hand. */
  explorer: Explorer;
  // What was written to Clockify, and its undo.
  changes: ChangeStore & Pick<ChangeRecorder, "write">;
  undo: Undo;
  lostCreates: LostCreates;
  undoJobs: UndoJobs;
  onUndone(fact: { installationId: number; outcome: UndoOutcome }): void;
  /** Every minute. Never rejects. */
  endForgottenChanges(): Promise<void>;
  /** Every minute, until each cached entity has the key of its name. Never rejects. */
  nameEntities(): Promise<void>;

  // What pages show of it all.
  dashboard: DashboardStore;
  timeline: TimelineStore;
  overview: OverviewStore;
  stops: StopStore;
  done: DoneStore;
  search: SearchStore;
  backlogs: BacklogStore;
  retentionReport(installationId: number): Promise<RetentionReport>;
  uninstallPreview(installationId: number): Promise<UninstallPreview>;
  secondsSinceRetention: Retention["secondsSinceFinish"];

  // What runs beside the requests.
  worker: Worker;
  scheduler: Scheduler;
  retention: Retention;
  /** Of the database of the Workflow Management API alone. */
  auditSealer?: AuditSealer;
}

/**
 * Opens the database and builds its services; what must be stopped goes to `shared.stops`. Throws START_FAILED and
 * DATA_FOLDER_LOCKED.
 */
export async function openServices(databaseUrl: string | undefined, shared: Shared): Promise<Services> {
  const { config, clock, log, metrics, keys, owner, thread } = shared;
  const db = shared.database ?? await openDatabase(databaseUrl, config, {
    onStatement: config.database.echo ? (statement) => log.info("database.statement", { statement }) : undefined,
  });
  if (!shared.database) shared.stops.add("database", () => db.stop());
  await migrateUp(db, { clock, onBusy: () => log.warn("migration.waiting", { reason: "a table is in use" }) });
  const configured = await createKeyring(config.encryptionKeys ?? await localEncryptionKey(config.database.dataDir));
  await requireFittingKeys(db, configured);
  const keyring = await bindToRows(db, { keyring: configured, clock });
  const unsigned = config.profiles.filter(({ requireSignature }) => !requireSignature).map(({ key }) => key);
  for (const workspaceId of await endUnverified(db, { keep: unsigned })) {
    log.child({ logger: "installations" }).warn("installation.unverified_ended", { workspace_id: workspaceId });
  }

  const access = createPeopleAccess({
    db,
    clock,
    poolSize: config.database.poolSize,
    waitMs: WAIT_SHARE * config.database.requestMs,
    onRefused: () => metrics.add("people_reads_refused_total"),
  });
  const { requestMs } = config.database;
  const people = access.within(requestMs);
  const requests = db.within(requestMs);
  const lifecycleCalls = db.within(Math.max(LIFECYCLE_MS, requestMs));
  /** For what reads the database through a cache that all share, or more than once. */
  const soon = { ms: requestMs, clock };

  const auditRecorder = createAuditRecorder({ db, clock, log: log.child({ logger: "audit" }) });
  shared.stops.add("audit", () => auditRecorder.stop());
  const callRecorder = createCallRecorder({
    db,
    clock,
    log: log.child({ logger: "calls" }),
    onDropped: (count, cause) => metrics.add("call_records_dropped_total", [cause], count),
  });
  shared.stops.add("calls", () => callRecorder.stop());
  const limitBytes = config.limits.storedBytes;
  const settings = createSettingsSource({
    read: readStoredSettings({ db, keyring, clock }),
    defaults: config.workspaceDefaults,
    clock,
  });
  const serviceOf = createServiceOf(settings, servicesOf(databaseUrl, config));
  const onReached = quotaObserver({ log, metrics, serviceOf, record: auditRecorder.record });
  const quota = createQuota({ db, clock, log: log.child({ logger: "ingest" }), limitBytes, onReached });
  shared.stops.add("quota", () => quota.stop());
  const agentUsage = createAgentUsageRecorder({ db, clock, log: log.child({ logger: "calls" }) });
  shared.stops.add("agents", () => agentUsage.stop());
  const refusals = createRefusalRecorder({ db, clock, log: log.child({ logger: "ingest" }) });
  shared.stops.add("refusals", () => refusals.stop());
  // What is stored of tokens and addresses, by hash: a guess meets memory, not the database.
  const looks = { clock, everyMs: db.kind === "embedded" ? 100 : LOOK_EVERY_MS, lookMs: requestMs };
  const [tokens, sourceAddresses] = await Promise.all([
    loadKnownHashes({ reads: webhookTokenHashes(db), ...looks }),
    loadKnownHashes({ reads: sourceHashes(db), ...looks }),
  ]);
  const guarded = openGuard({ db, people, keyring, settings, clock, metrics, serviceOf });
  const { denied, undoGuard } = guarded;
  const jobs = createJobs(
    { db, requests, keyring, settings, serviceOf, quota, agentUsage, denied, undoGuard, onToken: tokens.add },
    shared,
  );
  const { credentials, queue, flowsEnabled, openInput, coverage, ingest, reading, worker, scheduler } = jobs;
  // One process owns the embedded database: claims in it are those of a process that is gone.
  const keysWithin = (limits: RoomLimits) =>
    createIdempotencyKeys({ db: requests, keyring, clock, onPoint: shared.onPoint, limits });
  const idempotency = keysWithin(INSTALLATION_ROOM);
  if (db.kind === "embedded") {
    await Promise.all([queue.releaseAll(), idempotency.releaseAll(), jobs.endForgottenChanges({ leaseSeconds: 0 })]);
  }
  const tally = createTally({ db, clock, log: log.child({ logger: "ingest" }) });
  shared.stops.add("tally", () => tally.stop());
  const retention = createRetention({
    db,
    clock,
    defaults: config.workspaceDefaults,
    ...config.retention,
    owner,
    log: log.child({ logger: "retention" }),
    onDeleted: (table, rows) => metrics.add("retention_deleted_total", [table], rows),
  });
  shared.stops.add("retention", () => retention.stop());
  const ofDatabase = { services: servicesOf(databaseUrl, config) };
  watchCoverage(metrics, coverage.counts);
  watchDatabase({ metrics, db, clock }, ofDatabase);
  watchServices({
    metrics,
    retention,
    schedules: scheduler,
    queue,
    ingest,
    people: access,
    calls: callRecorder,
    approvals: createApprovalStore(db),
    pool: db.pool,
    backups: () => readBackups(db),
  }, ofDatabase);

  const audit = config.api.auditLogging ? appendAudit : notAudited;
  const flows = createFlowStore(people);
  const drafts = createFlowDrafts(people, { maxBytes: config.limits.draftBytes });
  const onRetried = (runs: number, installationId: number) =>
    serviceOf(installationId, (service) => metrics.add("runs_retried_total", [service], runs));
  const openedSources = createOpenedSources({ db: requests, keyring, clock, known: sourceAddresses, refusals });
  const streams = createStreamHub({
    read: createStreamReads(people),
    json: streamJson,
    clock,
    log: log.child({ logger: "stream" }),
  });
  shared.stops.add("streams", () => streams.stop());
  const breakerNotices = await jobs.breakers.follow(streams.breaker);
  shared.stops.add("breakers", () => breakerNotices.stop());
  const installations = createInstallationStore(requests);
  const names = createEntityNames(people);
  const nameLookup: NameLookup = {
    find: answerWithin(reading.names.find, soon),
    search: answerWithin(reading.names.search, soon),
  };
  const kafka = await openKafka({ databaseUrl, db, jobs, audit }, shared);
  const paths = new Map([...EVENTS.keys()].map((event) => [normalisePath(webhookPath(event)), event]));
  return {
    db,
    database: { kind: db.kind, place: db.place },
    probe: createHealthProbe({ db, keys, clock }),

    installations: { ...installations, find: shareAsked(installations.find) },
    credentials,
    settings: {
      ...settings,
      of: answerWithin(settings.of, soon),
      state: readSettingsState({ db: people, keyring }),
    },
    workspaces: createWorkspaceList(people),
    keyReports: createKeyReports({ db: people, keyring }),
    keyring,
    auditRecorder,
    audit: createAuditStore(people),
    callRecorder,
    calls: createCallStore(people),
    lifecycle: createLifecycle({
      db: lifecycleCalls,
      keyring,
      eventOfPath: (path) => paths.get(path),
      standing: standingOf(config),
      wake: queue.wake,
      onTokens: (hashes) => hashes.forEach(tokens.add),
      onPoint: shared.onPoint,
    }),
    lifecycleLookups: createInstallationStore(lifecycleCalls),
    idempotency,
    apiIdempotency: keysWithin(API_ROOM),

    active: createActiveInstallations({ installations, clock }),
    verifier: createWebhookVerifier({
      keys,
      clock,
      lookup: createWebhookLookup({ db: requests, clock }).find,
      lookupPlain: coverage.findPlain,
      known: tokens,
    }),
    sources: createSourceStore({ db: people, keyring, clock }),
    openedSources: { ...openedSources, find: answerWithin(openedSources.find, soon) },
    ingest,
    tally,
    events: createEventStore({ db: people, clock, thread }),
    eventViews: createEventViews(people),
    streams,
    replay: createReplay({
      db: people,
      flowsEnabled,
      thread,
      findEntities: jobs.findEntities,
      wake: queue.wake,
      onRetried,
      openInput,
    }),
    deadLetters: createDeadLetterList(people),
    breakers: { ...jobs.breakers, list: createBreakerStore(people).list },
    issues: createIssueList(people),
    bulkJobs: createBulkJobs({ db: people, wake: queue.wake }),

    agents: createAgentStore({ db: people, keyring, clock, audit }),
    agentCalls: jobs.agentCalls,
    agentUsage: createAgentUsage(people),
    agentStepCalls: createAgentStepCalls(people),
    workflows: createWorkflowStore({ db: people, clock, audit }),
    executions: createExecutions({
      db: requests,
      clock,
      budget: jobs.runBudget,
      wake: queue.wake,
      dispatch: kafka?.dispatch,
      audit,
    }),
    kafka,
    auditSealer: openAuditSealer({ databaseUrl, db }, shared),
    workflowRuns: {
      ...createWorkflowRuns(people),
      ...createWorkflowRunSteps(people),
      ...createWorkflowRunLog(people),
      ...createRunFailures(people),
    },
    workflowSchedules: createScheduleStore({ db: people, clock, audit }),
    runWebhooks: createWebhookStore({ db: people, keyring, clock, wake: queue.wake, audit }),

    guarded,

    flows,
    flowVersions: createFlowVersions(people),
    flowDrafts: drafts,
    newFlowDrafts: createNewDrafts(people, { maxBytes: config.limits.draftBytes }),
    draftSecrets: createDraftSecrets(keyring),
    flowSecrets: createFlowSecrets(keyring),
    flowStats: createFlowStats(people),
    history: createHistoryRuns({ db: people, wake: queue.wake }),
    dryRun: createDryRun({
      db: people,
      flows,
      drafts,
      actions: jobs.actions,
      catalogue: shared.catalogue,
      thread,
      findEntities: jobs.findEntities,
      testReads: jobs.testReads,
    }),
    explain: createExplain({ db: people, flows, thread, findEntities: jobs.findEntities }),
    schedules: createScheduleList(people),
    onDemand: createOnDemand({
      db: people,
      cancels: jobs.cancels,
      budget: jobs.runBudget,
      flowsEnabled,
      wake: queue.wake,
    }),
    runs: {
      ...createRunList(people),
      ...createRunInspector(people),
      ...createRunNodes(people),
      ...createRunControl({ db: people, wake: queue.wake, sayWithdrawn: queue.sayWithdrawn }),
      ...createRunAgain({
        db: people,
        clock,
        cancels: jobs.cancels,
        budget: jobs.runBudget,
        wake: queue.wake,
        onKept: quota.add,
        openInput,
      }),
      ...createRunRetry({ db: people, wake: queue.wake, onRetried: (id) => onRetried(1, id), openInput }),
    },
    approvals: {
      ...createApprovalStore(people),
      ...createDecisions({
        db: people,
        wake: queue.wake,
        onDecided: ({ installationId, decision }) =>
          serviceOf(installationId, (service) => metrics.add("approvals_decided_total", [service, decision])),
      }),
    },
    forwarding: { results: createForwardResults(people) },
    signing: createSigningSecrets({ db: people, keyring, clock }),

    bootstrap: reading.service,
    atVisit: reading.atVisit,
    names,
    nameLookup,
    coverage: coverage.service,
    reconcile: createReconcileService({ db: requests, wake: queue.wake }),

    explorer: createExplorer({
      db: people,
      keyring,
      credentials,
      names: nameLookup,
      guard: guarded.guard,
      turns: jobs.turns,
      changes: jobs.changes,
    }, shared),
    changes: { ...createChangeStore(people), write: jobs.changes.write },
    undo: jobs.undo,
    lostCreates: jobs.lostCreates,
    undoJobs: createUndoJobs({ db: people, wake: queue.wake }),
    onUndone: undoObserver({ log, metrics, levelOf: settings.logLevel, serviceOf }),
    endForgottenChanges: jobs.endForgottenChanges,
    nameEntities: jobs.nameEntities,

    dashboard: createDashboardStore(people),
    timeline: createTimelineStore(people),
    overview: createOverviewStore({ db: people, clock, limitBytes }),
    stops: createStopStore({ db: people }),
    done: createDoneStore({ db: people }),
    search: createSearchStore({ db: people, names }),
    backlogs: createBacklogStore(people),
    retentionReport: createRetentionReport({ db: people, clock }),
    uninstallPreview: createUninstallPreview(people),
    secondsSinceRetention: answerWithin(retention.secondsSinceFinish, soon),

    worker,
    scheduler,
    retention,
  };
}

/** The add-ons whose data the database holds, as metrics name them: a database itself is named there by no label. */
function servicesOf(databaseUrl: string | undefined, { profiles, api }: Config): string[] {
  const owners = profiles.filter((profile) => profile.databaseUrl === databaseUrl).map(({ key }) =>
    profileOf(key).service
  );
  return api.databaseUrl === databaseUrl ? [...owners, workflowApi.service] : owners;
}
