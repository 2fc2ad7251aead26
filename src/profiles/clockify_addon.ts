/** Clockify Add-on (port 8002): the reference add-on, with every event and scope and the grouped webhook routes. */

import { EVENTS_BY_PRIORITY } from "../clockify/event_priority.ts";
import { SCOPES } from "../clockify/scopes.ts";
import type { Profile } from "./profile.ts";
import { readSettings } from "./settings.ts";

/**
 * Default of the setting `forwarding_url`. The manifest schema refuses an empty string, so "nowhere" is
 * this word; whoever reads the setting takes it, and anything that is not an http(s) URL, as switched off.
 */
export const FORWARDING_OFF = "off";

export const clockifyAddon: Profile = {
  key: "clockify_addon",
  service: "clockify-addon",
  addonKey: "clockify-python-addon",
  name: "Clockify Add-on",
  description:
    "Reference add-on: every event, every API operation and the full lifecycle. Clockify limits the events " +
    "that an add-on subscribes to; the others come with a person's API key, or are read.",
  defaultPort: 8002,
  // No document names a plan. It can never be changed later, and FREE shuts no workspace out: what a
  // plan lacks is refused by Clockify operation by operation.
  clockifyPlan: "FREE",
  scopes: SCOPES,
  events: EVENTS_BY_PRIORITY,
  sidebar: { label: "Clockify Add-on", path: "/ui" },
  settingsTabs: [
    {
      id: "general",
      name: "General",
      settings: [
        {
          id: "developer_mode",
          sets: "developerMode",
          name: "Developer mode",
          description: "Shows requests and answers in full to administrators.",
          type: "CHECKBOX",
          value: false,
          accessLevel: "ADMINS",
        },
        {
          id: "forwarding_url",
          sets: "forwardingUrl",
          name: "Forward events to",
          description: `An https address that receives a copy of each event, or "${FORWARDING_OFF}".`,
          type: "TXT",
          value: FORWARDING_OFF,
          accessLevel: "ADMINS",
        },
        {
          id: "auto_bootstrap",
          sets: "bootstrapOnInstall",
          name: "Read the workspace on install",
          type: "CHECKBOX",
          value: true,
          accessLevel: "ADMINS",
        },
        ...readSettings({ rateId: "bootstrap_max_rps" }),
        {
          id: "logging_level",
          sets: "logLevel",
          name: "Log level",
          type: "DROPDOWN_SINGLE",
          value: "INFO",
          allowedValues: ["DEBUG", "INFO", "WARNING", "ERROR"],
          accessLevel: "ADMINS",
        },
      ],
    },
  ],
  features: {
    customWebhooks: false,
    categoryWebhooks: true,
    legacyHealth: true,
    debugRoutes: true,
    genericHttpActions: false,
    legacyBootstrapRoutes: true,
  },
  unknownUninstallStatus: 200,
};
