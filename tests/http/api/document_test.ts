/** Tests of the OpenAPI document by the tools that read it: types without gaps, and redocly's recommended rules. */

import { assert, assertEquals } from "@std/assert";
import { CONTRACTS } from "../../../src/http/api/contracts.ts";
import { openApiOf } from "../../../src/http/api/openapi.ts";
import { readSources } from "../../support/sources.ts";

type WireTypes = typeof import("../../../src/http/api/wire_types.ts");
type Redocly = typeof import("@redocly/openapi-core");

/** Loaded by a name that is not written out, so that the other tests run where the package cannot be fetched. */
async function loaded<Module>(specifier: string): Promise<Module | undefined> {
  try {
    return await import(specifier);
  } catch (error) {
    if (Deno.env.get("CI")) throw error;
    console.warn(`Skipped: ${specifier} could not be loaded: ${(error as Error).message}`);
    return undefined;
  }
}

const wireTypes = await loaded<WireTypes>("../../../src/http/api/wire_types.ts");
const redocly = await loaded<Redocly>("@redocly/openapi-core");

Deno.test({
  name: "src/console/wire.ts is what `deno task api:types` writes",
  ignore: !wireTypes,
  fn: async () => {
    const file = await Deno.readTextFile(new URL("../../../src/console/wire.ts", import.meta.url));
    assert(file === await wireTypes!.wireFile(), "run `deno task api:types` and commit src/console/wire.ts");
  },
});

/** A member of a type, as in `flow_id?: string;`: only what travels is spelled so. */
const WIRE_MEMBER = /\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\??: [^;,}\n]*;/g;

Deno.test("the console has no wire type of its own hand: src/console/wire.ts has them all", async () => {
  const sources = (await readSources()).filter(({ path }) => path.startsWith("src/console/"));
  const found = sources.flatMap(({ path, text }) => [...text.matchAll(WIRE_MEMBER)].map(([member]) => [path, member]));
  const own = found.filter(([path]) => path !== "src/console/wire.ts");
  assertEquals<unknown>(own, []);
  assert(found.length > 200, `${found.length} members found in wire.ts`);
});

Deno.test({
  name: "openapi-typescript makes of no schema `unknown` or `never`",
  ignore: !wireTypes,
  fn: async () => {
    const types = await wireTypes!.rawTypes();
    // Comments may hold these words, and values be of these names.
    const code = types.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/"[^"\n]*"/g, '""');
    assertEquals(code.split("\n").filter((line) => /\b(unknown|never)\b/.test(line)), []);
  },
});

Deno.test({
  name: "redocly's recommended rules find no error in the document",
  ignore: !redocly,
  fn: async () => {
    const { createConfig, lintFromString } = redocly!;
    const facts = { title: "Timewire", description: "d", version: "0", serverUrl: "https://timewire.test" };
    const document = await openApiOf(CONTRACTS, facts);
    const config = await createConfig({ extends: ["recommended"] });
    const found = await lintFromString({ source: JSON.stringify(document), config });
    const said = found.map(({ severity, ruleId, message, location }) =>
      `${severity} ${ruleId}: ${message} at ${location[0]?.pointer}`
    );
    assertEquals(said.filter((line) => line.startsWith("error")), []);
    // Every route without a login may answer without any 4xx.
    const tolerated = /^warn operation-4xx-response/;
    assertEquals(said.filter((line) => !tolerated.test(line)), []);
  },
});
