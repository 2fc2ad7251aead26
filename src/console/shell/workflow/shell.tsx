/** Around every page of the console of the Workflow Management API: the navigation, the caller, and the switches. */

import { type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";
import { useFormat } from "../../ui/format.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { applyTheme, currentTheme } from "../session/theme.ts";
import { useApiSession } from "./session.tsx";

const PAGES = [
  { path: "/workflows", name: "Workflows" },
  { path: "/runs", name: "Runs" },
  { path: "/issues", name: "Issues" },
  { path: "/agents", name: "Agents" },
  { path: "/schedules", name: "Schedules" },
  { path: "/settings", name: "Settings" },
];

export function ApiShell({ children }: { children: ReactNode }) {
  const [location] = useLocation();
  return (
    <div className="app">
      <a className="skip btn" href="#page" onClick={focusPage}>Skip to content</a>
      <nav className="side six" aria-label="Pages">
        <div className="where">
          <b>Timewire</b>
          <span>Workflows and agents</span>
        </div>
        {PAGES.map(({ path, name }) => (
          <Link key={path} href={path} aria-current={location.startsWith(path) ? "page" : undefined}>{name}</Link>
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
  const { caller, version, signOut } = useApiSession();
  const format = useFormat();
  const toast = useToast();
  const [theme, setTheme] = useState(currentTheme);
  const [isOpen, setOpen] = useState(false);
  const other = theme === "dark" ? "light" : "dark";
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
          <bdi>{caller.name}</bdi> · <b>{caller.role}</b>
        </span>
        <button
          type="button"
          className="btn small"
          aria-pressed={format.utc}
          onClick={() => format.setUtc(!format.utc)}
        >
          Times in {format.utc ? "UTC" : format.zone.replaceAll("_", " ")}
        </button>
        <button
          type="button"
          className="btn small"
          onClick={() => {
            applyTheme(other);
            setTheme(other);
          }}
        >
          {theme === "dark" ? "Light" : "Dark"} theme
        </button>
        <button
          type="button"
          className="btn small"
          onClick={() => void signOut().catch((error: Error) => toast(error.message, "bad"))}
        >
          Sign out
        </button>
        <span>Timewire {version}</span>
      </div>
    </>
  );
}
