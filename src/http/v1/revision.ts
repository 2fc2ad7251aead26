/** Entity tags of what is changed: the number of its revision. */

import type { Context } from "hono";
import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import type { AppEnv } from "../server/app_env.ts";

export const IF_MATCH = {
  "if-match": z.string().optional().meta({ description: "ETag of what is changed, as it was read" }),
};
export const ETAG = { ETag: "Of this revision, for If-Match" };

/** The revision that the caller knows; undefined: any. Throws PRECONDITION_FAILED for a tag that is none of ours. */
export function knownRevision(c: Context<AppEnv>): number | undefined {
  const given = c.req.header("if-match")?.trim();
  if (given === undefined || given === "*") return undefined;
  const [, revision] = /^(?:W\/)?"(\d{1,9})"$/.exec(given) ?? [];
  if (revision !== undefined) return Number(revision);
  throw new AppError("PRECONDITION_FAILED", "Cannot make the change: If-Match is no ETag of it; read it again");
}
