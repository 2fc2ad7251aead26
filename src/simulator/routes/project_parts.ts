/** What is changed of a project beside its PUT: estimates, members, whether it is a template, and projects made from one. */

import { projectPayload } from "../payloads.ts";
import { idsOf, itemOf, listOf } from "../items.ts";
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

/** Adds people, or takes them out; of user groups those who are in them. */
function changeMembers(call: ApiCall) {
  const project = projectOf(call);
  const { userIds, userGroups, remove = false } = objectBody(call);
  const groups = idsOf(userGroups).map((id) => itemOf(call.workspace.userGroups, id, "User group"));
  const ids = [...new Set([...listOf(userIds), ...groups.flatMap((group) => group.userIds)])];
  for (const id of ids) {
    if (!call.workspace.users.has(id)) throw refuse("User doesn't belong to Workspace");
  }
  const others = project.memberships.filter(({ userId }) => !ids.includes(userId));
  const known = new Set(project.memberships.map(({ userId }) => userId));
  const added = ids.filter((id) => !known.has(id)).map((userId) => memberOf(project, { userId }));
  project.memberships = remove ? others : [...project.memberships, ...added];
  return updated(call, project);
}

function memberOf({ id }: Project, { userId, hourlyRate, costRate }: Member) {
  const kind = { targetId: id, membershipType: "PROJECT", membershipStatus: "ACTIVE" };
  return { userId, hourlyRate: rateOf(hourlyRate), costRate: rateOf(costRate), ...kind };
}

/** A project with the tasks and members of the template; what the body names is its own. */
function fromTemplate(call: ApiCall) {
  const { workspace, world } = call;
  const { templateProjectId, name, clientId, color, isPublic } = objectBody(call) as Record<string, string>;
  const template = workspace.projects.get(templateProjectId!);
  if (!template) throw refuse("Project doesn't belong to Workspace");
  if (!template.template) throw refuse("Project is not a template");
  if ([...workspace.projects.values()].some((other) => other.name === name)) {
    throw refuse("Project with this name already exists");
  }
  const client = clientId ? workspace.clients.get(clientId) : undefined;
  if (clientId && !client) throw refuse("Client doesn't belong to Workspace");
  const id = world.newId();
  const copy = structuredClone(template);
  const project: Project = { ...copy, id, name: name!, template: false, archived: false, color: color ?? copy.color };
  if (client) Object.assign(project, { clientId: client.id, clientName: client.name });
  if (typeof isPublic === "boolean") project.public = isPublic;
  project.memberships = copy.memberships.map((member) => ({ ...member, targetId: id }));
  workspace.projects.set(id, project);
  for (const task of [...workspace.tasks.values()].filter(({ projectId }) => projectId === template.id)) {
    const taskId = world.newId();
    workspace.tasks.set(taskId, { ...structuredClone(task), id: taskId, projectId: id });
  }
  world.emit(workspace.id, "NEW_PROJECT", projectPayload(workspace, project));
  return ok(project);
}

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
      project.memberships = memberships.map((member: Member) => {
        if (!call.workspace.users.has(member?.userId)) throw refuse("User doesn't belong to Workspace");
        return memberOf(project, member);
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
  { method: "POST", path: `${PROJECT}/memberships`, scope: "PROJECT_WRITE", handle: changeMembers },
  {
    method: "POST",
    path: "/v1/workspaces/{workspaceId}/projects/from-template",
    scope: "PROJECT_WRITE",
    handle: fromTemplate,
  },
];
