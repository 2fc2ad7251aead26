/** Universal Webhook (port 8001): every Clockify event and webhooks of other systems, with flows and the whole API. */

import { EVENTS_BY_PRIORITY } from "../clockify/event_priority.ts";
import { SCOPES } from "../clockify/scopes.ts";
import type { Profile } from "./profile.ts";
import { checkbox, number, readSettings } from "./settings.ts";

export const universalWebhook: Profile = {
  key: "universal_webhook",
  service: "universal-webhook",
  addonKey: "universal-webhook-api",
  name: "Universal Webhook + API Studio",
  description:
    "Receive every Clockify event and webhooks of other systems, and act on them with flows. Clockify limits the events " +
    "that an add-on subscribes to; the others come with a person's API key, or are read.",
  defaultPort: 8001,
  clockifyPlan: "ENTERPRISE",
  scopes: SCOPES,
  events: EVENTS_BY_PRIORITY,
  sidebar: { label: "Universal Webhook", path: "/ui" },
  settingsTabs: [
    {
      id: "bootstrap",
      name: "First read",
      settings: [
        checkbox("run_on_install", "bootstrapOnInstall", "Read the workspace on install", { value: true }),
        ...readSettings({ rateId: "max_rps" }),
      ],
    },
    {
      id: "webhooks",
      name: "Webhooks",
      settings: [
        checkbox("enable_custom_webhooks", "customWebhooks", "Accept webhooks of other systems", { value: true }),
        number("webhook_log_retention_days", "webhookLogDays", "Days to keep received webhooks", {
          value: 90,
          min: 1,
          max: 365,
        }),
      ],
    },
    {
      id: "flows",
      name: "Flows",
      settings: [
        checkbox("enable_flows", "flows", "Run flows", { value: true }),
        checkbox("enable_generic_http_actions", "genericHttpActions", "Allow HTTP requests to other systems", {
          value: false,
        }),
        number("flow_execution_retention_days", "flowExecutionDays", "Days to keep flow runs", {
          value: 90,
          min: 1,
          max: 365,
        }),
      ],
    },
    {
      id: "data",
      name: "Data",
      settings: [
        number("cache_ttl_days", "cacheTtlDays", "Days to keep cached entities", { value: 7, min: 1, max: 30 }),
      ],
    },
  ],
  features: {
    customWebhooks: true,
    categoryWebhooks: true,
    legacyHealth: false,
    debugRoutes: false,
    genericHttpActions: true,
    legacyBootstrapRoutes: false,
  },
  unknownUninstallStatus: 404,
};
