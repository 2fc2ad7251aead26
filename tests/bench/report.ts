/** What a row of the bench found, and its printed forms. */

import { availableParallelism, cpus } from "node:os";

export interface Figure {
  /** What was measured, as in "ours, 64 connections". */
  what: string;
  /** As printed, with its unit. */
  values: Record<string, string>;
}

export interface RowResult {
  row: number;
  title: string;
  figures: Figure[];
  /** One per bar that the speed is held to; none in a row that only informs. */
  bars: { bar: string; value: string; met: boolean }[];
  notes: string[];
}

export interface Machine {
  cores: number;
  cpu: string;
  deno: string;
  postgres?: string;
}

export function machineFacts(postgres: string | undefined): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    deno: Deno.version.deno,
    postgres,
  };
}

export function machineText({ cores, cpu, deno, postgres }: Machine): string {
  return `${cores} cores, ${cpu}; Deno ${deno}; ${postgres ?? "no PostgreSQL"}; the load comes from the same cores`;
}

export function rowText({ row, title, figures, bars, notes }: RowResult): string {
  const width = Math.max(...figures.map(({ what }) => what.length));
  const lines = [`${row}. ${title}`];
  for (const { what, values } of figures) {
    const cells = Object.entries(values).map(([name, value]) => `${name} ${value}`);
    lines.push(`     ${what.padEnd(width)}   ${cells.join("   ")}`);
  }
  for (const { bar, value, met } of bars) lines.push(`   ${met ? "met   " : "MISSED"} ${bar}: ${value}`);
  for (const note of notes) lines.push(`     ${note}`);
  return lines.join("\n");
}

export function perSecond(value: number): string {
  return `${Math.round(value).toLocaleString("en-US")}/s`;
}

export function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

export function times(value: number): string {
  return value.toFixed(2);
}
