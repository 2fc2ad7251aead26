/** Rows of reports in groups within groups: by client, project, task, user, tag, entry or time. */

import type { ReportRow } from "./report_entries.ts";

interface Key {
  id: string;
  name: string;
  color?: string;
  clientName?: string;
}

const monthOf = (date: string) => date.slice(0, 7);
/** The Monday of the week. */
const weekOf = (date: string) => {
  const day = new Date(`${date}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() - (day.getUTCDay() + 6) % 7);
  return day.toISOString().slice(0, 10);
};
const named = (text: string): Key => ({ id: text, name: text });

const KEYS: Record<string, (row: ReportRow) => Key> = {
  CLIENT: ({ clientId, clientName }) => ({ id: clientId, name: clientName }),
  PROJECT: (row) => ({
    id: row.entry.projectId ?? "",
    name: row.projectName,
    color: row.projectColor,
    clientName: row.clientName,
  }),
  TASK: ({ entry, taskName }) => ({ id: entry.taskId ?? "", name: taskName }),
  USER: ({ entry, userName }) => ({ id: entry.userId, name: userName }),
  TIMEENTRY: ({ entry }) => named(entry.description),
  DATE: ({ date }) => named(date),
  WEEK: ({ date }) => named(weekOf(date)),
  MONTH: ({ date }) => named(monthOf(date)),
};

export interface Group {
  _id: string;
  id: string;
  name: string;
  nameLowerCase: string;
  clientName: string;
  duration: number;
  amount: number;
  children: Group[];
  days: { date: string; duration: number; amount: number }[];
  [field: string]: unknown;
}

export const isGroup = (name: string): boolean => name in KEYS;

const sumOf = (rows: readonly ReportRow[]) => ({
  duration: rows.reduce((sum, { seconds }) => sum + seconds, 0),
  amount: rows.reduce((sum, { earned }) => sum + earned, 0),
});

/** Sums of each of these days, also of those without an entry. */
export function daily(rows: readonly ReportRow[], dates: readonly string[]) {
  return dates.map((date) => ({ date, ...sumOf(rows.filter((row) => row.date === date)) }));
}

/** Sorted by name. `dates` fill `days` of each group; none leave it empty. */
export function grouped(
  rows: readonly ReportRow[],
  [group, ...rest]: readonly string[],
  dates: readonly string[] = [],
): Group[] {
  if (group === undefined) return [];
  const keyOf = KEYS[group]!;
  const groups = Map.groupBy(rows, (row) => keyOf(row).id);
  return [...groups].map(([id, own]) => {
    const { name, color = "", clientName = "" } = keyOf(own[0]!);
    return {
      _id: id,
      id,
      name,
      nameLowerCase: name.toLowerCase(),
      color,
      clientName,
      ...sumOf(own),
      children: grouped(own, rest, dates),
      days: daily(own, dates),
    };
  }).sort((a, b) => a.nameLowerCase < b.nameLowerCase ? -1 : 1);
}
