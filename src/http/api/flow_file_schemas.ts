/** The schema of a file of flows, as it is exported, and as /schemas/flows.json publishes it. */

import { z } from "zod";
import { FLOW_FILE, MAX_FILE_FLOWS } from "../../flows/store/flow_file.ts";
import { flowInput } from "./flow_schemas.ts";
import { anyJson, id, instant, workspaceId } from "./schemas.ts";

const filedFlow = flowInput.omit({ enabled: true }).extend({
  id: id.meta({ description: "As another flow of the file names it in flow_id" }),
  secrets: z.array(z.string()).optional().meta({
    description: "Places that have [redacted] in the place of a secret, which is to be given again",
    example: ["actions[0].headers.Authorization"],
  }),
}).catchall(anyJson).meta({ id: "FiledFlow" });

export const flowFile = z.object({
  format: z.literal(FLOW_FILE.format),
  version: z.literal(FLOW_FILE.version),
  exported_at: instant.optional(),
  workspace_id: workspaceId.optional(),
  flows: z.array(filedFlow).min(1).max(MAX_FILE_FLOWS),
  names: z.record(z.string(), z.object({ type: z.string(), name: z.string() })).optional()
    .meta({ description: "Entities that the flows name, by id" }),
}).meta({ id: "FlowFile", title: "Flows of Timewire as a file" });

let published: unknown;

/** JSON Schema (2020-12) of the file. */
export function flowFileSchema(): unknown {
  return published ??= { ...z.toJSONSchema(flowFile, { io: "input" }) };
}

/** What a file need not be right in before its flows are looked at: faults in them are named one by one. */
export const roughFile = z.object({
  format: z.literal(FLOW_FILE.format, `must be "${FLOW_FILE.format}"`),
  version: z.literal(FLOW_FILE.version, `must be ${FLOW_FILE.version}: this version of the program reads no other`),
  exported_at: z.string().optional(),
  workspace_id: z.string().optional(),
  flows: z.array(
    z.object({
      id: z.string("must be the flow's id in the file").min(1).max(40),
      name: z.string("must be the flow's name").max(255),
      secrets: z.array(z.string()).default([]),
    }, "must be a flow").catchall(anyJson),
    "must be a list of flows",
  ).min(1, "must hold a flow").max(MAX_FILE_FLOWS, `must hold at most ${MAX_FILE_FLOWS} flows`),
  names: z.record(z.string(), z.object({ type: z.string(), name: z.string() })).default({}),
}, "must be a file of flows");
