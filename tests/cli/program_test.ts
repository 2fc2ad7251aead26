/** The command line as processes: what .github/workflows/release.yml tries each binary with, here on the sources. */

import { fileURLToPath } from "node:url";
import { makeDataDir } from "../support/program.ts";
import { tryProgram } from "../support/try_program.ts";

Deno.test("the program's verbs end as they should, beside the program that serves too", async () => {
  const folder = await makeDataDir({ empty: true });
  try {
    await tryProgram({
      command: [Deno.execPath(), "run", "--quiet", "-P=timewire", "--no-prompt", "src/main.ts"],
      cwd: fileURLToPath(new URL("../../", import.meta.url)),
      dataDir: folder.path,
      isBinary: false,
    });
  } finally {
    await folder.remove();
  }
});
