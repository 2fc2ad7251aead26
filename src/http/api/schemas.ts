/** Schemas that several answers share. */

import { z } from "zod";

/** An instant in UTC. */
export const instant = z.iso.datetime().meta({ example: "2026-11-21T08:00:00.000Z" });

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** Any JSON. */
const json: z.ZodType<Json> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(json), z.record(z.string(), json)])
).meta({ id: "Json", description: "Any JSON" });

/** Any JSON in an answer: what handlers give is not typed further. */
export const anyJson = json as z.ZodType<unknown, unknown>;

export const workspaceId = z.string().meta({ example: "64a687e29ae1f428e7ebe303" });
