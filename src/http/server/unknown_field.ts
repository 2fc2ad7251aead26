/** The fault of a name that stands in a request, and that nothing there has. */

import { type Fault, unknownName } from "../../engine/faults.ts";

/** Bounds what a stranger's request of very many fields costs. */
export const MAX_FAULTS = 20;
/** A longer name, or one with other characters, may be a key or a token in the wrong place: it is not repeated. */
const SHOWN_NAME = /^[A-Za-z_][A-Za-z_-]{0,29}\d{0,3}$/;

/** `path`: where it stands, names with dots between them. `known` may be empty: then nothing is proposed. */
export function unknownField(name: string, { path, known }: { path: string; known: readonly string[] }): Fault {
  if (SHOWN_NAME.test(name)) {
    return {
      path: path === "" ? name : `${path}.${name}`,
      message: known.length > 0 ? unknownName(name, known) : "is not known here",
    };
  }
  const names = known.length > 0 ? `; known are ${known.join(", ")}` : "";
  return { path, message: `has a field that is not known here${names}` };
}
