/** New holidays and time off policies with Clockify's defaults; what a PUT leaves out is set back to these. */

import type { Item } from "./items.ts";
import type { Workspace } from "./workspace_data.ts";

export function holidayOf({ id: workspaceId }: Workspace, { id, name }: { id: string; name: string }): Item {
  return {
    id,
    name,
    workspaceId,
    datePeriod: { startDate: "2026-12-31", endDate: "2026-12-31" },
    occursAnnually: true,
    everyoneIncludingNew: true,
    automaticTimeEntryCreation: false,
    userIds: [],
    userGroupIds: [],
    projectId: null,
    taskId: null,
  };
}

export function policyOf({ id: workspaceId }: Workspace, id: string): Item {
  return {
    id,
    name: "",
    workspaceId,
    archived: false,
    timeUnit: "DAYS",
    allowHalfDay: true,
    allowNegativeBalance: false,
    everyoneIncludingNew: true,
    userIds: [],
    userGroupIds: [],
    projectId: null,
    approve: { requiresApproval: true, specificMembers: false, teamManagers: true, userIds: [] },
    automaticAccrual: null,
    negativeBalance: null,
    automaticTimeEntryCreation: { enabled: false, defaultEntities: { projectId: null, taskId: null } },
  };
}
