/** A call as curl and as fetch(), with a placeholder where the token goes. */

export interface Snippets {
  curl: string;
  fetch: string;
}

export interface SnippetRequest {
  method: string;
  /** Of the request line: from `/v1`. */
  path: string;
  query: Readonly<Record<string, unknown>>;
  body: unknown;
  bodyKind: "none" | "object" | "array" | "multipart";
  /** The host's address up to `/v1`, without it; undefined where the installation names none. */
  base: string | undefined;
}

/** Stands for a token: this program never shows one. */
export const TOKEN_PLACEHOLDER = "YOUR_CLOCKIFY_TOKEN";
/** A body is shown up to so many characters of JSON. */
const MAX_BODY_CHARS = 100_000;

export function snippetsOf(
  { method, path, query, body, bodyKind, base = "https://YOUR_CLOCKIFY_HOST/api" }: SnippetRequest,
): Snippets {
  const url = `${base}${path}${queryText(query)}`;
  if (bodyKind === "multipart") return multipartSnippets({ method, url, body });
  const json = bodyKind === "none" || body === undefined ? undefined : JSON.stringify(body).slice(0, MAX_BODY_CHARS);
  const curl = [
    `curl -X ${method} ${shell(url)}`,
    `-H ${shell(`X-Addon-Token: ${TOKEN_PLACEHOLDER}`)}`,
    ...(json === undefined ? [] : [`-H ${shell("Content-Type: application/json")}`, `-d ${shell(json)}`]),
  ].join(" \\\n  ");
  const headers = {
    "X-Addon-Token": TOKEN_PLACEHOLDER,
    ...(json !== undefined && { "Content-Type": "application/json" }),
  };
  const options = [
    `  method: ${JSON.stringify(method)},`,
    `  headers: ${JSON.stringify(headers)},`,
    ...(json === undefined ? [] : [`  body: JSON.stringify(${script(json)}),`]),
  ];
  const fetch = `const response = await fetch(${script(JSON.stringify(url))}, {\n${
    options.join("\n")
  }\n});\nconst data = await response.json();`;
  return { curl, fetch };
}

/** Form parts by name; files are named, not written out. */
function multipartSnippets({ method, url, body }: { method: string; url: string; body: unknown }): Snippets {
  const parts = Object.entries((body ?? {}) as Record<string, unknown>).map(([name, value]) => {
    const isFile = typeof value === "object" && value !== null && "base64" in value;
    return { name, value: isFile ? "@your-file" : typeof value === "object" ? JSON.stringify(value) : String(value) };
  });
  const curl = [
    `curl -X ${method} ${shell(url)}`,
    `-H ${shell(`X-Addon-Token: ${TOKEN_PLACEHOLDER}`)}`,
    ...parts.map(({ name, value }) => `-F ${shell(`${name}=${value}`)}`),
  ].join(" \\\n  ");
  const fetch = [
    "const form = new FormData();",
    ...parts.map(({ name, value }) =>
      `form.append(${script(JSON.stringify(name))}, ${script(JSON.stringify(value))});`
    ),
    `const response = await fetch(${script(JSON.stringify(url))}, {`,
    `  method: ${JSON.stringify(method)},`,
    `  headers: ${JSON.stringify({ "X-Addon-Token": TOKEN_PLACEHOLDER })},`,
    "  body: form,",
    "});",
    "const data = await response.json();",
  ].join("\n");
  return { curl, fetch };
}

export function queryText(values: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined && item !== null) query.append(name, String(item));
    }
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

/** One word of a POSIX shell, whatever it holds. */
function shell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** JSON that may stand in a script of a page, and in a script of old. */
function script(json: string): string {
  return json.replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}
