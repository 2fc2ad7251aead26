/** JSON as other systems send it: whole numbers that a double cannot hold keep their digits. */

import { endOfString } from "./json_depth.ts";

/** Most texts have none, and take the parser's own way. */
const LONG_NUMBER = /(?:^|[\s:,[-])\d{16}/;
/** The beginning of a string, or a whole number of 16 digits and more; one before a colon would be no JSON, and stays so. */
const STRING_OR_LONG = /"|(?<![\w.+-])-?[1-9]\d{15,}(?![\w.+-]|\s*:)/g;

/**
 * The value of `text`. A whole number beyond 2^53 - 1 becomes the text of its digits, as in "9007199254740993": ids of other
 * systems have 17 to 19, and a double would change the last ones. Of repeated keys the last one counts. Throws SyntaxError.
 */
export function parseJson(text: string): unknown {
  return JSON.parse(LONG_NUMBER.test(text) ? quoteLongNumbers(text) : text);
}

/** Before it is parsed: a reviver with the source at hand takes 15 times as long as the parser alone. */
function quoteLongNumbers(text: string): string {
  let quoted = "";
  let from = 0;
  STRING_OR_LONG.lastIndex = 0;
  for (let found = STRING_OR_LONG.exec(text); found; found = STRING_OR_LONG.exec(text)) {
    const [token] = found;
    if (token === '"') STRING_OR_LONG.lastIndex = endOfString(text, found.index) + 1;
    else if (!Number.isSafeInteger(Number(token))) {
      quoted += `${text.slice(from, found.index)}"${token}"`;
      from = found.index + token.length;
    }
  }
  return quoted + text.slice(from);
}
