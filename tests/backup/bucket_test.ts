/** Tests of backups in an S3-compatible bucket. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Buffer } from "node:buffer";
import { assertRejectsLike } from "../support/assert_like.ts";
import { systemClock } from "../../src/base/clock.ts";
import { backupName } from "../../src/backup/keep.ts";
import { openTarget } from "../../src/backup/open_target.ts";
import { BUCKETS_MISSING, startBuckets } from "../support/bucket_server.ts";

const PART_BYTES = 5 * 1_048_576;
/** Two parts, and a rest. */
const CONTENT = Buffer.alloc(2 * PART_BYTES + 1_234, "some megabytes that are not all alike: ");

const settingsOf = (endpoint: string) => ({
  target: "s3://backups/timewire/one",
  keep: { daily: 0, weekly: 0, monthly: 0 },
  bucket: { accessKeyId: "id", secretAccessKey: "SECRET", region: "eu-central-1", endpoint, partBytes: PART_BYTES },
});

async function* inPieces(bytes: Uint8Array) {
  for (let at = 0; at < bytes.byteLength; at += 700_001) yield await Promise.resolve(bytes.subarray(at, at + 700_001));
}

Deno.test({
  name: `a bucket takes a backup in parts and gives it back, lists and removes it${
    BUCKETS_MISSING ? ` (ignored: ${BUCKETS_MISSING})` : ""
  }`,
  ignore: BUCKETS_MISSING !== undefined,
  fn: async () => {
    const server = await startBuckets();
    try {
      assertEquals((await fetch(`${server.url}/backups`, { method: "PUT" })).status, 200);
      const target = await openTarget(settingsOf(server.url), systemClock);
      const [name, small] = [backupName(new Date("2026-11-30")), backupName(new Date("2026-11-29"))];
      assertEquals(await target.write(name, inPieces(CONTENT)), CONTENT.byteLength);
      assertEquals(await target.write(small, inPieces(CONTENT.subarray(0, 10))), 10);
      await fetch(`${server.url}/backups/timewire/one/notes.txt`, { method: "PUT", body: "x" });
      const listed = (await target.list()).sort((one, other) => one.bytes - other.bytes);
      assertEquals(listed, [{ name: small, bytes: 10 }, { name, bytes: CONTENT.byteLength }]);
      const read = Buffer.concat(await Array.fromAsync(await target.read(name)));
      assert(read.equals(CONTENT));

      await target.remove(small);
      assertEquals((await target.list()).length, 1);
      await assertRejectsLike(target.read(small), { code: "NOT_FOUND" });

      const broken = async function* () {
        yield await Promise.resolve(CONTENT.subarray(0, PART_BYTES + 1));
        throw new Error("the source failed");
      };
      await assertRejectsLike(target.write(small, broken()), /the source failed/);
      const open = await (await fetch(`${server.url}/backups?uploads`)).text();
      assertEquals([(await target.list()).length, open.includes("<UploadId>")], [1, false], "nothing of it is left");

      const elsewhere = await openTarget({ ...settingsOf(server.url), target: "s3://missing" }, systemClock);
      await assertRejectsLike(elsewhere.list(), (error) => {
        assertMatch(error.message, /^Cannot use s3:\/\/missing\/: http:\S+ says 404 NoSuchBucket /);
        return !error.message.includes("SECRET");
      });
    } finally {
      await server.stop();
    }
  },
});

Deno.test("a bucket without credentials says which variables it needs", async () => {
  const { bucket, ...rest } = settingsOf("http://127.0.0.1:1");
  await assertRejectsLike(openTarget({ ...rest, bucket: { ...bucket, secretAccessKey: undefined } }, systemClock), {
    code: "CONFIG_INVALID",
    message: /^Cannot reach s3:\/\/backups\/timewire\/one: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to /,
  });
});
