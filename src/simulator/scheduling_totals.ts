/** Sums of assignments by project and by person, day by day. */

import { businessOf } from "./business_data.ts";
import { type Item, timeOf } from "./items.ts";
import { instant } from "./wall_clock.ts";
import type { Workspace } from "./workspace_data.ts";

const DAY_MS = 86_400_000;
/** Longer ranges would make answers that no page reads. */
const MAX_DAYS = 366;
const WORKING_DAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"];

interface Range {
  start: string;
  end: string;
}

/** Beginnings of the days of the range, in ms. */
function daysOf({ start, end }: Range): number[] {
  const first = Math.floor(timeOf(start) / DAY_MS) * DAY_MS;
  const count = Math.min(MAX_DAYS, Math.max(0, Math.floor((timeOf(end) - first) / DAY_MS) + 1));
  return Array.from({ length: count }, (_, day) => first + day * DAY_MS);
}

function hoursOn(day: number, assignments: readonly Item[]): number {
  const onDay = assignments.filter(({ period }) => {
    const { start, end } = period as Range;
    return timeOf(start) < day + DAY_MS && timeOf(end) >= day;
  });
  return onDay.reduce((sum, { hoursPerDay }) => sum + Number(hoursPerDay), 0);
}

export function projectTotals(workspace: Workspace, range: Range, search?: string | null) {
  const days = daysOf(range);
  const { assignments } = businessOf(workspace);
  const named = [...workspace.projects.values()].filter(({ name }) =>
    !search || name.toLowerCase().includes(search.toLowerCase())
  );
  return named.map((project) => {
    const own = assignments.filter(({ projectId }) => projectId === project.id);
    const hours = days.map((day) => ({ day, hours: hoursOn(day, own) }));
    return {
      workspaceId: workspace.id,
      projectId: project.id,
      projectName: project.name,
      projectColor: project.color,
      projectArchived: project.archived,
      projectBillable: project.billable,
      clientName: project.clientName,
      taskId: null,
      taskName: null,
      milestones: [],
      assignments: hours.map(({ day, hours }) => ({ date: instant(day), hasAssignment: hours > 0 })),
      totalHours: hours.reduce((sum, { hours }) => sum + hours, 0),
    };
  });
}

export function userTotals(workspace: Workspace, range: Range) {
  const days = daysOf(range);
  const { assignments, profiles } = businessOf(workspace);
  return [...workspace.users.values()].map((user) => {
    const own = assignments.filter(({ userId }) => userId === user.id);
    return {
      workspaceId: workspace.id,
      userId: user.id,
      userName: user.name,
      userImage: user.profilePicture,
      userStatus: user.status,
      capacityPerDay: 8,
      workingDays: profiles.get(user.id)?.workingDays ?? WORKING_DAYS,
      totalHoursPerDay: days.map((day) => ({ date: instant(day), totalHours: hoursOn(day, own) })),
    };
  });
}
