/** What a process with DENO_AUDIT_PERMISSIONS asked of Deno's permissions. */

import denoJson from "../../deno.json" with { type: "json" };

/** The set that the program runs by. */
export const DECLARED = denoJson.permissions.timewire;

/**
 * Values by permission, as in "sys" and "hostname". A file that is opened is noted under "read" and "write", whatever it is
 * opened for.
 */
export async function permissionsAsked(file: string): Promise<Map<string, Set<string>>> {
  const asked = new Map<string, Set<string>>();
  for (const line of (await Deno.readTextFile(file)).split("\n").filter((line) => line !== "")) {
    const { permission, value } = JSON.parse(line) as { permission: string; value: string | null };
    const values = asked.get(permission) ?? new Set();
    asked.set(permission, values.add(value ?? ""));
  }
  return asked;
}
