/** Inputs of runs, held against the input_schema of a version. */

import { Buffer } from "node:buffer";
import { createBoundedCache } from "../base/bounded_cache.ts";
import { AppError } from "../base/errors.ts";
import { jsonText } from "../base/json_text.ts";
import type { Fault } from "../engine/faults.ts";
import type { WorkflowDefinition } from "./definition.ts";
import { readSchema, schemaFaults } from "./json_schema.ts";

/** Stored with the run, and read by each of its walks. */
export const MAX_INPUT_BYTES = 262_144;
/** Of 500 parts each at most. */
const MAX_SCHEMAS = 200;

/** Of which version it is. */
export interface InputSchema {
  workflowId: string;
  version: number;
  input_schema: WorkflowDefinition["input_schema"];
}

/** As readSchema() gives them, by version of a workflow, which never changes: it is held against each input. */
const schemas = createBoundedCache<string, Record<string, unknown>>({ max: MAX_SCHEMAS });

/** Where the input does not fit, each at "input_data..."; none where it does. Throws RUN_LIMIT_REACHED. */
export function inputFaults({ workflowId, version, input_schema }: InputSchema, input: unknown): Fault[] {
  if (!input_schema) return [];
  const key = `${workflowId} ${version}`;
  let schema = schemas.get(key);
  if (!schema) {
    // It was read when it was saved, too.
    const read = readSchema(input_schema, "input_schema") as { schema: Record<string, unknown> };
    schemas.set(key, schema = read.schema);
  }
  return schemaFaults(schema, input).map(({ path, message }) => ({
    path: path === "" ? "input_data" : path.startsWith("[") ? `input_data${path}` : `input_data.${path}`,
    message,
  }));
}

/** Throws BODY_TOO_LARGE. `cannot` begins the sentence, as in "Cannot execute the workflow". */
export function requireSmall(input: unknown, cannot: string): void {
  const bytes = Buffer.byteLength(jsonText(input));
  if (bytes <= MAX_INPUT_BYTES) return;
  throw new AppError(
    "BODY_TOO_LARGE",
    `${cannot}: input_data has ${bytes} bytes of JSON, ${MAX_INPUT_BYTES} are allowed`,
  );
}
