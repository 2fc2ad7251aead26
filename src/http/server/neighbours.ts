/** The add-ons of one process, and how the listener of one asks another for what it holds of a workspace (beside.ts). */

import type { Context, Hono } from "hono";
import { AppError } from "../../base/errors.ts";
import type { Installation, InstallationStore } from "../../installations/store.ts";
import type { AppEnv, Beside } from "./app_env.ts";
import { besideOf, loginBeside } from "./beside.ts";
import type { App } from "./listener.ts";
import { type AuthDeps, requireLogin } from "./login.ts";

/** An add-on of this process. */
export interface Neighbour {
  /** Profile key. */
  key: string;
  name: string;
  installations: Pick<InstallationStore, "find">;
  app: App;
}

/** The add-ons whose data a page may show together; this one is among them. In the order in which they are shown. */
export type Neighbours = () => readonly Neighbour[];

/**
 * As many add-ons of a workspace are read together: each is one query at once of people's half of the connections, which are
 * five of ten by default, and a page waits for the slowest. The program has three add-ons.
 */
export const MAX_TOGETHER = 8;

/** Below /ui a GET with `addon`, of another add-on of this process, is answered by that one. To be mounted before the routes. */
export function mountNeighbours(
  app: Hono<AppEnv>,
  deps: AuthDeps,
  { own, neighbours }: { own: Beside["from"]; neighbours: Neighbours },
): void {
  app.use("/ui/*", async (c, next) => {
    const key = c.req.query("addon");
    const asked = c.env.beside || key === undefined || key === own.key
      ? undefined
      : neighbours().find((one) => one.key === key);
    if (!asked) return await next();
    if (c.req.method !== "GET") {
      throw new AppError(
        "ROLE_INSUFFICIENT",
        `Cannot make the change: ${own.name} only reads what ${asked.name} holds; sign in to ${asked.name}`,
      );
    }
    const login = await requireLogin(c, deps, { asked: asked.key });
    return await askNeighbour(c, asked, { beside: besideOf(login, own), request: c.req.raw });
  });
}

/** The answer of another add-on, which lets the caller in by its own rules and leaves its own row in the audit. Throws what it throws. */
export async function askNeighbour(
  c: Context<AppEnv>,
  { app }: Neighbour,
  { beside, request, path = c.env.path }: { beside: Beside; request: Request; path?: string },
): Promise<Response> {
  const bindings: AppEnv["Bindings"] = { ...c.env, beside, path, isPassedOn: undefined };
  try {
    return await app.fetch(request, bindings);
  } finally {
    const { actor, rateLimits } = bindings;
    Object.assign(c.env, { actor, rateLimits, isPassedOn: true });
  }
}

/** What a login may read of one add-on; undefined for nothing. Throws what the store does. */
export async function foundBeside(
  { key, installations }: Neighbour,
  beside: Beside,
): Promise<Installation | undefined> {
  const found = await installations.find(key, beside.workspaceId);
  try {
    return loginBeside(beside, found).installation;
  } catch {
    return undefined;
  }
}
