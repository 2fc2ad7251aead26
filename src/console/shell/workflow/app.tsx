/** The console of the Workflow Management API: the sign-in before everything, then the navigation and the addressed page. */

import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { Redirect, Route, Router, Switch, useLocation } from "wouter";
import { ErrorBoundary } from "../../ui/error_boundary.tsx";
import { FormatProvider } from "../../ui/format.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { ToastProvider } from "../../ui/toasts.tsx";
import { say } from "../../words/say.ts";
import { KeysProvider, type PageKey } from "../keys.tsx";
import { BASE } from "../page_config.ts";
import { createQueries } from "../queries.ts";
import { ApiSessionProvider, useApiLogin } from "./session.tsx";
import { ApiShell } from "./shell.tsx";
import { ApiSignIn } from "./sign_in.tsx";

const PAGE_KEYS: PageKey[] = [
  { letter: "w", path: "/workflows", name: say("Workflows") },
  { letter: "r", path: "/runs", name: say("Runs") },
  { letter: "i", path: "/issues", name: say("Issues") },
  { letter: "a", path: "/agents", name: say("Agents") },
  { letter: "c", path: "/schedules", name: say("Schedules") },
  { letter: "s", path: "/settings", name: say("Settings") },
];

const Workflows = lazy(() =>
  import("../../features/workflows/page.tsx").then(({ WorkflowsPage }) => ({ default: WorkflowsPage }))
);
const Workflow = lazy(() =>
  import("../../features/workflows/workflow_page.tsx").then(({ WorkflowPage }) => ({ default: WorkflowPage }))
);
const Runs = lazy(() =>
  import("../../features/workflow_runs/page.tsx").then(({ WorkflowRunsPage }) => ({ default: WorkflowRunsPage }))
);
const Run = lazy(() =>
  import("../../features/workflow_runs/run_page.tsx").then(({ WorkflowRunPage }) => ({ default: WorkflowRunPage }))
);
const Issues = lazy(() =>
  import("../../features/workflow_issues/page.tsx").then(({ IssuesPage }) => ({ default: IssuesPage }))
);
const Agents = lazy(() => import("../../features/agents/page.tsx").then(({ AgentsPage }) => ({ default: AgentsPage })));
const Agent = lazy(() =>
  import("../../features/agents/agent_page.tsx").then(({ AgentPage }) => ({ default: AgentPage }))
);
const Schedules = lazy(() =>
  import("../../features/workflow_schedules/page.tsx").then(({ SchedulesPage }) => ({ default: SchedulesPage }))
);
const Settings = lazy(() =>
  import("../../features/access/page.tsx").then(({ AccessPage }) => ({ default: AccessPage }))
);

export function App() {
  const login = useApiLogin();
  const { state } = login;
  if (state.kind !== "in") return <ApiSignIn login={login} />;
  const { caller } = state.session;
  return (
    <ApiSessionProvider value={state.session}>
      {/* A new cache per caller: what one may see is not shown to the next. */}
      <SignedInApp key={`${caller.kind} ${caller.name}`} />
    </ApiSessionProvider>
  );
}

function SignedInApp() {
  const [queries] = useState(createQueries);
  useEffect(() => () => queries.clear(), [queries]);
  return (
    <QueryClientProvider client={queries}>
      <FormatProvider language={navigator.language} timeZone={null}>
        <ToastProvider>
          <Router base={BASE}>
            <KeysProvider pages={PAGE_KEYS}>
              <ApiShell>
                <PageBoundary>
                  <Suspense fallback={<Skeleton />}>
                    <Switch>
                      <Route path="/workflows">
                        <Workflows />
                      </Route>
                      <Route path="/workflows/:id/:tab?">
                        <Workflow />
                      </Route>
                      <Route path="/runs">
                        <Runs />
                      </Route>
                      <Route path="/runs/:id">
                        <Run />
                      </Route>
                      <Route path="/issues">
                        <Issues />
                      </Route>
                      <Route path="/agents">
                        <Agents />
                      </Route>
                      <Route path="/agents/:id">
                        <Agent />
                      </Route>
                      <Route path="/schedules">
                        <Schedules />
                      </Route>
                      <Route path="/settings/:tab?">
                        <Settings />
                      </Route>
                      <Route>
                        <Redirect to="/workflows" replace />
                      </Route>
                    </Switch>
                  </Suspense>
                </PageBoundary>
              </ApiShell>
            </KeysProvider>
          </Router>
        </ToastProvider>
      </FormatProvider>
    </QueryClientProvider>
  );
}

function PageBoundary({ children }: { children: ReactNode }) {
  const [place] = useLocation();
  return <ErrorBoundary place={place}>{children}</ErrorBoundary>;
}
