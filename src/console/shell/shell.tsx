/** Around every page of an add-on's data: the workspace, its pages in groups, search, stops, and the viewer. */

import { lazy, type ReactNode, useState } from "react";
import { Link } from "wouter";
import { Dialog } from "../ui/dialog.tsx";
import { Menu } from "../ui/menu.tsx";
import { Tag } from "../ui/tag.tsx";
import { useToast } from "../ui/toasts.tsx";
import { say } from "../words/say.ts";
import { ApprovalCount } from "./approval_count.tsx";
import { IssueCount } from "./issue_count.tsx";
import { useFinder } from "./finder.tsx";
import { Frame, type NavGroup } from "./frame.tsx";
import { PAGE_CONFIG } from "./page_config.ts";
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
      {children}
      {finder.opened}
    </Frame>
  );
}

/** The workspace; for an operator with the add-ons that are installed in it, and the way to another. */
function Where() {
  const { session: { workspace, profile }, leaveWorkspace, others, host } = useSignedIn();
  const name = workspace.name ?? workspace.id;
  if (host) return <b className="name">{name}</b>;
  return (
    <Menu
      label={
        <>
          <span className="visually-hidden">{say("Workspace")}</span> <bdi>{name}</bdi>{" "}
          <span className="muted">· {profile.name}</span>
        </>
      }
    >
      <div className="choices">
        {others.map(({ key, name, choose }) => (
          <button
            key={key}
            type="button"
            className="btn"
            aria-current={key === profile.key ? "true" : undefined}
            onClick={choose}
          >
            {name}
          </button>
        ))}
      </div>
      <button type="button" className="btn" onClick={leaveWorkspace}>{say("Switch workspace")}</button>
    </Menu>
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
