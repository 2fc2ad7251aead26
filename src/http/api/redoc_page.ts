/** /redoc: the OpenAPI document as one page in the order of the paths, with every field of what routes take and answer. No script. */

import { hash } from "node:crypto";
import type { OpenApiDocument, OpenApiOperation } from "./openapi.ts";

const STYLE =
  `body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1b1f24;background:#fff;display:grid;grid-template-columns:18rem 1fr}
nav{position:sticky;top:0;height:100vh;overflow-y:auto;padding:1rem;box-sizing:border-box;font-size:.875rem;background:#f6f8fa}
main{padding:1rem 2rem;max-width:60rem;min-width:0}nav a{display:block;overflow-wrap:anywhere}
h2,h3{overflow-wrap:anywhere}h3{font:600 1rem ui-monospace,monospace}code{font:.875rem ui-monospace,monospace}
table{border-collapse:collapse;width:100%;font-size:.9rem}td,th{text-align:left;vertical-align:top;padding:.25rem .5rem;border-top:1px solid #d1d9e0}
.who{color:#57606a}:target{background:#fff8c5}
@media(max-width:50rem){body{display:block}nav{position:static;height:auto}}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}nav{background:#161b22}a{color:#4493f8}.who{color:#9198a1}td,th{border-color:#3d444d}:target{background:#3b2e00}}`;

/** Content-Security-Policy of the page: its own style, and nothing else. */
export const REFERENCE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${hash("sha256", STYLE, "base64")}'`,
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** A JSON schema, of which the page shows a part. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  const?: unknown;
  format?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
}

export function referencePage(document: OpenApiDocument): string {
  const { info, paths, components } = document;
  const ordered = Object.entries(paths).sort(([a], [b]) => a < b ? -1 : 1);
  const schemas = Object.entries(components.schemas as Record<string, Schema>).sort(([a], [b]) => a < b ? -1 : 1);
  const title = `${info.title} ${info.version}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(info.title)}: reference</title><style>${STYLE}</style></head><body>
<nav aria-label="Paths and schemas"><p><a href="docs">By topic</a> <a href="openapi.json">OpenAPI 3.1</a></p>${
    ordered.map(([path]) => `<a href="#${pathAnchor(path)}">${escape(path)}</a>`).join("")
  }<p>Schemas</p>${schemas.map(([name]) => `<a href="#schema-${escape(name)}">${escape(name)}</a>`).join("")}</nav>
<main><h1>${escape(title)}</h1><p>${escape(info.description)}</p>
${
    ordered.map(([path, methods]) =>
      `<section><h2 id="${pathAnchor(path)}">${escape(path)}</h2>${
        Object.entries(methods).map(([method, operation]) => operationOf(method, operation)).join("")
      }</section>`
    ).join("\n")
  }
<h2 id="schemas">Schemas</h2>
${
    schemas.map(([name, schema]) =>
      `<section><h3 id="schema-${escape(name)}">${escape(name)}</h3>${about(schema)}</section>`
    )
      .join("\n")
  }
</main></body></html>
`;
}

function operationOf(method: string, operation: OpenApiOperation): string {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  const rows = parameters.map((one) =>
    `<tr><td><code>${escape(one.name)}</code></td><td>${escape(one.in)}${one.required ? ", required" : ""}</td><td>${
      escape(one.description ?? "")
    }</td></tr>`
  );
  const body = requestBody?.content["application/json"] as { schema?: Schema } | undefined;
  return `<h3 id="${escape(operationId)}">${method.toUpperCase()}: ${escape(summary)}</h3><p class="who">${
    escape(operation["x-who"])
  }.</p>${description ? `<p>${escape(description)}</p>` : ""}${tableOf("Parameters", rows)}${
    body?.schema ? `<h4>Body</h4>${about(body.schema)}` : ""
  }<h4>Answers</h4><table>${
    Object.entries(responses).map(([status, { description, content }]) => {
      const schema = (content?.["application/json"] as { schema?: Schema } | undefined)?.schema;
      return `<tr><th>${escape(status)}</th><td>${escape(description)}</td><td>${
        schema ? about(schema) : ""
      }</td></tr>`;
    }).join("")
  }</table>`;
}

/** Its fields as a table, or its type; what has a name is a link to it. */
function about(schema: Schema): string {
  const { properties, required = [] } = schema;
  if (!properties) return typeOf(schema);
  const rows = Object.entries(properties).map(([name, field]) =>
    `<tr><td><code>${escape(name)}</code>${required.includes(name) ? "" : " (may be absent)"}</td><td>${
      typeOf(field)
    }</td><td>${escape(field.description ?? "")}</td></tr>`
  );
  return tableOf("Fields", rows);
}

function typeOf({ $ref, type, anyOf, oneOf, items, format, properties, ...rest }: Schema): string {
  if ($ref !== undefined) {
    const name = $ref.split("/").at(-1)!;
    return `<a href="#schema-${escape(name)}">${escape(name)}</a>`;
  }
  if ("const" in rest) return `<code>${escape(JSON.stringify(rest.const))}</code>`;
  if (rest.enum) return rest.enum.map((value) => `<code>${escape(JSON.stringify(value))}</code>`).join(", ");
  const either = anyOf ?? oneOf;
  if (either) return either.map(typeOf).join(" or ");
  if (items) return `list of ${typeOf(items)}`;
  if (properties) {
    return `object with ${Object.keys(properties).map((name) => `<code>${escape(name)}</code>`).join(", ")}`;
  }
  return escape(`${[type ?? "any"].flat().join(" or ")}${format === undefined ? "" : ` (${format})`}`);
}

function tableOf(caption: string, rows: readonly string[]): string {
  return rows.length === 0 ? "" : `<table><caption>${caption}</caption>${rows.join("")}</table>`;
}

function pathAnchor(path: string): string {
  return `path-${escape(path.replaceAll(/[{}]/g, "").replaceAll("/", "-"))}`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
