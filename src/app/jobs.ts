/** What works on one database: the actions, the engine, and the handlers of the queue's jobs. */

import type { Action } from "../engine/action.ts";
import { type ClockifyActionOptions, createClockifyAction } from "../actions/clockify.ts";
import { createTestReads, type TestReads } from "../actions/test_reads.ts";
import { createAgentAction } from "../agents/action.ts";
import { type AgentCalls, createAgentCalls } from "../agents/call.ts";
import { appendAudit, notAudited } from "../access/audit.ts";
import { createAgentStore } from "../agents/store.ts";
import type { AgentUsageRecorder } from "../agents/usage.ts";
import { createEntityTurns, type EntityTurns } from "../actions/entity_turns.ts";
import { createEmitEventAction } from "../actions/emit_event.ts";
import { createForwardAction } from "../actions/forward.ts";
import { createHttpAction } from "../actions/http.ts";
import { httpPermits } from "../actions/http_permits.ts";
import { type HttpParts, openSecrets } from "../actions/http_secrets.ts";
import { readableLists } from "../entities/bootstrap/lists.ts";
import { createAddonApi } from "../clockify/addon_api.ts";
import { createChangeWriter, endForgottenChanges } from "../changes/change_rows.ts";
import { type ChangeRecorder, createChangeRecorder } from "../changes/recorder.ts";
import type { UndoGuard } from "../changes/guard_port.ts";
import type { LostCreates } from "../changes/lost_creates.ts";
import type { Undo } from "../changes/undo.ts";
import { createUndoParts } from "./undo_parts.ts";
import { type Breakers, createBreakers } from "../breakers/breakers.ts";
import { createBreakerStore } from "../breakers/store.ts";
import type { Config } from "../config/config.ts";
import { type Coverage, createCoverage } from "../coverage/coverage.ts";
import { createApiKeys } from "../coverage/secrets.ts";
import { createReconcile } from "../reconcile/reconcile.ts";
import { createReconcileStore } from "../reconcile/store.ts";
import type { Database } from "../db/db.ts";
import { cancelTree } from "../runs/control.ts";
import { createJournal } from "../runs/journal.ts";
import type { StoppedRunOptions } from "../runs/retry_plan.ts";
import { createBulkWork } from "../replay/bulk_work.ts";
import { isObject } from "../engine/faults.ts";
import { MAX_OUTPUT_BYTES } from "../engine/outputs.ts";
import type { FindEntities } from "../engine/entity_lookup.ts";
import { createEngine } from "../engine/run.ts";
import { createEntityFinder } from "../entities/entity_finder.ts";
import { createNameBackfill } from "../entities/name_backfill.ts";
import type { Walker } from "../engine/walk.ts";
import { createLearner, learnFromEvents } from "../entities/learner.ts";
import { learnFromWrites } from "../entities/own_writes.ts";
import { withoutSecrets } from "../explorer/record.ts";
import { createForwarding } from "../flows/forwarding.ts";
import { createDeadLetters } from "../flows/dead_letter.ts";
import { createDispatch } from "../flows/triggers/dispatch.ts";
import { createFlowDrafts } from "../flows/store/drafts.ts";
import { createDryRun } from "../flows/dry_run/dry_run.ts";
import { createHistoryWork } from "../flows/history/work.ts";
import { createFlowStore } from "../flows/store/store.ts";
import { createEventWaits } from "../flows/triggers/event_waits.ts";
import { createRunBudget, type RunBudget } from "../flows/gates/run_budget.ts";
import type { PassOptions } from "../flows/gates/pass_gates.ts";
import { createRunFlow, runFlowAction } from "../flows/triggers/run_flow.ts";
import { startScheduledRuns } from "../flows/triggers/scheduled.ts";
import { createIngest, type Ingest } from "../ingest/ingest.ts";
import type { Quota } from "../ingest/quota.ts";
import { createCleanup } from "../installations/cleanup.ts";
import { createCredentials, type CredentialSource } from "../installations/credentials.ts";
import type { Keyring } from "../secrets/encryption.ts";
import type { SettingsSource } from "../installations/settings.ts";
import { createSettingsReader } from "../installations/settings_read.ts";
import { createSigningSecrets } from "../installations/signing_secrets.ts";
import { createInstallationStore } from "../installations/store.ts";
import { createUserTokens } from "../installations/user_tokens.ts";
import { flowChecks } from "./flow_checks.ts";
import type { ServiceOf } from "./service_of.ts";
import {
  breakerObserver,
  bulkObserver,
  changeObserver,
  doubtObserver,
  engineObserver,
  forgottenChangesObserver,
  leftOutObserver,
  readingObserver,
  reconcileObserver,
  throttleObserver,
  undoObserver,
  waitsObserver,
} from "./observers.ts";
import { pollableEvents } from "../entities/poll/families.ts";
import { createReading, type Reading } from "../entities/poll/reading.ts";
import type { ProfileKey } from "../profiles/profile.ts";
import { profileOf } from "../profiles/profiles.ts";
import { createCompany, mostBeside } from "../queue/company.ts";
import { createPostgresQueue } from "../queue/postgres.ts";
import type { Queue } from "../queue/queue.ts";
import { createWorker, type JobHandler, type Worker } from "../queue/worker.ts";
import { createWaitRoom } from "../signals/wait_room.ts";
import { createScheduler, type Scheduler } from "../schedules/scheduler.ts";
import type { Standing } from "../schedules/standing.ts";
import { MIN_EVERY_SECONDS } from "../schedules/timing.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import { verifyUser } from "../verify/user.ts";
import { fireWorkflowSlots } from "../workflows/schedule_firings.ts";
import { createSchedulePause } from "../workflows/schedule_pause.ts";
import { createWebhookDelivery } from "../workflows/webhook_delivery.ts";
import { WORKFLOW_ACTIONS } from "../workflows/actions.ts";
import { MAX_STEP_BYTES, type Shared, WAIT_SHARE } from "./shared.ts";

/** The jobs of one database. */
export interface Jobs {
  /** It fires schedules too. */
  worker: Worker;
  scheduler: Scheduler;
  queue: Queue;
  ingest: Ingest;
  credentials: CredentialSource;
  coverage: Coverage;
  /** Records what is written to Clockify, by flows and by people. */
  changes: ChangeRecorder;
  undo: Undo;
  lostCreates: LostCreates;
  /** Ends the changes whose process ended between their call and its answer. Never rejects. */
  endForgottenChanges(options?: { leaseSeconds?: number }): Promise<void>;
  nameEntities(): Promise<void>;
  reading: Reading;
  /** Of the writes to one entity. */
  turns: EntityTurns;
  /** Of the hosts that steps call. */
  breakers: Breakers;
  agentCalls: AgentCalls;
  /** By type. */
  actions: ReadonlyMap<string, Action>;
  /** For tests of flows. */
  testReads: TestReads;
  cancels: PassOptions;
  /** For templates of flows. */
  findEntities: FindEntities;
  /** Of the runs that installations start. */
  runBudget: RunBudget;
  /** The input of a step with its secrets opened. */
  openInput: StoppedRunOptions["openInput"];
  /** Whether the installation's flows run. */
  flowsEnabled(installation: { id: number; addon: string }): Promise<boolean>;
}

export interface JobsOptions {
  db: Database;
  /** The database for what requests wait for (short timeouts). */
  requests: Database;
  keyring: Keyring;
  settings: SettingsSource;
  serviceOf: ServiceOf;
  quota: Quota;
  agentUsage: AgentUsageRecorder;
  /** What the guard denies flows. */
  denied: ClockifyActionOptions["denied"];
  /** Of undos. */
  undoGuard: UndoGuard;
  /** Takes the hash of a webhook token that was stored, after the commit. */
  onToken(sha256: Uint8Array): void;
}

export function createJobs(
  { db, requests, keyring, settings, serviceOf, quota, agentUsage, denied, undoGuard, onToken }: JobsOptions,
  shared: Shared,
): Jobs {
  const { config, clock, log, metrics, tracing, keys, client, catalogue, owner } = shared;
  const credentials = createCredentials({
    store: createInstallationStore(db),
    keyring,
    clock,
    apiBaseUrl: config.clockify.apiBaseUrl,
    auditBaseUrl: config.clockify.auditBaseUrl,
  });
  const outputs = { log, metrics, levelOf: settings.logLevel, serviceOf };
  const queue = createPostgresQueue(db, clock);
  const addonApi = createAddonApi(client);
  const userTokens = createUserTokens({
    api: addonApi,
    verify: (token, key) => verifyUser(token, { keys, addonKey: manifestKeyOf(key, config), clock }),
    clock,
  });
  const lists = readableLists(catalogue);
  const learner = createLearner({ db, clock, log: log.child({ logger: "entities" }) });
  const changes = learnFromWrites(
    createChangeRecorder({
      rows: createChangeWriter(db),
      catalogue,
      ...changeObserver(outputs),
      onPoint: shared.onPoint,
    }),
    { lists, learn: learner.learn },
  );
  const turns = createEntityTurns();
  const onUndone = undoObserver(outputs);
  const undoing = createUndoParts({
    db,
    recorder: changes,
    catalogue,
    client,
    credentials,
    clock,
    guard: undoGuard,
    turns,
    onUndone,
  });
  const breakers = createBreakers({ db, store: createBreakerStore(db), clock, ...breakerObserver(outputs) });
  const clockify = createClockifyAction({
    catalogue,
    client,
    credentials,
    userTokens,
    denied,
    turns,
    changes,
    breakers,
  });
  const testReads = createTestReads({
    catalogue,
    client,
    credentials,
    userTokens,
    denied,
    breakers,
    clean: withoutSecrets,
    clock,
  });
  const forwarding = createForwarding({ db, keyring, defaults: config.workspaceDefaults, retry: config.httpRetry });
  const signing = createSigningSecrets({ db, keyring, clock });
  const httpParts = {
    fetch: shared.targetFetch,
    clock,
    secrets: signing.open,
    maxResponseBytes: MAX_STEP_BYTES,
    breakers,
  };
  const permits = httpPermits({ credentials, settings });
  const http = createHttpAction({
    ...httpParts,
    permit: permits.http,
    openSecrets: (input, place) => openSecrets(input, { place, keyring, toSend: true }),
  });
  const forward = createForwardAction({ ...httpParts, secrets: signing.openOrMake, target: permits.forward });
  const agents = createAgentStore({ db, keyring, clock });
  const audit = config.api.auditLogging ? appendAudit : notAudited;
  const agentCalls = createAgentCalls({ fetch: shared.targetFetch, clock });
  const agent = createAgentAction({
    agents,
    calls: agentCalls,
    usage: agentUsage,
    breakers,
    breaker: config.agentBreaker,
    clock,
  });
  const cancels: PassOptions = {
    cancelRun: async (sql, { message, ...run }) => {
      const jobs = await cancelTree(sql, { ...run, message: sql`${message}::text`, by: null });
      // Whoever has one of them stops its call at once; without that it would find out at its next record.
      for (const job of jobs) if (job.claimed) queue.sayWithdrawn(job);
    },
  };
  const runBudget = createRunBudget({ perMinute: config.limits.runsPerMinute, clock });
  // What stores events is made below: it learns from them.
  const emitEvent = createEmitEventAction({ db, receive: (event) => ingest.receive(event) });
  const actions = new Map(
    [clockify, http, forward, emitEvent, runFlowAction, agent, ...WORKFLOW_ACTIONS, ...shared.actions].map((action) => [
      action.type,
      action,
    ]),
  );
  const findEntities = createEntityFinder({ db, clock });
  const names = createNameBackfill(db);
  const company = createCompany(clock);
  const mostOfOne = mostBeside(company);
  const engine = createEngine({
    journal: createJournal(db, clock, { onKept: quota.add, mostOfOne }),
    hasOthers: company.hasOthers,
    actions,
    clock,
    tracing,
    observer: engineObserver(outputs),
    maxOutputBytes: MAX_OUTPUT_BYTES,
    findEntities,
    onPoint: shared.onPoint,
    waitRoom: createWaitRoom({ db, clock }),
    kinds: new Map([[
      "action:run_flow",
      createRunFlow({
        db,
        cancels,
        budget: runBudget,
        wake: queue.wake,
        onChild: ({ installationId, outcome }) =>
          serviceOf(installationId, (service) => metrics.add("child_runs_total", [service, outcome])),
      }) as Walker,
    ]]),
    approvalLink: async ({ installationId, id }) => {
      const key = await settings.addonOf(installationId);
      const profile = config.profiles.find((one) => one.key === key);
      return profile && `${profile.baseUrl ?? `http://localhost:${profile.port}`}/ui/app/approvals/${id}`;
    },
  });
  const flowsEnabled: Jobs["flowsEnabled"] = async (installation) => (await settings.of(installation)).flows;
  const dispatch = createDispatch({
    db,
    clock,
    prime: engine.prime,
    flowsEnabled,
    findEntities,
    wake: queue.wake,
    budget: runBudget,
    ...cancels,
    onCancelled: queue.wake,
    onHeldBack: ({ installationId, why }) =>
      serviceOf(installationId, (service) => metrics.add("runs_held_back_total", [service, why])),
    onDispatched: ({ installationId, outcome }) =>
      serviceOf(installationId, (service) => metrics.add("events_dispatched_total", [service, outcome])),
    onLeftOut: leftOutObserver(outputs, clock),
    onDoubtful: doubtObserver(outputs),
    onThrottled: throttleObserver(outputs, clock),
    mostOfOne,
  });
  const coverage = createCoverage({
    db,
    requests,
    keyring,
    client,
    credentials,
    addonOf: shared.addonOf,
    pollable: config.coverage.pollMs > 0 ? pollableEvents : new Set(),
    checkMs: config.coverage.checkMs,
    heartbeatMs: config.coverage.heartbeatMs,
    apiBaseUrl: config.clockify.apiBaseUrl,
    log: log.child({ logger: "coverage" }),
    wake: queue.wake,
    onToken,
  });
  const ingest = learnFromEvents(
    createIngest({
      db,
      clock,
      queueLimit: config.limits.ingestQueue,
      waitMs: WAIT_SHARE * config.database.requestMs,
      maxBodyBytes: config.limits.webhookBodyBytes,
      quota,
      onWork: queue.wake,
    }),
    learner,
  );
  const reading = createReading({
    db,
    requests,
    client,
    catalogue,
    lists,
    credentials,
    settings,
    ingest,
    learner,
    limitsOf: (addon) => (config.profiles.find(({ key }) => key === addon) ?? config).bootstrap,
    pollMs: config.coverage.pollMs,
    clock,
    observer: readingObserver(outputs),
    wake: queue.wake,
  });
  const reconcile = createReconcile({
    store: createReconcileStore(db),
    client,
    credentials,
    keys: createApiKeys({ db, keyring }),
    settings,
    ingest,
    apiBaseUrl: config.clockify.apiBaseUrl,
    everyMs: config.coverage.reconcileMs,
    graceMs: config.coverage.reconcileGraceMs,
    clock,
    observer: reconcileObserver(outputs),
    onPoint: shared.onPoint,
  });
  const readSettings = createSettingsReader({
    db,
    keyring,
    api: addonApi,
    credentials,
    settings,
    defaults: config.workspaceDefaults,
    log: log.child({ logger: "installations" }),
  });
  const openInput: Jobs["openInput"] = async (place, input) =>
    isObject(input) ? await openSecrets<HttpParts>(input, { place, keyring }) : input;
  const bulk = createBulkWork({
    db,
    flowsEnabled,
    budget: runBudget,
    wake: queue.wake,
    onSent: bulkObserver(outputs),
    openInput,
  });
  const history = createHistoryWork({
    db,
    findEntities,
    thread: shared.thread,
    dryRun: createDryRun({
      db,
      flows: createFlowStore(db),
      drafts: createFlowDrafts(db, { maxBytes: config.limits.draftBytes }),
      actions,
      catalogue,
      thread: shared.thread,
      findEntities,
    }),
    parseOf: async (id) => {
      const addon = await settings.addonOf(id);
      if (addon === undefined) return undefined;
      const facts = profileOf(addon as ProfileKey);
      const { genericHttpActions } = await settings.of({ id, addon: facts.key });
      return {
        ...flowChecks(facts, { ...shared, catalogue }),
        genericHttp: facts.features.genericHttpActions && genericHttpActions,
      };
    },
    monotonicMs: () => clock.monotonicMs(),
  });
  const worker = createWorker({
    queue,
    handlers: {
      event: traced("event.dispatch", dispatch, tracing),
      run: engine.advance,
      waits: traced("job.waits", createEventWaits({ db, wake: queue.wake, onLooked: waitsObserver(outputs) }), tracing),
      coverage: traced("job.coverage", coverage.check, tracing),
      bootstrap: traced("job.bootstrap", reading.bootstrap, tracing),
      poll: traced("job.poll", reading.poll, tracing),
      reconcile: traced("job.reconcile", reconcile, tracing),
      undo: traced("job.undo", undoing.work, tracing),
      bulk: traced("job.bulk", bulk, tracing),
      history: traced("job.history", history, tracing),
      webhook: traced(
        "job.webhook",
        createWebhookDelivery({
          db,
          keyring,
          fetch: shared.targetFetch,
          clock,
          audit,
          onAttempted: ({ installationId, outcome }) =>
            serviceOf(installationId, (service) => metrics.add("run_webhook_deliveries_total", [service, outcome])),
        }),
        tracing,
      ),
      schedule_pause: traced("job.schedule_pause", createSchedulePause({ db, clock, audit }), tracing),
      cleanup: createCleanup({ db, onPoint: shared.onPoint }),
      settings: traced("job.settings", async (job, context) => {
        // As SETTINGS_UPDATED said, and as Clockify says when asked.
        await forwarding.sync(job.installationId);
        const outcome = await readSettings(job, context);
        await forwarding.sync(job.installationId);
        return outcome;
      }, tracing),
    },
    clock,
    log: log.child({ logger: "queue" }),
    owner,
    concurrency: config.worker.concurrency,
    onBegin: company.saw,
    leaseMs: config.worker.leaseMs,
    discard: createDeadLetters(db),
    onDiscarded: (kind) => metrics.add("dead_letters_total", [kind]),
    onPoint: shared.onPoint,
  });
  const scheduler = createScheduler({
    db,
    clock,
    startRuns: async (sql, firing) => {
      const { started, others } = await fireWorkflowSlots(sql, firing);
      if (others.length === 0) return started;
      return started + await startScheduledRuns(sql, { ...firing, slots: others }, cancels);
    },
    onStarted: runBudget.charge,
    onMissed: (installationId, slots) =>
      serviceOf(installationId, (service) => metrics.add("schedule_slots_missed_total", [service], slots)),
    flowsEnabled,
    standing: standingOf(config),
    wake: queue.wake,
    log: log.child({ logger: "schedules" }),
    onPoint: shared.onPoint,
  });
  return {
    worker: withSchedules(worker, scheduler),
    scheduler,
    queue,
    ingest,
    credentials,
    coverage,
    changes,
    undo: undoing.undo,
    lostCreates: undoing.lostCreates,
    endForgottenChanges: async (options) => {
      try {
        forgottenChangesObserver(outputs)(await endForgottenChanges(db, options));
      } catch (error) {
        log.child({ logger: "changes" }).warn("changes.not_swept", { error });
      }
    },
    nameEntities: async () => {
      const entities = log.child({ logger: "entities" });
      try {
        const named = await names.go();
        if (named > 0) entities.info("entities.named", { entities: named });
      } catch (error) {
        entities.warn("entities.not_named", { error });
      }
    },
    reading,
    turns,
    breakers,
    agentCalls,
    actions,
    testReads,
    findEntities,
    runBudget,
    cancels,
    flowsEnabled,
    openInput,
  };
}

/** Where lists are not polled, the job still asks whether the whole workspace is to be read again. */
const NOT_POLLED_MS = 3_600_000;

/** What recurs for each installation. */
export function standingOf({ coverage }: Pick<Config, "coverage">): Standing[] {
  const seconds = (ms: number) => Math.max(MIN_EVERY_SECONDS, Math.round(ms / 1_000));
  return [
    { kind: "coverage", everySeconds: seconds(coverage.checkMs) },
    { kind: "poll", everySeconds: seconds(coverage.pollMs || NOT_POLLED_MS) },
    ...coverage.reconcileMs > 0 ? [{ kind: "reconcile" as const, everySeconds: seconds(coverage.reconcileMs) }] : [],
  ];
}

/** What works off jobs fires the schedules that make some: one role, one start and one end. */
function withSchedules(worker: Worker, scheduler: Scheduler): Worker {
  return {
    run: () => {
      worker.run();
      scheduler.run();
    },
    drain: async (limit) => {
      await scheduler.drain();
      return await worker.drain(limit);
    },
    serveFor: worker.serveFor,
    stop: async (graceMs) => void (await Promise.all([scheduler.stop(graceMs), worker.stop(graceMs)])),
  };
}

/** The `sub` of an add-on's tokens; of one that this process does not serve, the profile's own. */
function manifestKeyOf(key: string, { profiles }: Config): string {
  return profiles.find((profile) => profile.key === key)?.addonKey ?? profileOf(key as ProfileKey).addonKey;
}

/** The handler with a span for each job; itself where tracing is off. */
function traced(name: string, handler: JobHandler, tracing: Tracing): JobHandler {
  if (!tracing.enabled) return handler;
  return async (job, context) => {
    const span = tracing.startSpan(name, { parent: job.traceparent ?? undefined });
    try {
      // What the handler creates takes this span as its parent.
      return await span.within(() => handler({ ...job, traceparent: span.traceparent }, context));
    } finally {
      span.end();
    }
  };
}
