/** Variables of the listeners and manifests. */

import { z } from "zod";
import { parseTrustedProxies } from "../../http/server/proxies.ts";
import { addonKey, checked, flag, number, oneOf, port, say, text, url, type Variable } from "../shapes.ts";

export const LISTENERS = {
  PROFILES: say(
    "Which add-ons this process serves; workflow_api alone: none, as the Workflow Management API always is.",
    {
      schema: z.string().transform((list) =>
        list.split(",").map((name) => name.trim().replaceAll("-", "_")).filter((name) => name !== "")
      )
        .pipe(z.array(z.enum(["api_studio", "universal_webhook", "clockify_addon", "workflow_api"])).min(1))
        .transform((list) => list.filter((name) => name !== "workflow_api")),
      shape: "a comma-separated list of api_studio, universal_webhook, clockify_addon, or workflow_api",
      fallback: "api_studio,universal_webhook,clockify_addon",
    },
  ),
  ROLE: say(
    "listen receives and stores, work runs flows and background jobs, all does both.",
    oneOf(["all", "listen", "work"], "all"),
  ),
  HOST: say("Address the listeners bind.", text("0.0.0.0", "the address to listen on")),
  APP_PORT: say("Port of API Studio.", port(8000, ["API_STUDIO_PORT"])),
  UNIVERSAL_WEBHOOK_PORT: say("Port of Universal Webhook.", port(8001)),
  CLOCKIFY_ADDON_PORT: say("Port of the Clockify Add-on.", port(8002)),
  API_PORT: say("Port of the operators' console and the Workflow Management API.", port(8003)),
  API_HOST: say("Address that listener binds; unset: HOST.", text(undefined, "the address to listen on")),
  METRICS_PORT: say(
    "Moves /metrics from the listeners, each of which shows its own add-on, to one port that shows all.",
    port(undefined),
  ),
  METRICS_TOKEN: say("Closes /metrics to all that do not send it as Authorization: Bearer.", {
    ...text(undefined, "at least 16 printable characters without spaces"),
    schema: z.string().regex(/^[\x21-\x7e]{16,}$/),
    secret: true,
  }),
  PUBLIC_BASE_URL: say("Public address that the manifests name, for all add-ons.", url()),
  API_STUDIO_BASE_URL: say("The same for API Studio alone.", url()),
  UNIVERSAL_WEBHOOK_BASE_URL: say("The same for Universal Webhook alone.", url()),
  CLOCKIFY_ADDON_BASE_URL: say("The same for the Clockify Add-on alone.", url(["BASE_URL"])),
  TRUSTED_PROXIES: say(
    "Proxies whose X-Forwarded-For is believed: limits and the log then name the sender.",
    checked(parseTrustedProxies, text(undefined, "addresses or ranges with commas, as in 10.0.0.0/8,::1")),
  ),
  API_STUDIO_ADDON_KEY: say("Manifest key of API Studio: the `sub` of its tokens.", addonKey()),
  UNIVERSAL_WEBHOOK_ADDON_KEY: say("Manifest key of Universal Webhook.", addonKey()),
  ADDON_KEY: say("Manifest key of the Clockify Add-on.", addonKey()),
  ADDON_NAME: say("Manifest name of the Clockify Add-on.", text(undefined, "1 to 50 characters")),
  ADDON_DESCRIPTION: say("Manifest description of the Clockify Add-on.", text(undefined, "text")),
  MANIFEST_WEBHOOK_LIMIT: say(
    "Webhooks that Clockify grants a manifest: 10, or 20 where it says so.",
    number(10, { min: 1, max: 20, unit: "a number" }),
  ),
  DEBUG: say("true opens the add-on's diagnostic routes to operators.", flag(false)),
} as const satisfies Record<string, Variable>;
