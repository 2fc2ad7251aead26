/**
 * How an operator's page is signed in: on port 8003 by a session, whose cookie no script reads and which outlives a reload; on an
 * add-on's own listener by the key, which is kept in memory alone. And the workspace that it comes back to.
 */

import { ApiError, type Connection, createApi } from "../client.ts";
import { say } from "../../words/say.ts";
import { inStorage } from "../../ui/browser_storage.ts";
import type { Answer } from "../../wire.ts";
import { type AddonConfig, PAGE_CONFIG } from "../page_config.ts";

export type Credential = { kind: "session" } | { kind: "key"; key: string };

const NO_RENEWAL = () => Promise.resolve(false);

export function connectionOf(
  credential: Credential,
  rest: Pick<Connection, "base" | "workspaceId"> & { ended?: Connection["ended"] },
): Connection {
  const login: Pick<Connection, "headers" | "credentials"> = credential.kind === "key"
    ? { headers: () => ({ "x-api-key": credential.key }) }
    : { headers: () => ({}), credentials: "same-origin" };
  return { renew: NO_RENEWAL, ended: () => {}, ...login, ...rest };
}

/** Undefined on an add-on's own listener, which has no sessions. */
const sessions = PAGE_CONFIG.session === undefined
  ? undefined
  : createApi({ ...connectionOf({ kind: "session" }, { base: "" }), root: PAGE_CONFIG.session });

/** What the browser has from before, or why that is no login here. Rejects with ApiError. */
export async function findLogin(): Promise<{ credential?: Credential; why?: string }> {
  if (!sessions) return {};
  const { caller } = await sessions.get<Answer<"get_api_v1_session">>("/session");
  if (caller === null) return {};
  if (caller.kind === "operator") return { credential: { kind: "session" } };
  const { kind, name } = caller;
  return {
    why: kind === "user"
      ? say(
        "You are signed in as {name}, a user of Workflows and agents. The data of add-ons is for operators: signing in with an operator key ends that session",
        { name },
      )
      : say(
        "You are signed in as {name}, an API key of Workflows and agents. The data of add-ons is for operators: signing in with an operator key ends that session",
        { name },
      ),
  };
}

/** Exchanges the key for a session, where there are sessions: the page keeps no key then. Rejects with ApiError. */
export async function logIn(key: string): Promise<{ credential?: Credential; why?: string }> {
  if (!sessions) return { credential: { kind: "key", key } };
  try {
    await sessions.send("POST", "/session", { key });
  } catch (error) {
    const { status, message, retryAfterSeconds } = error as ApiError;
    if (status === 401) return { why: KEY_REFUSED };
    return {
      why: retryAfterSeconds
        ? say("{message}. Try again in {seconds} s", { message, seconds: retryAfterSeconds })
        : message,
    };
  }
  return await findLogin();
}

export const KEY_REFUSED = say("Cannot sign in: the operator key is not valid. Check that all of it was copied");

export const SESSION_OVER = say("You were signed out: the session is over, or was ended elsewhere");

/** The session ends at the server. Rejects with ApiError where it may not have. */
export async function logOut({ kind }: Credential): Promise<void> {
  if (kind === "key") return;
  try {
    await sessions!.send("DELETE", "/session");
  } catch (error) {
    if ((error as ApiError).status !== 401) throw error;
  }
}

/** Of an operator: the workspace, one of its add-ons, and all that are installed there. */
export interface Place {
  addon: AddonConfig;
  workspaceId: string;
  addons: readonly AddonConfig[];
}

const KEPT = "timewire.workspace";

/** The tab's own first; a new tab begins where the last choice was made. */
const stores = () => [sessionStorage, localStorage];

export function keepPlace({ addon, workspaceId, addons }: Place): void {
  const text = JSON.stringify({ addon: addon.key, workspaceId, addons: addons.map(({ key }) => key) });
  inStorage(() => stores().forEach((store) => store.setItem(KEPT, text)));
}

export function forgetPlace(): void {
  inStorage(() => stores().forEach((store) => store.removeItem(KEPT)));
}

/** Undefined where nothing is kept: then the workspace is chosen again. */
export function keptPlace(): Place | undefined {
  return inStorage(() => {
    const text = stores().map((store) => store.getItem(KEPT)).find((kept) => kept !== null);
    if (text === undefined || text === null) return undefined;
    const kept: { addon: string; workspaceId: string; addons: string[] } = JSON.parse(text);
    const addon = PAGE_CONFIG.addons.find(({ key }) => key === kept.addon);
    if (!addon || typeof kept.workspaceId !== "string") return undefined;
    return {
      addon,
      workspaceId: kept.workspaceId,
      addons: PAGE_CONFIG.addons.filter(({ key }) => kept.addons.includes(key)),
    };
  });
}
