/** The contracts of all routes, each resource's beside the others. */

import type { RouteContract } from "./contract.ts";
import { keyRoutes } from "./keys.ts";
import { sessionRoutes } from "./session.ts";
import { settingRoutes } from "./settings.ts";
import { workspaceRoutes } from "./workspaces.ts";

export const CONTRACTS: readonly RouteContract[] = [
  ...sessionRoutes,
  ...settingRoutes,
  ...keyRoutes,
  ...workspaceRoutes,
];
