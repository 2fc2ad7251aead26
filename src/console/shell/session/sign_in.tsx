/** Shown instead of the pages: while signing in, for an operator's key, for the choice of a workspace, and after a login ended. */

import { type FormEvent, useEffect, useState } from "react";
import { ApiError, createApi } from "../client.ts";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { getWorkspaces, type WorkspaceChoice } from "../session_api.ts";
import { type AddonConfig, PAGE_CONFIG } from "../page_config.ts";
import type { Login } from "./login.tsx";
import { connectionOf, type Credential, KEY_REFUSED } from "./operator.ts";

export function SignIn({ login }: { login: Login }) {
  const { state } = login;
  switch (state.kind) {
    case "starting":
      return (
        <Gate title="Timewire">
          <p className="muted" role="status">{say("Signing in…")}</p>
        </Gate>
      );
    case "key_wanted":
      return <KeyForm why={state.why} onKey={login.giveKey} />;
    case "workspace_wanted":
      return <WorkspacePicker credential={state.credential} signOut={state.signOut} login={login} />;
    case "ended":
      return (
        <Gate title={say("You are signed out")}>
          <p role="alert">{state.why}.</p>
          {state.requestId && (
            <p className="muted">
              <Say text="Request <code>{request}</code>" values={{ request: state.requestId }} />
            </p>
          )}
          <div className="row">
            {state.again && <button type="button" className="btn main" onClick={state.again}>{say("Try again")}
            </button>}
            <button type="button" className="btn" onClick={() => location.reload()}>{say("Reload")}</button>
          </div>
        </Gate>
      );
    case "in":
      return null;
  }
}

function Gate({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <main className="gate">
      <div className="panel stack">
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}

function KeyForm({ why, onKey }: { why?: string; onKey(key: string): void }) {
  const [key, setKey] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (key.trim() !== "") onKey(key.trim());
  };
  return (
    <Gate title={say("Timewire console")}>
      <p className="muted">
        <Say text="Members of a workspace open this page from Clockify's sidebar. Operators sign in with their key: one of <code>OPERATOR_API_KEYS</code>, or, with the embedded database, the one in <code>operator.key</code> of its data folder (<code>DATA_DIR</code>)." />
      </p>
      {PAGE_CONFIG.mount === "" && (
        <p className="muted">
          <Say
            text="Workflows, agents and their runs have a console of their own: <a>Workflows and agents</a>."
            tags={{ a: (inner) => <a href="/ui">{inner}</a> }}
          />
        </p>
      )}
      {why && <p className="fault" role="alert">{why}.</p>}
      <form className="stack" onSubmit={submit}>
        <label className="field">
          <span>{say("Operator key")}</span>
          <input
            type="password"
            autoComplete="current-password"
            autoFocus
            required
            value={key}
            onChange={(event) => setKey(event.target.value)}
          />
        </label>
        <button type="submit" className="btn main">{say("Sign in")}</button>
      </form>
    </Gate>
  );
}

/** For an operator without a workspace: the steps of a first install. The page updates itself. */
function NothingInstalled() {
  return (
    <>
      <p>{say("No workspace has installed an add-on of this program.")}</p>
      <ol className="next-steps">
        <li>
          <Say text="Clockify must reach this program: set <code>PUBLIC_BASE_URL</code> to a public https address, and restart it." />
        </li>
        <li>
          <Say
            text="Give the address of an add-on's manifest to Clockify's developer portal, and install it: <code>/manifest</code> at the public address of {addons}."
            values={{ addons: PAGE_CONFIG.addons.map(({ name }) => name).join(", ") }}
          />
        </li>
      </ol>
      <p className="muted" role="status">{say("The workspace appears here within seconds.")}</p>
      <p className="muted">
        <Say text="To look around without Clockify: stop this program and run <code>deno task demo</code>." />
      </p>
    </>
  );
}

/** How often to look for the first workspace. */
const LOOK_AGAIN_MS = 5_000;

interface Found {
  addon: AddonConfig;
  workspaces: WorkspaceChoice[];
}

function WorkspacePicker(
  { credential, signOut, login }: { credential: Credential; signOut(): Promise<void>; login: Login },
) {
  const [found, setFound] = useState<Found[]>();
  const [error, setError] = useState<ApiError>();
  const [wish, setWish] = useState("");
  useEffect(() => {
    let current = true;
    const read = (addon: AddonConfig) => {
      const api = createApi(connectionOf(credential, { base: addon.base }));
      return getWorkspaces(api).then((workspaces) => ({ addon, workspaces }));
    };
    let timer: ReturnType<typeof setTimeout>;
    const look = () =>
      Promise.all(PAGE_CONFIG.addons.map(read)).then(
        (all) => {
          if (!current) return;
          setFound(all);
          if (all.every(({ workspaces }) => workspaces.length === 0)) timer = setTimeout(look, LOOK_AGAIN_MS);
        },
        (reason) => current && setError(reason),
      );
    void look();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [credential]);

  if (error) {
    const isRefused = error.status === 401 && credential.kind === "key";
    return <KeyForm why={isRefused ? KEY_REFUSED : error.message} onKey={login.giveKey} />;
  }
  if (!found) {
    return (
      <Gate title={say("Choose a workspace")}>
        <p className="muted" role="status">{say("Loading workspaces…")}</p>
      </Gate>
    );
  }
  const wanted = wish.toLowerCase();
  const all = byWorkspace(found);
  const shown = all.filter(({ id, name }) => `${name ?? ""} ${id}`.toLowerCase().includes(wanted));
  const total = all.length;
  return (
    <Gate title={total === 0 ? say("No workspace yet") : say("Choose a workspace")}>
      {total === 0 && <NothingInstalled />}
      {total > 8 && (
        <label className="field">
          <span>{say("Name or id")}</span>
          <input value={wish} onChange={(event) => setWish(event.target.value)} />
        </label>
      )}
      {shown.slice(0, SHOWN).map(({ id, name, addons }) => {
        const active = addons.filter(({ isActive }) => isActive);
        const open = (addon: AddonConfig) =>
          login.chooseWorkspace({ credential, addon, workspaceId: id, addons: addons.map(({ addon }) => addon) });
        return (
          <section key={id} className="stack workspace">
            <button type="button" className="btn" onClick={() => open((active[0] ?? addons[0]!).addon)}>
              <bdi className="grow">{name ?? id}</bdi>
              {active.length === 0 && <span className="tag warn">{say("inactive")}</span>}
            </button>
            {addons.length > 1 && (
              <div className="row" role="group" aria-label={say("Add-ons")}>
                {addons.map(({ addon, isActive }) => (
                  <button
                    key={addon.key}
                    type="button"
                    className="btn small"
                    onClick={() => open(addon)}
                  >
                    {addon.name}
                    {!isActive && <span className="tag warn">{say("inactive")}</span>}
                  </button>
                ))}
              </div>
            )}
          </section>
        );
      })}
      {shown.length > SHOWN && (
        <p className="muted">{say("{count} more: type a part of the name.", { count: shown.length - SHOWN })}</p>
      )}
      <div>
        <button type="button" className="btn plain" onClick={() => void signOut().catch(setError)}>
          {say("Sign out")}
        </button>
      </div>
    </Gate>
  );
}

const SHOWN = 50;

interface Workspace {
  id: string;
  name: string | null;
  addons: { addon: AddonConfig; isActive: boolean }[];
}

/** One of each, with all the add-ons that it has installed, by name. */
function byWorkspace(found: readonly Found[]): Workspace[] {
  const all = new Map<string, Workspace>();
  for (const { addon, workspaces } of found) {
    for (const { id, name, status } of workspaces) {
      const one = all.get(id) ?? { id, name, addons: [] };
      one.name ??= name;
      one.addons.push({ addon, isActive: status === "active" });
      all.set(id, one);
    }
  }
  return [...all.values()].sort((a, b) => (a.name ?? a.id).localeCompare(b.name ?? b.id, "en"));
}
