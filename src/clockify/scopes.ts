/**
 * The 30 scopes of Clockify's manifest, the one list that profiles and the manifest rules share.
 * See docs/clockify-protocol.md "Scopes".
 */

const RESOURCES = [
  "CLIENT",
  "PROJECT",
  "TAG",
  "TASK",
  "TIME_ENTRY",
  "EXPENSE",
  "INVOICE",
  "USER",
  "GROUP",
  "WORKSPACE",
  "CUSTOM_FIELDS",
  "APPROVAL",
  "SCHEDULING",
  "REPORTS",
  "TIME_OFF",
] as const;

export type Scope = `${typeof RESOURCES[number]}_${"READ" | "WRITE"}`;

/** Every scope; WRITE does not include READ. WORKSPACE_SETTINGS_* does not exist. */
export const SCOPES: readonly Scope[] = RESOURCES.flatMap((resource): Scope[] => [
  `${resource}_READ`,
  `${resource}_WRITE`,
]);
