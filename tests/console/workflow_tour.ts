/** Every page and state of the console of the Workflow Management API, and how one comes to it. */

import type { Page } from "playwright-core";
import type { Sample } from "../support/workflow_console_world.ts";
import type { Stop, View } from "./tour.ts";

const press = (name: string | RegExp) => (view: View) => view.getByRole("button", { name }).first().click();

/** For an admin, in a world that has the sample. */
export function workflowStops({ workflow, completed, failed, paused }: Sample): Stop[] {
  const invalid = async (view: View) => {
    const text = view.getByLabel("Definition (JSON)");
    await text.fill((await text.inputValue()).replace('"classifier"', '"nobody"').replace('"alert"', '"alarm"'));
    await press(/^Save as version/)(view);
  };
  return [
    { name: "wf-workflows", path: "/workflows", shows: "completed" },
    { name: "wf-workflows-none", path: "/workflows?name=zzz", shows: "No workflow matches" },
    { name: "wf-workflows-failing", path: "/workflows?name=y", failing: /\/workflows$/, shows: "Cannot load" },
    { name: "wf-new", path: "/workflows", act: press("New workflow"), shows: "Template" },
    { name: "wf-steps", path: `/workflows/${workflow}`, shows: "Ask the agent classifier" },
    { name: "wf-canvas", path: `/workflows/${workflow}?view=canvas`, act: chooseStep, shows: "If yes, begins with" },
    {
      name: "wf-canvas-start",
      path: `/workflows/${workflow}?view=canvas`,
      act: press(/^Start:/),
      shows: "text is required",
    },
    {
      name: "wf-canvas-adding",
      path: `/workflows/${workflow}?view=canvas`,
      act: press(/^Add a step, as the first/),
      shows: "Branches that meet again",
    },
    {
      name: "wf-list-open",
      path: `/workflows/${workflow}?view=list`,
      act: press(/^For each of/),
      shows: "When an item fails",
    },
    { name: "wf-runs", path: `/workflows/${workflow}/runs`, shows: "Completed" },
    { name: "wf-versions", path: `/workflows/${workflow}/versions`, shows: "Compare" },
    {
      name: "wf-roll-back",
      path: `/workflows/${workflow}/versions`,
      act: press(/^Roll back/),
      shows: "becomes version",
    },
    { name: "wf-edit", path: `/workflows/${workflow}/edit`, shows: "Definition (JSON)" },
    { name: "wf-edit-faults", path: `/workflows/${workflow}/edit`, act: invalid, shows: "nothing was saved" },
    { name: "wf-execute", path: `/workflows/${workflow}`, act: press("Execute…"), shows: "Text (required)" },
    { name: "wf-delete", path: `/workflows/${workflow}`, act: press("Delete"), shows: "It is executed no more" },
    {
      name: "wf-unknown",
      path: "/workflows/00000000-0000-4000-8000-000000000000",
      shows: "There is no such workflow",
    },
    { name: "wfr-runs", path: "/runs", shows: "No longer needed" },
    { name: "wfr-none", path: "/runs?status=PENDING", shows: "No run matches" },
    { name: "wfr-failing", path: "/runs?status=FAILED", failing: /\/runs$/, shows: "Cannot load" },
    { name: "wfr-completed", path: `/runs/${completed}`, shows: "Timeline" },
    { name: "wfr-failed", path: `/runs/${failed}`, shows: "does not know that" },
    { name: "wfr-retry", path: `/runs/${failed}`, act: press("Retry…"), shows: "This run continues" },
    { name: "wfr-paused", path: `/runs/${paused}`, shows: "Paused" },
    { name: "wfr-cancel", path: `/runs/${paused}`, act: press("Cancel…"), shows: "Reason" },
    { name: "wfr-unknown", path: "/runs/00000000-0000-4000-8000-000000000000", shows: "There is no such run" },
    { name: "wfi-issues", path: "/issues", shows: "does not know that" },
    { name: "wfi-webhooks", path: "/issues", shows: "Messages to webhooks" },
    { name: "wfi-webhooks-muted", path: "/issues?messages=muted", shows: "No issue is muted" },
    { name: "wfi-failing", path: "/issues?workflow=y", failing: /\/run_failures$/, shows: "Cannot load" },
    { name: "wfi-retry", path: "/issues", act: press(/^Retry 1 run/), shows: "what has ended is not repeated" },
    { name: "wfa-agents", path: "/agents", act: press("Check all shown"), shows: "by its card" },
    { name: "wfa-none", path: "/agents?name=zzz", shows: "No agent matches" },
    { name: "wfa-failing", path: "/agents?name=y", failing: /\/agents$/, shows: "Cannot load" },
    { name: "wfa-new", path: "/agents", act: press("Register an agent"), shows: "Timeout and retries" },
    { name: "wfa-faults", path: "/agents", act: sendEmptyAgent, shows: "must be" },
    { name: "wfa-call", path: "/agents", act: callAgent, shows: "Answered" },
    { name: "wfa-delete", path: "/agents?name=classifier", act: press(/^Delete/), shows: "Their steps fail" },
    { name: "wfa-agent", path: "/agents?name=classifier", act: openAgent, shows: "Answered" },
    { name: "wfa-unknown", path: "/agents/00000000-0000-4000-8000-000000000000", shows: "There is no such agent" },
    { name: "wfs-schedules", path: "/schedules", shows: "every day from Monday to Friday at 07:00" },
    { name: "wfs-none", path: "/schedules?name=zzz", shows: "No schedule matches" },
    { name: "wfs-failing", path: "/schedules?name=y", failing: /\/schedules$/, shows: "Cannot load" },
    { name: "wfs-new", path: "/schedules", act: press("New schedule"), shows: "every day at 09:00" },
    { name: "wfs-slots", path: "/schedules", act: press(/^Slots/), shows: "No slot has come yet" },
    { name: "wfs-delete", path: "/schedules", act: press(/^Delete/), shows: "pause it instead" },
    { name: "wfx-you", path: "/settings", shows: "The session lasts" },
    { name: "wfx-sessions", path: "/settings/sessions", shows: "this one" },
    { name: "wfx-users", path: "/settings/users", shows: "Sign out everywhere" },
    { name: "wfx-keys", path: "/settings/keys", shows: "No API key yet" },
    { name: "wf-search", path: "/runs", act: search, shows: "classifier" },
    { name: "wf-keyboard", path: "/runs", act: (view) => view.locator("body").press("?"), shows: "Show this list" },
  ];
}

async function chooseStep(view: View) {
  await view.getByRole("button", { name: /^Step urgent:/ }).click();
}

async function search(view: View) {
  await view.locator("body").press("Control+k");
  await view.getByRole("combobox", { name: "Name or id" }).fill("class");
}

/** For a viewer. */
export function viewerStops({ workflow, failed }: Sample): Stop[] {
  return [
    { name: "wf-viewer", path: "/workflows", shows: "needs the role editor" },
    { name: "wf-viewer-definition", path: `/workflows/${workflow}/edit`, shows: "needs the role editor" },
    { name: "wfr-viewer", path: `/runs/${failed}`, shows: "needs the role operator" },
    { name: "wfi-viewer", path: "/issues", shows: "needs the role operator" },
    { name: "wfa-viewer", path: "/agents", shows: "needs the role editor" },
    { name: "wfs-viewer", path: "/schedules", shows: "needs the role operator" },
    { name: "wfx-viewer", path: "/settings/users", shows: "Only admins see" },
  ];
}

/** In a world that has nothing. */
export const EMPTY_WORKFLOW_STOPS: readonly Stop[] = [
  { name: "wf-empty", path: "/workflows", shows: "No workflow yet" },
  { name: "wfr-empty", path: "/runs", shows: "Nothing has run yet" },
  { name: "wfi-empty", path: "/issues", shows: "No issue" },
  { name: "wfa-empty", path: "/agents", shows: "No agent yet" },
  { name: "wfs-empty", path: "/schedules", shows: "No schedule yet" },
];

async function sendEmptyAgent(view: View): Promise<void> {
  await press("Register an agent")(view);
  await view.getByRole("dialog").getByRole("button", { name: "Register" }).click();
}

async function openAgent(view: View): Promise<void> {
  await view.getByRole("link", { name: "classifier", exact: true }).click();
}

async function callAgent(view: View): Promise<void> {
  await view.getByRole("button", { name: /^Call it now/ }).last().click();
  await view.getByLabel("Message").fill('{"text": "hello"}');
  await (view as Page).getByRole("button", { name: "Send" }).click();
}
