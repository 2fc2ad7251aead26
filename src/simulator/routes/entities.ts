/** Entities that were created, updated or deleted in a span of time: experimental, and lossy in live use. */

import { type ChangeKind, changesOf } from "../entity_changes.ts";
import { timeOf } from "../items.ts";
import { type ApiCall, ApiRefusal, ok, type Route } from "../route.ts";
import { instant } from "../wall_clock.ts";
import type { Workspace } from "../workspace_data.ts";

const MONTH_MS = 30 * 86_400_000;
const TYPES = [
  ...["APPROVAL_REQUESTS", "BALANCE", "CLIENTS", "CUSTOM_FIELDS", "HOLIDAYS", "INVOICES", "PROJECTS", "PTO_POLICY"],
  ...["SCHEDULED_ASSIGNMENT", "TAGS", "TASKS", "TIME_ENTRY", "TIME_ENTRY_CUSTOM_FIELD_VALUE", "TIME_ENTRY_RATE"],
  ...["TIME_OFF_REQUEST", "USER", "USER_GROUPS"],
];

const HELD: Record<string, (workspace: Workspace) => Map<string, { id: string }>> = {
  CLIENTS: ({ clients }) => clients,
  PROJECTS: ({ projects }) => projects,
  TAGS: ({ tags }) => tags,
  TASKS: ({ tasks }) => tasks,
  TIME_ENTRY: ({ timeEntries }) => timeEntries,
};

interface Asked {
  types: string[];
  from: number;
  until: number;
  page: number;
  limit: number;
}

/** Without bounds: the last 30 days. `page` is counted from 0, `limit` is 50 unless given. */
function asked({ query, world }: ApiCall): Asked {
  const types = query.getAll("type").flatMap((text) => text.split(",")).filter(Boolean);
  if (!types.every((type) => TYPES.includes(type))) throw new ApiRefusal(400, "Bad parameter type", 3000);
  const [start, end] = [query.get("start"), query.get("end")];
  const until = end ? timeOf(end) : start ? timeOf(start) + MONTH_MS : world.clock.now();
  const from = start ? timeOf(start) : until - MONTH_MS;
  const [page, limit] = [Number(query.get("page") ?? 0), Number(query.get("limit") ?? 50)];
  if (!(page >= 0 && limit >= 1)) throw new ApiRefusal(400, "Bad parameter page", 3000);
  return { types, from, until, page, limit };
}

const pageOf = <T>({ page, limit }: Asked, items: readonly T[]): T[] => items.slice(page * limit, (page + 1) * limit);

/** The first eight digits of an id are the seconds of its making. */
const madeAt = (id: string) => Number.parseInt(id.slice(0, 8), 16) * 1000;

function created(call: ApiCall) {
  const span = asked(call);
  const items = span.types.flatMap((documentType) =>
    [...HELD[documentType]?.(call.workspace).values() ?? []]
      .filter(({ id }) => madeAt(id) >= span.from && madeAt(id) <= span.until)
      .map((item) => ({ ...item, documentType, auditMetadata: audit(madeAt(item.id)) }))
  );
  return ok(pageOf(span, items));
}

const audit = (at: number, made = at) => ({ createdAt: instant(made), updatedAt: instant(at) });

/** The last change of each. */
function noted(call: ApiCall, kind: ChangeKind, { types, from, until }: Asked) {
  const own = changesOf(call.workspace).filter((one) =>
    one.kind === kind && types.includes(one.type) && one.at >= from && one.at <= until
  );
  return [...new Map(own.map((one) => [one.id, one])).values()];
}

function updated(call: ApiCall) {
  const span = asked(call);
  return ok(pageOf(
    span,
    noted(call, "updated", span).map(({ id, type, at, document }) => ({
      ...HELD[type]!(call.workspace).get(id) ?? document,
      documentType: type,
      auditMetadata: audit(at, madeAt(id)),
    })),
  ));
}

function deleted(call: ApiCall) {
  const span = asked(call);
  const items = noted(call, "deleted", span).map(({ id, type, at, document }) => ({
    id,
    deletedAt: instant(at),
    documentType: type,
    documentCode: type,
    document,
  }));
  return ok({ response: pageOf(span, items) });
}

const route = (name: ChangeKind, handle: Route["handle"]): Route => ({
  method: "GET",
  path: `/v1/workspaces/{workspaceId}/entities/${name}`,
  scope: "WORKSPACE_READ",
  handle,
});

export const entityRoutes: Route[] = [route("created", created), route("updated", updated), route("deleted", deleted)];
