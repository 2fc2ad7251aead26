/** How the form of an operation that replaces an object is filled with what Clockify holds now. */

import { fullReplaceOf } from "./full_replace.ts";
import type { Catalogue, Operation } from "./operations.ts";

export interface FormFill {
  /** The operation that reads the object. */
  read: Operation;
  /** Path parameter of the replace by that of the read; `body:id` for the id in each item of a body that is a list. */
  pathParams: Readonly<Record<string, string>>;
  /** The object stands in the list at this field of the answer ("" for the answer itself); null: the answer is the object. */
  listAt: string | null;
  /** Path parameter of the replace with whose value the object's id agrees, where it stands in a list. */
  idParam: string | null;
}

/** Undefined for an operation that replaces nothing, or whose read the catalogue does not have. */
export function formFillOf(operation: Operation, catalogue: Catalogue): FormFill | undefined {
  const replace = fullReplaceOf(operation);
  if (!replace) return undefined;
  const read = catalogue.find(replace.read);
  if (!read) return undefined;
  const own = operation.pathParams;
  const pathParams = read.pathParams.filter((name) => name !== "workspaceId").map((name, index) => {
    if (replace.isList) return [name, "body:id"];
    // By name; by place where an upstream document calls one otherwise.
    return [name, own.includes(name) ? name : own.filter((each) => each !== "workspaceId")[index] ?? name];
  });
  return {
    read,
    pathParams: Object.fromEntries(pathParams),
    listAt: replace.listAt ?? null,
    idParam: replace.listAt === undefined ? null : own.at(-1) ?? null,
  };
}
