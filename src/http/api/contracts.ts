/** The contracts of all routes, each resource's beside the others. */

import type { RouteContract } from "./contract.ts";
import { dryRunRoutes } from "./dry_run.ts";
import { eventFlowRoutes } from "./event_flows.ts";
import { flowRoutes } from "./flows.ts";
import { keyRoutes } from "./keys.ts";
import { sessionRoutes } from "./session.ts";
import { settingRoutes } from "./settings.ts";
import { vocabularyRoutes } from "./vocabulary.ts";
import { workspaceRoutes } from "./workspaces.ts";

export const CONTRACTS: readonly RouteContract[] = [
  ...eventFlowRoutes,
  ...flowRoutes,
  ...vocabularyRoutes,
  ...dryRunRoutes,
  ...sessionRoutes,
  ...settingRoutes,
  ...keyRoutes,
  ...workspaceRoutes,
];
