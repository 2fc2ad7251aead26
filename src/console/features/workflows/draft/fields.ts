/** Parts of a definition, which may be any JSON: what is read of it, and copies with one value changed. Pure. */

export type Fields = Readonly<Record<string, unknown>>;

/** A definition as it is edited: what the form does not know stays in it. */
export type Definition = Fields;

export type Path = readonly (string | number)[];

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function fieldsIn(of: unknown, name: string): Fields {
  const value = fieldIn(of, name);
  return isFields(value) ? value : {};
}

export function textIn(of: unknown, name: string): string | undefined {
  const value = fieldIn(of, name);
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function fieldIn(of: unknown, name: string): unknown {
  return isFields(of) && Object.hasOwn(of, name) ? of[name] : undefined;
}

export function stepsOf(definition: unknown): Fields {
  return fieldsIn(definition, "steps");
}

export function valueIn(of: unknown, [first, ...rest]: Path): unknown {
  if (first === undefined) return of;
  if (Array.isArray(of)) return typeof first === "number" ? valueIn(of[first], rest) : undefined;
  return valueIn(fieldIn(of, String(first)), rest);
}

/** A copy with the value at the path; undefined takes out what is there. All else is the same, in the same order. */
export function withValue<Of>(of: Of, path: Path, value: unknown): Of {
  return changedAt(of, path, value) as Of;
}

function changedAt(of: unknown, [first, ...rest]: Path, value: unknown): unknown {
  if (first === undefined) return value;
  if (typeof first === "number") {
    const list = Array.isArray(of) ? of : [];
    const next = changedAt(list[first], rest, value);
    return next === undefined ? list.toSpliced(first, 1) : [...list.slice(0, first), next, ...list.slice(first + 1)];
  }
  const fields = isFields(of) ? of : {};
  const next = changedAt(fieldIn(fields, first), rest, value);
  if (next !== undefined) return { ...fields, [first]: next };
  return Object.hasOwn(fields, first)
    ? Object.fromEntries(Object.entries(fields).filter(([name]) => name !== first))
    : fields;
}

/** A copy in which one key has another name, at its place. */
export function withKey(of: Fields, from: string, to: string): Fields {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name === from ? to : name, value]));
}
