/** Where the values of a JSON text stand: which line a fault of the server is about, or the parser's own. Pure. */

/** Line numbers from 1, by path as the server writes it: "steps.check.condition", "steps.all.parallel_steps[1]". */
export function linesOf(text: string): Map<string, number> {
  const lines = new Map<string, number>();
  let at = 0;
  let line = 1;

  const skip = () => {
    while (at < text.length && /\s/.test(text[at]!)) {
      if (text[at] === "\n") line++;
      at++;
    }
  };
  /** The text of a string literal that begins here. */
  const string = (): string => {
    const from = at++;
    while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    at++;
    try {
      return JSON.parse(text.slice(from, at));
    } catch {
      return text.slice(from + 1, at - 1);
    }
  };
  const value = (path: string) => {
    skip();
    const open = text[at];
    if (open === "{" || open === "[") return many(path, open === "{");
    if (open === '"') return void string();
    while (at < text.length && !/[\s,\]}]/.test(text[at]!)) at++;
  };
  const many = (path: string, isObject: boolean) => {
    at++;
    for (let index = 0; at < text.length; index++) {
      skip();
      if (text[at] === "}" || text[at] === "]") return void at++;
      const begin = line;
      let inner = `${path}[${index}]`;
      if (isObject) {
        if (text[at] !== '"') return void (at = text.length);
        const name = string();
        inner = path === "" ? name : `${path}.${name}`;
        skip();
        at++;
      }
      lines.set(inner, begin);
      value(inner);
      skip();
      if (text[at] === ",") at++;
      else if (text[at] !== "}" && text[at] !== "]") return void (at = text.length);
    }
  };
  value("");
  return lines;
}

/** The line of the path, or of the nearest value around it that stands in the text; 1 where none does. */
export function lineOf(path: string, lines: ReadonlyMap<string, number>): number {
  for (let place = path; place !== ""; place = place.replace(/(^|\.)[^.[\]]*$|\[\d+\]$/, "")) {
    const found = lines.get(place);
    if (found !== undefined) return found;
  }
  return 1;
}

/** What the text is, or the line that it is no JSON at, and why. */
export function readJson(text: string): { value: unknown } | { line: number; message: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    const said = (error as Error).message;
    const position = /position (\d+)/.exec(said)?.[1];
    const before = position === undefined ? text : text.slice(0, Number(position));
    const message = said.replace(/ in JSON at position.*$|, ("|\.\.\.).*is not valid JSON$/s, "");
    return { line: before.split("\n").length, message };
  }
}
