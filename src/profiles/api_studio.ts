/** API Studio (port 8000): rapid prototyping and internal automation over time entries, projects, clients and tags. */

import type { Profile } from "./profile.ts";

export const apiStudio: Profile = {
  key: "api_studio",
  service: "api-studio",
  addonKey: "clockify-api-studio",
  name: "Clockify API Studio",
  description: "Inspect a workspace, watch its events and automate it with Clockify API calls.",
  defaultPort: 8000,
  clockifyPlan: "STANDARD",
  // L10 without WORKSPACE_SETTINGS_READ, which is no scope of Clockify.
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
          name: "Read the workspace on install",
          description: "Fetches the workspace's data once the add-on is installed.",
          type: "CHECKBOX",
          value: true,
          accessLevel: "ADMINS",
        },
        {
          id: "include_heavy_endpoints",
          name: "Include heavy endpoints",
          description: "Also reads large lists and reports.",
          type: "CHECKBOX",
          value: false,
          accessLevel: "ADMINS",
        },
        {
          id: "bootstrap_max_rps",
          name: "Requests per second while reading",
          description: "From 1 to 50.",
          type: "NUMBER",
          value: 25,
          accessLevel: "ADMINS",
          min: 1,
          max: 50,
        },
      ],
    },
  ],
  features: { customWebhooks: false, categoryWebhooks: false, legacyHealth: false },
  unknownUninstallStatus: 200,
};
