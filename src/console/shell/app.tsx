/** The app: the login before everything, then the navigation and the page that the address names. */

import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { Redirect, Route, Router, Switch, useLocation } from "wouter";
import { ErrorBoundary } from "../ui/error_boundary.tsx";
import { Skeleton } from "../ui/states.tsx";
import { ToastProvider } from "../ui/toasts.tsx";
import { FormatProvider } from "../ui/format.tsx";
import { say } from "../words/say.ts";
import { useLocationOfAddon, withAddon } from "./addon_place.ts";
import { AtAddon } from "./addons.tsx";
import { KeysProvider, type PageKey } from "./keys.tsx";
import { BASE } from "./page_config.ts";
import { createQueries } from "./queries.ts";
import { SignedInProvider, useLogin, useSignedIn } from "./session/login.tsx";
import { SignIn } from "./session/sign_in.tsx";
import { Shell } from "./shell.tsx";

const PAGES = {
  home: () => import("../features/home/page.tsx"),
  events: () => import("../features/events/page.tsx"),
  flows: () => import("../features/flows/page.tsx"),
  flowEditor: () => import("../features/flows/editor_page.tsx"),
  approvals: () => import("../features/approvals/page.tsx"),
  explorer: () => import("../features/explorer/page.tsx"),
  runs: () => import("../features/runs/page.tsx"),
  issues: () => import("../features/issues/page.tsx"),
  run: () => import("../features/runs/run_page.tsx"),
  journal: () => import("../features/journal/page.tsx"),
  data: () => import("../features/entities/page.tsx"),
  sources: () => import("../features/sources/page.tsx"),
  coverage: () => import("../features/coverage/page.tsx"),
  settings: () => import("../features/settings/page.tsx"),
};
const PAGE_KEYS: PageKey[] = [
  { letter: "h", path: "/home", name: say("Home") },
  { letter: "e", path: "/events", name: say("Events") },
  { letter: "f", path: "/flows", name: say("Flows") },
  { letter: "r", path: "/runs", name: say("Runs") },
  { letter: "i", path: "/issues", name: say("Issues") },
  { letter: "a", path: "/approvals", name: say("Approvals") },
  { letter: "x", path: "/explorer", name: say("Explorer") },
  { letter: "j", path: "/journal", name: say("Journal") },
  { letter: "t", path: "/data", name: say("Data") },
  { letter: "o", path: "/sources", name: say("Sources") },
  { letter: "v", path: "/coverage", name: say("Coverage") },
  { letter: "s", path: "/settings", name: say("Settings") },
];
/** Of an add-on without sources. */
const OTHER_KEYS = PAGE_KEYS.filter(({ path }) => path !== "/sources");
/** Loads the other pages after the first, so that a click shows them at once, also while Timewire restarts. */
const REST_AFTER_MS = 2_000;

const Home = lazy(() => PAGES.home().then(({ HomePage }) => ({ default: HomePage })));
const Events = lazy(() => PAGES.events().then(({ EventsPage }) => ({ default: EventsPage })));
const Flows = lazy(() => PAGES.flows().then(({ FlowsPage }) => ({ default: FlowsPage })));
const FlowEditor = lazy(() => PAGES.flowEditor().then(({ FlowEditorPage }) => ({ default: FlowEditorPage })));
const Approvals = lazy(() => PAGES.approvals().then(({ ApprovalsPage }) => ({ default: ApprovalsPage })));
const Explorer = lazy(() => PAGES.explorer().then(({ ExplorerPage }) => ({ default: ExplorerPage })));
const Runs = lazy(() => PAGES.runs().then(({ RunsPage }) => ({ default: RunsPage })));
const Issues = lazy(() => PAGES.issues().then(({ IssuesPage }) => ({ default: IssuesPage })));
const Run = lazy(() => PAGES.run().then(({ RunPage }) => ({ default: RunPage })));
const Journal = lazy(() => PAGES.journal().then(({ JournalPage }) => ({ default: JournalPage })));
const Data = lazy(() => PAGES.data().then(({ DataPage }) => ({ default: DataPage })));
const Sources = lazy(() => PAGES.sources().then(({ SourcesPage }) => ({ default: SourcesPage })));
const Coverage = lazy(() => PAGES.coverage().then(({ CoveragePage }) => ({ default: CoveragePage })));
const Settings = lazy(() => PAGES.settings().then(({ SettingsPage }) => ({ default: SettingsPage })));

export function App() {
  const login = useLogin();
  const { state } = login;
  if (state.kind !== "in") return <SignIn login={login} />;
  return (
    <SignedInProvider value={state.signedIn}>
      <AtAddon>
        <OneAddon />
      </AtAddon>
    </SignedInProvider>
  );
}

/** A new cache per add-on and workspace: data of one is never shown in another. */
function OneAddon() {
  const { session: { profile, workspace } } = useSignedIn();
  return <Workspace key={`${profile.key} ${workspace.id}`} />;
}

function Workspace() {
  const { session: { language, timeZone, features } } = useSignedIn();
  const [queries] = useState(createQueries);
  useEffect(() => () => queries.clear(), [queries]);
  useEffect(() => {
    const timer = setTimeout(() => {
      // A page that fails to load here is loaded again when it is opened.
      for (const load of Object.values(PAGES)) load().catch(() => {});
    }, REST_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <QueryClientProvider client={queries}>
      <FormatProvider language={language} timeZone={timeZone}>
        <ToastProvider>
          <Router base={BASE} hook={useLocationOfAddon} hrefs={(href) => withAddon(href)}>
            <KeysProvider pages={features.customWebhooks ? PAGE_KEYS : OTHER_KEYS}>
              <Shell>
                <PageBoundary>
                  <Suspense fallback={<Skeleton />}>
                    <Switch>
                      <Route path="/home">
                        <Home />
                      </Route>
                      <Route path="/events/:id?">
                        <Events />
                      </Route>
                      <Route path="/flows">
                        <Flows />
                      </Route>
                      <Route path="/flows/:id">
                        <FlowEditor />
                      </Route>
                      <Route path="/approvals/:id?">
                        <Approvals />
                      </Route>
                      <Route path="/explorer">
                        <Explorer />
                      </Route>
                      <Route path="/runs">
                        <Runs />
                      </Route>
                      <Route path="/runs/:id">
                        <Run />
                      </Route>
                      <Route path="/issues/:id?">
                        <Issues />
                      </Route>
                      <Route path="/journal/:id?">
                        <Journal />
                      </Route>
                      <Route path="/data/:type?/:id?">
                        <Data />
                      </Route>
                      <Route path="/sources/:id?">
                        <Sources />
                      </Route>
                      <Route path="/coverage">
                        <Coverage />
                      </Route>
                      {/* Where they were before, among others' tabs. */}
                      <Route path="/settings/sources">
                        <Redirect to="/sources" replace />
                      </Route>
                      <Route path="/settings/coverage">
                        <Redirect to="/coverage" replace />
                      </Route>
                      <Route path="/settings/:tab?">
                        <Settings />
                      </Route>
                      <Route>
                        {/* Where it was before, among others. */}
                        <Redirect to={`/home${location.search}`} replace />
                      </Route>
                    </Switch>
                  </Suspense>
                </PageBoundary>
              </Shell>
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
