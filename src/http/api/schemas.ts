/** Schemas that several answers share. */

import { z } from "zod";
import { time, wholeNumber } from "../server/query.ts";

/** An instant in UTC. */
export const instant = z.iso.datetime().meta({ example: "2026-11-21T08:00:00.000Z" });

export { anyJson, type Json } from "../../engine/any_json.ts";

export const workspaceId = z.string().meta({ example: "64a687e29ae1f428e7ebe303" });

/** A schema with a name, or null: of `.nullable()` the generator of the document would make another schema of that name. */
export function orNull<Schema extends z.ZodType>(schema: Schema) {
  return z.union([schema, z.null()]);
}

/** A place in what was sent, and what is wrong or doubtful there. */
export const fault = z.object({
  path: z.string().meta({ example: "actions[0].path_params.id" }),
  message: z.string(),
  position: z.int().optional().meta({ description: "Place in the text of an expression, from 0, where it is known" }),
  excerpt: z.string().optional().meta({
    description: "The text around that place, and on a second line a caret below it with its column from 1",
    example: "$.webhook..name..id\n               ^ column 16",
  }),
}).meta({ id: "Fault" });

/** An id that is a number, as text. */
export const id = z.string().meta({ example: "17" });

/** What a list by offset says of its page. */
export const offsetPage = z.object({
  total: z.int(),
  limit: z.int(),
  offset: z.int(),
  has_more: z.boolean(),
}).meta({ id: "OffsetPage" });

/** What a list by cursor says of its page. */
export const cursorPage = z.object({
  limit: z.int(),
  has_more: z.boolean(),
  next_cursor: z.string().nullable().meta({ description: "For `cursor` of the next page; null on the last" }),
}).meta({ id: "CursorPage" });

export const deleted = z.object({ status: z.literal("deleted"), id });
/** What a list of numbered rows is asked with. */
export const limitUpTo100 = wholeNumber("Rows of the page", { fallback: 50, min: 1, max: 100 });
export const idCursor = wholeNumber("next_cursor of the page before", {
  fallback: undefined,
  min: 1,
  max: Number.MAX_SAFE_INTEGER,
});
export const BETWEEN = { from: time("Not before this time"), to: time("Before this time") };

/** In the path, of what was numbered. */
export const ID_PARAM = { id };
