/** What a caller may do: families closed to add-ons, scopes, the rights of a person, and what the workspace's plan has. */

import { planOf } from "../clockify/operation_facts.ts";
import type { Operation } from "../clockify/operations.ts";
import { accessDenied, ApiRefusal, type Caller, type Route } from "./route.ts";
import { isAdminRole, type Workspace } from "./workspace_data.ts";

const PLANS = ["FREE", "BASIC", "STANDARD", "PRO", "ENTERPRISE"];

export interface RightsInput {
  route: Route;
  operation: Operation | undefined;
  caller: Caller;
  workspace: Workspace;
}

/** Throws 401 for a closed family and a missing scope, 403 for a person's missing right, and for the plan where it is enforced. */
export function checkRights({ route, operation, caller, workspace }: RightsInput): void {
  if (caller.kind !== "apiKey") {
    const { addonKey, manifest, withheld } = caller.installation;
    if (route.closedToAddons) throw new ApiRefusal(401, `API is not accessible for addon ${addonKey}`);
    const isWithheld = withheld?.scopes.includes(route.scope ?? "");
    if (route.scope && (isWithheld || !manifest.scopes?.some((scope) => scope === route.scope))) {
      throw new ApiRefusal(withheld?.status ?? 401, `Addon ${addonKey} does not have permission ${route.scope}`);
    }
    // A viewer acts with his own rights; which members may write what is not documented, so: own time only.
    const writes = route.method !== "GET" && !/_READ$|^TIME_ENTRY_WRITE$/.test(route.scope ?? "");
    if (caller.kind === "user" && writes && !isAdminRole(caller.user.role)) throw accessDenied();
  }
  const needed = (operation && workspace.refusesByPlan && planOf(operation)) || "FREE";
  if (PLANS.indexOf(String(workspace.about.featureSubscriptionType)) < PLANS.indexOf(needed)) {
    // No source shows this refusal: the status is that of a missing right, the code that of a limit of the plan.
    throw new ApiRefusal(403, `Feature is not available on the plan of this workspace: ${needed} is needed`, 4033);
  }
}
