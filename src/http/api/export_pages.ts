/** The pages of a list as the lines of a file: each read in a place among costly reads, and the last line says where the file was cut. */

import type { Login } from "../server/app_env.ts";
import { readerOf } from "../server/login.ts";
import { type ExportDeps, requireStill } from "./export_file.ts";

export interface ExportedPages<Item, Cursor> {
  login: Login;
  /** Items of the file, and of a page. */
  limit: number;
  pageRows: number;
  /** Items of a rare kind are looked for over so many pages; absent: as many as there are. */
  maxPages?: number;
  /** Where the file begins. */
  from: Cursor | undefined;
  list(at: { limit: number; cursor: Cursor | undefined }): Promise<{ items: Item[]; next: Cursor | null }>;
  /**
   * The lines of a page's items, some at a time. `read` makes a read in a place of its own: while the reader of the file takes
   * what it was given, others have it. `pace` leaves the thread to others.
   */
  lines(items: Item[], tools: { read: Read; pace(): Promise<unknown> }): AsyncIterable<string>;
  /** The last line of a file that was cut here, with its end. */
  cut(next: Cursor): string;
}

type Read = <Result>(work: () => Promise<Result>) => Promise<Result>;

export async function* exportPages<Item, Cursor>(
  deps: Pick<ExportDeps, "costly" | "thread" | "installations">,
  { login, limit, pageRows, maxPages = Infinity, from, list, lines, cut }: ExportedPages<Item, Cursor>,
): AsyncGenerator<string, void> {
  const { installation } = login;
  const pace = deps.thread.pace(String(installation.id));
  const reader = readerOf(login);
  const read: Read = (work) => deps.costly.run(reader, work, { goesOn: true });
  let left = limit;
  let cursor: Cursor | null | undefined = from;
  for (let pages = 0; pages < maxPages && left > 0 && cursor !== null; pages++) {
    if (pages > 0) await requireStill(installation, deps);
    const at: Parameters<typeof list>[0] = { limit: Math.min(left, pageRows), cursor };
    const { items, next }: Awaited<ReturnType<typeof list>> = await deps.costly.run(reader, () => list(at), {
      goesOn: pages > 0,
    });
    yield* lines(items, { read, pace });
    left -= items.length;
    cursor = next;
  }
  if (cursor !== null && cursor !== undefined) yield cut(cursor);
}

/** As all files of JSON lines say it. */
export function cutAsJson(next: string): string {
  return `${JSON.stringify({ truncated: true, next_cursor: next })}\n`;
}
