/**
 * Clockify's manifest rules for schema version 1.5 in our own zod form; the simulator holds add-ons to it.
 * See docs/clockify-protocol.md "Manifest".
 */

import { z } from "zod";
import { eventsOfSchema } from "./events.ts";
import { SCOPES } from "./scopes.ts";

/** Proved live; always declared, since an absent version means "the newest". */
export const MANIFEST_SCHEMA_VERSION = "1.5";

/** Clockify grants 10 webhooks, or 20 by the newer documents. */
export const MAX_MANIFEST_WEBHOOKS = 20;

const COMPONENT_TYPES = [
  "sidebar",
  "widget",
  "timeoff.tab",
  "schedule.tab",
  "approvals.tab",
  "reports.tab",
  "activity.tab",
  "team.tab",
  "projects.tab",
  "invoices.action",
] as const;

const SETTING_TYPES = [
  "TXT",
  "NUMBER",
  "DROPDOWN_SINGLE",
  "DROPDOWN_MULTIPLE",
  "CHECKBOX",
  "LINK",
  "USER_DROPDOWN_SINGLE",
  "USER_DROPDOWN_MULTIPLE",
] as const;

const accessLevel = z.enum(["ADMINS", "EVERYONE"]);
const text = z.string().min(1);

/** Appended to baseUrl: a leading slash, no trailing one, none doubled, no query and no fragment. */
const path = z.string().regex(/^(\/[^/?#\s]+)+$/, "must begin with / and hold no empty segment, query or fragment");

const lifecycleItem = z.strictObject({
  type: z.enum(["INSTALLED", "DELETED", "SETTINGS_UPDATED", "STATUS_CHANGED"]),
  path,
});

const webhookItem = z.strictObject({ event: z.enum(eventsOfSchema(MANIFEST_SCHEMA_VERSION)), path });

const component = z.strictObject({
  type: z.enum(COMPONENT_TYPES),
  label: text,
  accessLevel,
  path,
  iconPath: path.optional(),
  options: z.record(z.string(), z.unknown()).optional(),
  width: z.int().positive().optional(),
  height: z.int().positive().optional(),
}).refine((item) => item.type === "widget" || (item.width === undefined && item.height === undefined), {
  message: "width and height are for widgets only",
});

const setting = z.strictObject({
  id: text,
  name: text,
  description: text.optional(),
  placeholder: text.optional(),
  key: text.optional(),
  type: z.enum(SETTING_TYPES),
  accessLevel,
  value: z.union([text, z.number(), z.boolean(), z.array(text).min(1)]),
  allowedValues: z.array(text).min(1).optional(),
  required: z.boolean().optional(),
  copyable: z.boolean().optional(),
  readOnly: z.boolean().optional(),
}).superRefine((item, context) => {
  const fault = settingFault(item);
  if (fault) context.addIssue({ code: "custom", message: fault });
});

const header = z.strictObject({ title: text });

const group = z.strictObject({
  id: text,
  title: text,
  description: text.optional(),
  header: header.optional(),
  settings: z.array(setting).min(1),
});

const tab = z.strictObject({
  id: text,
  name: text,
  header: header.optional(),
  groups: z.array(group).min(1).optional(),
  settings: z.array(setting).min(1).optional(),
}).refine((item) => item.groups !== undefined || item.settings !== undefined, { message: "the tab holds no setting" });

/**
 * A manifest of schema version 1.5. Stricter than Clockify's JSON schema where sources report refusals: no unknown fields,
 * no empty arrays, one path per event (install entries name no event), unique keys.
 */
export const manifestSchema = z.strictObject({
  schemaVersion: z.literal(MANIFEST_SCHEMA_VERSION),
  key: z.string().min(2).max(50),
  name: z.string().min(1).max(50),
  baseUrl: z.string().regex(
    /^https?:\/\/[^/?#\s]+(\/[^/?#\s]+)*$/,
    "must be an http(s) address without trailing slash",
  ),
  description: text.optional(),
  iconPath: path.optional(),
  minimalSubscriptionPlan: z.enum(["FREE", "BASIC", "STANDARD", "PRO", "ENTERPRISE"]),
  scopes: z.array(z.enum(SCOPES)).min(1).optional(),
  lifecycle: z.array(lifecycleItem).min(1).optional(),
  webhooks: z.array(webhookItem).min(1).max(MAX_MANIFEST_WEBHOOKS).optional(),
  components: z.array(component).min(1).optional(),
  settings: z.union([path, z.strictObject({ tabs: z.array(tab).min(1) })]).optional(),
}).superRefine((manifest, context) => {
  const { scopes = [], lifecycle = [], webhooks = [], components = [], settings } = manifest;
  const unique = (values: readonly string[], at: string) => {
    const twice = values.find((value, index) => values.indexOf(value) !== index);
    if (twice !== undefined) context.addIssue({ code: "custom", path: [at], message: `"${twice}" appears twice` });
  };
  unique(scopes, "scopes");
  unique(lifecycle.map((item) => item.type), "lifecycle");
  unique(webhooks.map((item) => item.event), "webhooks");
  unique([...lifecycle, ...webhooks].map((item) => item.path), "webhooks");
  unique(components.filter((item) => item.type === "sidebar").map((item) => item.type), "components");
  if (settings === undefined || typeof settings === "string") return;
  unique(settings.tabs.map((item) => item.id), "settings");
  const groups = settings.tabs.flatMap((item) => item.groups ?? []);
  unique(groups.map((item) => item.id), "settings");
  const all = [...settings.tabs, ...groups].flatMap((item) => item.settings ?? []);
  unique(all.map((item) => item.id), "settings");
});

export type Manifest = z.infer<typeof manifestSchema>;

/** What is wrong between a setting's type and its value, or undefined. */
function settingFault(item: { type: typeof SETTING_TYPES[number]; value: unknown; allowedValues?: string[] }) {
  const { type, value, allowedValues } = item;
  if (type === "CHECKBOX") return typeof value === "boolean" ? undefined : "a CHECKBOX has a boolean value";
  if (type === "NUMBER") return typeof value === "number" ? undefined : "a NUMBER has a number as value";
  const list = type.endsWith("_MULTIPLE");
  if (list !== Array.isArray(value) || (!list && typeof value !== "string")) {
    return `a ${type} has a ${list ? "list" : "string"} as value`;
  }
  if (!type.startsWith("DROPDOWN_")) return undefined;
  if (allowedValues === undefined) return `a ${type} needs allowedValues`;
  const chosen = Array.isArray(value) ? value : [value];
  return chosen.every((each) => allowedValues.includes(each)) ? undefined : "the value is not one of allowedValues";
}
