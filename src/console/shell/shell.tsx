/** Around every page of an add-on's data: the workspace, its pages in groups, search, stops, and the viewer. */

import { lazy, type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";
import { Dialog } from "../ui/dialog.tsx";
import { Menu } from "../ui/menu.tsx";
import { Tag } from "../ui/tag.tsx";
import { useToast } from "../ui/toasts.tsx";
import { say } from "../words/say.ts";
import { ALL, showAddon, useAddonPlace } from "./addon_place.ts";
import { useAddons } from "./addons.tsx";
import { ApprovalCount } from "./approval_count.tsx";
import { IssueCount } from "./issue_count.tsx";
import { useFinder } from "./finder.tsx";
import { Frame, type NavGroup } from "./frame.tsx";
import { BASE, PAGE_CONFIG } from "./page_config.ts";
import { useSignedIn } from "./session/login.tsx";
import { useStops } from "./stops.ts";
import { ViewerChoices } from "./viewer.tsx";

const Palette = lazy(() => import("./addon_palette.tsx").then(({ AddonPalette }) => ({ default: AddonPalette })));

/** The pages by what one comes for. A count stands only where a person must act. */
function groupsOf({ hasSources, hasWorkflows }: { hasSources: boolean; hasWorkflows: boolean }): NavGroup[] {
  return [
    { pages: [{ path: "/home", name: say("Home"), icon: "home", tab: true }] },
    {
      name: say("Watch"),
      pages: [
        { path: "/events", name: say("Events"), icon: "events", tab: true },
        { path: "/runs", name: say("Runs"), icon: "runs", tab: true },
        { path: "/issues", name: say("Issues"), icon: "issues", count: <IssueCount /> },
      ],
    },
    {
      name: say("Build"),
      pages: [
        { path: "/flows", name: say("Flows"), icon: "flows", tab: true },
        { path: "/approvals", name: say("Approvals"), icon: "approvals", count: <ApprovalCount /> },
        ...hasWorkflows ? [{ path: "/ui", name: say("Workflows"), icon: "workflows", isOther: true } as const] : [],
      ],
    },
    {
      name: "Clockify",
      pages: [
        { path: "/explorer", name: say("Explorer"), icon: "explorer" },
        { path: "/data", name: say("Data"), icon: "data" },
        { path: "/journal", name: say("Journal"), icon: "journal" },
      ],
    },
    {
      name: say("Connect"),
      pages: [
        ...hasSources ? [{ path: "/sources", name: say("Sources"), icon: "sources" } as const] : [],
        { path: "/coverage", name: say("Coverage"), icon: "coverage" },
      ],
    },
    { pages: [{ path: "/settings", name: say("Settings"), icon: "settings" }] },
  ];
}

export function Shell({ children }: { children: ReactNode }) {
  const { session, host } = useSignedIn();
  const { actor, environment, features } = session;
  const groups = groupsOf({ hasSources: features.customWebhooks, hasWorkflows: PAGE_CONFIG.mount === "" });
  const finder = useFinder((close) => <Palette pages={groups.flatMap(({ pages }) => pages)} onClose={close} />);
  return (
    <Frame
      groups={groups}
      where={<Where />}
      facts={
        <>
          {environment && <span className="tag idle environment" title={say("Clockify's API")}>{environment}</span>}
          {actor.role === "member" && <Tag tone="idle">{say("read only")}</Tag>}
        </>
      }
      finder={finder.button}
      live={<Live />}
      hasStops
      person={{ name: actor.name ?? actor.id, menu: <PersonMenu isFramed={host !== undefined} /> }}
    >
      <OneOfAll />
      {children}
      {finder.opened}
    </Frame>
  );
}

/** The workspace with its add-ons, of which one or all are shown; for an operator the way to another workspace. */
function Where() {
  const { session: { workspace, profile }, leaveWorkspace, host } = useSignedIn();
  const addons = useAddons();
  const isAll = useAddonPlace() === ALL;
  const name = workspace.name ?? workspace.id;
  const hasChoice = addons.length > 1;
  if (host && !hasChoice) return <b className="name">{name}</b>;
  const choices = [
    ...addons.map(({ key, name, status }) => ({ key, name, isCurrent: !isAll && key === profile.key, status })),
    ...hasChoice ? [{ key: ALL, name: say("All add-ons"), isCurrent: isAll, status: "active" }] : [],
  ];
  return (
    <Menu
      label={
        <>
          <span className="visually-hidden">{say("Workspace")}</span> <bdi>{name}</bdi>{" "}
          <span className="muted">· {isAll ? say("All add-ons") : profile.name}</span>
        </>
      }
    >
      <div className="choices">
        {choices.map(({ key, name, isCurrent, status }) => (
          <button
            key={key}
            type="button"
            className="btn"
            aria-current={isCurrent ? "true" : undefined}
            onClick={() => showAddon(key, BASE)}
          >
            {name}
            {status !== "active" && <span className="tag warn">{say("inactive")}</span>}
          </button>
        ))}
      </div>
      {!host && <button type="button" className="btn" onClick={leaveWorkspace}>{say("Switch workspace")}</button>}
    </Menu>
  );
}

/** Pages that show all add-ons together; the others show one, and say which. */
const TOGETHER = ["/events", "/runs", "/issues"];

function OneOfAll() {
  const { session: { profile } } = useSignedIn();
  const isAll = useAddonPlace() === ALL;
  const [path] = useLocation();
  if (!isAll || TOGETHER.includes(path)) return null;
  return (
    <p className="muted" role="note">
      {say("This page shows {name} alone. Choose another add-on in the bar on top.", { name: profile.name })}
    </p>
  );
}

/** Whether the page hears from Timewire: by the question for stops, which is asked every few seconds. */
function Live() {
  const { isError, isSuccess } = useStops();
  return (
    <span role="status" className="live">
      {isError ? <Tag tone="bad">{say("No connection")}</Tag> : isSuccess && <Tag tone="ok">{say("Connected")}</Tag>}
    </span>
  );
}

function PersonMenu({ isFramed }: { isFramed: boolean }) {
  const { session: { actor, version }, signOut, isAllSaved } = useSignedIn();
  const toast = useToast();
  const [isAsking, setAsking] = useState(false);
  const leave = () => void signOut().catch((error: Error) => toast(error.message, "bad"));
  return (
    <>
      <span className="muted">
        {actor.kind === "operator" ? say("Operator") : actor.role === "admin" ? say("Admin") : say("Member")} · Timewire
        {" "}
        {version}
      </span>
      <ViewerChoices hasTheme={!isFramed} />
      <div className="row">
        <Link href="/settings/keys" className="btn small">{say("Keys")}</Link>
        {PAGE_CONFIG.session !== undefined && (
          <a href="/ui/app/settings/sessions" className="btn small">{say("Sessions")}</a>
        )}
        {!isFramed && (
          <button
            type="button"
            className="btn small"
            onClick={() => isAllSaved() ? leave() : setAsking(true)}
          >
            {say("Sign out")}
          </button>
        )}
      </div>
      {isAsking && (
        <Dialog title={say("Sign out with unsaved changes?")} onClose={() => setAsking(false)}>
          <p>{say("Some flows have unsaved changes. Signing out discards them; saved flows are not changed.")}</p>
          <div className="row">
            <button type="button" className="btn danger" onClick={leave}>{say("Sign out and discard them")}</button>
            <button type="button" className="btn" onClick={() => setAsking(false)}>{say("Cancel")}</button>
          </div>
        </Dialog>
      )}
    </>
  );
}
