/**
 * What one add-on shows to who is logged in to another of the same workspace (server/beside.ts). A closed list: a route that
 * is not in it is refused, so that a new one gives nothing away. All of it is stored already: none asks Clockify, none changes
 * anything, and none is for admins alone.
 */

export const READ_BESIDE: readonly string[] = [
  "/ui/session",
  "/ui/stream",
  "/ui/entities/names",
  "/ui/webhooks",
  "/ui/webhooks/{id}",
  "/ui/webhooks/{id}/flows",
  "/ui/event-views",
  "/ui/flows",
  "/ui/flows/{id}",
  "/ui/flows/{id}/executions",
  "/ui/flows/{id}/versions",
  "/ui/flows/vocabulary",
  "/ui/runs",
  "/ui/runs/{id}",
  "/ui/runs/{id}/nodes",
  "/ui/runs/{id}/items",
  "/ui/issues",
  "/ui/issue-count",
  "/ui/approvals",
  "/ui/approvals/{id}",
  "/ui/changes",
  "/ui/changes/{id}",
  "/ui/dashboard",
  "/ui/overview",
  "/ui/stops",
  "/ui/done",
  "/ui/search",
];

export function isReadBeside({ method, path }: { method: string; path: string }): boolean {
  return method === "get" && READ_BESIDE.includes(path);
}
