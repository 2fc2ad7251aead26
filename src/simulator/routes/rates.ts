/** Hourly and cost rates in cents: of the workspace, its members, and of members and tasks of a project. */

import { projectPayload } from "../payloads.ts";
import { projectOf, taskOf, userOf } from "../items.ts";
import { type ApiCall, ApiRefusal, objectBody, ok, refuse, type Route } from "../route.ts";
import { membershipOf } from "../user_search.ts";
import type { Money } from "../workspace_data.ts";

const WORKSPACE = "/v1/workspaces/{workspaceId}";
const PROJECT = `${WORKSPACE}/projects/{projectId}`;

type RateName = "hourlyRate" | "costRate";
type Rated = { [name in RateName]?: unknown };

/** The code of the workspace's default currency. */
export function currencyOf({ workspace }: ApiCall): string {
  const currencies = workspace.about.currencies as { code: string; isDefault: boolean }[];
  return (currencies.find(({ isDefault }) => isDefault) ?? currencies[0])!.code;
}

function rateOf(call: ApiCall): Money {
  const { amount, currency = currencyOf(call) } = objectBody(call) as { amount?: number; currency?: string };
  if (amount === undefined || amount === null) throw refuse("must not be null");
  if (!Number.isInteger(amount)) throw new ApiRefusal(400, "Cannot parse field amount", 3002);
  if (amount < 0) throw refuse("must be greater than or equal to 0");
  return { amount, currency };
}

function emit(call: ApiCall, name: RateName, rate: Money, of: { source: string; modifiedEntity: unknown }): void {
  const { id: workspaceId, about } = call.workspace;
  const [currency] = about.currencies as { id: string; code: string }[];
  call.world.emit(workspaceId, name === "hourlyRate" ? "BILLABLE_RATE_UPDATED" : "COST_RATE_UPDATED", {
    workspaceId,
    rateChangeSource: of.source,
    modifiedEntity: of.modifiedEntity,
    currency: { id: currency!.id, code: rate.currency },
    amount: rate.amount,
    since: objectBody(call).since ?? null,
  });
}

function ofWorkspace(call: ApiCall, name: RateName) {
  const { about } = call.workspace;
  const rate = rateOf(call);
  about[name] = rate;
  emit(call, name, rate, { source: "WORKSPACE", modifiedEntity: { id: about.id, [name]: rate } });
  return ok(about);
}

function ofMember(call: ApiCall, name: RateName) {
  const { workspace } = call;
  const user = userOf(call, call.params.userId);
  const rate = rateOf(call);
  const own = membershipOf(user, workspace.id);
  const inAbout = (workspace.about.memberships as { userId: string }[]).find(({ userId }) => userId === user.id);
  for (const one of [own, inAbout] as Rated[]) if (one) one[name] = rate;
  emit(call, name, rate, { source: "WORKSPACE_MEMBER", modifiedEntity: own });
  return ok(workspace.about);
}

function ofProjectMember(call: ApiCall, name: RateName) {
  const project = projectOf(call, call.params.projectId);
  const rate = rateOf(call);
  const member = project.memberships.find(({ userId }) => userId === call.params.userId);
  if (!member) throw refuse("User doesn't belong to Project");
  (member as Rated)[name] = rate;
  call.world.emit(call.workspace.id, "PROJECT_UPDATED", projectPayload(call.workspace, project));
  return ok(project);
}

function ofTask(call: ApiCall, name: RateName) {
  const task = taskOf(call, call.params.id, projectOf(call, call.params.projectId).id)!;
  task[name] = rateOf(call);
  return ok(task);
}

const both = (path: string, scope: string, set: (call: ApiCall, name: RateName) => ReturnType<typeof ok>): Route[] =>
  (["hourlyRate", "costRate"] as const).map((name) => ({
    method: "PUT",
    path: `${path}/${name === "hourlyRate" ? "hourly-rate" : "cost-rate"}`,
    scope,
    handle: (call) => set(call, name),
  }));

export const rateRoutes: Route[] = [
  ...both(WORKSPACE, "WORKSPACE_WRITE", ofWorkspace),
  ...both(`${WORKSPACE}/users/{userId}`, "USER_WRITE", ofMember),
  ...both(`${PROJECT}/users/{userId}`, "PROJECT_WRITE", ofProjectMember),
  ...both(`${PROJECT}/tasks/{id}`, "TASK_WRITE", ofTask),
];
