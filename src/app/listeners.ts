/**
 * What the routes of one add-on's listener are given: the services they call, their rate limits, and the observers they
 * report to.
 */

import { assertAllowed, hostProblems } from "../clockify/hosts.ts";
import type { ProfileConfig } from "../config/config.ts";
import { shownDays, shownLimits } from "../config/shown_limits.ts";
import { settingVariable } from "../config/variables.ts";
import type { AddonAppDeps } from "./addon_app.ts";
import { examine } from "./doctor.ts";
import type { ConsoleFiles } from "../http/api/console.ts";
import { flowChecks } from "./flow_checks.ts";
import { findUses } from "../http/api/flow_where_used.ts";
import { createExportPlaces } from "../http/api/export_file.ts";
import type { ListenerObserver } from "./observers.ts";
import type { Profile, SettingName } from "../profiles/profile.ts";
import { customEvent } from "../sources/definition.ts";
import { createSourceRate } from "../sources/rate.ts";
import type { Services } from "./services.ts";
import type { Shared } from "./shared.ts";
import type { OperatorKey } from "../verify/operator.ts";

export interface ListenerOptions extends Shared {
  version: string;
  operators: readonly OperatorKey[];
  consoleFiles?: ConsoleFiles;
  /** Services over the add-on's database. */
  services: Services;
  /** Over that of the Workflow Management API. */
  ofApi: Pick<Services, "db" | "keyring">;
  observer: ListenerObserver;
}

export function createListenerParts(
  profile: ProfileConfig & { facts: Profile },
  { services, ofApi, observer, ...shared }: ListenerOptions,
): AddonAppDeps {
  const { config, version, clock, metrics, tracing, catalogue, limits, onPoint } = shared;
  const { facts, addonKey, requireSignature, baseUrl = `http://localhost:${profile.port}` } = profile;
  const own = limits.ofListener({ service: facts.service, addonKey });
  const auth = {
    profile: facts,
    addonKey,
    users: shared.users,
    operators: shared.operators,
    installations: services.installations,
    budget: own.api,
    logins: own.logins,
    costly: own.costly,
    idempotency: services.idempotency,
    thread: shared.thread,
    onOperator: observer.onOperator,
  };
  const exporting = {
    ...auth,
    exports: createExportPlaces(),
    stopping: services.streams.stopping,
    clock,
    log: shared.log.child({ logger: "http" }),
  };
  const standing = {
    stops: services.stops,
    breakers: services.breakers,
    usage: config.role === "listen" ? undefined : limits.limiter.usage,
    clock,
  };
  const variableOf = (name: SettingName) => settingVariable(facts.key, name);
  const settings = { defaults: profile.settings, state: services.settings.state, variableOf };
  // Shown before the first one: a gauge with labels has no series until it is set.
  metrics.set("streams_open", [facts.service], 0);
  return {
    profile: facts,
    addonKey,
    name: profile.name,
    description: profile.description,
    baseUrl,
    webhookLimit: config.manifestWebhookLimit,
    metrics: config.metricsPort === undefined
      ? { scrape: () => metrics.scrape(facts.service), token: config.metricsToken }
      : undefined,
    health: {
      service: facts.service,
      version,
      probe: services.probe,
      requireSignature,
      redis: limits.redis,
      legacyRoute: facts.features.legacyHealth,
      clock,
    },
    lifecycle: {
      profile: facts,
      addonKey,
      requireSignature,
      reach: { hasProxies: config.trustedProxies !== undefined, publicUrl: profile.baseUrl },
      body: limits.lifecycleBody,
      keys: shared.keys,
      clock,
      installations: services.lifecycleLookups,
      lifecycle: services.lifecycle,
      assertHost: (url) => assertAllowed(new URL(url), shared.allowed),
      hostProblems: (hosts) => {
        const { apiBaseUrl } = config.clockify;
        return hostProblems(apiBaseUrl === undefined ? hosts : { ...hosts, backendUrl: apiBaseUrl }, shared.allowed);
      },
      bootstrapOnInstall: async (id) => {
        // The install is committed: where its row cannot be read again now, the environment's answer must do.
        const settings = await services.settings.of({ id, addon: facts.key }).catch(() => profile.settings);
        return settings.bootstrapOnInstall;
      },
      onApplied: (call, { installationId, warnings }) => {
        services.verifier.forget(installationId);
        services.active.forget(installationId);
        services.credentials.forget(installationId);
        services.settings.forget(installationId);
        services.openedSources.forgetInstallation(installationId);
        observer.onLifecycle(call, { installationId, warnings });
        void services.auditRecorder.record({
          installationId,
          workspaceId: call.workspaceId,
          actorKind: "clockify",
          // Nothing vouches for it: it came from this machine while signatures are not required.
          actor: call.type === "INSTALLED" && call.unverified ? "unsigned" : "clockify",
          action: call.type,
          outcome: "done",
          ...(warnings.length > 0 && { details: { warnings } }),
        });
      },
    },
    webhooks: {
      profile: facts,
      addonKey,
      requireSignature,
      body: limits.webhookBody,
      budget: own.webhooks,
      bytes: own.webhookBytes,
      verifier: services.verifier,
      guesses: own.guesses,
      active: services.active,
      ingest: services.ingest,
      tracing,
      onPoint,
      hmac: config.hmacSecret === undefined
        ? undefined
        : { secret: config.hmacSecret, onAccepted: observer.onHmacFallback },
      onReceived: (fact) => {
        services.tally.add(fact);
        services.streams.stored(fact.installationId);
        observer.onReceived(fact);
      },
      onUnlisted: observer.onUnlisted,
    },
    sources: {
      ...auth,
      sources: services.sources,
      opened: services.openedSources,
      usesOf: (installationId, value) =>
        findUses(installationId, { kind: "source", value }, {
          ...auth,
          flows: services.flows,
          drafts: services.flowDrafts,
          catalogue,
        }),
      baseUrl,
      settings: services.settings,
      body: limits.apiBody,
    },
    customWebhooks: {
      profile: facts,
      body: limits.webhookBody,
      sources: services.openedSources,
      adopt: services.sources.adopt,
      baseUrl,
      guesses: own.guesses,
      settings: services.settings,
      rate: createSourceRate(clock),
      budget: own.webhooks,
      bytes: own.webhookBytes,
      ingest: services.ingest,
      tracing,
      clock,
      onReceived: (fact) => {
        const { installationId, outcome } = fact;
        if (outcome !== "challenge") {
          services.tally.add({ installationId, outcome, eventType: customEvent(fact.source) });
          services.streams.stored(installationId);
        }
        observer.onCustomReceived(fact);
      },
    },
    console: { files: shared.consoleFiles, frameAncestors: config.consoleFrameAncestors },
    coverage: { ...auth, coverage: services.coverage, reconcile: services.reconcile, body: limits.apiBody },
    settings: { ...auth, ...settings },
    limits: {
      ...auth,
      defaults: profile.settings,
      limits: shownLimits(config),
      egress: { privateTargets: listed(config.egressAllow), clockifyHosts: listed(config.clockify.allowedDomains) },
      otherSystemsVariable: variableOf("genericHttpActions") ?? null,
    },
    forwarding: { ...auth, settings: services.settings, forwarding: services.forwarding, signing: services.signing },
    events: { ...auth, events: services.events, requireSignature },
    eventViews: { ...auth, body: limits.apiBody, eventViews: services.eventViews },
    eventExport: { ...exporting, events: services.events },
    calls: { ...exporting, calls: services.calls },
    stream: {
      ...auth,
      streams: services.streams,
      onOpen: () => metrics.add("streams_open", [facts.service]),
      onClose: () => metrics.add("streams_open", [facts.service], -1),
    },
    approvals: {
      ...auth,
      approvals: services.approvals,
      runs: services.runs,
      settings: services.settings,
      catalogue,
      body: limits.apiBody,
    },
    runs: { ...auth, runs: services.runs, settings: services.settings, catalogue, body: limits.apiBody },
    deadLetters: {
      ...auth,
      deadLetters: services.deadLetters,
      runs: services.runs,
      settings: services.settings,
      catalogue,
    },
    breakers: { ...auth, breakers: services.breakers },
    issues: { ...auth, issues: services.issues, standing, body: limits.apiBody },
    bulkJobs: { ...auth, bulkJobs: services.bulkJobs, body: limits.apiBody },
    changes: {
      ...exporting,
      changes: services.changes,
      undo: services.undo,
      lostCreates: services.lostCreates,
      catalogue,
      undoJobs: services.undoJobs,
      onUndone: services.onUndone,
      body: limits.apiBody,
    },
    dashboard: { ...auth, dashboard: services.dashboard, workspaceRead: services.bootstrap.read },
    session: {
      ...auth,
      names: services.names,
      atVisit: services.atVisit,
      settings: services.settings,
      frameOrigins: config.consoleFrameAncestors,
      addonName: profile.name ?? facts.name,
      version,
    },
    workspaces: { ...auth, workspaces: services.workspaces },
    overview: {
      ...auth,
      overview: services.overview,
      workspaceRead: services.bootstrap.read,
      coverage: services.coverage,
      defaults: profile.settings,
      settingsState: services.settings.state,
      usage: standing.usage,
      health: { requireSignature, redis: limits.redis, version },
      secondsSinceRetention: services.secondsSinceRetention,
      quietMs: config.coverage.heartbeatMs,
      clock,
    },
    stops: { ...auth, ...standing },
    done: { ...auth, done: services.done, clock },
    search: { ...auth, search: services.search },
    systemHealth: {
      ...auth,
      health: { probe: services.probe, requireSignature, redis: limits.redis },
      database: services.database,
      backlogs: services.backlogs,
      keys: services.keyReports,
      worker: config.role === "listen" ? undefined : { concurrency: config.worker.concurrency },
      secondsSinceRetention: services.secondsSinceRetention,
      clock,
    },
    doctor: {
      ...auth,
      examine: () => examine([profile], { config, clock, db: services.db, keyring: services.keyring, ofApi }),
      version,
      clock,
    },
    keys: { ...auth, keys: services.keyReports, coverage: services.coverage, signing: services.signing },
    explorer: {
      ...auth,
      ...services.explorer,
      catalogue,
      body: limits.apiBody,
      usage: limits.limiter.usage,
      stopping: services.streams.stopping,
      clock,
      log: shared.log.child({ logger: "http" }),
      onCall: ({ via, status }) => metrics.add("explorer_calls_total", [facts.service, via, status]),
      onPages: (pages) => metrics.add("explorer_pages_total", [facts.service], pages),
    },
    entityNames: { ...auth, names: services.nameLookup },
    endpoints: {
      ...auth,
      catalogue,
      catalogueSource: shared.catalogueSource,
      flows: services.flows,
      mayWrite: async (installation) => (await services.settings.of(installation)).writesByHand,
      auditBaseUrl: config.clockify.auditBaseUrl,
    },
    bootstrap: { ...auth, bootstrap: services.bootstrap },
    timeline: { ...auth, timeline: services.timeline },
    audit: {
      ...auth,
      recorder: services.auditRecorder,
      audit: services.audit,
      onRefusedLogin: observer.onRefusedLogin,
    },
    debug: config.debug && facts.features.debugRoutes ? { ...auth, events: services.events, catalogue } : undefined,
    retention: {
      ...auth,
      defaults: profile.settings,
      kinds: shownDays(facts.key),
      days: config.retention,
      report: services.retentionReport,
    },
    uninstallPreview: {
      ...auth,
      preview: services.uninstallPreview,
      graceDays: config.retention.uninstallGraceDays,
      backups: config.backup.keep,
      clock,
    },
    workspaceExport: {
      ...exporting,
      flows: services.flows,
      drafts: services.flowDrafts,
      newDrafts: services.newFlowDrafts,
      sources: services.sources,
      policies: services.guarded.policies,
      saved: services.explorer.saved,
      eventViews: services.eventViews,
      entityNames: services.names,
      settings: services.settings,
      ...settings,
    },
    guard: { ...auth, ...services.guarded, catalogue, body: limits.apiBody },
    dryRun: services.dryRun,
    eventFlows: { ...auth, explain: services.explain },
    replay: {
      ...auth,
      replay: services.replay,
      flows: services.flows,
      body: limits.apiBody,
      onReplayed: (events) => metrics.add("events_replayed_total", [facts.service], events),
    },
    schedules: { ...auth, schedules: services.schedules },
    vocabulary: { ...auth, catalogue, sources: services.sources, settings: services.settings },
    flows: {
      ...auth,
      flows: services.flows,
      versions: services.flowVersions,
      drafts: services.flowDrafts,
      onDemand: services.onDemand,
      clock,
      newDrafts: services.newFlowDrafts,
      draftSecrets: services.draftSecrets,
      entityNames: services.names,
      sources: services.sources,
      catalogue,
      guard: services.guarded.guard,
      policies: services.guarded.policies,
      stats: services.flowStats,
      secrets: services.flowSecrets,
      settings: services.settings,
      history: services.history,
      parse: flowChecks(facts, { ...shared, catalogue }),
      body: limits.apiBody,
    },
  };
}

/** The entries of a list with commas, as it is configured. */
function listed(list = ""): string[] {
  return list.split(",").map((entry) => entry.trim()).filter((entry) => entry !== "");
}
