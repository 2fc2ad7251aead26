/** The contracts of all routes, each resource's beside the others. */

import { API_CONTRACTS } from "../v1/contracts.ts";
import { inboundRoutes } from "../inbound/inbound_routes.ts";
import type { RouteContract } from "./contract.ts";
import { apiCallRoutes } from "./api_call.ts";
import { auditRoutes } from "./audit.ts";
import { bootstrapRoutes } from "./bootstrap.ts";
import { timelineRoutes } from "./timeline.ts";
import { callExportRoutes } from "./call_export.ts";
import { callRoutes } from "./calls.ts";
import { breakerRoutes } from "./breakers.ts";
import { issueRoutes } from "./issues.ts";
import { bulkJobRoutes } from "./bulk_jobs.ts";
import { catalogueRoutes } from "./catalogue.ts";
import { changeExportRoutes } from "./change_export.ts";
import { changeRoutes } from "./changes.ts";
import { coverageRoutes } from "./coverage.ts";
import { dashboardRoutes } from "./dashboard.ts";
import { deadLetterRoutes } from "./dead_letters.ts";
import { debugRoutes } from "./debug.ts";
import { doneRoutes } from "./done.ts";
import { doctorRoutes } from "./doctor.ts";
import { dryRunRoutes } from "./dry_run.ts";
import { endpointRoutes } from "./endpoints.ts";
import { entityNameRoutes } from "./entity_names.ts";
import { eventFlowRoutes } from "./event_flows.ts";
import { eventViewRoutes } from "./event_views.ts";
import { eventRoutes } from "./events.ts";
import { explorerRoutes } from "./explorer.ts";
import { explorerHistoryRoutes } from "./explorer_history.ts";
import { explorerSavedRoutes } from "./explorer_saved.ts";
import { exportRoutes } from "./export.ts";
import { flowCompareRoutes } from "./flow_compare.ts";
import { flowDraftRoutes } from "./flow_drafts.ts";
import { newFlowDraftRoutes } from "./new_flow_drafts.ts";
import { flowExportRoutes } from "./flow_export.ts";
import { flowHistoryRoutes } from "./flow_history.ts";
import { flowImportRoutes } from "./flow_import.ts";
import { flowRestoreRoutes } from "./flow_restore.ts";
import { flowRunRoutes } from "./flow_run.ts";
import { flowTemplateRoutes } from "./flow_templates.ts";
import { flowVersionRoutes } from "./flow_versions.ts";
import { flowRoutes } from "./flows.ts";
import { whereUsedRoutes } from "./flow_where_used.ts";
import { forwardingRoutes } from "./forwarding.ts";
import { guardRoutes } from "./guard.ts";
import { keyRoutes } from "./keys.ts";
import { limitRoutes } from "./limits.ts";
import { overviewRoutes } from "./overview.ts";
import { replayRoutes } from "./replay.ts";
import { retentionRoutes } from "./retention.ts";
import { runNodeRoutes } from "./run_nodes.ts";
import { runRoutes } from "./runs.ts";
import { approvalRoutes } from "./approvals.ts";
import { scheduleRoutes } from "./schedules.ts";
import { serviceRoutes } from "./service_routes.ts";
import { searchRoutes } from "./search.ts";
import { togetherRoutes } from "./together.ts";
import { sessionRoutes } from "./session.ts";
import { settingRoutes } from "./settings.ts";
import { sourceRoutes } from "./sources.ts";
import { stopRoutes } from "./stops.ts";
import { streamRoutes } from "./stream.ts";
import { systemHealthRoutes } from "./system_health.ts";
import { lostChangeRoutes } from "./lost_changes.ts";
import { undoJobRoutes } from "./undo_jobs.ts";
import { uninstallPreviewRoutes } from "./uninstall_preview.ts";
import { vocabularyRoutes } from "./vocabulary.ts";
import { workspaceExportRoutes } from "./workspace_export.ts";
import { workspaceRoutes } from "./workspaces.ts";

export const CONTRACTS: readonly RouteContract[] = [
  ...eventFlowRoutes,
  ...flowRoutes,
  ...flowVersionRoutes,
  ...flowDraftRoutes,
  ...newFlowDraftRoutes,
  ...flowRestoreRoutes,
  ...flowCompareRoutes,
  ...flowRunRoutes,
  ...scheduleRoutes,
  ...whereUsedRoutes,
  ...flowExportRoutes,
  ...flowImportRoutes,
  ...flowHistoryRoutes,
  ...vocabularyRoutes,
  ...flowTemplateRoutes,
  ...dryRunRoutes,
  ...runRoutes,
  ...runNodeRoutes,
  ...approvalRoutes,
  ...replayRoutes,
  ...issueRoutes,
  ...deadLetterRoutes,
  ...breakerRoutes,
  ...bulkJobRoutes,
  ...callExportRoutes,
  ...callRoutes,
  ...guardRoutes,
  ...changeExportRoutes,
  ...changeRoutes,
  ...lostChangeRoutes,
  ...undoJobRoutes,
  ...sessionRoutes,
  ...settingRoutes,
  ...limitRoutes,
  ...keyRoutes,
  ...workspaceRoutes,
  ...inboundRoutes,
  ...serviceRoutes,
  ...eventRoutes,
  ...eventViewRoutes,
  ...exportRoutes,
  ...streamRoutes,
  ...sourceRoutes,
  ...bootstrapRoutes,
  ...timelineRoutes,
  ...entityNameRoutes,
  ...endpointRoutes,
  ...catalogueRoutes,
  ...explorerRoutes,
  ...explorerHistoryRoutes,
  ...explorerSavedRoutes,
  ...apiCallRoutes,
  ...coverageRoutes,
  ...forwardingRoutes,
  ...overviewRoutes,
  ...stopRoutes,
  ...doneRoutes,
  ...searchRoutes,
  ...togetherRoutes,
  ...dashboardRoutes,
  ...systemHealthRoutes,
  ...doctorRoutes,
  ...retentionRoutes,
  ...uninstallPreviewRoutes,
  ...workspaceExportRoutes,
  ...auditRoutes,
  ...debugRoutes,
  ...API_CONTRACTS,
];
