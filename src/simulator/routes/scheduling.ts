/** Assignments: made with their repetitions, changed and removed one by one or as a series, published by range. */

import { businessOf } from "../business_data.ts";
import { type Item, itemOf, passes, projectOf, requireAll, taskOf, timeOf, userOf } from "../items.ts";
import { type ApiCall, created, objectBody, ok, refuse, type Route } from "../route.ts";
import { instant } from "../wall_clock.ts";

const ASSIGNMENTS = "/v1/workspaces/{workspaceId}/scheduling/assignments";
const RECURRING = `${ASSIGNMENTS}/recurring`;
const WRITE = "SCHEDULING_WRITE";
const WEEK_MS = 7 * 86_400_000;

interface Recurring {
  repeat: boolean;
  seriesId: string;
  weeks: number;
}
interface Period {
  start: string;
  end: string;
}

const allOf = ({ workspace }: ApiCall): Item[] => businessOf(workspace).assignments;
const found = (call: ApiCall): Item => itemOf(allOf(call), call.params.assignmentId, "Assignment");
const seriesOf = ({ recurring }: Item) => recurring as Recurring;
const periodOf = ({ period }: Item) => period as Period;

function emit(call: ApiCall, event: string, { id: assignmentId, userId, projectId }: Item): void {
  const workspaceId = call.workspace.id;
  call.world.emit(workspaceId, `ASSIGNMENT_${event}`, { workspaceId, userId, projectId, assignmentId });
}

/** The assignments that a change of one is for, by THIS_ONE (default), THIS_AND_FOLLOWING or ALL. */
function meant(call: ApiCall, option: unknown): Item[] {
  const one = found(call);
  if (option !== "ALL" && option !== "THIS_AND_FOLLOWING") return [one];
  return allOf(call).filter((other) =>
    seriesOf(other).seriesId === seriesOf(one).seriesId &&
    (option === "ALL" || periodOf(other).start >= periodOf(one).start)
  );
}

/** One for each week of the repetition. */
function occurrences(call: ApiCall, first: Omit<Item, "id">, { repeat, weeks, seriesId }: Recurring): Item[] {
  const { start, end } = first.period as Period;
  return Array.from({ length: repeat ? weeks : 1 }, (_, week) => {
    const move = (at: string) => instant(timeOf(at) + week * WEEK_MS);
    const period = { start: move(start), end: move(end) };
    return { ...first, id: call.world.newId(), period, recurring: { repeat, weeks, seriesId } };
  });
}

function create(call: ApiCall) {
  const body = objectBody(call);
  const project = projectOf(call, body.projectId);
  const { repeat = false, weeks = 1 } = (body.recurringAssignment ?? {}) as { repeat?: boolean; weeks?: number };
  if (weeks < 1 || weeks > 99) throw refuse("must be between 1 and 99");
  if (timeOf(body.end) < timeOf(body.start)) throw refuse("End time must be after start time");
  const { billable = true, hoursPerDay, includeNonWorkingDays = false, note = "", startTime = null } = body;
  const made = occurrences(call, {
    workspaceId: call.workspace.id,
    userId: userOf(call, body.userId).id,
    projectId: project.id,
    taskId: taskOf(call, body.taskId, project.id)?.id ?? null,
    ...{ billable, hoursPerDay, includeNonWorkingDays, note, startTime, excludeDays: [], published: false },
    period: { start: String(body.start), end: String(body.end) },
  }, { repeat, weeks, seriesId: call.world.newId() });
  allOf(call).push(...made);
  for (const one of made) emit(call, "CREATED", one);
  return created(made);
}

function edit(call: ApiCall) {
  const body = objectBody(call);
  const one = found(call);
  const shift = {
    start: timeOf(body.start) - timeOf(periodOf(one).start),
    end: timeOf(body.end) - timeOf(periodOf(one).end),
  };
  const names = ["billable", "hoursPerDay", "includeNonWorkingDays", "note", "startTime"];
  const written = Object.fromEntries(
    names.filter((name) => body[name] !== undefined).map((name) => [name, body[name]]),
  );
  const changed = meant(call, body.seriesUpdateOption);
  for (const each of changed) {
    const { start, end } = periodOf(each);
    const period = { start: instant(timeOf(start) + shift.start), end: instant(timeOf(end) + shift.end) };
    const task = body.taskId === undefined ? {} : { taskId: taskOf(call, body.taskId, each.projectId)?.id ?? null };
    Object.assign(each, written, task, { period });
    emit(call, "UPDATED", each);
  }
  return ok(changed);
}

function remove(call: ApiCall) {
  const gone = meant(call, call.query.get("seriesUpdateOption"));
  for (const one of gone) {
    allOf(call).splice(allOf(call).indexOf(one), 1);
    emit(call, "DELETED", one);
  }
  return ok(gone);
}

/** Makes the series from its first, with this many weeks; the repetition is off unless the body says so. */
function repeat(call: ApiCall) {
  const { seriesId } = seriesOf(found(call));
  const { repeat = false, weeks } = objectBody(call) as { repeat?: boolean; weeks: number };
  if (weeks < 1 || weeks > 99) throw refuse("must be between 1 and 99");
  const [first, ...rest] = allOf(call).filter((one) => seriesOf(one).seriesId === seriesId);
  for (const one of rest) allOf(call).splice(allOf(call).indexOf(one), 1);
  const [, ...made] = occurrences(call, first!, { repeat, weeks, seriesId });
  first!.recurring = { repeat, weeks, seriesId };
  allOf(call).push(...made);
  return ok([first, ...made]);
}

function copy(call: ApiCall) {
  const { userId, seriesUpdateOption } = objectBody(call);
  const user = userOf(call, userId);
  const seriesId = call.world.newId();
  const made = meant(call, seriesUpdateOption).map((one) => ({
    ...structuredClone(one),
    id: call.world.newId(),
    userId: user.id,
    published: false,
    recurring: { ...seriesOf(one), seriesId },
  }));
  allOf(call).push(...made);
  for (const one of made) emit(call, "CREATED", one);
  return ok(made);
}

/** Every draft that touches the range, of the people that the filter lets through. */
function publish(call: ApiCall) {
  const { start, end, userFilter } = objectBody(call);
  requireAll({ start, end }, ["start", "end"]);
  const isOfUser = passes(userFilter);
  for (const one of allOf(call)) {
    const { start: from, end: until } = periodOf(one);
    const touches = timeOf(from) <= timeOf(end) && timeOf(until) >= timeOf(start);
    if (one.published || !touches || !isOfUser([String(one.userId)])) continue;
    one.published = true;
    emit(call, "PUBLISHED", one);
  }
  return { status: 200 };
}

export const schedulingRoutes: Route[] = [
  { method: "PUT", path: `${ASSIGNMENTS}/publish`, scope: WRITE, handle: publish },
  { method: "POST", path: RECURRING, scope: WRITE, handle: create },
  { method: "PATCH", path: `${RECURRING}/{assignmentId}`, scope: WRITE, handle: edit },
  { method: "DELETE", path: `${RECURRING}/{assignmentId}`, scope: WRITE, handle: remove },
  { method: "PUT", path: `${ASSIGNMENTS}/series/{assignmentId}`, scope: WRITE, handle: repeat },
  { method: "POST", path: `${ASSIGNMENTS}/{assignmentId}/copy`, scope: WRITE, handle: copy },
];
