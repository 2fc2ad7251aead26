/** The states of a webhook other than "ok": what each means, in one sentence, and what a person can do. */

import type { DeliveryPath, KeyState } from "./plan.ts";
import type { CoverageState } from "./store.ts";

interface Situation {
  way: DeliveryPath;
  key: KeyState;
  baseUrl: string;
  heartbeatMs: number;
}

/** Over the plan's own sentence; empty where there is nothing to add. */
export function describeState(
  state: CoverageState,
  { way, key, baseUrl, heartbeatMs }: Situation,
): { reason?: string; nextStep?: string } {
  switch (state) {
    case "ok":
      return {};
    case "unknown":
      return way === "user_webhook" && key === "refused"
        ? {
          reason: "A webhook was registered for it, but Clockify does not accept the API key any more.",
          nextStep: "Give a valid API key of a workspace admin under Settings, Keys.",
        }
        : {};
    case "disabled":
      return {
        reason: "Its webhook is switched off in Clockify.",
        nextStep: "Switch the webhook on in Clockify.",
      };
    case "delivery_disabled":
      return {
        reason: "Clockify stopped the webhook's deliveries after too many failures.",
        nextStep: "Switch the webhook's deliveries on in Clockify.",
      };
    case "plan_disabled":
      return {
        reason: "The workspace's Clockify plan does not include the webhook.",
        nextStep: "Raise the workspace's plan, or delete webhooks in Clockify that are not needed.",
      };
    case "missing":
      return {
        reason: "Clockify does not list the webhook any more.",
        nextStep: "Install the add-on in the workspace again.",
      };
    case "silent": {
      const hours = Math.round(heartbeatMs / 3_600_000);
      return {
        reason: `Nothing was received for ${hours} hours and more, although time entries changed.`,
        nextStep: `Check that Clockify can reach ${baseUrl}; if it can, install the add-on in the workspace again.`,
      };
    }
  }
}
