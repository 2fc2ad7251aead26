/** The text of a file of flows: read, or why it is none, with the place. Pure. */

import { MAX_FILE_BYTES } from "../files_api.ts";
import { say, spoken } from "../../../words/say.ts";

export type FileText = { file: unknown } | { problem: string };

/** Undefined for an empty text. */
export function readFileText(text: string): FileText | undefined {
  if (text.trim() === "") return undefined;
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > MAX_FILE_BYTES) {
    const [given, most] = [bytes, MAX_FILE_BYTES].map((count) => count.toLocaleString(spoken()));
    return { problem: say("The file has {given} bytes; at most {most} are read", { given: given!, most: most! }) };
  }
  try {
    // A file that was saved by another program may begin with a byte order mark.
    return { file: JSON.parse(text.replace(/^\uFEFF/, "")) };
  } catch {
    return { problem: noJsonWords(text) };
  }
}

/** "It is no JSON: line 3, column 14"; browsers do not say the place of each fault. */
function noJsonWords(text: string): string {
  const at = faultAt(text);
  if (at === undefined) return say("It is no JSON");
  if (at >= text.trimEnd().length) return say("It is no JSON: it ends too early");
  const before = text.slice(0, at).split("\n");
  const place = { line: before.length, column: before.at(-1)!.length + 1 };
  return say("It is no JSON: line {line}, column {column}", place);
}

const SPACE = /[\s\uFEFF]*/y;
const SCALAR =
  /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Index of the first character that cannot stand where it does. Without recursion: files may be nested deep. */
export function faultAt(text: string): number | undefined {
  let at = 0;
  const take = (token: RegExp) => {
    token.lastIndex = at;
    const found = token.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const open: ("{" | "[")[] = [];
  // What may come next: a value, the first key or item of what was opened, a key, or what follows a value.
  let next: "value" | "first" | "key" | "after" = "value";
  for (;;) {
    take(SPACE);
    const sign = text[at];
    const inside = open.at(-1);
    if (next === "after") {
      if (inside === undefined) return sign === undefined ? undefined : at;
      if (sign === ",") next = inside === "{" ? "key" : "value";
      else if (sign === (inside === "{" ? "}" : "]")) open.pop();
      else return at;
      at++;
    } else if (next === "first" && sign === (inside === "{" ? "}" : "]")) {
      open.pop();
      at++;
      next = "after";
    } else if (next === "key" || (next === "first" && inside === "{")) {
      const began = at;
      if (sign !== '"' || take(SCALAR) === undefined) return began;
      take(SPACE);
      if (text[at] !== ":") return at;
      at++;
      next = "value";
    } else if (sign === "{" || sign === "[") {
      open.push(sign);
      at++;
      next = "first";
    } else if (take(SCALAR) === undefined) return at;
    else next = "after";
  }
}

/** "flows[0].name": the place in the file of a fault in the request, which spells it "file.flows.0.name". */
export function placeInFile(path: string): string {
  return path.replace(/^file\.?/, "").replaceAll(/\.(\d+)(?=\.|$)/g, "[$1]") || say("The file");
}
