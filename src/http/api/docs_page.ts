/** /docs: the OpenAPI document as one page, grouped by tag, with an anchor, an answer and two examples for each route. */

import { hash } from "node:crypto";
import { KEY_HEADER, type OpenApiDocument, type OpenApiOperation } from "./openapi.ts";

const STYLE =
  `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h3{font:600 1rem ui-monospace,monospace;margin:1.5rem 0 .25rem;overflow-wrap:anywhere}p,dl{margin:.25rem 0}
h3 a{color:inherit;text-decoration:none}h3 a:hover{text-decoration:underline}:target{background:#fff8c5}
nav{display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:1rem 0}input{font:inherit;width:100%;padding:.4rem;box-sizing:border-box}
dt{font-weight:600}dd{margin:0 0 .25rem 1.5rem}.who{color:#57606a}summary{cursor:pointer}
pre{overflow-x:auto;padding:.5rem;background:#f6f8fa;font:.875rem/1.4 ui-monospace,monospace}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}a{color:#4493f8}.who{color:#9198a1}pre{background:#161b22}:target{background:#3b2e00}}`;
const STYLE_HASH = hash("sha256", STYLE, "base64");

/** Content-Security-Policy of the page: its own style, and its one script by file. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  `style-src 'sha256-${STYLE_HASH}'`,
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Hides the routes that do not hold every word of the search. Without scripts the page is whole and has no search. */
export const SEARCH_SCRIPT = `const box = document.getElementById("search");
const input = box.querySelector("input");
const count = box.querySelector("output");
const groups = [...document.querySelectorAll("[data-group]")].map((group) => ({
  group,
  routes: [...group.querySelectorAll("[data-route]")].map((route) => ({ route, text: route.textContent.toLowerCase() })),
}));
function search() {
  const words = input.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  for (const { group, routes } of groups) {
    let any = false;
    for (const { route, text } of routes) {
      const fits = words.every((word) => text.includes(word));
      route.hidden = !fits;
      any ||= fits;
      if (fits) shown++;
    }
    group.hidden = !any;
  }
  count.textContent = words.length === 0 ? "" : shown === 1 ? "1 route" : shown + " routes";
}
input.addEventListener("input", search);
box.hidden = false;
search();
`;

export function docsPage(document: OpenApiDocument): string {
  const { info } = document;
  const groups = document.tags.map((tag) => ({ ...tag, routes: routesOf(document, tag.name) }))
    .filter(({ routes }) => routes.length > 0);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(info.title)}: routes</title><style>${STYLE}</style>
<script src="docs/search.js" defer></script></head><body>
<h1>${escape(info.title)} ${escape(info.version)}</h1>
<p>${
    escape(info.description)
  } The same for machines, with all schemas: <a href="openapi.json">OpenAPI 3.1</a>. What goes wrong is answered as application/problem+json with a stable code. Answers to who is logged in for a workspace say in RateLimit-Policy and RateLimit what may be asked for, and what is left.</p>
<search id="search" hidden><label>Search the routes <input type="search" autocomplete="off"></label> <output></output></search>
<nav aria-label="Groups">${
    groups.map(({ name }) => `<a href="#${anchor(name)}">${escape(name)}</a>`).join(" ")
  }</nav><main>
${
    groups.map(({ name, description, routes }) =>
      `<section data-group><h2 id="${anchor(name)}">${escape(name)}</h2><p>${escape(description)}</p>\n${
        routes.map(sectionOf).join("\n")
      }</section>`
    ).join("\n")
  }
</main></body></html>
`;
}

interface Route {
  method: string;
  path: string;
  operation: OpenApiOperation;
}

function routesOf({ paths }: OpenApiDocument, tag: string): Route[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method, path, operation }))
  ).filter(({ operation }) => operation.tags.includes(tag));
}

function sectionOf(route: Route): string {
  const { method, path, operation } = route;
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  const facts: [string, string][] = [
    ...parameters.map((one): [string, string] => [
      one.in === "query" ? `?${one.name}=` : one.in === "path" ? `{${one.name}}` : one.name,
      one.description ?? "",
    ]),
    ...(requestBody?.description === undefined ? [] : [["Body", requestBody.description] as [string, string]]),
    ...Object.entries(responses).map(([status, answer]): [string, string] => [status, answer.description]),
  ];
  return `<section data-route><h3 id="${operationId}"><a href="#${operationId}">${method.toUpperCase()} ${
    escape(path)
  }</a></h3><p>${escape(summary)}. <span class="who">${escape(operation["x-who"])}.</span>${
    description ? ` ${escape(description)}` : ""
  }</p><dl>${
    facts.map(([name, about]) => `<dt>${escape(name)}</dt><dd>${escape(about)}</dd>`).join("")
  }</dl><details><summary>Examples</summary>${
    [["curl", curlOf(route)], ["fetch", fetchOf(route)], ["Answer", answerText(operation)]]
      .filter(([, text]) => text !== "")
      .map(([name, text]) => `<p>${name}</p><pre><code>${escape(text!)}</code></pre>`).join("")
  }</details></section>`;
}

/** One request that the route takes: the header of its login, its path with values, and its body. */
function exampleOf({ path, operation: { parameters = [], requestBody, security } }: Route) {
  const filled = path.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const schema = parameters.find((one) => one.in === "path" && one.name === name)?.schema;
    return String(schema?.example ?? schema?.enum?.[0] ?? whole);
  });
  const logins = security.flatMap((login) => Object.keys(login));
  const isOperators = logins.length === 1 && logins[0] === "operatorKey";
  const [header, variable] = isOperators ? ["X-API-Key", "OPERATOR_KEY"] : ["X-Addon-Token", "TOKEN"];
  const isClockifys = logins.includes("clockifySignature");
  const body = requestBody?.content["application/json"]?.example;
  return {
    path: filled,
    login: logins.length === 0 || isClockifys ? undefined : { header, variable },
    isKeyed: parameters.some((one) => one.in === "header" && one.name === KEY_HEADER),
    body: body === undefined ? undefined : JSON.stringify(body),
  };
}

/** `BASE` is the address that the page was read from. */
function curlOf(route: Route): string {
  const { path, login, isKeyed, body } = exampleOf(route);
  const method = route.method.toUpperCase();
  return [
    `curl${method === "GET" ? "" : ` -X ${method}`} "$BASE${path}"`,
    ...(login ? [`-H "${login.header}: $${login.variable}"`] : []),
    ...(isKeyed ? [`-H "${KEY_HEADER}: $(uuidgen)"`] : []),
    ...(body === undefined ? [] : [`-H "Content-Type: application/json"`, `-d '${body.replaceAll("'", "'\\''")}'`]),
  ].join(" \\\n  ");
}

function fetchOf(route: Route): string {
  const { path, login, isKeyed, body } = exampleOf(route);
  const method = route.method.toUpperCase();
  const headers = [
    ...(login ? [`"${login.header}": ${login.variable}`] : []),
    ...(isKeyed ? [`"${KEY_HEADER}": crypto.randomUUID()`] : []),
    ...(body === undefined ? [] : [`"Content-Type": "application/json"`]),
  ];
  const options = [
    ...(method === "GET" ? [] : [`method: "${method}"`]),
    ...(headers.length === 0 ? [] : [`headers: { ${headers.join(", ")} }`]),
    ...(body === undefined ? [] : [`body: JSON.stringify(${body})`]),
  ];
  const given = options.length === 0 ? "" : `, {\n${options.map((option) => `  ${option},\n`).join("")}}`;
  return `const answer = await fetch(BASE + ${JSON.stringify(path)}${given});`;
}

function answerText({ responses }: OpenApiOperation): string {
  const [, good] = Object.entries(responses).find(([status]) => status.startsWith("2")) ?? [];
  const example = good?.content?.["application/json"]?.example;
  return example === undefined ? "" : JSON.stringify(example, null, 2);
}

function anchor(name: string): string {
  return name.toLowerCase().replaceAll(" ", "-");
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
