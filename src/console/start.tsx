/** In the page's root the app of an add-on's data, or that of the Workflow Management API. */

import { lazy, StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./shell/app.tsx";
import { BASE, PAGE_CONFIG } from "./shell/page_config.ts";
import { applyPreferences } from "./shell/session/theme.ts";

const WorkflowApp = lazy(() => import("./shell/workflow/app.tsx").then(({ App }) => ({ default: App })));
const isOfWorkflows = PAGE_CONFIG.api !== undefined;

applyPreferences();
// The page stands at the mount; its own paths are below /app.
if (!location.pathname.startsWith(`${BASE}/`)) {
  history.replaceState(null, "", `${BASE}/${isOfWorkflows ? "workflows" : "home"}${location.search}`);
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    {isOfWorkflows
      ? (
        <Suspense>
          <WorkflowApp />
        </Suspense>
      )
      : <App />}
  </StrictMode>,
);
