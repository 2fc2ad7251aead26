/** Tests of which backups are kept. */

import { assert, assertEquals } from "@std/assert";
import { backupName, backupTime, keptBackups } from "../../src/backup/keep.ts";

const DAY_MS = 86_400_000;
const nameAt = (time: string | number) => backupName(new Date(time));

Deno.test("backupName() and backupTime() belong together; other files are none of ours", () => {
  assertEquals(backupTime(nameAt("2026-11-30T03:15:09.123Z")), new Date("2026-11-30T03:15:09Z"));
  assert(nameAt("2026-11-30T03:15:00Z") !== nameAt("2026-11-30T03:15:00Z"), "two of one second are two");
  for (const name of ["notes.txt", ".lock", "timewire-20261130T031509Z-1a2b.backup.part", "x/../y.backup"]) {
    assertEquals(backupTime(name), undefined, name);
  }
});

Deno.test("keptBackups() keeps the last backup of the newest days, weeks and months, and touches nothing else", () => {
  const noon = Date.parse("2026-11-29T12:00:00Z");
  const days = Array.from({ length: 400 }, (_, index) => nameAt(noon - index * DAY_MS));
  const earlier = nameAt("2026-11-29T03:00:00Z");
  const kept = keptBackups([...days, earlier, "notes.txt"], { daily: 3, weekly: 2, monthly: 3 });
  assertEquals([...kept].map((name) => backupTime(name)!.toISOString().slice(0, 13)).sort(), [
    "2026-09-30T12",
    "2026-10-31T12",
    // A Sunday, the end of the week before.
    "2026-11-22T12",
    "2026-11-27T12",
    "2026-11-28T12",
    "2026-11-29T12",
  ]);
});

Deno.test("keptBackups() never gives up the newest, counts over gaps, and with no policy keeps all", () => {
  const old = nameAt("2020-01-01T00:00:00Z");
  const newest = nameAt("2020-01-01T23:00:00Z");
  assertEquals(keptBackups([old, newest], { daily: 0, weekly: 0, monthly: 1 }), new Set([newest]));
  const apart = ["2020-01-01", "2021-05-05", "2026-11-30"].map((day) => nameAt(`${day}T00:00:00Z`));
  assertEquals(keptBackups(apart, { daily: 3, weekly: 0, monthly: 0 }), new Set(apart));
  assertEquals(keptBackups([old, newest], { daily: 0, weekly: 0, monthly: 0 }).size, 2);
});
