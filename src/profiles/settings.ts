/** Settings that several add-ons have, and the two types that most settings are of. */

import type { ProfileSetting, SettingName } from "./profile.ts";

/** What of the workspace is read, and how fast. `rateId`: the id of the rate, which add-ons spell otherwise. */
export function readSettings({ rateId, heavy }: { rateId: string; heavy?: string }): ProfileSetting[] {
  return [
    checkbox("include_heavy_endpoints", "includeHeavyEndpoints", "Include heavy endpoints", {
      value: false,
      description: heavy,
    }),
    number(rateId, "bootstrapMaxRps", "Requests per second while reading", { value: 25, min: 1, max: 50 }),
    checkbox("include_time_entries", "includeTimeEntries", "Include time entries", { value: false }),
    number("time_entry_days_back", "timeEntryDays", "Days of time entries to read", { value: 30, min: 1, max: 365 }),
  ];
}

export function checkbox(
  id: string,
  sets: SettingName,
  name: string,
  { value, description }: { value: boolean; description?: string },
): ProfileSetting {
  return {
    id,
    sets,
    name,
    ...(description !== undefined && { description }),
    type: "CHECKBOX",
    value,
    accessLevel: "ADMINS",
  };
}

export function number(
  id: string,
  sets: SettingName,
  name: string,
  bounds: { value: number; min: number; max: number },
): ProfileSetting {
  return {
    id,
    sets,
    name,
    description: `From ${bounds.min} to ${bounds.max}.`,
    type: "NUMBER",
    accessLevel: "ADMINS",
    ...bounds,
  };
}
