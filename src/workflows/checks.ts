/** What a save of a workflow checks: all of it at once, against the agents and workflows that there are. */

import { Buffer } from "node:buffer";
import { AppError } from "../base/errors.ts";
import { jsonText } from "../base/json_text.ts";
import type { TransactionSql } from "../db/db.ts";
import { type Fault, isObject } from "../engine/faults.ts";
import type { Plan } from "../engine/plan.ts";
import type { WorkflowDefinition } from "./definition.ts";
import { readSchema } from "./json_schema.ts";
import type { Known } from "./part_faults.ts";
import { faultsBesideShape, toPlan } from "./to_plan.ts";

/** A definition as it was sent: any JSON. */
export interface GivenDefinition {
  start_step?: unknown;
  steps?: unknown;
  input_schema?: unknown;
}

/** As JSON. */
const MAX_DEFINITION_BYTES = 1_048_576;
const MAX_FAULTS = 500;
/** Of a name of an agent or a workflow. */
const MAX_NAME_CHARS = 255;

/** Throws FLOW_INVALID with every fault. */
export async function planFor(
  sql: TransactionSql,
  installationId: number,
  definition: WorkflowDefinition,
): Promise<Plan> {
  const faults: Fault[] = [];
  const bytes = Buffer.byteLength(JSON.stringify(definition));
  if (bytes > MAX_DEFINITION_BYTES) {
    faults.push({ path: "", message: `has ${bytes} bytes of JSON, ${MAX_DEFINITION_BYTES} are allowed` });
  }
  faults.push(...schemaFaultsOf(definition));
  const made = toPlan(definition, await readKnown(sql, installationId, definition.steps));
  faults.push(...made.faults ?? []);
  if (made.plan && faults.length === 0) return made.plan;
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  throw new AppError("FLOW_INVALID", `Cannot save workflow "${definition.name}": it has ${count}`, {
    details: { faults: faults.slice(0, MAX_FAULTS) },
  });
}

/** What is wrong with a definition beside the shape of its parts. */
export async function givenFaults(
  sql: TransactionSql,
  installationId: number,
  given: GivenDefinition,
): Promise<Fault[]> {
  const known = await readKnown(sql, installationId, given.steps);
  return [...schemaFaultsOf(given), ...faultsBesideShape(given, known)].slice(0, MAX_FAULTS);
}

function schemaFaultsOf({ input_schema: schema }: GivenDefinition): Fault[] {
  return isObject(schema) ? readSchema(schema, "input_schema").faults ?? [] : [];
}

/** The agents and workflows that steps name, whatever shape they have. */
async function readKnown(sql: TransactionSql, installationId: number, steps: unknown): Promise<Known> {
  const all = isObject(steps) ? Object.values(steps).filter(isObject) : [];
  const names = (field: "agent_name" | "workflow_name") =>
    jsonText([...new Set(all.map((step) => step[field]).filter(isName))]);
  const agents = await sql<{ name: string; status: "active" | "inactive" }[]>`
    select name, status from agent where installation_id = ${installationId} and status <> 'deleted'
      and name in (select json_array_elements_text(${names("agent_name")}::text::json))`;
  const flows = await sql<{ name: string; flow_id: number }[]>`
    select name, flow_id from workflow where installation_id = ${installationId} and status <> 'deleted'
      and name in (select json_array_elements_text(${names("workflow_name")}::text::json))`;
  const byName = new Map(agents.map(({ name, status }) => [name, status]));
  const flowOf = new Map(flows.map(({ name, flow_id }) => [name, flow_id]));
  return { agent: (name) => byName.get(name), flowOf: (name) => flowOf.get(name) };
}

function isName(given: unknown): given is string {
  return typeof given === "string" && given.length <= MAX_NAME_CHARS;
}
