/** The image without a container engine: its stages are built by their own commands, and its program runs as it does there. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { buildImage } from "../support/dockerfile.ts";
import { outputOf } from "../support/child.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");
const PROGRAM = fileURLToPath(new URL("./image_program.ts", import.meta.url));

async function missing(): Promise<string | undefined> {
  if (Deno.uid() !== 0) return "needs root";
  const found = await new Deno.Command("sh", { args: ["-c", "command -v bwrap setpriv unshare ip"], stdout: "null" })
    .output();
  return found.success ? undefined : "needs bubblewrap, setpriv, unshare and ip";
}
const why = await missing();

Deno.test({
  name:
    "the image's program starts with a read-only root, without rights and without a network, acks an event, and stops in time",
  ignore: why !== undefined,
  fn: async () => {
    const root = await Deno.makeTempDir({ prefix: "timewire-image-" });
    try {
      const { denoDir } = JSON.parse(await outputOf(new Deno.Command(Deno.execPath(), { args: ["info", "--json"] })));
      const image = await buildImage({
        context: ROOT,
        target: "timewire",
        root,
        cache: denoDir,
        // As a second build finds the console of the first one: `deno task console:build` then has nothing to do.
        prepare: async (app) =>
          void await outputOf(
            new Deno.Command("cp", { args: ["-r", `${ROOT}/src/console/dist`, `${app}/src/console/`] }),
          ),
      });
      assertEquals(image.user, "10001:10001");
      const compiled = await outputOf(new Deno.Command("find", { args: [image.folder, "-name", "*.node"] }));
      assertEquals(compiled, "", "built on one platform, the files are those of both");
      const { code, stdout, stderr } = await new Deno.Command("unshare", {
        args: ["--net", Deno.execPath(), "run", "-A", "--no-check", PROGRAM, ...Deno.args],
        cwd: ROOT,
        env: { TIMEWIRE_BUILT_IMAGE: JSON.stringify(image) },
      }).output();
      const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
      assertEquals(code, 0, text);
      assertStringIncludes(text, "done\n");
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
});
