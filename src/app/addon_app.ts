/** One add-on's listener: the routes its profile names, over the shared core, with one line of log and metrics per request. */

import { Hono } from "hono";
import { buildManifest } from "../clockify/manifest.ts";
import { AppError } from "../base/errors.ts";
import type { Profile } from "../profiles/profile.ts";
import { mountApiCall } from "../http/api/api_call.ts";
import { type ExplorerRoutesDeps, mountExplorer } from "../http/api/explorer.ts";
import { type ExplorerHistoryDeps, mountExplorerHistory } from "../http/api/explorer_history.ts";
import { type ExplorerSavedDeps, mountExplorerSaved } from "../http/api/explorer_saved.ts";
import type { AppEnv } from "../http/server/app_env.ts";
import { mountNeighbours, type Neighbours } from "../http/server/neighbours.ts";
import { type AuditTrailDeps, mountAuditTrail } from "../http/server/audit.ts";
import { type AuditRoutesDeps, mountAudit } from "../http/api/audit.ts";
import { type BootstrapRoutesDeps, mountBootstrap } from "../http/api/bootstrap.ts";
import { mountTogether } from "../http/api/together.ts";
import { mountTimeline, type TimelineRoutesDeps } from "../http/api/timeline.ts";
import { type CatalogueRoutesDeps, mountCatalogue } from "../http/api/catalogue.ts";
import { type ChangeExportDeps, mountChangeExport } from "../http/api/change_export.ts";
import { type ChangeRoutesDeps, mountChanges } from "../http/api/changes.ts";
import { type LostChangeRoutesDeps, mountLostChanges } from "../http/api/lost_changes.ts";
import { type ConsoleRoutesDeps, mountConsole } from "../http/api/console.ts";
import { type CallExportRoutesDeps, mountCallExport } from "../http/api/call_export.ts";
import { type CallRoutesDeps, mountCalls } from "../http/api/calls.ts";
import { type CoverageRoutesDeps, mountCoverage } from "../http/api/coverage.ts";
import { refuseCrossSite } from "../http/server/cross_site.ts";
import { type CustomWebhookDeps, mountCustomWebhooks } from "../http/inbound/custom_webhooks.ts";
import { type DashboardRoutesDeps, mountDashboard } from "../http/api/dashboard.ts";
import { DEBUG_PATHS, type DebugRoutesDeps, mountDebug } from "../http/api/debug.ts";
import { mountDocs, mountInfo, servedRoutes } from "../http/api/docs.ts";
import { type EndpointRoutesDeps, mountEndpoints } from "../http/api/endpoints.ts";
import { type EntityNameRoutesDeps, mountEntityNames } from "../http/api/entity_names.ts";
import { type EventFlowRoutesDeps, mountEventFlows } from "../http/api/event_flows.ts";
import { type EventViewDeps, mountEventViews } from "../http/api/event_views.ts";
import { type EventRoutesDeps, mountEvents } from "../http/api/events.ts";
import { type ExportRoutesDeps, mountExport } from "../http/api/export.ts";
import { type DoctorRoutesDeps, mountDoctor } from "../http/api/doctor.ts";
import { type DryRunRoutesDeps, mountDryRun } from "../http/api/dry_run.ts";
import { type FlowRoutesDeps, mountFlows } from "../http/api/flows.ts";
import { type FlowCompareDeps, mountFlowCompare } from "../http/api/flow_compare.ts";
import { type FlowDraftRoutesDeps, mountFlowDrafts } from "../http/api/flow_drafts.ts";
import { mountNewFlowDrafts, type NewFlowDraftRoutesDeps } from "../http/api/new_flow_drafts.ts";
import { type FlowExportDeps, mountFlowExport, mountFlowSchema } from "../http/api/flow_export.ts";
import { type FlowHistoryDeps, mountFlowHistory } from "../http/api/flow_history.ts";
import { type FlowImportDeps, mountFlowImport } from "../http/api/flow_import.ts";
import { type FlowRestoreDeps, mountFlowRestore } from "../http/api/flow_restore.ts";
import { type FlowRunRoutesDeps, mountFlowRun } from "../http/api/flow_run.ts";
import { type FlowVersionRoutesDeps, mountFlowVersions } from "../http/api/flow_versions.ts";
import { mountWhereUsed } from "../http/api/flow_where_used.ts";
import { type GuardRoutesDeps, mountGuard } from "../http/api/guard.ts";
import { type HealthDeps, mountHealth } from "../http/server/health.ts";
import { type KeyRoutesDeps, mountKeys } from "../http/api/keys.ts";
import { type LifecycleRoutesDeps, mountLifecycle } from "../http/inbound/lifecycle.ts";
import type { App } from "../http/server/listener.ts";
import { type ForwardingRoutesDeps, mountForwarding } from "../http/api/forwarding.ts";
import { type LimitRoutesDeps, mountLimits } from "../http/api/limits.ts";
import { type MetricsRouteDeps, mountMetrics } from "../http/server/metrics.ts";
import { mountOverview, type OverviewRoutesDeps } from "../http/api/overview.ts";
import { mountSystemHealth, type SystemHealthRoutesDeps } from "../http/api/system_health.ts";
import { type ApprovalRoutesDeps, mountApprovals } from "../http/api/approvals.ts";
import { mountRunNodes, type RunNodeRoutesDeps } from "../http/api/run_nodes.ts";
import { mountRuns, type RunRoutesDeps } from "../http/api/runs.ts";
import { mountReplay, type ReplayRoutesDeps } from "../http/api/replay.ts";
import { mountRetention, type RetentionRoutesDeps } from "../http/api/retention.ts";
import { mountSchedules, type ScheduleRoutesDeps } from "../http/api/schedules.ts";
import { mountSession, type SessionRoutesDeps } from "../http/api/session.ts";
import { mountSettings, type SettingsRoutesDeps } from "../http/api/settings.ts";
import { mountSources, type SourceRoutesDeps } from "../http/api/sources.ts";
import { type DoneRoutesDeps, mountDone } from "../http/api/done.ts";
import { mountSearch, type SearchRoutesDeps } from "../http/api/search.ts";
import { mountStops, type StopRoutesDeps } from "../http/api/stops.ts";
import { mountStream, type StreamRoutesDeps } from "../http/api/stream.ts";
import { type BreakerRoutesDeps, mountBreakers } from "../http/api/breakers.ts";
import { type IssueRoutesDeps, mountIssues } from "../http/api/issues.ts";
import { type BulkJobRoutesDeps, mountBulkJobs } from "../http/api/bulk_jobs.ts";
import { type DeadLetterRoutesDeps, mountDeadLetters } from "../http/api/dead_letters.ts";
import { mountUndoJobs, type UndoJobRoutesDeps } from "../http/api/undo_jobs.ts";
import { mountFlowTemplates } from "../http/api/flow_templates.ts";
import { mountUninstallPreview, type UninstallPreviewDeps } from "../http/api/uninstall_preview.ts";
import { mountVocabulary, type VocabularyRoutesDeps } from "../http/api/vocabulary.ts";
import { isDelivery, mountWebhooks, receive, type WebhookDeps } from "../http/inbound/webhooks.ts";
import { mountWorkspaceExport, type WorkspaceExportDeps } from "../http/api/workspace_export.ts";
import { mountWorkspaces, type WorkspaceRoutesDeps } from "../http/api/workspaces.ts";

export interface AddonAppDeps {
  profile: Profile;
  addonKey: string;
  /** Name and description in the manifest, where an operator set them. */
  name?: string;
  description?: string;
  /** Public address that the manifest names. */
  baseUrl: string;
  webhookLimit: number;
  health: HealthDeps;
  lifecycle: LifecycleRoutesDeps;
  webhooks: WebhookDeps;
  flows:
    & FlowRoutesDeps
    & FlowVersionRoutesDeps
    & FlowDraftRoutesDeps
    & NewFlowDraftRoutesDeps
    & FlowRestoreDeps
    & FlowCompareDeps
    & FlowExportDeps
    & FlowImportDeps
    & FlowHistoryDeps
    & FlowRunRoutesDeps;
  guard: GuardRoutesDeps;
  dryRun: DryRunRoutesDeps["dryRun"];
  schedules: ScheduleRoutesDeps;
  vocabulary: VocabularyRoutesDeps;
  eventFlows: EventFlowRoutesDeps;
  replay: ReplayRoutesDeps;
  deadLetters: DeadLetterRoutesDeps;
  issues: IssueRoutesDeps;
  bulkJobs: BulkJobRoutesDeps;
  runs: RunRoutesDeps & RunNodeRoutesDeps;
  breakers: BreakerRoutesDeps;
  approvals: ApprovalRoutesDeps;
  changes: ChangeRoutesDeps & LostChangeRoutesDeps & UndoJobRoutesDeps & ChangeExportDeps;
  retention: RetentionRoutesDeps;
  uninstallPreview: UninstallPreviewDeps;
  workspaceExport: WorkspaceExportDeps;
  events: EventRoutesDeps;
  eventViews: EventViewDeps;
  eventExport: ExportRoutesDeps;
  calls: CallRoutesDeps & CallExportRoutesDeps;
  stream: StreamRoutesDeps;
  dashboard: DashboardRoutesDeps;
  session: SessionRoutesDeps;
  workspaces: WorkspaceRoutesDeps;
  overview: OverviewRoutesDeps;
  stops: StopRoutesDeps;
  done: DoneRoutesDeps;
  search: SearchRoutesDeps;
  systemHealth: SystemHealthRoutesDeps;
  doctor: DoctorRoutesDeps;
  keys: KeyRoutesDeps;
  entityNames: EntityNameRoutesDeps;
  endpoints: EndpointRoutesDeps & CatalogueRoutesDeps;
  explorer: ExplorerRoutesDeps & ExplorerHistoryDeps & ExplorerSavedDeps;
  bootstrap: BootstrapRoutesDeps;
  timeline: TimelineRoutesDeps;
  audit: AuditTrailDeps & AuditRoutesDeps;
  /** Undefined where they are not served. */
  debug?: DebugRoutesDeps;
  /** Both served where the profile takes webhooks of other systems. */
  sources: SourceRoutesDeps;
  customWebhooks: CustomWebhookDeps;
  settings: SettingsRoutesDeps;
  limits: LimitRoutesDeps;
  forwarding: ForwardingRoutesDeps;
  coverage: CoverageRoutesDeps;
  console: Pick<ConsoleRoutesDeps, "files" | "frameAncestors">;
  /** Undefined when METRICS_PORT moves it to an inner port. */
  metrics?: MetricsRouteDeps;
}

/** The listener's app, with what is mounted in it. */
export type AddonApp = App & {
  routes: readonly { method: string; path: string }[];
  /** The patterns of what it answers, those with a wildcard too. */
  endpoints: readonly { path: string }[];
};

/** `neighbours`: the add-ons of the process, this one among them. */
export function createAddonApp(deps: AddonAppDeps, neighbours: Neighbours = () => []): AddonApp {
  const { profile, addonKey, webhookLimit, metrics } = deps;
  const app = new Hono<AppEnv>();
  refuseCrossSite(app, ["/ui/*", "/bootstrap/*", "/api-call", "/api-call/*"]);
  mountAuditTrail(app, deps.audit, [
    "/ui/*",
    "/bootstrap/*",
    "/api-call",
    "/api-call/*",
    ...(deps.debug ? DEBUG_PATHS : []),
  ]);
  const own = { key: profile.key, name: deps.name ?? profile.name };
  mountNeighbours(app, deps.session, { own, neighbours });
  mountWebhooks(app, deps.webhooks);
  mountLifecycle(app, deps.lifecycle);
  // Before the flows, whose /ui/flows/:id would take their paths.
  mountDryRun(app, { ...deps.flows, dryRun: deps.dryRun });
  mountVocabulary(app, deps.vocabulary);
  mountWhereUsed(app, deps.flows);
  mountFlowExport(app, deps.flows);
  mountFlowImport(app, deps.flows);
  mountFlowSchema(app);
  mountFlowTemplates(app, deps.flows);
  mountFlows(app, deps.flows);
  mountFlowVersions(app, deps.flows);
  mountFlowDrafts(app, deps.flows);
  mountNewFlowDrafts(app, deps.flows);
  mountFlowRestore(app, deps.flows);
  mountFlowCompare(app, deps.flows);
  mountFlowHistory(app, deps.flows);
  mountFlowRun(app, deps.flows);
  mountSchedules(app, deps.schedules);
  mountGuard(app, deps.guard);
  mountRuns(app, deps.runs);
  mountRunNodes(app, deps.runs);
  mountApprovals(app, deps.approvals);
  mountChangeExport(app, deps.changes);
  mountChanges(app, deps.changes);
  mountLostChanges(app, deps.changes);
  mountUndoJobs(app, deps.changes);
  mountRetention(app, deps.retention);
  mountUninstallPreview(app, deps.uninstallPreview);
  mountWorkspaceExport(app, deps.workspaceExport);
  if (profile.features.customWebhooks) {
    mountSources(app, deps.sources);
    mountCustomWebhooks(app, deps.customWebhooks);
  }
  mountSettings(app, deps.settings);
  mountLimits(app, deps.limits);
  if (signsCalls(profile)) mountForwarding(app, deps.forwarding);
  // Before the events, whose /ui/webhooks/:id would take its paths.
  mountCoverage(app, deps.coverage);
  mountEvents(app, deps.events);
  mountEventViews(app, deps.eventViews);
  mountEventFlows(app, deps.eventFlows);
  mountReplay(app, deps.replay);
  mountDeadLetters(app, deps.deadLetters);
  mountIssues(app, deps.issues);
  mountBreakers(app, deps.breakers);
  mountBulkJobs(app, deps.bulkJobs);
  mountExport(app, deps.eventExport);
  // Before the calls, whose /ui/calls/:id would take its path.
  mountCallExport(app, deps.calls);
  mountCalls(app, deps.calls);
  mountStream(app, deps.stream);
  mountDashboard(app, deps.dashboard);
  mountSession(app, deps.session);
  mountWorkspaces(app, deps.workspaces);
  mountOverview(app, deps.overview);
  mountStops(app, deps.stops);
  mountDone(app, deps.done);
  mountSearch(app, deps.search);
  mountTogether(app, { ...deps.session, own, neighbours });
  mountSystemHealth(app, deps.systemHealth);
  mountDoctor(app, deps.doctor);
  mountKeys(app, deps.keys);
  mountEntityNames(app, deps.entityNames);
  mountEndpoints(app, deps.endpoints);
  mountCatalogue(app, deps.endpoints);
  mountExplorer(app, deps.explorer);
  mountExplorerHistory(app, deps.explorer);
  mountExplorerSaved(app, deps.explorer);
  mountApiCall(app, deps.explorer);
  mountBootstrap(app, deps.bootstrap);
  mountTimeline(app, deps.timeline);
  mountAudit(app, deps.audit);
  if (deps.debug) mountDebug(app, deps.debug);
  mountHealth(app, deps.health);
  const { defaults } = deps.settings;
  app.get("/manifest", (c) => {
    const { name, description, baseUrl } = deps;
    return c.json(buildManifest({ profile, addonKey, name, description, baseUrl, webhookLimit, defaults }));
  });
  mountConsole(app, {
    ...deps.console,
    mount: "/ui",
    addons: () => [{ ...own, base: "" }],
  });
  app.get("/ui/health", (c) => c.json({ status: "ok" }));
  if (metrics) mountMetrics(app, metrics);
  const routes: { method: string; path: string }[] = [];
  mountInfo(app, { profile, version: deps.health.version });
  mountDocs(app, {
    title: profile.name,
    description: profile.description,
    version: deps.health.version,
    serverUrl: deps.baseUrl,
    served: () => servedRoutes(routes),
  });
  routes.push(...mountedRoutes(app));
  const endpoints = endpointsOf(app);
  finish(app);
  const { webhooks } = deps;
  return {
    routes,
    endpoints,
    fetch: (request, bindings) =>
      isDelivery(request, bindings.path) ? receive(request, bindings, webhooks) : app.fetch(request, bindings),
  };
}

/** Each route once: its middleware is mounted under the same method and path, and a slash at the end makes no other. */
export function mountedRoutes(app: Hono<AppEnv>): { method: string; path: string }[] {
  const paths = new Set(app.routes.map(({ path }) => path));
  const own = app.routes.filter(({ path }) =>
    !path.endsWith("*") && !(path.endsWith("/") && paths.has(path.slice(0, -1)))
  );
  return [...new Map(own.map(({ method, path }) => [`${method} ${path}`, { method, path }])).values()];
}

/** The routes of an app without its middleware. */
export function endpointsOf({ routes }: Hono<AppEnv>): { path: string }[] {
  return routes.filter(({ method }) => method !== "ALL").map(({ path }) => ({ path }));
}

/** Has calls to other systems that a secret signs: its flows' own, or the forwarding of events. */
function signsCalls({ features, settingsTabs }: Profile): boolean {
  const forwards = settingsTabs.some(({ settings }) => settings.some(({ sets }) => sets === "forwardingUrl"));
  return features.genericHttpActions || forwards;
}

/** The inner listener of METRICS_PORT: metrics, and the health of a process that has no other listener (ROLE=work). */
export function createMetricsApp(metrics: MetricsRouteDeps, health: HealthDeps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  mountHealth(app, health);
  mountMetrics(app, metrics);
  return finish(app);
}

/** Unknown routes are 404, known ones with another method 405 with Allow; errors go to the listener, which answers them. */
export function finish(app: Hono<AppEnv>): Hono<AppEnv> {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of app.routes) {
    // Middleware, and a route that takes every method.
    if (method === "ALL") continue;
    methods.set(path, (methods.get(path) ?? new Set()).add(method));
  }
  for (const [path, allowed] of methods) {
    const allow = [...allowed];
    app.all(path, () => {
      const message = `Cannot serve the request: the route has ${allow.join(", ")}`;
      throw new AppError("METHOD_NOT_ALLOWED", message, { details: { allow } });
    });
  }
  app.notFound(() => {
    throw new AppError("ROUTE_UNKNOWN", "Cannot serve the request: there is no such route");
  });
  app.onError((error) => {
    throw error;
  });
  return app;
}
