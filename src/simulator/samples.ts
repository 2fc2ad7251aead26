/** What a person makes with one click to see what follows: objects made as a person makes them in Clockify's pages, and how add-ons answered their events. */

import { z } from "zod";
import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import type { Api } from "./api.ts";
import { businessOf } from "./business_data.ts";
import type { Deliveries, Delivery } from "./deliveries.ts";
import type { Caller } from "./route.ts";
import { instant } from "./wall_clock.ts";
import type { Workspace } from "./workspace_data.ts";

export const SAMPLE_KINDS = ["long_entry", "project", "tag", "client", "approval", "time_off", "burst"] as const;
export type SampleKind = (typeof SAMPLE_KINDS)[number];

export interface SampleInput {
  workspaceId: string;
  /** The person who acts; the workspace owner when absent. */
  userId?: string;
  what: SampleKind;
  /** Entries of a burst, 1 to 200; 50 when absent. Nothing else has a count. */
  count?: number;
}

export interface Sample {
  /** What was made, oldest first. */
  made: { type: string; id: string; name: string }[];
  /** Ids of the deliveries of their events, for `deliveryOutcomes`. */
  deliveries: number[];
}

/** Deliveries of one event to one add-on, or to one webhook that a person made. */
export interface DeliveryOutcome {
  event: string;
  /** The add-on's key; of a person's webhook its name. */
  to: string;
  sent: number;
  /** Without a last answer yet: being sent, to be repeated, or held back. */
  pending: number;
  /** By the last answer: an HTTP status, or why there was none. */
  answers: { answer: string; count: number }[];
  /** Attempts beyond the first of each delivery. */
  repeats: number;
}

/** Three add-ons get 600 requests of the largest burst: some seconds of one machine, and far fewer than the deliveries kept. */
const MAX_BURST = 200;
const DEFAULT_BURST = 50;
/** Of the largest burst, with 25 receivers. */
const MAX_ASKED = 5000;
const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000];

const INPUT = z.strictObject({
  workspaceId: z.string(),
  userId: z.string().optional(),
  what: z.enum(SAMPLE_KINDS),
  count: z.int().min(1).max(MAX_BURST).optional(),
}).refine(({ what, count }) => count === undefined || what === "burst", { error: "only a burst has a count" });
const ASKED = z.strictObject({ ids: z.array(z.int()).max(MAX_ASKED) });

/** One request of a person, below the workspace, and what the object it makes is called. */
interface Making {
  type: string;
  path: string;
  body: Record<string, unknown>;
  nameOf(made: Record<string, unknown>): string;
}

interface Maker {
  workspace: Workspace;
  userId: string;
  nowMs: number;
}

export interface SamplesOptions {
  api: Api;
  clock: Clock;
  deliveries: Deliveries;
  /** Throws NOT_FOUND for a workspace or a person that is not there. */
  personOf(workspaceId: string, userId?: string): { workspace: Workspace; caller: Caller & { kind: "apiKey" } };
}

/** Makes one sample. Throws REQUEST_INVALID for bad input and with Clockify's words for what the workspace does not allow. */
export async function makeSample(
  { api, clock, deliveries, personOf }: SamplesOptions,
  input: unknown,
): Promise<Sample> {
  const { workspaceId, userId, what, count = DEFAULT_BURST } = read(INPUT, input, "make a sample");
  const { workspace, caller } = personOf(workspaceId, userId);
  const sample: Sample = { made: [], deliveries: [] };
  for (let number = 1; number <= (what === "burst" ? count : 1); number++) {
    const making = MAKINGS[what]({ workspace, userId: caller.user.id, nowMs: clock.now() }, number);
    const before = deliveries.list.at(-1)?.id ?? 0;
    const answer = await api.asPerson(caller, {
      method: "POST",
      path: `/api/v1/workspaces/${workspaceId}${making.path}`,
      query: new URLSearchParams(),
      body: JSON.stringify(making.body),
    });
    const object = (answer.body ?? {}) as { id: string; message?: string } & Record<string, unknown>;
    if (answer.status >= 400) {
      const reason = `Clockify answers ${answer.status} ${object.message ?? ""}`.trim();
      throw new AppError("REQUEST_INVALID", `Cannot make a sample "${what}": ${reason}`);
    }
    sample.made.push({ type: making.type, id: object.id, name: making.nameOf(object) });
    sample.deliveries.push(...ofObject(deliveries.list, { after: before, workspaceId, id: object.id }));
  }
  return sample;
}

/** Deliveries that were begun after one and show the object: others may have been begun meanwhile. */
function ofObject(list: readonly Delivery[], one: { after: number; workspaceId: string; id: string }): number[] {
  const fresh = list.slice(list.findLastIndex(({ id }) => id <= one.after) + 1);
  return fresh.filter((delivery) => delivery.workspaceId === one.workspaceId && delivery.body.includes(`"${one.id}"`))
    .map(({ id }) => id);
}

/** How the deliveries of these ids stand, by event and receiver; ids that are no longer kept are left out. */
export function deliveryOutcomes(
  { deliveries, receiverOf }: { deliveries: Deliveries; receiverOf(delivery: Delivery): string },
  input: unknown,
): DeliveryOutcome[] {
  const ids = new Set(read(ASKED, input, "read outcomes").ids);
  const groups = Map.groupBy(
    deliveries.list.filter(({ id }) => ids.has(id)),
    (delivery) => JSON.stringify([delivery.event, receiverOf(delivery)]),
  );
  return [...groups].map(([key, group]) => {
    const [event, to] = JSON.parse(key) as [string, string];
    const ended = group.filter(({ state }) => state === "delivered" || state === "given_up");
    const answers = Map.groupBy(ended, ({ attempts }) => {
      const last = attempts.at(-1);
      return String(last?.status ?? last?.error ?? "no answer");
    });
    return {
      event,
      to,
      sent: group.length,
      pending: group.length - ended.length,
      answers: [...answers].map(([answer, { length }]) => ({ answer, count: length })),
      repeats: group.reduce((sum, { attempts }) => sum + Math.max(0, attempts.length - 1), 0),
    };
  });
}

function read<T>(schema: z.ZodType<T>, input: unknown, action: string): T {
  const { success, data, error } = schema.safeParse(input ?? {});
  if (success) return data;
  const { path, message } = error.issues[0]!;
  throw new AppError("REQUEST_INVALID", `Cannot ${action}: ${[path.join("."), message].filter(Boolean).join(": ")}`);
}

const MAKINGS: Record<SampleKind, (maker: Maker, number: number) => Making> = {
  long_entry: (maker) =>
    entry({
      description: "Quay survey, nine hours",
      projectId: openProject(maker.workspace),
      start: instant(maker.nowMs - 9 * HOUR_MS),
      end: instant(maker.nowMs),
    }),
  burst: ({ nowMs }, number) =>
    entry({
      description: `Burst, entry ${number}`,
      start: instant(nowMs - number * 10 * MINUTE_MS),
      end: instant(nowMs - (number - 1) * 10 * MINUTE_MS),
    }),
  project: ({ workspace }) => {
    const clientId = [...workspace.clients.values()].find(({ archived }) => !archived)?.id;
    const body = { name: freeName("Quay works", workspace.projects), ...(clientId && { clientId }) };
    return { ...named("project", "/projects"), body };
  },
  tag: ({ workspace }) => ({ ...named("tag", "/tags"), body: { name: freeName("quayside", workspace.tags) } }),
  client: ({ workspace }) => ({
    ...named("client", "/clients"),
    body: { name: freeName("Harbour company", workspace.clients) },
  }),
  approval: (maker) => ({
    type: "approval request",
    path: "/approval-requests",
    body: { period: "WEEKLY", periodStart: freeWeek(maker) },
    nameOf: ({ dateRange, owner }) => {
      const { start, end } = dateRange as { start: string; end: string };
      return `${(owner as { userName: string }).userName}, ${start.slice(0, 10)} to ${end.slice(0, 10)}`;
    },
  }),
  time_off: ({ workspace, userId, nowMs }) => {
    const { policies, timeOffRequests } = businessOf(workspace);
    const policy = policies.find(({ archived, timeUnit }) => !archived && timeUnit === "DAYS");
    if (!policy) throw new AppError("REQUEST_INVALID", "Cannot make a sample: no time off policy in days is active");
    const earlier = timeOffRequests.filter((request) => request.userId === userId).length;
    const start = instant(mondayOf(nowMs) + (earlier + 1) * 7 * DAY_MS);
    return {
      type: "time off request",
      path: `/time-off/policies/${policy.id}/requests`,
      body: { note: "A day at the sea", timeOffPeriod: { period: { start, days: 1 } } },
      nameOf: ({ userName }) => `${userName}, ${policy.name}, ${start.slice(0, 10)}`,
    };
  },
};

const named = (type: string, path: string) => ({
  type,
  path,
  nameOf: ({ name }: Record<string, unknown>) => String(name),
});
const entry = (body: Record<string, unknown>): Making => ({
  type: "time entry",
  path: "/time-entries",
  body,
  nameOf: ({ description }) => String(description),
});

function openProject({ projects }: Workspace): string | undefined {
  return [...projects.values()].find(({ archived, template }) => !archived && !template)?.id;
}

/** The first of "Name 1", "Name 2" and so on that no object has. */
function freeName(noun: string, items: Map<string, { name: string }>): string {
  const taken = new Set([...items.values()].map(({ name }) => name));
  let number = 1;
  while (taken.has(`${noun} ${number}`)) number++;
  return `${noun} ${number}`;
}

/** Midnight UTC of the week's Monday. */
function mondayOf(ms: number): number {
  const midnight = ms - ms % DAY_MS;
  return midnight - (new Date(midnight).getUTCDay() + 6) % 7 * DAY_MS;
}

/** The Monday of the last week for which the person has no open request. */
function freeWeek({ workspace, userId, nowMs }: Maker): string {
  const taken = businessOf(workspace).approvals.filter(({ owner, status }) =>
    (owner as { userId: string }).userId === userId &&
    ["PENDING", "APPROVED"].includes((status as { state: string }).state)
  ).map(({ dateRange }) => dateRange as { start: string; end: string });
  for (let start = mondayOf(nowMs);; start -= 7 * DAY_MS) {
    const [from, until] = [instant(start), instant(start + 7 * DAY_MS - 1000)];
    if (!taken.some((range) => range.start <= until && range.end >= from)) return from;
  }
}
