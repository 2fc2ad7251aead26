/** Holidays: the whole list each time, those of a period, and full replaces that name people by filters. */

import { businessOf } from "../business_data.ts";
import { holidayOf } from "../business_items.ts";
import { idsOf, type Item, itemOf, requireAll, takeItem } from "../items.ts";
import { type ApiCall, ApiRefusal, objectBody, ok, refuse, type Route } from "../route.ts";

const HOLIDAYS = "/v1/workspaces/{workspaceId}/holidays";
const ONE = `${HOLIDAYS}/{holidayId}`;
const [scope, WRITE] = ["WORKSPACE_READ", "WORKSPACE_WRITE"];
/** A PUT refuses a longer name, a POST does not. */
const MAX_NAME_OF_PUT = 50;

const all = ({ workspace }: ApiCall): Item[] => businessOf(workspace).holidays;

function written(body: Record<string, unknown>) {
  const { name, datePeriod, occursAnnually = true, automaticTimeEntryCreation } = body;
  if (typeof name !== "string" || name.length < 2 || name.length > 100) throw refuse("Holiday name is not valid");
  const members = { userIds: idsOf(body.users), userGroupIds: idsOf(body.userGroups) };
  const { enabled = false, defaultEntities } = (automaticTimeEntryCreation ?? {}) as Record<string, unknown>;
  const { projectId = null, taskId = null } = (defaultEntities ?? {}) as Record<string, unknown>;
  const { everyoneIncludingNew = false } = body;
  const entry = { automaticTimeEntryCreation: enabled, projectId, taskId };
  return { name, datePeriod, occursAnnually, everyoneIncludingNew, ...members, ...entry };
}

function inPeriod(call: ApiCall): Item[] {
  const { query, workspace } = call;
  const [start, end] = ["start", "end"].map((name) => query.get(name)!.slice(0, 10)) as [string, string];
  const userId = query.get("assigned-to")!;
  const groups = workspace.userGroups.filter(({ userIds }) => userIds.includes(userId)).map(({ id }) => id);
  return all(call).filter(({ datePeriod, everyoneIncludingNew, userIds, userGroupIds }) => {
    const { startDate, endDate } = datePeriod as { startDate: string; endDate: string };
    const isHis = everyoneIncludingNew || (userIds as string[]).includes(userId) ||
      (userGroupIds as string[]).some((id) => groups.includes(id));
    return isHis && startDate <= end && endDate >= start;
  });
}

export const holidayRoutes: Route[] = [
  // Both lists ignore page and page-size, as custom fields do.
  { method: "GET", path: HOLIDAYS, scope, handle: (call) => ok(all(call)) },
  { method: "GET", path: `${HOLIDAYS}/in-period`, scope, handle: (call) => ok(inPeriod(call)) },
  {
    // 200, not 201.
    method: "POST",
    path: HOLIDAYS,
    scope: WRITE,
    handle(call) {
      const body = objectBody(call);
      const made = holidayOf(call.workspace, { id: call.world.newId(), name: "" });
      Object.assign(made, written({ everyoneIncludingNew: !body.users && !body.userGroups, ...body }));
      all(call).push(made);
      return ok(made);
    },
  },
  {
    method: "PUT",
    path: ONE,
    scope: WRITE,
    handle(call) {
      const holiday = itemOf(all(call), call.params.holidayId, "Holiday");
      const body = objectBody(call);
      requireAll(body, ["datePeriod", "name", "occursAnnually"]);
      if (String(body.name).length > MAX_NAME_OF_PUT) throw new ApiRefusal(400, "Holiday name is too long", 501);
      return ok(Object.assign(holiday, written(body)));
    },
  },
  {
    method: "DELETE",
    path: ONE,
    scope: WRITE,
    handle(call) {
      const gone = takeItem(all(call), call.params.holidayId, "Holiday");
      const { automaticTimeEntryCreation: enabled, projectId, taskId, ...shown } = gone;
      const automaticTimeEntryCreation = { enabled, defaultEntities: { projectId, taskId } };
      return ok({ ...shown, color: "#03A9F4", automaticTimeEntryCreation });
    },
  },
];
