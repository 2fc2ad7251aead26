/** What people are shown of limits, egress and retention, as the configuration fills it (config/shown_limits.ts). */

export interface ShownLimit {
  /** Name of the environment variable that sets it. */
  variable: string;
  value: number;
  unit: string;
  /** What it bounds, and what happens above it. */
  about: string;
  /** Why there is such a limit. */
  reason: string;
  /** Where the variable is unset; undefined: it is made of others. */
  fallback: number | undefined;
}

/** Where requests of a workspace may go. */
export const EGRESS_RULES = ["other_systems", "private_targets", "clockify_hosts"] as const;
export const EGRESS_REASONS: Readonly<Record<(typeof EGRESS_RULES)[number], string>> = {
  other_systems: "Data of the workspace leaves it only where somebody switched that on.",
  private_targets: "A flow must not reach what only this machine's network can.",
  clockify_hosts: "The add-on's token is sent to no other host.",
};

/** What retention keeps. */
export const DAYS_KINDS = ["events", "runs", "calls", "entities", "journal", "audit", "uninstalled"] as const;
export type DaysKind = (typeof DAYS_KINDS)[number];

export interface ShownDays {
  kind: DaysKind;
  /** Name of the environment variable that sets the days of workspaces that set none. */
  variable: string;
  /** Why it is kept so long and not longer. */
  reason: string;
}
