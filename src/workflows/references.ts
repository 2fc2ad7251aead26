/** References of workflows, as in `${workflow.input.order.id}`, in the templates of the engine. */

import { isObject } from "../engine/faults.ts";
import { escapeBraces, literalText } from "../engine/literal_text.ts";
import { parsePath } from "../engine/path.ts";

/** What a reference names first. */
const ROOTS = "workflow.input, loop.item, loop.index, loop.total, loop.is_first, loop.is_last or <step>.output";

const REFERENCE = /\$\{([^{}]*)\}/g;
const WHOLE = /^\$\{([^{}]*)\}$/;

export interface Reading {
  /** Steps that may be named. */
  isStep(id: string): boolean;
  /** Where it stands is within a loop. */
  inLoop: boolean;
  /** Called for each thing wrong. */
  fault(message: string): void;
}

/**
 * The template of a value of `input_mapping`: a text that is one reference gives what it names, of its own type; in a longer
 * text it is written out; anything else is itself, whatever JSON it is.
 */
export function templateFrom(value: unknown, reading: Reading): unknown {
  if (typeof value === "string") return textFrom(value, reading);
  if (Array.isArray(value)) return value.map((one) => templateFrom(one, reading));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, templateFrom(one, reading)]));
}

function textFrom(text: string, reading: Reading): string {
  const whole = WHOLE.exec(text);
  if (whole) return pathFrom(whole[1]!, reading) ?? "";
  let end = 0;
  let made = "";
  for (const found of text.matchAll(REFERENCE)) {
    made += escapeBraces(text.slice(end, found.index));
    const path = pathFrom(found[1]!, reading);
    if (path !== undefined) made += `{{${path}}}`;
    end = found.index + found[0].length;
  }
  if (end === 0) return literalText(text);
  return made + escapeBraces(text.slice(end));
}

/** The path of the engine for what a reference names; undefined, with a fault, where it names nothing. */
export function pathFrom(written: string, { isStep, inLoop, fault }: Reading): string | undefined {
  const reference = written.trim();
  const [, first = "", rest = ""] = /^([A-Za-z0-9_-]+)(.*)$/s.exec(reference) ?? [];
  const said = `"\${${reference.slice(0, 100)}}"`;
  let path: string;
  if (first === "workflow" && /^\.input(?![\w-])/.test(rest)) path = `$.webhook${rest.slice(".input".length)}`;
  else if (first === "loop" && /^\.(?:item|index|total|is_first|is_last)(?![\w-])/.test(rest)) {
    if (!inLoop) return void fault(`${said} is known within a loop alone, and this step is in none`);
    path = `$.loop${rest}`;
  } else if (/^\.output(?![\w-])/.test(rest)) {
    if (!isStep(first)) return void fault(`${said} names no step of the workflow`);
    path = `$.steps.${first}${rest}`;
  } else return void fault(`${said} names nothing: a reference begins with ${ROOTS}`);
  // `items.0.name` as well as `items[0].name`.
  path = path.replaceAll(/\.(\d+)(?=\.|\[|$)/g, "[$1]");
  try {
    if (parsePath(path).definite) return path;
    return void fault(`${said} names more than one place: "*" and ".." are not supported`);
  } catch (error) {
    return void fault(`${said} cannot be read: ${(error as Error).message}`);
  }
}
