/**
 * The jars of a Kafka broker for tests, brought by Maven into TIMEWIRE_KAFKA_DIR (or the user's cache): `deno run -A
 * tests/support/kafka_jars.ts`. Once they are there it does nothing.
 */

import { join } from "node:path";

const VERSION = "4.1.2";
const cache = Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? "/tmp", ".cache");

/** Outside of the clone: 43 MB, for as long as the version stays. */
export const KAFKA_DIR = Deno.env.get("TIMEWIRE_KAFKA_DIR") ?? join(cache, `timewire-kafka-${VERSION}`);

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>timewire</groupId><artifactId>broker</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version></dependency>
  </dependencies>
</project>
`;

/** Moved into place when all are there. */
export async function hasJars(): Promise<boolean> {
  return await Deno.stat(join(KAFKA_DIR, "libs")).then(() => true, () => false);
}

async function bringJars(): Promise<void> {
  if (await hasJars()) return;
  await Deno.mkdir(KAFKA_DIR, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: KAFKA_DIR, prefix: "bring-" });
  try {
    await Deno.writeTextFile(join(folder, "pom.xml"), POM);
    const { success } = await new Deno.Command("mvn", {
      args: ["-q", "-B", "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=libs"],
      cwd: folder,
    }).output();
    if (!success) throw new Error("mvn could not bring the jars of Kafka");
    await Deno.rename(join(folder, "libs"), join(KAFKA_DIR, "libs"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await bringJars();
