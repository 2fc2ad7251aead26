/** What another catalogue changes, so that a person can review it before flows meet it: added, removed and changed operations. */

import { type Catalogue, type Operation, operationKey, type OperationParam, shapeOf } from "./operations.ts";

/** One difference of an operation that both have. */
export interface OperationChange {
  part: "operation_id" | "flag" | "path_param" | "query_param" | "body_field";
  /** The flag (`answer`, `body_kind`, `paging`, `deprecated`, `tag`), or the parameter; a field's place by dots, `[]` for items. */
  name: string;
  change: "added" | "removed" | "changed";
  /** In words that a person reads, as in "string, required"; null where there is nothing. */
  before: string | null;
  after: string | null;
  /** Of a closed list of values: those that came and went. */
  values?: { added: string[]; removed: string[] };
  /** A call that was right before may be refused after it, or its answer may be another. */
  breaking: boolean;
}

export interface ChangedOperation {
  /** As the new catalogue has it. */
  operation: Operation;
  /** As the old one had it. */
  was: Operation;
  changes: OperationChange[];
}

export interface CatalogueDiff {
  added: Operation[];
  removed: Operation[];
  changed: ChangedOperation[];
}

/** What `after` has otherwise than `before`; operations are the same where method and path are, whatever placeholders are called. */
export function diffCatalogues(before: Catalogue, after: Catalogue): CatalogueDiff {
  const old = byShape(before);
  const now = byShape(after);
  const changed: ChangedOperation[] = [];
  for (const [shape, operation] of now) {
    const was = old.get(shape);
    if (was === undefined) continue;
    const changes = changesOf(was, operation);
    if (changes.length > 0) changed.push({ operation, was, changes });
  }
  return {
    added: [...now].flatMap(([shape, operation]) => old.has(shape) ? [] : [operation]),
    removed: [...old].flatMap(([shape, operation]) => now.has(shape) ? [] : [operation]),
    changed,
  };
}

function byShape(catalogue: Catalogue): Map<string, Operation> {
  return new Map(catalogue.list().map((operation) => [shapeOf(operationKey(operation)), operation]));
}

function changesOf(was: Operation, now: Operation): OperationChange[] {
  return [
    ...idChange(was, now),
    ...flagChanges(was, now),
    // Placeholders count by their place: the name alone changes nothing about the call.
    ...paramChanges("path_param", pathParams(was), pathParams(now, was)),
    ...paramChanges("query_param", flat(was.queryParams), flat(now.queryParams)),
    ...paramChanges("body_field", flat(was.bodyFields), flat(now.bodyFields)),
  ];
}

/** Flows may name an operation by its id. */
function idChange(was: Operation, now: Operation): OperationChange[] {
  if (was.operationId === now.operationId) return [];
  const [before, after] = [was.operationId, now.operationId];
  return [{ part: "operation_id", name: "operation_id", change: "changed", before, after, breaking: true }];
}

function flagChanges(was: Operation, now: Operation): OperationChange[] {
  const flags: [name: string, before: string, after: string, breaking: boolean][] = [
    ["answer", was.answer, now.answer, true],
    ["body_kind", was.bodyKind, now.bodyKind, true],
    // Of a list that comes in pages only the first would be read.
    ["paging", was.paging.toSorted().join(", "), now.paging.toSorted().join(", "), true],
    ["deprecated", String(was.deprecated), String(now.deprecated), false],
    ["tag", was.tag, now.tag, false],
  ];
  return flags.flatMap(([name, before, after, breaking]) =>
    before === after ? [] : [{
      part: "flag" as const,
      name,
      change: "changed" as const,
      before: before || null,
      after: after || null,
      breaking,
    }]
  );
}

type Params = ReadonlyMap<string, OperationParam>;

function pathParams(operation: Operation, names: Operation = operation): Params {
  return new Map(operation.pathParams.map((name, index) => {
    const known = names.pathParams[index] ?? name;
    const typed = operation.pathTypes.find((each) => each.name === name);
    return [known, { type: "string", ...typed, name: known, required: true }];
  }));
}

/** Fields of objects by dots, those of items with `[]`: `timeOffPeriod.period.start`, `memberships[].userId`. */
function flat(params: readonly OperationParam[], before = ""): Params {
  const found = new Map<string, OperationParam>();
  for (const param of params) {
    const name = before + param.name;
    found.set(name, param);
    const inside = flat(param.fields ?? [], `${name}${param.type === "array" ? "[]" : ""}.`);
    for (const [path, field] of inside) found.set(path, field);
  }
  return found;
}

function paramChanges(part: OperationChange["part"], was: Params, now: Params): OperationChange[] {
  const changes: OperationChange[] = [];
  for (const [name, param] of now) {
    const old = was.get(name);
    const after = described(param);
    if (old === undefined) {
      // A new part of something that is new itself says nothing more.
      if (was.has(parentOf(name)) || parentOf(name) === "") {
        changes.push({ part, name, change: "added", before: null, after, breaking: isNeeded(param) });
      }
    } else {
      const before = described(old);
      const values = valueChanges(old, param);
      if (before === after && values === undefined) continue;
      changes.push({
        part,
        name,
        change: "changed",
        before,
        after,
        ...(values && { values }),
        breaking: narrows(old, param),
      });
    }
  }
  for (const [name, param] of was) {
    if (now.has(name) || !(now.has(parentOf(name)) || parentOf(name) === "")) continue;
    changes.push({ part, name, change: "removed", before: described(param), after: null, breaking: true });
  }
  return changes;
}

function parentOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot === -1 ? "" : name.slice(0, dot).replace(/\[\]$/, "");
}

/** What a caller has to name: a default upstream makes "required" an empty word. */
function isNeeded({ required, default: fallback }: OperationParam): boolean {
  return required === true && fallback === undefined;
}

/** True where a value that was right before may be wrong after. */
function narrows(was: OperationParam, now: OperationParam): boolean {
  const lost = (before?: readonly string[], after?: readonly string[]) =>
    after !== undefined && (before === undefined || before.some((value) => !after.includes(value)));
  return was.type !== now.type || (was.items !== undefined && now.items !== undefined && was.items !== now.items) ||
    (isNeeded(now) && !isNeeded(was)) || lost(was.enum, now.enum) || lost(was.itemEnum, now.itemEnum) ||
    (now.minimum ?? -Infinity) > (was.minimum ?? -Infinity) || (now.maximum ?? Infinity) < (was.maximum ?? Infinity);
}

function valueChanges(was: OperationParam, now: OperationParam): OperationChange["values"] {
  const [before, after] = [was, now].map(({ enum: values, itemEnum }) => values ?? itemEnum);
  if (before === undefined || after === undefined) return undefined;
  const added = after.filter((value) => !before.includes(value));
  const removed = before.filter((value) => !after.includes(value));
  return added.length + removed.length === 0 ? undefined : { added, removed };
}

/** Longer lists of values are counted. */
const LISTED = 8;

/** "array of string, required, one of A, B, from 1 to 50, default 20". */
function described(
  { type, items, required, enum: values, itemEnum, minimum, maximum, default: fallback }: OperationParam,
) {
  const words = [
    items === undefined ? type : `${type} of ${items}`,
    ...(required ? ["required"] : []),
    ...valueWords(values ?? itemEnum),
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
    ...(fallback === undefined ? [] : [`default ${JSON.stringify(fallback)}`]),
  ];
  return words.join(", ").slice(0, 500);
}

function valueWords(values: readonly string[] | undefined): string[] {
  if (values === undefined) return [];
  return [values.length > LISTED ? `one of ${values.length} values` : `one of ${values.toSorted().join(", ")}`];
}
