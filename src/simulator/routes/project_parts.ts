/** What is changed of a project beside its PUT: estimates, members, template and the rates of members and tasks. */

import { projectPayload } from "../payloads.ts";
import { type ApiCall, ApiRefusal, objectBody, ok, refuse, type Route } from "../route.ts";
import type { Project } from "../workspace_data.ts";

const PROJECT = "/v1/workspaces/{workspaceId}/projects/{projectId}";
const CURRENCY = "EUR";

interface Member {
  userId: string;
  hourlyRate?: unknown;
  costRate?: unknown;
}

function projectOf(call: ApiCall): Project {
  const project = call.workspace.projects.get(call.params.projectId!);
  if (!project) throw refuse("Project doesn't belong to Workspace");
  return project;
}

function updated(call: ApiCall, project: Project) {
  call.world.emit(call.workspace.id, "PROJECT_UPDATED", projectPayload(call.workspace, project));
  return ok(project);
}

function rateOf(body: unknown): { amount: number; currency: string } | null {
  const { amount } = (body ?? {}) as { amount?: unknown };
  return typeof amount === "number" ? { amount, currency: CURRENCY } : null;
}

const rateRoute = (path: string, name: "hourlyRate" | "costRate", scope: string): Route => ({
  method: "PUT",
  path: PROJECT + path,
  scope,
  handle(call) {
    const project = projectOf(call);
    const rate = rateOf(objectBody(call));
    if (!rate) throw new ApiRefusal(400, "Missing parameter amount", 3001);
    if (call.params.id) {
      const task = call.workspace.tasks.get(call.params.id);
      if (task?.projectId !== project.id) throw refuse("Task doesn't belong to Project");
      task[name] = rate;
      return ok(task);
    }
    const member = (project.memberships as Member[]).find(({ userId }) => userId === call.params.userId);
    if (!member) throw refuse("User doesn't belong to Project");
    member[name] = rate;
    return updated(call, project);
  },
});

export const projectPartRoutes: Route[] = [
  {
    method: "PATCH",
    path: `${PROJECT}/estimate`,
    scope: "PROJECT_WRITE",
    handle(call) {
      const project = projectOf(call);
      const { budgetEstimate, timeEstimate, estimateReset } = objectBody(call);
      // One kind of estimate applies at a time.
      if (budgetEstimate !== undefined) Object.assign(project, { budgetEstimate, timeEstimate: null });
      if (timeEstimate !== undefined) Object.assign(project, { timeEstimate, budgetEstimate: null });
      if (estimateReset !== undefined) Object.assign(project, { estimateReset });
      return updated(call, project);
    },
  },
  {
    // Takes the place of the whole list.
    method: "PATCH",
    path: `${PROJECT}/memberships`,
    scope: "PROJECT_WRITE",
    handle(call) {
      const project = projectOf(call);
      const { memberships } = objectBody(call);
      if (!Array.isArray(memberships)) throw new ApiRefusal(400, "Missing parameter memberships", 3001);
      project.memberships = memberships.map(({ userId, hourlyRate, costRate }: Member) => {
        if (!call.workspace.users.has(userId)) throw refuse("User doesn't belong to Workspace");
        const kind = { targetId: project.id, membershipType: "PROJECT", membershipStatus: "ACTIVE" };
        return { userId, hourlyRate: rateOf(hourlyRate), costRate: rateOf(costRate), ...kind };
      });
      return updated(call, project);
    },
  },
  {
    method: "PATCH",
    path: `${PROJECT}/template`,
    scope: "PROJECT_WRITE",
    handle(call) {
      const project = projectOf(call);
      project.template = objectBody(call).isTemplate === true;
      return updated(call, project);
    },
  },
  rateRoute("/users/{userId}/hourly-rate", "hourlyRate", "PROJECT_WRITE"),
  rateRoute("/users/{userId}/cost-rate", "costRate", "PROJECT_WRITE"),
  rateRoute("/tasks/{id}/hourly-rate", "hourlyRate", "TASK_WRITE"),
  rateRoute("/tasks/{id}/cost-rate", "costRate", "TASK_WRITE"),
];
