/** Rows in columns, as wide as their widest cell, cut to the window. */

import { styleText } from "node:util";
import stringWidth from "string-width";
import { printable } from "./printable.ts";
import type { Terminal } from "./terminal.ts";

export interface Column<Row> {
  name: string;
  of(row: Row): string | number | null | undefined;
  /** The first columns to be cut where the window is narrow. */
  mayShrink?: true;
}

type View = Pick<Terminal, "columns" | "colors">;

const GAP = "  ";
/** A column is not cut below this. */
const LEAST = 8;

/** The lines of a table; the head alone, and `none`, without rows. */
export function tableLines<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { none, ...view }: View & { none: string },
): string[] {
  if (rows.length === 0) return [none];
  const cells = rows.map((row) => columns.map(({ of }) => printable(String(of(row) ?? "-"))));
  const head = columns.map(({ name }) => name.toUpperCase());
  const widths = shrunk(
    head.map((name, index) => Math.max(...[name, ...cells.map((row) => row[index]!)].map((text) => stringWidth(text)))),
    { columns, limit: view.columns },
  );
  return [head, ...cells].map((row) =>
    row.map((cell, index) => inWidth(cell, widths[index]!, { last: index === row.length - 1, colors: view.colors }))
      .join(GAP)
  );
}

/** Names and values below each other. */
export function factLines(facts: Readonly<Record<string, string | number | null | undefined>>): string[] {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined && value !== null);
  const width = Math.max(...known.map(([name]) => stringWidth(name)));
  return known.map(([name, value]) => `${name.padEnd(width)}${GAP}${printable(String(value))}`);
}

/** Cut from the widest of those that may shrink, until all fit or none is above its least. */
function shrunk<Row>(
  widths: number[],
  { columns, limit }: { columns: readonly Column<Row>[]; limit: number | undefined },
): number[] {
  if (limit === undefined) return widths;
  const fitted = [...widths];
  let over = fitted.reduce((sum, width) => sum + width + GAP.length, -GAP.length) - limit;
  while (over > 0) {
    const cuttable = fitted.map((width, index) => columns[index]!.mayShrink && width > LEAST ? width : 0);
    const widest = cuttable.indexOf(Math.max(...cuttable));
    if (cuttable[widest] === 0) break;
    fitted[widest]!--;
    over--;
  }
  return fitted;
}

function inWidth(cell: string, width: number, { last, colors }: { last: boolean; colors: boolean }): string {
  const cut = stringWidth(cell) <= width ? cell : `${cutTo(cell, width - 1)}…`;
  const padding = last ? "" : " ".repeat(width - stringWidth(cut));
  return colors ? colored(cut) + padding : cut + padding;
}

function cutTo(text: string, width: number): string {
  let cut = "";
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += stringWidth(segment);
    if (used > width) break;
    cut += segment;
  }
  return cut;
}

const COLORS: Readonly<Record<string, "green" | "red" | "yellow">> = {
  completed: "green",
  ok: "green",
  active: "green",
  on: "green",
  failed: "red",
  dead: "red",
  fault: "red",
  cancelled: "yellow",
  waiting: "yellow",
  warning: "yellow",
};

/** States of runs, events and checks alone, so that a color never is all that says something. */
export function colored(text: string): string {
  const color = Object.hasOwn(COLORS, text) ? COLORS[text]! : undefined;
  return color ? styleText(color, text, { validateStream: false }) : text;
}

/** An instant as people read it, in UTC: "2026-11-21 08:00:00". */
export function time(iso: string | null | undefined): string | undefined {
  return iso ? iso.slice(0, 19).replace("T", " ") : undefined;
}
