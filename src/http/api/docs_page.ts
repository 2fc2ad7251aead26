/** /docs: the OpenAPI document as one plain page, grouped by tag, with an anchor for each route. */

import { hash } from "node:crypto";
import type { OpenApiDocument, OpenApiOperation } from "./openapi.ts";

const STYLE =
  `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h3{font:600 1rem ui-monospace,monospace;margin:1.5rem 0 .25rem;overflow-wrap:anywhere}p,dl{margin:.25rem 0}
h3 a{color:inherit;text-decoration:none}
dt{font-weight:600}dd{margin:0 0 .25rem 1.5rem}.who{color:#57606a}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}a{color:#4493f8}.who{color:#9198a1}}`;
const STYLE_HASH = hash("sha256", STYLE, "base64");

/** Content-Security-Policy of the page. */
export const PAGE_POLICY =
  `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

export function docsPage(document: OpenApiDocument): string {
  const { info } = document;
  const groups = document.tags.map((tag) => ({ ...tag, routes: routesOf(document, tag.name) }))
    .filter(({ routes }) => routes.length > 0);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(info.title)}: routes</title><style>${STYLE}</style></head><body>
<h1>${escape(info.title)} ${escape(info.version)}</h1>
<p>${
    escape(info.description)
  } The same for machines: <a href="/openapi.json">OpenAPI 3.1</a>. What goes wrong is answered as application/problem+json with a stable code.</p>
<nav>${groups.map(({ name }) => `<a href="#${anchor(name)}">${escape(name)}</a>`).join(" ")}</nav>
${
    groups.map(({ name, description, routes }) =>
      `<section><h2 id="${anchor(name)}">${escape(name)}</h2><p>${escape(description)}</p>\n${
        routes.map(sectionOf).join("\n")
      }</section>`
    ).join("\n")
  }
</body></html>
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

function sectionOf({ method, path, operation }: Route): string {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  const facts: [string, string][] = [
    ...parameters.map((one): [string, string] => [
      one.in === "query" ? `?${one.name}=` : one.in === "path" ? `{${one.name}}` : one.name,
      one.description ?? "",
    ]),
    ...(requestBody?.description === undefined ? [] : [["Body", requestBody.description] as [string, string]]),
    ...Object.entries(responses).map(([status, answer]): [string, string] => [status, answer.description]),
  ];
  return `<section><h3 id="${operationId}"><a href="#${operationId}">${method.toUpperCase()} ${
    escape(path)
  }</a></h3><p>${escape(summary)}. <span class="who">${escape(operation["x-who"])}.</span>${
    description ? ` ${escape(description)}` : ""
  }</p><dl>${
    facts.map(([name, about]) => `<dt>${escape(name)}</dt><dd>${escape(about)}</dd>`).join("")
  }</dl></section>`;
}

function anchor(name: string): string {
  return name.toLowerCase().replaceAll(" ", "-");
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
