/** Signing in at the console of the Workflow Management API: by a name and a password, or by a key. */

import { type FormEvent, useEffect, useRef, useState } from "react";
import type { ApiError } from "../client.ts";
import type { ApiLogin } from "./session.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

export function ApiSignIn({ login }: { login: ApiLogin }) {
  const { state } = login;
  useEffect(() => {
    document.title = say("Sign in · Timewire");
  }, []);
  if (state.kind === "starting") {
    return (
      <Gate title="Timewire">
        <p className="muted" role="status">{say("Signing in…")}</p>
      </Gate>
    );
  }
  if (state.kind === "failed") {
    return (
      <Gate title={say("Timewire does not answer")}>
        <p role="alert">{state.error.message}.</p>
        <div>
          <button type="button" className="btn main" onClick={login.again}>{say("Try again")}</button>
        </div>
      </Gate>
    );
  }
  return <SignInForm login={login} ended={state.kind === "out" && state.ended} />;
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

function SignInForm({ login, ended }: { login: ApiLogin; ended?: boolean }) {
  const [byKey, setByKey] = useState(false);
  const [fields, setFields] = useState({ username: "", password: "", key: "" });
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), [byKey]);
  const set = (name: keyof typeof fields) => (event: { target: { value: string } }) =>
    setFields((before) => ({ ...before, [name]: event.target.value }));
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(undefined);
    const { username, password, key } = fields;
    try {
      await login.signIn(byKey ? { key: key.trim() } : { username: username.trim(), password });
    } catch (error) {
      const { message, retryAfterSeconds } = error as ApiError;
      setProblem(
        retryAfterSeconds
          ? say("{message}. Try again in {seconds} s", { message, seconds: retryAfterSeconds })
          : message,
      );
      setBusy(false);
    }
  };
  return (
    <Gate title={say("Workflows and agents")}>
      <p className="muted">{say("Sign in to the Workflow Management API of this Timewire.")}</p>
      {ended && (
        <p className="fault" role="alert">
          {say("You were signed out: the session is over, or was ended elsewhere.")}
        </p>
      )}
      <form className="stack" onSubmit={(event) => void submit(event)}>
        {byKey
          ? (
            <label className="field">
              <span>{say("Key")}</span>
              <input
                ref={first}
                key="key"
                type="password"
                autoComplete="off"
                required
                value={fields.key}
                onChange={set("key")}
              />
            </label>
          )
          : (
            <>
              <label className="field">
                <span>{say("User name")}</span>
                <input
                  ref={first}
                  key="name"
                  autoComplete="username"
                  autoCapitalize="none"
                  spellCheck={false}
                  required
                  maxLength={100}
                  value={fields.username}
                  onChange={set("username")}
                />
              </label>
              <label className="field">
                <span>{say("Password")}</span>
                <input
                  type="password"
                  autoComplete="current-password"
                  required
                  value={fields.password}
                  onChange={set("password")}
                />
              </label>
            </>
          )}
        {problem && <p className="fault" role="alert">{problem}.</p>}
        <button type="submit" className="btn main" aria-disabled={busy}>
          {busy ? say("Signing in…") : say("Sign in")}
        </button>
        <button
          type="button"
          className="btn plain"
          onClick={() => {
            setProblem(undefined);
            setByKey(!byKey);
          }}
        >
          {byKey ? say("Sign in with a password instead") : say("Sign in with a key instead")}
        </button>
      </form>
      <p className="muted">
        <Say text="No user yet? Sign in with an operator's key, which is one of <code>OPERATOR_API_KEYS</code> or, on the machine itself, the one in <code>operator.key</code> of its data folder (<code>DATA_DIR</code>). Then make the first admin under Settings, Users." />
      </p>
    </Gate>
  );
}
