/** Tests of src/db/tls.ts: what the driver is told for each way to ask for TLS. */

import { assert, assertEquals } from "@std/assert";
import { assertThrowsLike } from "../support/assert_like.ts";
import { driverTls } from "../../src/db/tls.ts";
import type { AppError } from "../../src/base/errors.ts";

const SERVER = "postgresql://u:p%40ss@db.example:5433/all";

Deno.test("driverTls() leaves addresses alone that ask for no check", () => {
  for (const query of ["", "?sslmode=disable", "?sslmode=prefer", "?sslmode=require", "?application_name=x"]) {
    assertEquals(driverTls(SERVER + query), { url: SERVER + query });
  }
});

Deno.test("driverTls() has chain and name checked, against the runtime's authorities where no file is named", () => {
  const ssl = { rejectUnauthorized: true, host: "db.example" };
  for (const mode of ["verify-full", "verify-ca", "a-later-one"]) {
    assertEquals<unknown>(driverTls(`${SERVER}?sslmode=${mode}`), { url: `${SERVER}?sslmode=${mode}`, ssl });
  }
  assertEquals<unknown>(driverTls(`${SERVER}?sslrootcert=system`), { url: SERVER, ssl });
  assertEquals(driverTls("postgresql://u@[2001:db8::1]/all?sslmode=verify-full").ssl!.host, "2001:db8::1");
});

Deno.test("driverTls() hands over the certificates of sslrootcert, which a server would refuse as a setting", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "-----BEGIN CERTIFICATE-----");
  for (const mode of ["sslmode=verify-full&", "sslmode=require&", ""]) {
    const { url, ssl } = driverTls(`${SERVER}?${mode}sslrootcert=${file}&application_name=x`);
    assertEquals(new URL(url).searchParams.has("sslrootcert"), false);
    assert(url.startsWith(SERVER) && url.endsWith("application_name=x"), url);
    assertEquals(ssl, { rejectUnauthorized: true, host: "db.example", ca: "-----BEGIN CERTIFICATE-----" });
  }
  await Deno.remove(file);
  assertThrowsLike(
    () => driverTls(`${SERVER}?sslmode=verify-full&sslrootcert=${file}`),
    (error: AppError) =>
      error.code === "START_FAILED" && error.message.includes(file) && !error.message.includes("p%40ss"),
  );
});
