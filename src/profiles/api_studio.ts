/** API Studio (port 8000): rapid prototyping and internal automation over time entries, projects, clients and tags. */

import type { Profile } from "./profile.ts";
import { readSettings } from "./settings.ts";

export const apiStudio: Profile = {
  key: "api_studio",
  service: "api-studio",
  addonKey: "clockify-api-studio",
  name: "Clockify API Studio",
  description:
    "Inspect a workspace, watch its events and automate it with Clockify API calls. Clockify limits the events " +
    "that an add-on subscribes to; the others come with a person's API key, or are read.",
  defaultPort: 8000,
  clockifyPlan: "STANDARD",
  // The documented minimum without WORKSPACE_SETTINGS_READ, which is no scope of Clockify.
  scopes: [
    "WORKSPACE_READ",
    "TIME_ENTRY_READ",
    "TIME_ENTRY_WRITE",
    "PROJECT_READ",
    "PROJECT_WRITE",
    "CLIENT_READ",
    "CLIENT_WRITE",
    "TAG_READ",
    "TAG_WRITE",
    "USER_READ",
    "CUSTOM_FIELDS_READ",
    "CUSTOM_FIELDS_WRITE",
  ],
  events: [
    "NEW_TIME_ENTRY",
    "TIME_ENTRY_UPDATED",
    "TIME_ENTRY_DELETED",
    "NEW_PROJECT",
    "PROJECT_UPDATED",
    "PROJECT_DELETED",
    "NEW_CLIENT",
    "CLIENT_UPDATED",
    "CLIENT_DELETED",
    "NEW_TAG",
    "TAG_UPDATED",
    "TAG_DELETED",
  ],
  sidebar: { label: "API Studio", path: "/ui" },
  settingsTabs: [
    {
      id: "general",
      name: "General",
      settings: [
        {
          id: "bootstrap_on_install",
          sets: "bootstrapOnInstall",
          name: "Read the workspace on install",
          description: "Fetches the workspace's data once the add-on is installed.",
          type: "CHECKBOX",
          value: true,
          accessLevel: "ADMINS",
        },
        ...readSettings({
          rateId: "bootstrap_max_rps",
          heavy: "Also reads the custom fields of each project and the managers of each person.",
        }),
        {
          id: "allow_write_calls",
          sets: "writesByHand",
          name: "Allow writes by hand",
          description: "The API explorer and API calls may write to Clockify, as the guard allows. Reads always may.",
          type: "CHECKBOX",
          value: false,
          accessLevel: "ADMINS",
        },
      ],
    },
  ],
  features: {
    customWebhooks: false,
    categoryWebhooks: false,
    legacyHealth: false,
    debugRoutes: false,
    genericHttpActions: false,
    legacyBootstrapRoutes: false,
  },
  unknownUninstallStatus: 200,
};
