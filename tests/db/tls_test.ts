/** Tests of src/db/tls.ts: what the driver gets for each sslmode; addresses_test.ts has them against a server. */

import { assertEquals } from "@std/assert";
import { readAddress } from "../../src/db/address.ts";
import { driverTls } from "../../src/db/tls.ts";
import { assertThrowsLike } from "../support/assert_like.ts";
import type { AppError } from "../../src/base/errors.ts";

const SERVER = "postgresql://u:p%40ss@db.example:5433/all";
const tlsOf = (query: string) => driverTls(readAddress(SERVER + query));

Deno.test("driverTls() has chain and name checked by each mode that checks, and by an unknown one", () => {
  for (const query of ["", "?sslmode=disable", "?application_name=x"]) assertEquals(tlsOf(query), undefined, query);
  for (const mode of ["prefer", "allow"]) assertEquals(tlsOf(`?sslmode=${mode}`), "prefer", mode);
  for (const mode of ["require", "no-verify"]) {
    assertEquals(tlsOf(`?sslmode=${mode}`), { rejectUnauthorized: false }, mode);
  }
  const checked = { rejectUnauthorized: true, host: "db.example" };
  for (const query of ["sslmode=verify-full", "sslmode=verify-ca", "sslmode=a-later-one", "sslrootcert=system"]) {
    assertEquals(tlsOf(`?${query}`), checked, query);
  }
});

Deno.test("driverTls() hands over the certificates of sslrootcert, which a server would refuse as a setting", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "-----BEGIN CERTIFICATE-----");
  const ca = { rejectUnauthorized: true, host: "db.example", ca: "-----BEGIN CERTIFICATE-----" };
  for (const mode of ["sslmode=verify-full&", "sslmode=require&", ""]) {
    assertEquals(tlsOf(`?${mode}sslrootcert=${file}&application_name=x`), ca);
  }
  await Deno.remove(file);
  assertThrowsLike(
    () => tlsOf(`?sslmode=verify-full&sslrootcert=${file}`),
    (error: AppError) =>
      error.code === "START_FAILED" && error.message.includes(file) && !error.message.includes("p%40ss"),
  );
});
