/** What an import would do, as lines. */

import { printable } from "./printable.ts";

interface Fault {
  path: string;
  message: string;
}

/** `plan` of POST /ui/flows/import, as far as lines show it. */
export interface PlanJson {
  flows: {
    id: string;
    name: string;
    faults: Fault[];
    warnings: Fault[];
    secrets: { path: string; given: boolean }[];
  }[];
  entities: {
    id: string;
    type: string | null;
    name: string | null;
    mapped_to: string | null;
    proposal: { id: string; name: string } | null;
    is_here: boolean;
  }[];
  sources: { name: string; mapped_to: string | null; is_here: boolean }[];
  operations: { operation_id: string; is_here: boolean }[];
  other_flows: { id: string; mapped_to: string | null; is_here: boolean }[];
  ready: boolean;
}

/** Flow by flow what is wrong and what is missing, then what is not in this workspace. */
export function planLines(plan: PlanJson): string[] {
  const missing = [
    ...plan.entities.filter(({ is_here, mapped_to }) => !is_here && !mapped_to).map(({ id, type, name, proposal }) =>
      `${type ?? "Entity"} ${name ? `"${name}" (${id})` : id} is not here${
        proposal ? `; map it to ${proposal.id}, which has the same name` : ""
      }`
    ),
    ...plan.sources.filter(({ is_here }) => !is_here).map(({ name }) => `Source "${name}" is not here`),
    ...plan.operations.filter(({ is_here }) => !is_here).map(({ operation_id }) =>
      `There is no operation ${operation_id}`
    ),
    ...plan.other_flows.filter(({ is_here }) => !is_here).map(({ id }) =>
      `Flow ${id}, which is run, is not in the file`
    ),
  ];
  return [
    ...plan.flows.flatMap(({ id, name, faults, warnings, secrets }) => [
      `${faults.length > 0 ? "fault  " : warnings.length > 0 ? "warning" : "ok     "}  ${id} ${name}`,
      ...faults.map(({ path, message }) => `  fault: ${path} ${message}`),
      ...warnings.map(({ path, message }) => `  warning: ${path} ${message}`),
      ...secrets.filter(({ given }) => !given).map(({ path }) => `  secret to be given: ${path}`),
    ]),
    ...missing,
  ].map(printable);
}
