/** What the doctor finds: one sentence for each thing it looks at. */

export const CHECK_STATES = ["ok", "warning", "fault"] as const;
export type CheckState = (typeof CHECK_STATES)[number];

/** In the order in which they are shown. */
export const CHECK_AREAS = [
  "program",
  "configuration",
  "permissions",
  "database",
  "keys",
  "clock",
  "address",
  "clockify",
  "webhooks",
] as const;
export type CheckArea = (typeof CHECK_AREAS)[number];

export interface Check {
  area: CheckArea;
  /** Which one of its kind: a database by host and name, an add-on and its workspace, a host. Never a secret. */
  about: string;
  state: CheckState;
  detail: string;
  /** What to do; absent where there is nothing. */
  remedy?: string;
}

/** What `look` finds, or the fault that it could not look: one check that fails does not hide the others. */
export async function lookAt(
  place: Pick<Check, "area" | "about">,
  look: () => Promise<Check[]> | Check[],
): Promise<Check[]> {
  try {
    return await look();
  } catch (error) {
    const detail = `It could not be looked at: ${(error as Error).message}`;
    return [{ ...place, state: "fault", detail, remedy: "see the other lines; if they are well, report this one" }];
  }
}

/** At most `max` of the checks, and one that says how many more there are of the kind. */
export function atMost(checks: Check[], max: number): Check[] {
  if (checks.length <= max) return checks;
  const { area, about, state } = checks[max]!;
  return [...checks.slice(0, max), { area, about, state, detail: `${checks.length - max} more of the same kind` }];
}
