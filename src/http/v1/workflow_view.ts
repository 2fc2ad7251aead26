/** Workflows, as the API answers them. */

import { z } from "zod";
import { type Workflow, WORKFLOW_STATUSES } from "../../workflows/store.ts";
import { anyJson, instant, orNull } from "../api/schemas.ts";
import { uuid } from "./ids.ts";

export const WORKFLOWS_PATH = "/api/v1/workflows";
export const WORKFLOW_REFUSAL = "Cannot save the workflow";
export const WORKFLOW_ID = { workflow_id: z.string().meta({ description: "Id of the workflow" }) };

export const dataSchema = z.object({
  workflow_id: z.string().meta({ description: "wf-<name>-<version>" }),
  name: z.string(),
  version: z.int(),
  start_step: z.string(),
  steps: z.record(z.string(), anyJson).meta({ description: "Each step as it was sent, with its defaults" }),
  input_schema: orNull(z.record(z.string(), anyJson)),
});

export const workflowSchema = z.object({
  id: uuid,
  name: z.string(),
  description: z.string().nullable(),
  version: z.int(),
  status: z.enum(WORKFLOW_STATUSES),
  workflow_data: dataSchema,
  created_by: z.string(),
  created_at: instant,
  updated_at: instant,
}).meta({ id: "Workflow" });

export const STEPS_EXAMPLE = {
  classify: {
    type: "agent",
    agent_name: "classifier",
    input_mapping: { text: "${workflow.input.text}" },
    next_step: "check",
  },
  check: { type: "conditional", condition: "${classify.output.urgent} == true", if_true_step: "alert" },
  alert: { type: "agent", agent_name: "alerter", input_mapping: { why: "${classify.output.reason}" } },
} as const;
export const DATA_EXAMPLE = {
  workflow_id: "wf-triage-1",
  name: "triage",
  version: 1,
  start_step: "classify",
  steps: STEPS_EXAMPLE,
  input_schema: null,
};
export const WORKFLOW_EXAMPLE = {
  id: "6b0d3c52-54a1-4a0c-8f2e-3d1b7a9c2e10",
  name: "triage",
  description: null,
  version: 1,
  status: "active",
  workflow_data: DATA_EXAMPLE,
  created_by: "ops",
  created_at: "2026-11-29T09:00:00.000Z",
  updated_at: "2026-11-29T09:00:00.000Z",
} as const;
export function dataJson(name: string, { version, definition }: Pick<Workflow, "version" | "definition">) {
  const { start_step, steps, input_schema } = definition;
  return {
    workflow_id: `wf-${name}-${version}`,
    name,
    version,
    start_step,
    steps: steps as Record<string, unknown>,
    input_schema: (input_schema ?? null) as Record<string, unknown> | null,
  };
}

export function workflowJson(workflow: Workflow) {
  const { id, name, description, version, status, createdBy, createdAt, updatedAt } = workflow;
  return {
    id,
    name,
    description,
    version,
    status,
    workflow_data: dataJson(name, workflow),
    created_by: createdBy,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  };
}
