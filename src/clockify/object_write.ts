/** What is known of one operation that writes: which object it writes, how that is read, and how the write is undone. */

export type Fields = Record<string, unknown>;

export interface ObjectWrite {
  /** Entity type (entities/bootstrap/lists.ts), or a name of its own. */
  entity: string;
  /** What people call one of them. */
  noun: string;
  /** Path parameter that names the object; "answer": it is made, and the answer has its id; absent: there is one, or none is known. */
  id?: string;
  /** How the object is read, before it is written and before that is undone. Absent: Clockify shows it nowhere. */
  read?: ObjectRead;
  /** How it is read afterwards, where that is not the same. */
  readNow?: ObjectRead;
  /** Of a call that writes several objects: the id of each; every one has a change of its own. */
  items?(parts: { queryParams: Fields; body: unknown }): string[];
  /** The fields that the write may change, by name, of the object as it is read. */
  view(read: Fields, parts: WriteParts): Fields;
  /** All fields that are written of such an object: by which it is seen whether others changed what was made. */
  whole?(read: Fields, parts: WriteParts): Fields;
  /**
   * The fields of `view` that a write of `sent` changes, where the answer does not show the object; `before` are those of the
   * view. Undefined for one that is gone.
   */
  sentView?(sent: Fields, before: Fields): Fields;
  undo: Undo;
}

/** How one object is read. */
export interface ObjectRead {
  /** `METHOD /path`. Its path parameters are those of the write, by position; the last one is the object's id, unless `listAt` is there. */
  by: string;
  /** The object is the one with the id in the list at this field of the answer ("" for the answer itself). */
  listAt?: string;
  /** Of a list without ids that are known before: the first one is the object. */
  first?: true;
  /** Fixed query parameters. */
  query?: Readonly<Record<string, unknown>>;
}

/** The parameters that a write was made with. */
export interface WriteParts {
  workspaceId: string;
  pathParams: Fields;
  queryParams: Fields;
  sent: unknown;
  /** Of the object; undefined where none is known. */
  id?: string;
}

/** What the undo of a write is made of. */
export interface UndoParts extends WriteParts {
  /** As read before the write. */
  before?: Fields;
  /** As it is now; undefined when it is gone. */
  now?: Fields;
  /** Fields of the view to be put back. */
  fields: readonly string[];
}

/** One call of an undo. */
export interface UndoCall {
  /** `METHOD /path`. */
  operation: string;
  /** workspaceId is filled in by the client. */
  pathParams: Fields;
  queryParams?: Fields;
  body?: unknown;
}

/** The calls, or why there are none, in words. */
export type UndoCalls = UndoCall[] | { cannot: string };

export type Undo =
  /** Puts fields of an object that is there back. */
  | { kind: "restore"; calls(parts: UndoParts): UndoCalls; loses: readonly string[] }
  /**
   * Makes an object that was deleted once more, with a new id. The first call makes it; `then` follows with what a create
   * cannot say.
   */
  | {
    kind: "recreate";
    calls(parts: UndoParts & { before: Fields }): UndoCalls;
    then?(parts: UndoParts & { before: Fields; id: string; made: Fields }): UndoCall[];
    loses: readonly string[];
  }
  /** Deletes an object that was made; calls before the last one prepare it. */
  | { kind: "remove"; calls(parts: UndoParts & { id: string }): UndoCalls; loses: readonly string[] }
  /** Takes a write back of which no object shows anything. */
  | { kind: "opposite"; calls(parts: UndoParts): UndoCalls; loses: readonly string[] }
  /** There is none: why, in words. */
  | { kind: "none"; reason: string };

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The fields of these names that are there. */
export function pick(read: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.filter((name) => read[name] !== undefined).map((name) => [name, read[name]]));
}
