/** The login's way: by the frame's token, or by an operator's key and a workspace; and the session that everything below it reads. */

import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { type Api, ApiError, createApi } from "../api/client.ts";
import { getSession, type Session } from "../api/session.ts";
import { type AddonPlace, PLACE } from "../place.ts";
import { applyTheme } from "./theme.ts";
import { type Host, openHost } from "./host.ts";
import { looksOf, takeTokenFromAddress } from "./token.ts";

export interface SignedIn {
  api: Api;
  session: Session;
  /** Absent when the page stands alone. */
  host?: Host;
  /** Reads the session anew. */
  refresh(): Promise<void>;
  /** For operators: forgets the key. */
  signOut(): void;
  /** For operators: another workspace. */
  leaveWorkspace(): void;
}

export type LoginState =
  | { kind: "starting" }
  /** Alone, without a key. */
  | { kind: "key_wanted"; why?: string }
  | { kind: "workspace_wanted"; key: string }
  | { kind: "in"; signedIn: SignedIn }
  /** The login is over, or was refused. */
  | { kind: "ended"; why: string; requestId?: string; again?: () => void };

export interface Login {
  state: LoginState;
  giveKey(key: string): void;
  chooseWorkspace(choice: { key: string; addon: AddonPlace; workspaceId: string }): void;
}

/** Renewed this long before its end. */
const RENEW_BEFORE_MS = 120_000;

const SignedInContext = createContext<SignedIn | undefined>(undefined);

/** Of the pages, which are shown to who is signed in. */
export function useSignedIn(): SignedIn {
  return useContext(SignedInContext)!;
}

export function SignedInProvider({ value, children }: { value: SignedIn; children: ReactNode }) {
  return <SignedInContext value={value}>{children}</SignedInContext>;
}

/** Runs the login from the page's start on. */
export function useLogin(): Login {
  const [state, setState] = useState<LoginState>({ kind: "starting" });
  const host = useMemo(openHost, []);
  const token = useRef<string | undefined>(undefined);

  const enter = useCallback(async (api: Api, rest: Pick<SignedIn, "signOut" | "leaveWorkspace">) => {
    const read = async () => {
      const session = await getSession(api);
      host?.trust(session.frameOrigins);
      if (session.theme) applyTheme(session.theme);
      setState({ kind: "in", signedIn: { api, session, host, refresh: read, ...rest } });
    };
    try {
      await read();
    } catch (error) {
      const { message, requestId } = error as ApiError;
      setState({ kind: "ended", why: message, requestId, again: () => void enter(api, rest) });
    }
  }, [host]);

  useEffect(() => {
    token.current = takeTokenFromAddress();
    if (token.current === undefined) {
      return setState(
        host
          ? { kind: "ended", why: "Clockify gave this page no token. Open the add-on from Clockify's sidebar" }
          : { kind: "key_wanted" },
      );
    }
    const addon = PLACE.addons[0]!;
    const { theme } = looksOf(token.current);
    if (theme) applyTheme(theme);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const take = (renewed: string) => {
      token.current = renewed;
      plan();
    };
    const renew = async () => {
      const renewed = await host?.refreshToken();
      if (renewed === undefined) return false;
      take(renewed);
      return true;
    };
    const plan = () => {
      clearTimeout(timer);
      const { expiresAtMs } = looksOf(token.current!);
      if (expiresAtMs === undefined) return;
      timer = setTimeout(() => void renew(), Math.max(1_000, expiresAtMs - Date.now() - RENEW_BEFORE_MS));
    };
    plan();
    const api = createApi({
      base: addon.base,
      headers: () => ({ "x-addon-token": token.current! }),
      renew,
      ended: () =>
        setState({
          kind: "ended",
          why: "Your sign-in ended and Clockify gave no new one. Reload the page in Clockify to go on",
        }),
    });
    const nothing = () => {};
    const begin = () => enter(api, { signOut: nothing, leaveWorkspace: nothing });
    const stopListening = host?.onProfile(() => void renew().then(begin));
    void begin();
    return () => {
      clearTimeout(timer);
      stopListening?.();
    };
  }, [enter, host]);

  return {
    state,
    giveKey: (key) => setState({ kind: "workspace_wanted", key }),
    chooseWorkspace: ({ key, addon, workspaceId }) => {
      const signOut = () => setState({ kind: "key_wanted" });
      const api = createApi({
        base: addon.base,
        headers: () => ({ "x-api-key": key }),
        workspaceId,
        renew: () => Promise.resolve(false),
        ended: (why) => setState({ kind: "key_wanted", why }),
      });
      setState({ kind: "starting" });
      void enter(api, { signOut, leaveWorkspace: () => setState({ kind: "workspace_wanted", key }) });
    },
  };
}
