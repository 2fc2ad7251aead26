/** Assignments of a range, and their sums by project and by person. */

import { businessOf } from "../business_data.ts";
import { bodyPage, type Item, passes, projectOf, timeOf, userOf } from "../items.ts";
import { type ApiCall, objectBody, ok, paged, type Route } from "../route.ts";
import { projectTotals, userTotals } from "../scheduling_totals.ts";

const ASSIGNMENTS = "/v1/workspaces/{workspaceId}/scheduling/assignments";
const READ = "SCHEDULING_READ";
const MAX_SIZE = 200;

interface Period {
  start: string;
  end: string;
}

const allOf = ({ workspace }: ApiCall): Item[] => businessOf(workspace).assignments;
const periodOf = ({ period }: Item) => period as Period;

/** A row of the list of all: names beside the ids. */
function row({ workspace }: ApiCall, { published: _published, recurring: _recurring, ...one }: Item) {
  const project = workspace.projects.get(String(one.projectId));
  return {
    ...one,
    userName: workspace.users.get(String(one.userId))?.name ?? null,
    taskName: workspace.tasks.get(String(one.taskId))?.name ?? null,
    clientId: project?.clientId ?? null,
    clientName: project?.clientName ?? null,
    projectName: project?.name ?? null,
    projectColor: project?.color ?? null,
    projectArchived: project?.archived ?? false,
    projectBillable: project?.billable ?? false,
  };
}

const rangeOf = ({ query }: ApiCall): Period => ({ start: query.get("start")!, end: query.get("end")! });

function bodyTotals(call: ApiCall, of: (range: Period) => unknown[]) {
  const body = objectBody(call);
  return ok(bodyPage(body, of(body as unknown as Period), { maxSize: MAX_SIZE }));
}

export const schedulingReadRoutes: Route[] = [
  {
    method: "GET",
    path: `${ASSIGNMENTS}/all`,
    scope: READ,
    handle(call) {
      const { start, end } = rangeOf(call);
      const name = call.query.get("name")?.toLowerCase() ?? "";
      const inRange = allOf(call).filter((one) =>
        timeOf(periodOf(one).start) <= timeOf(end) && timeOf(periodOf(one).end) >= timeOf(start)
      );
      const rows = inRange.map((one) => row(call, one));
      return paged(call, rows.filter((one) => !name || String(one.userName).toLowerCase().includes(name)));
    },
  },
  {
    method: "GET",
    path: `${ASSIGNMENTS}/projects/totals`,
    scope: READ,
    handle: (call) => paged(call, projectTotals(call.workspace, rangeOf(call), call.query.get("search"))),
  },
  {
    method: "POST",
    path: `${ASSIGNMENTS}/projects/totals`,
    scope: READ,
    handle: (call) =>
      bodyTotals(call, (range) => projectTotals(call.workspace, range, String(objectBody(call).search ?? ""))),
  },
  {
    method: "GET",
    path: `${ASSIGNMENTS}/projects/totals/{projectId}`,
    scope: READ,
    handle(call) {
      const { id } = projectOf(call, call.params.projectId);
      return ok(projectTotals(call.workspace, rangeOf(call)).find(({ projectId }) => projectId === id));
    },
  },
  {
    method: "POST",
    path: `${ASSIGNMENTS}/user-filter/totals`,
    scope: READ,
    handle: (call) =>
      bodyTotals(call, (range) => {
        const isOfUser = passes(objectBody(call).userFilter);
        return userTotals(call.workspace, range).filter(({ userId }) => isOfUser([userId]));
      }),
  },
  {
    method: "GET",
    path: `${ASSIGNMENTS}/users/{userId}/totals`,
    scope: READ,
    handle(call) {
      const { id } = userOf(call, call.params.userId);
      return ok(userTotals(call.workspace, rangeOf(call)).find(({ userId }) => userId === id));
    },
  },
];
