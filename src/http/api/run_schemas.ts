/** Schemas that answers about runs share. */

import { z } from "zod";

export const runState = z.enum(["pending", "running", "waiting", "completed", "failed", "cancelled"])
  .meta({ id: "RunState" });

/** The state in the words of the older interface; unknown states in capitals. */
export const runStatus = z.string().meta({ example: "COMPLETED" });

export const runError = z.object({ code: z.string(), message: z.string().nullable() }).meta({ id: "RunError" });
