/** `deno task api:types`: src/console/wire.ts, the console's types of requests and answers, made from the contracts of the routes. */

import openapiTS, { astToString } from "openapi-typescript";
import { CONTRACTS } from "./contracts.ts";
import { openApiOf } from "./openapi.ts";

const FILE = new URL("../../console/wire.ts", import.meta.url);

const HEAD =
  `/** What routes take and answer. Made by \`deno task api:types\` from their contracts (src/http/api/contract.ts): not to be changed here. */

`;
const TAIL = `
type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

type Operation = keyof operations;

/** The JSON that a route answers, by its operationId. */
export type Answer<Name extends Operation> = JsonOf<Success<operations[Name]["responses"]>>;
type Success<Responses> = Responses[Extract<keyof Responses, 200 | 201 | 202>];
type JsonOf<Part> = Part extends { content: { "application/json": infer Json } } ? Json : never;

/** The JSON that a route takes, by its operationId. */
export type RequestBody<Name extends Operation> = operations[Name] extends { requestBody?: infer Body } ? JsonOf<Body>
  : never;

/** What a route takes behind the question mark, by its operationId. */
export type RequestQuery<Name extends Operation> = operations[Name] extends { parameters: { query?: infer Query } }
  ? NonNullable<Query>
  : never;

/** A schema that has a name. */
export type Wire<Name extends keyof components["schemas"]> = components["schemas"][Name];
`;

/** What openapi-typescript makes of the document: of its schemas, requests and good answers. Problems have one schema for all routes. */
export async function rawTypes(): Promise<string> {
  const facts = { title: "Timewire", description: "", version: "0", serverUrl: "/" };
  const document = await openApiOf(CONTRACTS, facts);
  // The console reads headers by their names.
  document.components.headers = {};
  for (const item of Object.values(document.paths)) {
    for (const operation of Object.values(item)) {
      const { responses } = operation;
      operation.responses = Object.fromEntries(
        Object.entries(responses).filter(([status]) => Number(status) < 400).map(([status, answer]) => [
          status,
          { ...answer, headers: undefined },
        ]),
      );
    }
  }
  const types = astToString(await openapiTS(withoutExamples(document) as never));
  return withoutFrame(types.slice(types.indexOf("export interface components")));
}

function withoutExamples(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutExamples);
  if (typeof node !== "object" || node === null) return node;
  const kept = Object.entries(node).filter(([key, value]) => key !== "example" || isNamed(value));
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutExamples(value)]));
}

/** A property whose name is "example" has a schema. */
function isNamed(value: unknown): boolean {
  return typeof value === "object" && value !== null && ("$ref" in value || "anyOf" in value);
}

/** Without the members that stand in every path, request and answer whatever the document says. */
function withoutFrame(types: string): string {
  return types
    .replaceAll(/^ *(\w+\?|responses|parameters|requestBodies|headers|pathItems): never;\n/gm, "")
    .replaceAll(/^ *\[name: string\]: unknown;\n/gm, "")
    .replaceAll(/^ *headers: \{\n *\};\n/gm, "")
    .replaceAll(/^ *parameters: \{\n *\};\n/gm, "")
    // Answers without a body.
    .replaceAll(/^ *\d{3}: \{\s*\};\n/gm, "")
    .replaceAll(/^ *\/\*\* Format: [a-z-]+ \*\/\n/gm, "")
    // The console reads what is in it.
    .replace(/^( *)Json: unknown;\n/m, "$1Json: JsonValue;\n")
    .replaceAll(/^export type \$defs = Record<string, never>;\n/gm, "");
}

/** The whole file. */
export async function wireFile(): Promise<string> {
  return await formatted(HEAD + await rawTypes() + TAIL);
}

async function formatted(text: string): Promise<string> {
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  const fmt = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "-q", "--config", config, "--ext", "ts", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = fmt.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  return new TextDecoder().decode((await fmt.output()).stdout);
}

if (import.meta.main) await Deno.writeTextFile(FILE, await wireFile());
