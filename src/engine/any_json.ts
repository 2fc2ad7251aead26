/** Any JSON, as a schema that documents can name. */

import { z } from "zod";

/** A JSON value. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

const json: z.ZodType<Json> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(json), z.record(z.string(), json)])
).meta({ id: "Json", description: "Any JSON" });

/** Any JSON: what is given for it is not typed further. */
export const anyJson = json as z.ZodType<unknown, unknown>;
