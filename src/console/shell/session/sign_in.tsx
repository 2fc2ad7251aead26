/** Shown instead of the pages: while signing in, for an operator's key, for the choice of a workspace, and after a login ended. */

import { type FormEvent, useEffect, useState } from "react";
import { ApiError, createApi } from "../client.ts";
import { getWorkspaces, type WorkspaceChoice } from "../session_api.ts";
import { type AddonConfig, PAGE_CONFIG } from "../page_config.ts";
import type { Login } from "./login.tsx";

export function SignIn({ login }: { login: Login }) {
  const { state } = login;
  switch (state.kind) {
    case "starting":
      return (
        <Gate title="Timewire">
          <p className="muted" role="status">Signing in…</p>
        </Gate>
      );
    case "key_wanted":
      return <KeyForm why={state.why} onKey={login.giveKey} />;
    case "workspace_wanted":
      return <WorkspacePicker key={state.key} userKey={state.key} login={login} />;
    case "ended":
      return (
        <Gate title="You are signed out">
          <p role="alert">{state.why}.</p>
          {state.requestId && (
            <p className="muted">
              Request <code>{state.requestId}</code>
            </p>
          )}
          <div className="row">
            {state.again && <button type="button" className="btn main" onClick={state.again}>Try again</button>}
            <button type="button" className="btn" onClick={() => location.reload()}>Reload</button>
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
    <Gate title="Timewire console">
      <p className="muted">
        Members of a workspace open this page from Clockify's sidebar. Operators sign in with their key: one of{" "}
        <code>OPERATOR_API_KEYS</code>, or, with the embedded database, the one in <code>operator.key</code>{" "}
        of its data folder (<code>DATA_DIR</code>).
      </p>
      {PAGE_CONFIG.mount === "" && (
        <p className="muted">
          Workflows, agents and their runs have a console of their own: <a href="/ui">Workflows and agents</a>.
        </p>
      )}
      {why && <p className="fault" role="alert">{why}.</p>}
      <form className="stack" onSubmit={submit}>
        <label className="field">
          <span>Operator key</span>
          <input
            type="password"
            autoComplete="current-password"
            autoFocus
            required
            value={key}
            onChange={(event) => setKey(event.target.value)}
          />
        </label>
        <button type="submit" className="btn main">Sign in</button>
      </form>
    </Gate>
  );
}

/** For an operator without a workspace: the steps of a first install. The page updates itself. */
function NothingInstalled() {
  return (
    <>
      <p>No workspace has installed an add-on of this program.</p>
      <ol className="next-steps">
        <li>
          Clockify must reach this program: set <code>PUBLIC_BASE_URL</code> to a public https address, and restart it.
        </li>
        <li>
          Give the address of an add-on's manifest to Clockify's developer portal, and install it:{" "}
          <code>/manifest</code> at the port of API Studio (8000), Universal Webhook (8001) or Clockify Add-on (8002).
        </li>
      </ol>
      <p className="muted" role="status">The workspace appears here within seconds.</p>
      <p className="muted">
        To look around without Clockify: stop this program and run <code>deno task demo</code>.
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

function WorkspacePicker({ userKey, login }: { userKey: string; login: Login }) {
  const [found, setFound] = useState<Found[]>();
  const [error, setError] = useState<ApiError>();
  const [wish, setWish] = useState("");
  useEffect(() => {
    let current = true;
    const read = (addon: AddonConfig) => {
      const connection = {
        base: addon.base,
        headers: () => ({ "x-api-key": userKey }),
        renew: () => Promise.resolve(false),
        ended: () => {},
      };
      return getWorkspaces(createApi(connection)).then((workspaces) => ({ addon, workspaces }));
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
  }, [userKey]);

  if (error) {
    const why = error.status === 401
      ? "Cannot sign in: the operator key is not valid. Check that all of it was copied"
      : error.message;
    return <KeyForm why={why} onKey={login.giveKey} />;
  }
  if (!found) {
    return (
      <Gate title="Choose a workspace">
        <p className="muted" role="status">Loading workspaces…</p>
      </Gate>
    );
  }
  const wanted = wish.toLowerCase();
  const shown = found.map(({ addon, workspaces }) => ({
    addon,
    workspaces: workspaces.filter(({ id, name }) => `${name ?? ""} ${id}`.toLowerCase().includes(wanted)),
  }));
  const total = found.reduce((sum, { workspaces }) => sum + workspaces.length, 0);
  return (
    <Gate title={total === 0 ? "No workspace yet" : "Choose a workspace"}>
      {total === 0 && <NothingInstalled />}
      {found.filter(({ workspaces }) => workspaces.length > 0).length > 1 && (
        <p className="muted">Each add-on has flows, events and runs of its own.</p>
      )}
      {total > 8 && (
        <label className="field">
          <span>Name or id</span>
          <input value={wish} onChange={(event) => setWish(event.target.value)} />
        </label>
      )}
      {shown.filter(({ workspaces }) => workspaces.length > 0).map(({ addon, workspaces }) => (
        <section key={addon.key}>
          <h2>{addon.name}</h2>
          <div className="stack">
            {workspaces.slice(0, 50).map(({ id, name, status }) => (
              <button
                key={id}
                type="button"
                className="btn"
                onClick={() => login.chooseWorkspace({ key: userKey, addon, workspaceId: id })}
              >
                <span className="grow">{name ?? id}</span>
                {status === "inactive" && <span className="tag warn">inactive</span>}
              </button>
            ))}
          </div>
        </section>
      ))}
    </Gate>
  );
}
