/** Tests of the generated reference: the files are what the table of variables makes, and .env.example is safe to copy. */

import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { parse } from "@std/dotenv";
import { loadConfig } from "../../src/config/load.ts";
import { CONFIGURATION_PAGE, ENV_EXAMPLE, envExample, withVariableTables } from "../../src/config/reference.ts";
import { VARIABLE_TOPICS, VARIABLES } from "../../src/config/variables.ts";

const REMEDY = "run `deno task config:docs`";

Deno.test(".env.example and docs/configuration.md hold every variable as the table has it", async () => {
  assertStrictEquals(await Deno.readTextFile(ENV_EXAMPLE), envExample(), REMEDY);
  const page = await Deno.readTextFile(CONFIGURATION_PAGE);
  assertStrictEquals(withVariableTables(page), page, REMEDY);
  for (const name of Object.keys(VARIABLES)) {
    assert(page.includes(`\`${name}\``), name);
    assertMatch(envExample(), new RegExp(`^(# )?${name}=`, "m"), name);
  }
});

Deno.test("every variable has its sentence, and stands under one topic", () => {
  const names = VARIABLE_TOPICS.flatMap(([, variables]) => Object.keys(variables));
  assertEquals([...new Set(names)], names);
  assertEquals(names.toSorted(), Object.keys(VARIABLES).toSorted());
  for (const [, variables] of VARIABLE_TOPICS) {
    for (const [name, { about }] of Object.entries(variables)) assertMatch(about ?? "", /^\S.*\.$/, name);
  }
});

Deno.test(".env.example as it stands starts with signatures checked, and so does it with every default written out", () => {
  const text = envExample();
  const asItStands = loadConfig(parse(text));
  assert(asItStands.ok);
  assertEquals(asItStands.warnings, []);
  assert(asItStands.config.profiles.every(({ requireSignature }) => requireSignature));
  const written = loadConfig(parse(text.replaceAll(/^# (?=[A-Z][A-Z0-9_]*=)/gm, "")));
  assert(written.ok, JSON.stringify(written));
  assertEquals(written.config, asItStands.config);
});
