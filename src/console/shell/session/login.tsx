/** The login: by the frame's token, or as an operator and by a workspace; and the session that all pages use. */

import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { type Api, ApiError, type Connection, createApi } from "../client.ts";
import { getSession, type Session } from "../session_api.ts";
import { createDraftMemory, type UnsavedDrafts } from "../../features/flows/draft/unsaved.ts";
import { PAGE_CONFIG } from "../page_config.ts";
import { forgetAddon } from "../addon_place.ts";
import { applyTheme } from "./theme.ts";
import { type Host, openHost } from "./host.ts";
import {
  connectionOf,
  type Credential,
  findLogin,
  forgetPlace,
  keepPlace,
  keptPlace,
  logIn,
  logOut,
  type Place,
  SESSION_OVER,
} from "./operator.ts";
import { displayClaims, takeTokenFromAddress } from "./token.ts";
import { isOtherLanguage } from "../../words/profile_language.ts";
import { say } from "../../words/say.ts";

export interface SignedIn {
  api: Api;
  /** Of the add-on that the person is signed in to, also while another is shown. */
  ownApi: Api;
  /** Reads another add-on of the workspace by this login; changes are refused. */
  apiBeside(addon: string): Api;
  /** Changes that are not saved, of one login to one add-on. */
  draftsOf(session: Session): UnsavedDrafts;
  session: Session;
  /** Absent when the page stands alone. */
  host?: Host;
  /** The viewer's own; they outlive the end of a login. */
  drafts: UnsavedDrafts;
  /** For operators: ends the login, and forgets what is not saved. Rejects where the session may not have ended. */
  signOut(): Promise<void>;
  /** True when a sign-out loses nothing. */
  isAllSaved(): boolean;
  /** For operators: another workspace. */
  leaveWorkspace(): void;
  /** For operators: the add-ons that the workspace has installed, this one among them, each with the way to it. */
  others: { key: string; name: string; choose(): void }[];
}

export type LoginState =
  | { kind: "starting" }
  /** Alone, without a login. */
  | { kind: "key_wanted"; why?: string }
  | { kind: "workspace_wanted"; credential: Credential; signOut(): Promise<void> }
  | { kind: "in"; signedIn: SignedIn }
  /** The login is over, or was refused. */
  | { kind: "ended"; why: string; requestId?: string; again?: () => void };

export interface Login {
  state: LoginState;
  giveKey(key: string): void;
  chooseWorkspace(choice: WorkspaceChosen): void;
}

export interface WorkspaceChosen extends Place {
  credential: Credential;
}

/** Renewed this long before its end. */
const RENEW_BEFORE_MS = 120_000;
/** Least pause between renewals. With a clock that runs ahead each token seems expired, and would be renewed in a loop. */
const RENEW_PAUSE_MS = 30_000;
/** A longer timeout would overflow and fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How soon, and how often at most, the session is loaded again while names are missing. */
const NAMES_AGAIN_MS = 3_000;
const NAMES_ASKED_MOST = 20;

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
  const [memory] = useState(createDraftMemory);
  const token = useRef<string | undefined>(undefined);

  /** Reads the session: at the beginning, and when the viewer's profile changed. */
  const enter = useCallback(async (api: Api, rest: Entering) => {
    try {
      const session = await getSession(api);
      host?.trust(session.frameOrigins);
      if (session.theme) applyTheme(session.theme);
      // In a frame the host gives the page its token again. With unsaved changes it waits for the next start.
      if (host && memory.isEmpty() && isOtherLanguage(session.language)) return location.reload();
      const draftsOf = ({ profile, workspace, actor }: Session) =>
        memory.of(JSON.stringify([profile.key, workspace.id, actor.id]));
      const { signOut, leaveWorkspace, others, apiBeside } = rest;
      setState({
        kind: "in",
        signedIn: {
          api,
          ownApi: api,
          apiBeside,
          session,
          host,
          drafts: draftsOf(session),
          draftsOf,
          isAllSaved: memory.isEmpty,
          signOut,
          leaveWorkspace,
          others,
        },
      });
    } catch (error) {
      const { status, code, message, requestId } = error as ApiError;
      // The connection said already that the login is over.
      if (status === 401) return;
      if (code === "INSTALLATION_UNKNOWN" && rest.isKept) return rest.leaveWorkspace();
      const again = () => void enter(api, rest);
      // A viewer who is signed in stays so: the session that was loaded before still applies.
      setState((before) => before.kind === "in" ? before : { kind: "ended", why: message, requestId, again });
    }
  }, [host, memory]);

  // Opened right after the install, before the workspace was read for the first time: its names come in a moment.
  const namesAsked = useRef(0);
  useEffect(() => {
    if (state.kind !== "in" || state.signedIn.session.workspace.name !== null) return;
    if (namesAsked.current >= NAMES_ASKED_MOST) return;
    const { signedIn } = state;
    const timer = setTimeout(() => {
      namesAsked.current++;
      const take = (session: Session) =>
        setState((now) => now === state ? { kind: "in", signedIn: { ...signedIn, session } } : now);
      void getSession(signedIn.api).then(take, () => {});
    }, NAMES_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [state]);

  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => memory.isEmpty() || event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [memory]);

  useEffect(() => {
    token.current = takeTokenFromAddress();
    if (token.current === undefined && !host) return void comeBack();
    const addon = PAGE_CONFIG.addons[0]!;
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
      const { expiresAtMs } = displayClaims(token.current!);
      if (expiresAtMs === undefined) return;
      const waitMs = Math.max(RENEW_PAUSE_MS, expiresAtMs - Date.now() - RENEW_BEFORE_MS);
      timer = setTimeout(() => void renew(), Math.min(waitMs, LONGEST_TIMER_MS));
    };
    const connection: Connection = {
      base: addon.base,
      headers: () => ({ "x-addon-token": token.current! }),
      renew,
      ended: () =>
        setState({
          kind: "ended",
          why: memory.isEmpty()
            ? say("Your session ended and Clockify did not renew it. Reload the page in Clockify to continue")
            : say(
              "Your session ended and Clockify did not renew it. Unsaved changes are kept while this page stays open: try again first. Reload the page in Clockify to continue",
            ),
          again: () => {
            setState({ kind: "starting" });
            void begin();
          },
        }),
    };
    const api = createApi(connection);
    const begin = () =>
      enter(api, {
        signOut: () => Promise.resolve(),
        leaveWorkspace: () => {},
        others: [],
        apiBeside: (addon) => createApi({ ...connection, addon }),
      });
    const stopListening = host?.onProfile(() => void renew().then(begin));
    const start = async () => {
      // After a reload of the frame its address has no token any more.
      if (token.current === undefined && !await renew()) {
        const why = say("Clockify passed no token to this page. Open the add-on from Clockify's sidebar");
        return setState({ kind: "ended", why, again: () => void start() });
      }
      const { theme } = displayClaims(token.current!);
      if (theme) applyTheme(theme);
      plan();
      await begin();
    };
    void start();
    return () => {
      clearTimeout(timer);
      stopListening?.();
    };
  }, [enter, host, memory]);

  const begun = (found: { credential?: Credential; why?: string }): void => {
    const { credential, why } = found;
    if (!credential) return setState({ kind: "key_wanted", why });
    const place = credential.kind === "session" ? keptPlace() : undefined;
    if (place) chooseWorkspace({ credential, ...place }, { isKept: true });
    else wantWorkspace(credential);
  };
  /** With the session that the browser has of before a reload, or of another tab. */
  const comeBack = async (): Promise<void> => {
    try {
      begun(await findLogin());
    } catch (error) {
      const { message, requestId } = error as ApiError;
      const again = () => {
        setState({ kind: "starting" });
        void comeBack();
      };
      setState({ kind: "ended", why: message, requestId, again });
    }
  };
  const signOutOf = (credential: Credential) => async () => {
    await logOut(credential);
    memory.forget();
    forgetPlace();
    setState({ kind: "key_wanted" });
  };
  const wantWorkspace = (credential: Credential): void => {
    forgetPlace();
    setState({ kind: "workspace_wanted", credential, signOut: signOutOf(credential) });
  };
  const chooseWorkspace = ({ credential, ...place }: WorkspaceChosen, { isKept = false } = {}): void => {
    const { addon, workspaceId, addons } = place;
    if (credential.kind === "session") keepPlace(place);
    const connection = connectionOf(credential, {
      base: addon.base,
      workspaceId,
      ended: (why) => setState({ kind: "key_wanted", why: credential.kind === "session" ? SESSION_OVER : why }),
    });
    setState({ kind: "starting" });
    const others = addons.map((each) => ({
      key: each.key,
      name: each.name,
      choose: () => chooseWorkspace({ credential, addon: each, workspaceId, addons }),
    }));
    void enter(createApi(connection), {
      apiBeside: (addon) => createApi({ ...connection, addon }),
      signOut: signOutOf(credential),
      leaveWorkspace: () => {
        forgetAddon();
        wantWorkspace(credential);
      },
      others,
      isKept,
    });
  };
  return {
    state,
    giveKey: (key) => {
      setState({ kind: "starting" });
      void logIn(key).then(begun, (error: ApiError) => setState({ kind: "key_wanted", why: error.message }));
    },
    chooseWorkspace,
  };
}

/** `isKept`: the workspace was not chosen now, and may be gone. */
type Entering = Pick<SignedIn, "signOut" | "leaveWorkspace" | "others" | "apiBeside"> & { isKept?: boolean };
