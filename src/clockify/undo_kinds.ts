/** The common kinds of undo, each made for one family of objects. */

import { changesBetween, type FullReplace, fullReplaceOf, restoreWritten, writtenOf } from "./full_replace.ts";
import { type Fields, isFields, type Undo, type UndoCall, type UndoParts } from "./object_write.ts";
import { type HttpMethod, pathParamsOf } from "./operations.ts";

/** The full replace of this `METHOD /path`, which must be in its table. */
export function replaceOf(key: string): FullReplace {
  const [method, path] = key.split(" ") as [HttpMethod, string];
  return fullReplaceOf({ method, path })!;
}

/** The path parameters of `key`: those of the write by position, and the object's id last. */
export function paramsFor(key: string, { pathParams, id }: Pick<UndoParts, "pathParams" | "id">): Fields {
  const names = pathParamsOf(key.split(" ")[1]!).filter((name) => name !== "workspaceId");
  const values = Object.entries(pathParams).filter(([name]) => name !== "workspaceId").map(([, value]) => value);
  return Object.fromEntries(
    names.map((
      name,
      index,
    ) => [name, index === names.length - 1 && id !== undefined ? id : pathParams[name] ?? values[index]]),
  );
}

/** Writes the whole object with the fields as they were. */
export function restoreBy(key: string): Undo {
  const replace = replaceOf(key);
  return {
    kind: "restore",
    calls: (parts) => {
      const { before, now, fields } = parts;
      if (!before || !now) return { cannot: "what it was before is not known" };
      const body = restoreWritten(replace, {
        now: writtenOf(replace, now),
        before: writtenOf(replace, before),
        fields,
      });
      return [{ operation: key, pathParams: paramsFor(key, parts), body }];
    },
    loses: replace.unreadable.map((name) => `${name}: Clockify does not show it, and a write without it sets it back`),
  };
}

export interface RecreateOptions {
  /** `POST /path`. */
  create: string;
  /** What the create takes, of what the full replace would write. */
  takes: readonly string[];
  /** `PUT /path` of the family. */
  replace: string;
  /** Fields of the create that no replace writes. */
  also?(before: Fields): Fields;
  /** Calls between the create and the replace, which comes last: it may archive. */
  between?(parts: UndoParts & { before: Fields; id: string; made: Fields }): UndoCall[];
  loses: readonly string[];
}

/** Creates it with what a create takes, then replaces it where that is not all. */
export function recreateBy({ create, takes, replace: key, also, between, loses }: RecreateOptions): Undo {
  const replace = replaceOf(key);
  return {
    kind: "recreate",
    calls: (parts) => {
      const written = writtenOf(replace, parts.before);
      const body = {
        ...Object.fromEntries(takes.filter((name) => name in written).map((name) => [name, written[name]])),
      };
      // Without the last parameter: the id is the answer's.
      return [{
        operation: create,
        pathParams: paramsFor(create, { pathParams: parts.pathParams }),
        body: { ...body, ...also?.(parts.before) },
      }];
    },
    then: (parts) => {
      const calls = between?.(parts) ?? [];
      const written = writtenOf(replace, parts.before);
      const differs = changesBetween(writtenOf(replace, parts.made), written).length > 0;
      return differs ? [...calls, { operation: key, pathParams: paramsFor(key, parts), body: written }] : calls;
    },
    loses: ["its id: it gets a new one, and whatever names the old one does not find it", ...loses],
  };
}

/** Deletes it; `prepare` gives what Clockify asks for before, such as archiving. */
export function removeBy(
  key: string,
  { prepare, loses = [], queryParams }: {
    prepare?(parts: UndoParts & { id: string }): UndoCall[];
    loses?: readonly string[];
    queryParams?: Fields;
  } = {},
): Undo {
  return {
    kind: "remove",
    calls: (parts) => [
      ...prepare?.(parts) ?? [],
      { operation: key, pathParams: paramsFor(key, parts), ...(queryParams && { queryParams }) },
    ],
    loses: [...loses, "what others have linked to it meanwhile loses the link"],
  };
}

/** A full replace that archives first, where the object is not archived yet. */
export function archiveBy(key: string, archived: Fields): (parts: UndoParts & { id: string }) => UndoCall[] {
  const replace = replaceOf(key);
  return (parts) => {
    const now = writtenOf(replace, parts.now ?? {});
    const isArchived = Object.entries(archived).every(([name, value]) => now[name] === value);
    return isArchived ? [] : [{ operation: key, pathParams: paramsFor(key, parts), body: { ...now, ...archived } }];
  };
}

/** A rate is an amount, and a currency that is the workspace's own. */
export function rateOf(value: unknown): number | undefined {
  const amount = isFields(value) ? value.amount : undefined;
  return typeof amount === "number" ? amount : undefined;
}

/** Sets a rate back to the amount that it had; there is no way to take one away. */
export function restoreRate(key: string, field: string): Undo {
  return {
    kind: "restore",
    calls: ({ before, pathParams, ...parts }) => {
      const amount = before && rateView(field)(before, { ...parts, pathParams })[field];
      if (typeof amount !== "number") {
        return { cannot: "there was no rate, and Clockify has no operation that takes one away" };
      }
      return [{ operation: key, pathParams, body: { amount } }];
    },
    loses: ["from when the earlier rate applied (since)"],
  };
}

/** The rate of a workspace, task, project member or workspace member, whichever the read shows. */
export function rateView(field: string) {
  return (
    read: Fields,
    { pathParams: { userId }, workspaceId }: Pick<UndoParts, "pathParams" | "workspaceId">,
  ): Fields => {
    if (userId === undefined) return { [field]: rateOf(read[field]) };
    return { [field]: rateOf(membershipOf(read, { userId, workspaceId })?.[field]) };
  };
}

/** A person's membership: in a project as it is read, or in the workspace as the list of people has it. */
export function membershipOf(
  read: Fields,
  { userId, workspaceId }: { userId: unknown; workspaceId: string },
): Fields | undefined {
  const all = Array.isArray(read.memberships) ? read.memberships.filter(isFields) : [];
  if (read.id !== userId) return all.find((one) => one.userId === userId);
  return all.find((one) => one.targetId === workspaceId) ?? all.find((one) => one.membershipType === "WORKSPACE");
}
