/** Who is signed in at the console of the Workflow Management API: by a cookie that no script reads, until it is over. */

import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { type Api, ApiError, createApi } from "../client.ts";
import { PAGE_CONFIG } from "../page_config.ts";
import type { Answer, RequestBody, Wire } from "../../wire.ts";
import { say } from "../../words/say.ts";

export type Caller = Wire<"SessionCaller">;
export type Role = Caller["role"];

export interface ApiSession {
  api: Api;
  caller: Caller;
  version: string;
  /** Why the caller may not do what needs the role; null: they may. */
  refusal(least: Role): string | null;
  signOut(): Promise<void>;
}

export type ApiLoginState =
  | { kind: "starting" }
  | { kind: "out"; ended?: boolean }
  | { kind: "failed"; error: ApiError }
  | { kind: "in"; session: ApiSession };

export interface ApiLogin {
  state: ApiLoginState;
  signIn(by: RequestBody<"post_api_v1_session">): Promise<void>;
  again(): void;
}

/** From the one that may the least. */
export const ROLES: readonly Role[] = ["viewer", "editor", "operator", "admin"];

export const ROLE_NAMES: Record<Role, string> = {
  viewer: say("viewer"),
  editor: say("editor"),
  operator: say("operator"),
  admin: say("admin"),
};

/** Each role is needed for what the one before it may not. */
const NEEDED: Record<Role, (roles: { role: string; own: string }) => string> = {
  viewer: (roles) => say("Reading needs the role {role}; you are signed in as {own}", roles),
  editor: (roles) => say("Defining agents and workflows needs the role {role}; you are signed in as {own}", roles),
  operator: (roles) =>
    say(
      "Executing workflows, by hand or by a schedule, and controlling their runs needs the role {role}; you are signed in as {own}",
      roles,
    ),
  admin: (roles) => say("Managing users and keys needs the role {role}; you are signed in as {own}", roles),
};

const SessionContext = createContext<ApiSession | undefined>(undefined);

/** Of the pages, which are shown to who is signed in. */
export function useApiSession(): ApiSession {
  return useContext(SessionContext)!;
}

export function ApiSessionProvider({ value, children }: { value: ApiSession; children: ReactNode }) {
  return <SessionContext value={value}>{children}</SessionContext>;
}

export function useApiLogin(): ApiLogin {
  const [state, setState] = useState<ApiLoginState>({ kind: "starting" });
  const api = useMemo(() =>
    createApi({
      base: "",
      root: PAGE_CONFIG.api!,
      credentials: "same-origin",
      headers: () => ({}),
      renew: () => Promise.resolve(false),
      ended: () => setState((now) => now.kind === "in" ? { kind: "out", ended: true } : now),
    }), []);

  const enter = useCallback(async () => {
    try {
      const { caller, version } = await api.get<Answer<"get_api_v1_session">>("/session");
      if (caller === null) return setState({ kind: "out" });
      const refusal = (least: Role) =>
        ROLES.indexOf(caller.role) >= ROLES.indexOf(least)
          ? null
          : NEEDED[least]({ role: ROLE_NAMES[least], own: ROLE_NAMES[caller.role] });
      const signOut = async () => {
        try {
          await api.send("DELETE", "/session");
        } catch (error) {
          // Over already; else it must be known that it is not.
          if ((error as ApiError).status !== 401) throw error;
        }
        setState({ kind: "out" });
      };
      setState({ kind: "in", session: { api, caller, version, refusal, signOut } });
    } catch (error) {
      setState({ kind: "failed", error: error as ApiError });
    }
  }, [api]);

  useEffect(() => void enter(), [enter]);

  return {
    state,
    signIn: async (by) => {
      await api.send("POST", "/session", by);
      await enter();
    },
    again: () => {
      setState({ kind: "starting" });
      void enter();
    },
  };
}
