/** Lists of the Workflow Management API: pages by number, with true totals. */

import { z } from "zod";
import { wholeNumber } from "../server/query.ts";

const DEFAULT_PAGE_SIZE = 20;
const MAX_PAGE_SIZE = 100;
/** Deeper pages are refused: each row before them is counted. */
const MAX_PAGE = 10_000;

export function pageSizeQuery({ fallback, max }: { fallback: number; max: number }) {
  return wholeNumber("Rows of a page", { fallback, min: 1, max });
}

/** Of the contracts; a process serves them with its own sizes (served_as.ts). */
export const pageQuery = {
  page: wholeNumber("Page, from 1", { fallback: 1, min: 1, max: MAX_PAGE }),
  page_size: pageSizeQuery({ fallback: DEFAULT_PAGE_SIZE, max: MAX_PAGE_SIZE }),
};

interface PageRequest {
  page: number;
  page_size: number;
}

/** For the statement. */
export function rangeOf({ page, page_size }: PageRequest): { limit: number; offset: number } {
  return { limit: page_size, offset: (page - 1) * page_size };
}

/** The answer of a list. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    total: z.int().meta({ description: "Of all pages" }),
    page: z.int(),
    page_size: z.int(),
    total_pages: z.int(),
  });
}

export function pageOf<Item>(items: readonly Item[], { page, page_size }: PageRequest, total: number) {
  return { items, total, page, page_size, total_pages: Math.ceil(total / page_size) };
}
