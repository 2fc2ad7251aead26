/** Around every page of the console of the Workflow Management API: its pages, the caller, and what the caller set. */

import { lazy, type ReactNode } from "react";
import { useToast } from "../../ui/toasts.tsx";
import { useFinder } from "../finder.tsx";
import { Frame, type NavGroup } from "../frame.tsx";
import { ViewerChoices } from "../viewer.tsx";
import { say } from "../../words/say.ts";
import { ROLE_NAMES, useApiSession } from "./session.tsx";

const Palette = lazy(() => import("./palette.tsx").then(({ WorkflowPalette }) => ({ default: WorkflowPalette })));

const GROUPS: readonly NavGroup[] = [
  {
    name: say("Build"),
    pages: [
      { path: "/workflows", name: say("Workflows"), icon: "workflows", tab: true },
      { path: "/agents", name: say("Agents"), icon: "agents" },
      { path: "/schedules", name: say("Schedules"), icon: "schedules", tab: true },
    ],
  },
  {
    name: say("Watch"),
    pages: [
      { path: "/runs", name: say("Runs"), icon: "runs", tab: true },
      { path: "/issues", name: say("Issues"), icon: "issues", tab: true },
    ],
  },
  { pages: [{ path: "/settings", name: say("Settings"), icon: "settings" }] },
];

export function ApiShell({ children }: { children: ReactNode }) {
  const { caller } = useApiSession();
  const finder = useFinder((close) => <Palette pages={GROUPS.flatMap(({ pages }) => pages)} onClose={close} />);
  return (
    <Frame
      groups={GROUPS}
      finder={finder.button}
      where={<b>{say("Workflows and agents")}</b>}
      person={{
        name: (
          <>
            <bdi>{caller.name}</bdi> · {ROLE_NAMES[caller.role]}
          </>
        ),
        menu: <PersonMenu />,
      }}
    >
      {children}
      {finder.opened}
    </Frame>
  );
}

function PersonMenu() {
  const { version, signOut } = useApiSession();
  const toast = useToast();
  return (
    <>
      <span className="muted">Timewire {version}</span>
      <ViewerChoices hasTheme />
      <button
        type="button"
        className="btn"
        onClick={() => void signOut().catch((error: Error) => toast(error.message, "bad"))}
      >
        {say("Sign out")}
      </button>
    </>
  );
}
