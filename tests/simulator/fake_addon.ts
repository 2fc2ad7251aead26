/** A tiny add-on for tests: serves a manifest, records every call, answers what the test says. */

export interface AddonCall {
  path: string;
  headers: Headers;
  body: string;
}

export interface FakeAddon {
  manifestUrl: string;
  url: string;
  manifest: Record<string, unknown>;
  calls: AddonCall[];
  /** Calls to a path, slashes collapsed. */
  to(path: string): AddonCall[];
  /** Statuses of the next webhook answers; 200 when empty. */
  answers: number[];
  stop(): Promise<void>;
}

export const EVENTS = ["NEW_TIMER_STARTED", "TIMER_STOPPED", "NEW_TIME_ENTRY", "TIME_ENTRY_UPDATED", "NEW_TAG"];

/** Starts the add-on on a free port; `changes` are laid over its manifest. */
export function startFakeAddon(changes: Record<string, unknown> = {}): FakeAddon {
  const calls: AddonCall[] = [];
  const answers: number[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const path = new URL(request.url).pathname;
    if (path === "/manifest") return Response.json(manifest);
    calls.push({ path, headers: request.headers, body: await request.text() });
    return new Response(null, { status: path.includes("/webhooks/") ? answers.shift() ?? 200 : 200 });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  const manifest: Record<string, unknown> = {
    schemaVersion: "1.5",
    key: "fake-addon",
    name: "Fake add-on",
    baseUrl: url,
    minimalSubscriptionPlan: "FREE",
    scopes: ["CLIENT_READ", "CLIENT_WRITE", "TAG_READ", "TIME_ENTRY_READ", "TIME_ENTRY_WRITE", "PROJECT_READ"],
    lifecycle: [
      { type: "INSTALLED", path: "/lifecycle/installed" },
      { type: "DELETED", path: "/lifecycle/deleted" },
      { type: "STATUS_CHANGED", path: "/lifecycle/status-changed" },
      { type: "SETTINGS_UPDATED", path: "/lifecycle/settings-updated" },
    ],
    webhooks: EVENTS.map((event) => ({ event, path: `/webhooks/clockify/${event}` })),
    components: [{ type: "sidebar", accessLevel: "EVERYONE", path: "/ui", label: "Fake" }],
    settings: {
      tabs: [{
        id: "general",
        name: "General",
        settings: [{ id: "active", name: "Active", accessLevel: "ADMINS", type: "CHECKBOX", value: true }],
        groups: [{
          id: "people",
          title: "People",
          settings: [{
            id: "reviewer",
            name: "Reviewer",
            accessLevel: "ADMINS",
            type: "USER_DROPDOWN_SINGLE",
            value: "-",
          }],
        }],
      }],
    },
    ...changes,
  };
  return {
    manifestUrl: `${url}/manifest`,
    url,
    manifest,
    calls,
    to: (path) => calls.filter((call) => call.path.replace(/\/+/g, "/") === path),
    answers,
    stop: () => server.shutdown(),
  };
}
