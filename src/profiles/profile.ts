/** What a profile is: one of the three add-ons, declared as data. Code asks its fields, never its name. */

export type ProfileKey = "api_studio" | "universal_webhook" | "clockify_addon";
/** Whose rows the tables hold: an add-on's, or those of the Workflow Management API, which no workspace installs. */
export type OwnerKey = ProfileKey | "workflow_api";
export type ClockifyPlan = "FREE" | "BASIC" | "STANDARD" | "PRO" | "ENTERPRISE";

/** One setting of the manifest. `value` is the default that Clockify shows. */
export interface ProfileSetting {
  id: string;
  name: string;
  description?: string;
  type: "TXT" | "NUMBER" | "DROPDOWN_SINGLE" | "DROPDOWN_MULTIPLE" | "CHECKBOX" | "LINK";
  value: string | number | boolean | string[];
  allowedValues?: string[];
  accessLevel: "ADMINS" | "EVERYONE";
  required?: boolean;
  /** Bounds we check ourselves: the manifest cannot state them. */
  min?: number;
  max?: number;
  /** Which of our settings it is; the environment gives its default, the workspace's own value goes before. */
  sets: SettingName;
}

/** What a workspace may set, by the names the program uses (installations/settings.ts). Days: 0 keeps. */
export interface WorkspaceSettings {
  bootstrapOnInstall: boolean;
  includeHeavyEndpoints: boolean;
  /** Requests a second while the workspace is read, 1 to 50. */
  bootstrapMaxRps: number;
  includeTimeEntries: boolean;
  timeEntryDays: number;
  customWebhooks: boolean;
  flows: boolean;
  /** Whether people may send writes to Clockify by hand (guard/guard.ts); reads they always may. */
  writesByHand: boolean;
  genericHttpActions: boolean;
  webhookLogDays: number;
  flowExecutionDays: number;
  /** Of the records of requests to Clockify. */
  callLogDays: number;
  cacheTtlDays: number;
  developerMode: boolean;
  /** https address that gets a copy of each event; undefined: none. */
  forwardingUrl: string | undefined;
  /** Of lines about the workspace. */
  logLevel: "DEBUG" | "INFO" | "WARNING" | "ERROR";
}
export type SettingName = keyof WorkspaceSettings;

export interface ProfileSettingsTab {
  id: string;
  name: string;
  settings: ProfileSetting[];
}

export interface Profile {
  key: ProfileKey;
  /** `service` label of metrics and the `service` field of health answers, e.g. "api-studio". */
  service: string;
  /** Manifest key, equal to the JWT `sub` of every token; an operator may override it. */
  addonKey: string;
  name: string;
  description: string;
  defaultPort: number;
  clockifyPlan: ClockifyPlan;
  scopes: readonly string[];
  /** Events in the order of priority; the manifest takes as many as Clockify allows. */
  events: readonly string[];
  sidebar: { label: string; path: string };
  settingsTabs: readonly ProfileSettingsTab[];
  features: {
    /** /webhooks/custom/{source} */
    customWebhooks: boolean;
    /** /webhooks/{category} */
    categoryWebhooks: boolean;
    /** GET /health beside /healthz */
    legacyHealth: boolean;
    /** /installations, /webhooks and /openapi-endpoints for operators, where DEBUG is on. */
    debugRoutes: boolean;
    /** Flows may call other systems where the workspace allows it. */
    genericHttpActions: boolean;
    /** POST /bootstrap/{workspace_id} and GET /bootstrap/{workspace_id}/status beside /ui/bootstrap. */
    legacyBootstrapRoutes: boolean;
  };
  /** Status answered to an uninstall of a workspace that was never installed (docs/decisions.md "Lifecycle paths"). */
  unknownUninstallStatus: 200 | 404;
}

/** What is asked of whoever has rows. */
export type RowOwner = Pick<Profile, "service" | "settingsTabs"> & { key: OwnerKey };
