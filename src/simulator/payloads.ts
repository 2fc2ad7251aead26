/** Entities as webhook bodies: the bare object, for time entries richer than the REST answer. */

import type { Client, Project, Task, TimeEntry, Workspace } from "./workspace_data.ts";
import { localTime, offsetSeconds } from "./wall_clock.ts";

const amount = (rate: { amount: number } | null) => rate === null ? null : { amount: rate.amount };

/** Body of the CLIENT and TAG events, and of `tags[]` in a time entry. */
export function namedPayload(item: Client): Record<string, unknown> {
  return { id: item.id, name: item.name, workspaceId: item.workspaceId, archived: item.archived };
}

/** Body of the TASK events. It has no workspaceId: only the token's claim names the workspace. */
export function taskPayload(task: Task): Record<string, unknown> {
  const { id, name, projectId, assigneeIds, assigneeId, userGroupIds, estimate, status, duration } = task;
  return { id, name, projectId, assigneeIds, assigneeId, userGroupIds, estimate, status, duration };
}

/** Body of the PROJECT events. */
export function projectPayload(workspace: Workspace, project: Project): Record<string, unknown> {
  const tasks = [...workspace.tasks.values()].filter((task) => task.projectId === project.id);
  const client = workspace.clients.get(project.clientId);
  return {
    ...embeddedProject(project),
    hourlyRate: amount(project.hourlyRate),
    tasks: tasks.map((task) => ({ ...taskPayload(task), workspaceId: task.workspaceId })),
    client: client ? namedPayload(client) : null,
  };
}

function embeddedProject(project: Project): Record<string, unknown> {
  const { id, name, clientId, clientName, workspaceId, billable, estimate, color, archived, duration, note } = project;
  const { public: isPublic, template } = project;
  return {
    id,
    name,
    clientId,
    clientName,
    workspaceId,
    billable,
    estimate,
    color,
    archived,
    duration,
    note,
    public: isPublic,
    template,
  };
}

/** Body of the time entry and timer events, except TIME_ENTRY_DELETED. Rates are null in every capture. */
export function timeEntryPayload(workspace: Workspace, entry: TimeEntry): Record<string, unknown> {
  const project = entry.projectId ? workspace.projects.get(entry.projectId) : undefined;
  const task = entry.taskId ? workspace.tasks.get(entry.taskId) : undefined;
  const user = workspace.users.get(entry.userId);
  return {
    id: entry.id,
    description: entry.description,
    tagIds: entry.tagIds,
    userId: entry.userId,
    billable: entry.billable,
    taskId: entry.taskId,
    projectId: entry.projectId,
    timeInterval: entry.timeInterval,
    workspaceId: entry.workspaceId,
    isLocked: entry.isLocked,
    hourlyRate: null,
    costRate: null,
    customFieldValues: entry.customFieldValues.map(({ customFieldId, timeEntryId, value, name }) => ({
      customFieldId,
      timeEntryId,
      value,
      name,
    })),
    project: project ? embeddedProject(project) : null,
    task: task ? { ...taskPayload(task), workspaceId: task.workspaceId } : null,
    user: user ? { name: user.name, id: user.id, status: user.status } : null,
    tags: entry.tagIds.flatMap((id) => workspace.tags.get(id) ?? []).map(namedPayload),
  };
}

/** Body of TIME_ENTRY_DELETED as captured live: no taskId and tagIds, time zone fields, nullable extras. */
export function deletedTimeEntryPayload(workspace: Workspace, entry: TimeEntry): Record<string, unknown> {
  const { taskId: _taskId, tagIds: _tagIds, ...body } = timeEntryPayload(workspace, entry);
  const timeZone = workspace.users.get(entry.userId)?.settings.timeZone ?? "UTC";
  const { start, end } = entry.timeInterval;
  return {
    ...body,
    timeInterval: {
      ...entry.timeInterval,
      timeZone,
      offsetStart: offsetSeconds(start, timeZone),
      offsetEnd: end && offsetSeconds(end, timeZone),
      zonedStart: localTime(start, timeZone),
      zonedEnd: end && localTime(end, timeZone),
    },
    type: entry.type,
    kioskId: entry.kioskId,
    approvalStatus: null,
    detailedApprovalStatus: null,
    projectCurrency: null,
    currentlyRunning: end === null,
  };
}
