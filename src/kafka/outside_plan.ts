/** The workflow that a plan of a message is: one that is saved with the same steps, or a new one of its own. */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Home } from "../access/home.ts";
import type { Database } from "../db/db.ts";
import type { WorkflowDefinition } from "../workflows/definition.ts";
import { stepsOf, type WorkflowStore } from "../workflows/store.ts";

const MAX_NAME_CHARS = 255;

/**
 * Gives its id. The workflow of the plan's name is taken while its current version has the same start_step, steps and
 * input_schema. Any other plan is saved under a name of its own, made of its steps, so that a message changes nothing that people
 * execute by its name. Throws FLOW_INVALID with every fault, as a save does; CONFLICT where there are as many as there may be.
 */
export async function workflowOfPlan(
  home: Home,
  definition: WorkflowDefinition,
  { db, workflows }: { db: Pick<Database, "scoped">; workflows: Pick<WorkflowStore, "create"> },
): Promise<string> {
  const { installationId } = home;
  const wanted = stepsOf(definition);
  const name = nameOfPlan(definition.name, wanted);
  const names = JSON.stringify([definition.name, name]);
  const known = await db.scoped(
    { installationIds: [installationId] },
    (sql) =>
      sql<{ id: string; definition: WorkflowDefinition }[]>`
      select workflow.id, definition from workflow
      join workflow_version on workflow_version.workflow_id = workflow.id
        and workflow_version.version = workflow.version
      where workflow.installation_id = ${installationId} and workflow.status <> 'deleted'
        and name in (select json_array_elements_text(${names}::text::json))
      order by name = ${name}`,
  );
  const same = known.find((one) => stepsOf(one.definition) === wanted);
  if (same) return same.id;
  const made = await workflows.create(home, { ...definition, name }, { status: "active", by: { actor: "kafka" } });
  return made.id;
}

/** As in "triage (Kafka 3fa0b1c2d4e5)". */
function nameOfPlan(name: string, steps: string): string {
  const mark = ` (Kafka ${createHash("sha256").update(Buffer.from(steps)).digest("hex").slice(0, 12)})`;
  return `${name.slice(0, MAX_NAME_CHARS - mark.length)}${mark}`;
}
