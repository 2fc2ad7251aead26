/** What a form can ask for of the input of a workflow, by its JSON Schema: the plain properties of the top. Pure. */

export interface InputField {
  name: string;
  label: string;
  about?: string;
  kind: "text" | "number" | "boolean" | "choice" | "json";
  choices: string[];
  required: boolean;
  initial: string;
}

type Schema = Record<string, unknown>;

/** None where the schema says nothing of properties: then the input is JSON. */
export function inputFields(schema: unknown): InputField[] {
  if (!isObject(schema) || !isObject(schema.properties)) return [];
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(schema.properties).map(([name, property]) => {
    const one = isObject(property) ? property : {};
    const choices = Array.isArray(one.enum) ? one.enum.filter((choice) => typeof choice === "string") : [];
    const kind = choices.length > 0 ? "choice" : KINDS[String(one.type)] ?? "json";
    return {
      name,
      label: typeof one.title === "string" ? one.title : name,
      about: typeof one.description === "string" ? one.description : undefined,
      kind,
      choices,
      required: required.includes(name),
      initial: one.default === undefined
        ? ""
        : typeof one.default === "string"
        ? one.default
        : JSON.stringify(one.default),
    };
  });
}

const KINDS: Record<string, InputField["kind"]> = {
  string: "text",
  number: "number",
  integer: "number",
  boolean: "boolean",
};

/** The input of what was typed; empty fields are left out. A text that is no number or JSON is sent as it is, for the server to refuse. */
export function inputOf(fields: readonly InputField[], values: Record<string, string>): Record<string, unknown> {
  const entries = fields.flatMap(({ name, kind }): [string, unknown][] => {
    const text = values[name] ?? "";
    if (text === "") return [];
    if (kind === "text" || kind === "choice") return [[name, text]];
    if (kind === "boolean") return [[name, text === "true"]];
    try {
      return [[name, JSON.parse(text)]];
    } catch {
      return [[name, text]];
    }
  });
  return Object.fromEntries(entries);
}

function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
