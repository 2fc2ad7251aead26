/**
 * What Clockify refuses in a manifest at install time, with a sentence per fault.
 * See docs/clockify-protocol.md "Manifest".
 */

import { z } from "zod";
import { AppError } from "../base/errors.ts";

const PLANS = ["FREE", "BASIC", "STANDARD", "PRO", "ENTERPRISE"] as const;
const FAMILIES =
  "CLIENT PROJECT TAG TASK TIME_ENTRY EXPENSE INVOICE USER GROUP WORKSPACE CUSTOM_FIELDS APPROVAL SCHEDULING REPORTS TIME_OFF";
const SCOPES = FAMILIES.split(" ").flatMap((family) => [`${family}_READ`, `${family}_WRITE`]);
const LIFECYCLE = ["INSTALLED", "DELETED", "SETTINGS_UPDATED", "STATUS_CHANGED"] as const;
const COMPONENTS_1_0 =
  "sidebar widget timeoff.tab schedule.tab approvals.tab reports.tab activity.tab team.tab projects.tab".split(" ");

const EVENTS_1_3 = ("NEW_PROJECT NEW_TASK NEW_CLIENT NEW_TAG NEW_TIMER_STARTED TIMER_STOPPED NEW_TIME_ENTRY " +
  "TIME_ENTRY_UPDATED TIME_ENTRY_DELETED NEW_INVOICE INVOICE_UPDATED USER_JOINED_WORKSPACE USER_DELETED_FROM_WORKSPACE " +
  "USER_DEACTIVATED_ON_WORKSPACE USER_ACTIVATED_ON_WORKSPACE NEW_APPROVAL_REQUEST APPROVAL_REQUEST_STATUS_UPDATED " +
  "TIME_OFF_REQUESTED TIME_OFF_REQUEST_APPROVED TIME_OFF_REQUEST_REJECTED TIME_OFF_REQUEST_WITHDRAWN BALANCE_UPDATED")
  .split(" ");
const EVENTS_1_2 = EVENTS_1_3.concat(
  ("PROJECT_UPDATED PROJECT_DELETED TASK_UPDATED TASK_DELETED CLIENT_UPDATED CLIENT_DELETED TAG_UPDATED TAG_DELETED " +
    "ASSIGNMENT_CREATED ASSIGNMENT_UPDATED ASSIGNMENT_DELETED ASSIGNMENT_PUBLISHED EXPENSE_CREATED EXPENSE_UPDATED " +
    "EXPENSE_DELETED USER_EMAIL_CHANGED USER_UPDATED USER_GROUP_CREATED USER_GROUP_UPDATED USER_GROUP_DELETED")
    .split(" "),
);
const EVENTS_1_5 = EVENTS_1_2.concat(
  ("BILLABLE_RATE_UPDATED COST_RATE_UPDATED EXPENSE_RESTORED LIMITED_USERS_ADDED_TO_WORKSPACE " +
    "USERS_INVITED_TO_WORKSPACE TIME_ENTRY_RESTORED TIME_ENTRY_SPLIT TIME_OFF_REQUEST_UPDATED").split(" "),
);
const EVENTS_1_6 = [...EVENTS_1_5, "TIME_OFF_REQUEST_STARTED"];

/** Events a manifest may name, by schemaVersion. */
export const EVENTS_BY_SCHEMA: Readonly<Record<string, readonly string[]>> = {
  "1.0": EVENTS_1_2,
  "1.1": EVENTS_1_2,
  "1.2": EVENTS_1_2,
  "1.3": EVENTS_1_3,
  "1.4": EVENTS_1_3,
  "1.5": EVENTS_1_5,
  "1.5.1": EVENTS_1_5,
  "1.6": EVENTS_1_6,
};
const NEWEST_SCHEMA = "1.6";
/** Newest documented number; older documents say 10. */
const MAX_WEBHOOKS = 20;

// Lists may be absent but not empty: ACT reports that empty ones are rejected.
const list = <T extends z.ZodType>(item: T) =>
  z.array(item).min(1, "must not be empty: leave the field out").refine(
    (items) => new Set(items.map((value) => JSON.stringify(value))).size === items.length,
    "holds the same item twice",
  ).optional();
const path = z.string().regex(/^\/.*[^/]$/, "must begin with / and not end with /");

const setting = z.strictObject({
  id: z.string().min(1),
  name: z.string().min(1),
  accessLevel: z.enum(["ADMINS", "EVERYONE"]),
  type: z.enum([
    "TXT",
    "NUMBER",
    "DROPDOWN_SINGLE",
    "DROPDOWN_MULTIPLE",
    "CHECKBOX",
    "LINK",
    "USER_DROPDOWN_SINGLE",
    "USER_DROPDOWN_MULTIPLE",
  ]),
  value: z.union([z.string().min(1), z.number(), z.array(z.unknown()).min(1), z.boolean()]),
  description: z.string().optional(),
  placeholder: z.string().optional(),
  key: z.string().optional(),
  allowedValues: z.array(z.unknown()).optional(),
  required: z.boolean().optional(),
  copyable: z.boolean().optional(),
  readOnly: z.boolean().optional(),
}).refine((item) => item.type.startsWith("DROPDOWN_") ? item.allowedValues?.length : true, "needs allowedValues");
const header = z.strictObject({ title: z.string() }).optional();
const group = z.strictObject({
  id: z.string().min(1),
  title: z.string().min(1),
  description: z.string().optional(),
  header,
  settings: z.array(setting).min(1),
});
const tab = z.strictObject({
  id: z.string().min(1),
  name: z.string().min(1),
  header,
  groups: z.array(group).min(1).optional(),
  settings: z.array(setting).min(1).optional(),
});

// Unknown fields: $schema is reported to be refused; whether all are is unknown, so the simulator is strict.
const manifestSchema = z.strictObject({
  schemaVersion: z.union([z.string(), z.number()]).optional(),
  key: z.string().min(2).max(50),
  name: z.string().min(1).max(50),
  baseUrl: z.string().regex(/^https?:\/\//, "must be an http or https URL"),
  minimalSubscriptionPlan: z.enum(PLANS),
  scopes: list(z.enum(SCOPES)),
  description: z.string().optional(),
  iconPath: z.string().optional(),
  lifecycle: list(z.strictObject({ type: z.enum(LIFECYCLE), path })),
  webhooks: list(z.strictObject({ event: z.string(), path })),
  components: list(z.strictObject({
    type: z.string(),
    accessLevel: z.enum(["ADMINS", "EVERYONE"]),
    path,
    label: z.string().min(1).optional(),
    options: z.record(z.string(), z.unknown()).optional(),
    iconPath: z.string().optional(),
    width: z.int().optional(),
    height: z.int().optional(),
  })),
  settings: z.union([path, z.strictObject({ tabs: z.array(tab).min(1) })]).optional(),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestSetting = z.infer<typeof setting>;
export type ManifestTab = z.infer<typeof tab>;

/** The manifest when Clockify would take it. Throws REQUEST_INVALID naming every fault with its place. */
export function checkManifest(document: unknown): Manifest {
  const parsed = manifestSchema.safeParse(document);
  const faults = parsed.success
    ? versionFaults(parsed.data)
    : parsed.error.issues.map((issue) => `${issue.path.join(".") || "manifest"}: ${issue.message}`);
  if (faults.length > 0) throw new AppError("REQUEST_INVALID", `Clockify refuses the manifest: ${faults.join("; ")}`);
  return parsed.data!;
}

/** Every setting of the structured form, wherever it stands in tabs and groups. */
export function settingsOf(manifest: Manifest): ManifestSetting[] {
  if (manifest.settings === undefined || typeof manifest.settings === "string") return [];
  return manifest.settings.tabs.flatMap((one) => [
    ...(one.settings ?? []),
    ...(one.groups ?? []).flatMap((part) => part.settings),
  ]);
}

/** Rules that depend on the declared version; an absent one means the newest schema. */
function versionFaults(manifest: Manifest): string[] {
  const version = String(manifest.schemaVersion ?? NEWEST_SCHEMA);
  const events = EVENTS_BY_SCHEMA[version];
  if (!events) return [`schemaVersion: ${version} does not exist`];
  const minor = Number(version.split(".")[1]);
  const faults: string[] = [];
  const webhooks = manifest.webhooks ?? [];
  const components = manifest.components ?? [];
  for (const [index, webhook] of webhooks.entries()) {
    if (!events.includes(webhook.event)) {
      faults.push(`webhooks.${index}.event: ${webhook.event} is not an event of schema ${version}`);
    }
  }
  if (webhooks.length > MAX_WEBHOOKS) faults.push(`webhooks: ${webhooks.length} given, at most ${MAX_WEBHOOKS}`);
  const componentTypes = [
    ...COMPONENTS_1_0,
    ...(minor >= 4 ? ["invoices.action"] : []),
    ...(minor >= 6 ? ["timeentries.action.uiblocks"] : []),
  ];
  for (const [index, component] of components.entries()) {
    if (!componentTypes.includes(component.type)) {
      faults.push(`components.${index}.type: ${component.type} is not a component of schema ${version}`);
    }
    if (minor >= 3 && !component.label) faults.push(`components.${index}.label: required from schema 1.3`);
    if (minor <= 2 && (component.label?.length ?? 0) > 25) faults.push(`components.${index}.label: over 25 characters`);
  }
  if (components.filter((component) => component.type === "sidebar").length > 1) {
    faults.push("components: more than one sidebar");
  }
  if ((minor === 1 || minor === 2) && !manifest.scopes) faults.push(`scopes: required in schema ${version}`);
  if (minor < 2 && settingsOf(manifest).some((item) => item.type.startsWith("USER_"))) {
    faults.push("settings: USER_DROPDOWN types exist from schema 1.2");
  }
  return faults;
}
