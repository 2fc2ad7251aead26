/** Names of backups, and which of them are kept. */

/** How many of each are kept; all 0: every backup. */
export interface KeepPolicy {
  /** Days of which the last backup is kept, counted back over those that have one. */
  daily: number;
  weekly: number;
  monthly: number;
}

const NAME = /^timewire-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-[0-9a-f]{4}\.backup$/;

/** `timewire-20261130T031500Z-1a2b.backup`: by name they stand in the order of their times. */
export function backupName(at: Date): string {
  const time = at.toISOString().replace(/\.\d+/, "").replaceAll(/[-:]/g, "");
  const mark = [...crypto.getRandomValues(new Uint8Array(2))].map((byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
  return `timewire-${time}-${mark}.backup`;
}

/** When the backup of that name was made; undefined for a name of anything else, which is never touched. */
export function backupTime(name: string): Date | undefined {
  const [, ...parts] = NAME.exec(name) ?? [];
  if (parts.length === 0) return undefined;
  const [year, month, day, hour, minute, second] = parts.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}

/**
 * The names among `names` that the policy keeps: of the newest days, weeks (from Monday) and months that have a backup, by
 * UTC, the last one of each; and the newest of all in any case.
 */
export function keptBackups(names: readonly string[], { daily, weekly, monthly }: KeepPolicy): Set<string> {
  const found = names.flatMap((name) => {
    const at = backupTime(name);
    return at ? [{ name, at }] : [];
  }).sort((one, other) => other.at.getTime() - one.at.getTime() || (one.name < other.name ? 1 : -1));
  if (daily + weekly + monthly === 0) return new Set(found.map(({ name }) => name));
  const kept = new Set(found.slice(0, 1).map(({ name }) => name));
  const spans: [number, (at: Date) => string][] = [
    [daily, (at) => at.toISOString().slice(0, 10)],
    [weekly, mondayOf],
    [monthly, (at) => at.toISOString().slice(0, 7)],
  ];
  for (const [most, spanOf] of spans) {
    const seen = new Set<string>();
    for (const { name, at } of found) {
      const span = spanOf(at);
      if (seen.has(span)) continue;
      if (seen.size === most) break;
      seen.add(span);
      kept.add(name);
    }
  }
  return kept;
}

function mondayOf(at: Date): string {
  const day = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()));
  day.setUTCDate(day.getUTCDate() - (day.getUTCDay() + 6) % 7);
  return day.toISOString().slice(0, 10);
}
