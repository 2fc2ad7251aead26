/** Around every page: the workspace, the navigation, the viewer, and the switches for theme and time zone. */

import { type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";
import { Dialog } from "../ui/dialog.tsx";
import { useFormat } from "../ui/format.tsx";
import { useSignedIn } from "./session/login.tsx";
import { ApprovalCount } from "./approval_count.tsx";
import { applyTheme, currentTheme } from "./session/theme.ts";

const PAGES = [
  { path: "/dashboard", name: "Dashboard" },
  { path: "/events", name: "Events" },
  { path: "/flows", name: "Flows" },
  { path: "/runs", name: "Runs" },
  { path: "/approvals", name: "Approvals" },
  { path: "/explorer", name: "Explorer" },
  { path: "/journal", name: "Journal" },
  { path: "/data", name: "Data" },
  { path: "/settings", name: "Settings" },
];

export function Shell({ children }: { children: ReactNode }) {
  const { session } = useSignedIn();
  const [location] = useLocation();
  return (
    <div className="app">
      <a className="skip btn" href="#page" onClick={focusPage}>Skip to content</a>
      <nav className="side" aria-label="Pages">
        <div className="where">
          <b>{session.workspace.name ?? session.workspace.id}</b>
          <span>{session.profile.name} · {session.environment}</span>
        </div>
        {PAGES.map(({ path, name }) => (
          <Link key={path} href={path} aria-current={location.startsWith(path) ? "page" : undefined}>
            {name}
            {path === "/approvals" && <ApprovalCount />}
          </Link>
        ))}
        <Foot />
      </nav>
      <main className="page" id="page" tabIndex={-1}>{children}</main>
    </div>
  );
}

/** The address keeps the page's path: only the focus moves. */
function focusPage(event: { preventDefault(): void }) {
  event.preventDefault();
  document.getElementById("page")!.focus();
}

function Foot() {
  const { session: { actor, version }, signOut, isAllSaved, leaveWorkspace, host } = useSignedIn();
  const [isAsking, setAsking] = useState(false);
  const format = useFormat();
  const [theme, setTheme] = useState(currentTheme);
  /** Where the page is narrow they are shown when asked for. */
  const [isOpen, setOpen] = useState(false);
  const switchTheme = () => {
    const other = theme === "dark" ? "light" : "dark";
    applyTheme(other);
    setTheme(other);
  };
  return (
    <>
      <button
        type="button"
        className="btn small more"
        aria-expanded={isOpen}
        aria-controls="viewer"
        onClick={() => setOpen(!isOpen)}
      >
        {isOpen ? "Less" : "More"}
      </button>
      <div className={isOpen ? "foot open" : "foot"} id="viewer">
        <span>
          {actor.kind === "operator" && "Operator "}
          {actor.name ?? actor.id}
          {actor.role === "member" && (
            <>
              · <b>read only</b>
            </>
          )}
        </span>
        <button
          type="button"
          className="btn small"
          aria-pressed={format.utc}
          onClick={() => format.setUtc(!format.utc)}
        >
          Times in {format.utc ? "UTC" : format.zone.replaceAll("_", " ")}
        </button>
        {!host && (
          <>
            <button type="button" className="btn small" onClick={switchTheme}>
              {theme === "dark" ? "Light" : "Dark"} theme
            </button>
            <button type="button" className="btn small" onClick={leaveWorkspace}>Switch workspace</button>
            <button type="button" className="btn small" onClick={() => isAllSaved() ? signOut() : setAsking(true)}>
              Sign out
            </button>
          </>
        )}
        <span>Timewire {version}</span>
        {isAsking && (
          <Dialog title="Sign out with unsaved changes?" onClose={() => setAsking(false)}>
            <p>Some flows have unsaved changes. Signing out discards them; saved flows are not changed.</p>
            <div className="row">
              <button type="button" className="btn danger" onClick={signOut}>Sign out and discard them</button>
              <button type="button" className="btn" onClick={() => setAsking(false)}>Cancel</button>
            </div>
          </Dialog>
        )}
      </div>
    </>
  );
}
