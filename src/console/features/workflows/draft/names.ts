/** What names a step: the steps that lead to it, and the references to what it gave. Renaming one follows them all. Pure. */

import { at } from "../../../ui/json_path.ts";
import { type Definition, type Fields, isFields, stepsOf, valueIn, withKey, withValue } from "./fields.ts";

/** Letters, digits, - and _; two _ in a row are kept for steps that the program adds. */
export const STEP_ID = /^(?!.*__)[A-Za-z0-9_-]{1,50}$/;

export type Names = ReadonlyMap<string, string>;

/** A name in a place of a definition. */
export interface Use {
  /** The step that has it; undefined: the workflow itself. */
  by: string | undefined;
  /** As the server spells it: "steps.a.input_mapping". */
  path: string;
  isReference: boolean;
}

/** All that names the step, in the order of the definition. */
export function usesOf(definition: Definition, id: string): Use[] {
  const uses: Use[] = definition.start_step === id ? [{ by: undefined, path: "start_step", isReference: false }] : [];
  const others = new Map([[id, ""]]);
  for (const [by, step] of Object.entries(stepsOf(definition))) {
    if (!isFields(step)) continue;
    for (const [field, value] of Object.entries(step)) {
      const path = at(at("steps", by), field);
      const one = { [field]: value };
      if (JSON.stringify(withReferences(one, others)) !== JSON.stringify(one)) {
        uses.push({ by, path, isReference: true });
      } else if (field !== "id" && JSON.stringify(withStepNames(one, others)) !== JSON.stringify(one)) {
        uses.push({ by, path, isReference: false });
      }
    }
  }
  return uses;
}

/** The definition with the step under another id, at its place, and all that names it. */
export function renameStep(definition: Definition, from: string, to: string): Definition {
  const names = new Map([[from, to]]);
  const steps = Object.fromEntries(
    Object.entries(withKey(stepsOf(definition), from, to)).map(([id, step]) => [
      id,
      isFields(step) ? withReferences(withStepNames(step, names), names) : step,
    ]),
  );
  const made = withValue(definition, ["steps"], steps);
  return definition.start_step === from ? withValue(made, ["start_step"], to) : made;
}

/** A step whose fields name other steps by their new ids; its own id is one of them. */
export function withStepNames(step: Fields, names: Names): Fields {
  const renamed = (value: unknown) => typeof value === "string" ? names.get(value) ?? value : value;
  const list = (value: unknown) => Array.isArray(value) ? value.map(renamed) : value;
  const inside = (value: unknown, change: (fields: Fields) => Fields) => isFields(value) ? change(value) : value;
  const has = (fields: Fields, name: string, change: (value: unknown) => unknown): Fields =>
    Object.hasOwn(fields, name) ? { ...fields, [name]: change(fields[name]) } : fields;
  let made = step;
  for (const field of ["id", "next_step", "if_true_step", "if_false_step"]) made = has(made, field, renamed);
  made = has(made, "parallel_steps", list);
  made = has(made, "loop_config", (loop) => inside(loop, (fields) => has(fields, "loop_body", list)));
  const branch = (one: unknown) => inside(one, (fields) => has(fields, "steps", list));
  return has(
    made,
    "fork_join_config",
    (fork) =>
      inside(
        fork,
        (fields) =>
          has(fields, "branches", (branches) =>
            inside(branches, (all) =>
              Object.fromEntries(Object.entries(all).map(([name, one]) => [name, branch(one)])))),
      ),
  );
}

/** Fields of a step in which `${step.output}` is a reference. */
const MAPPED = [["input_mapping"], ["match"], ["input"], ["loop_config", "collection"]] as const;

/** A step whose references name other steps by their new ids. */
export function withReferences(step: Fields, names: Names): Fields {
  let made = step;
  for (const path of MAPPED) {
    const value = valueIn(made, path);
    if (value !== undefined) made = withValue(made, path, inTemplates(value, names));
  }
  for (const path of [["condition"], ["condition", "expression"]]) {
    const text = valueIn(made, path);
    if (typeof text === "string") made = withValue(made, path, inCondition(text, names));
  }
  return made;
}

function inTemplates(value: unknown, names: Names): unknown {
  if (typeof value === "string") {
    return value.replaceAll(/\$\{([^{}]*)\}/g, (_, inner: string) => `\${${inReference(inner, names)}}`);
  }
  if (Array.isArray(value)) return value.map((one) => inTemplates(one, names));
  if (!isFields(value) || Object.keys(value).length === 0) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inTemplates(one, names)]));
}

/** "classify.output.text": what it names first is a step where its output follows. */
function inReference(written: string, names: Names): string {
  return written.replace(
    /^(\s*)([A-Za-z0-9_-]+)(?=\.output(?![\w-]))/,
    (found, space: string, id: string) => names.has(id) ? space + names.get(id) : found,
  );
}

/** Its references stand in braces or bare; what is quoted is a text. */
const IN_CONDITION = /\$\{([^{}]*)\}|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[A-Za-z_][\w-]*(?:\.[\w-]+|\[-?\d+\])*/g;

function inCondition(text: string, names: Names): string {
  return text.replaceAll(IN_CONDITION, (found, inner?: string) => {
    if (inner !== undefined) return `\${${inReference(inner, names)}}`;
    if (/^["']/.test(found)) return found;
    const made = inReference(found, names);
    // A bare one begins with a letter.
    return made === found || /^[A-Za-z_]/.test(made) ? made : `\${${made}}`;
  });
}
