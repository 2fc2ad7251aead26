/** The contracts of all routes, each resource's beside the others. */

import type { RouteContract } from "./contract.ts";
import { keyRoutes } from "./keys.ts";
import { settingRoutes } from "./settings.ts";
import { workspaceRoutes } from "./workspaces.ts";

export const CONTRACTS: readonly RouteContract[] = [
  ...settingRoutes,
  ...keyRoutes,
  ...workspaceRoutes,
];
