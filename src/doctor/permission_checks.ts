/** Deno's permissions of this process: whether it has what it uses, and whether it has more. */

import { type Check, lookAt } from "./check.ts";

export interface PermissionFacts {
  /** Undefined where no embedded database is used. */
  dataDir: string | undefined;
}

/** What nothing here uses: a process that has them was started by -A, or by another permission set. */
const UNUSED: readonly Deno.PermissionDescriptor[] = [{ name: "run" }, { name: "ffi" }, { name: "write" }];
const SET = "start it by its permission set: deno task start, deno run -P=timewire, or the binary";

/** Never rejects. */
export async function checkPermissions({ dataDir }: PermissionFacts): Promise<Check[]> {
  const place = { area: "permissions", about: "this process" } as const;
  return await lookAt(place, async () => {
    const needed: Deno.PermissionDescriptor[] = [
      { name: "net" },
      { name: "read" },
      { name: "sys", kind: "hostname" },
      ...(dataDir === undefined ? [] : [{ name: "write", path: dataDir } as const]),
    ];
    const states = (descriptors: readonly Deno.PermissionDescriptor[]) =>
      Promise.all(descriptors.map(async (one) => ({ one, state: (await Deno.permissions.query(one)).state })));
    const missing = (await states(needed)).filter(({ state }) => state !== "granted").map(({ one }) => spelt(one));
    const more = (await states(UNUSED)).filter(({ state }) => state === "granted").map(({ one }) => spelt(one));
    const checks: Check[] = [];
    if (missing.length > 0) {
      checks.push({ ...place, state: "fault", detail: `It lacks ${missing.join(", ")}`, remedy: SET });
    }
    if (more.length > 0) {
      checks.push({ ...place, state: "warning", detail: `It has ${more.join(", ")} beyond what it uses`, remedy: SET });
    }
    return checks.length > 0 ? checks : [{ ...place, state: "ok", detail: "It has what it uses, and no more" }];
  });
}

function spelt(descriptor: Deno.PermissionDescriptor): string {
  const of = "path" in descriptor ? descriptor.path : "kind" in descriptor ? descriptor.kind : undefined;
  return `--allow-${descriptor.name}${of === undefined ? "" : `=${of}`}`;
}
