/** Tests of src/queue/company.ts: who has the process to itself. */

import { assertEquals } from "@std/assert";
import { createCompany, mostBeside } from "../../src/queue/company.ts";

Deno.test("an installation has others beside it while one of them had work within a second", () => {
  let nowMs = 5_000;
  const company = createCompany({ monotonicMs: () => nowMs });
  const most = mostBeside(company);
  const saw = (id: number, atMs: number) => {
    nowMs = atMs;
    company.saw(id);
  };
  assertEquals([company.hasOthers(1), most(1)], [false, Infinity]);
  saw(1, 5_000);
  saw(1, 5_100);
  assertEquals(company.hasOthers(1), false, "its own work is none of others");
  assertEquals([company.hasOthers(2), most(2)], [true, 24]);
  saw(2, 5_200);
  saw(1, 6_000);
  saw(1, 6_100);
  assertEquals(company.hasOthers(1), true, "however often it came since");
  nowMs = 6_200;
  assertEquals([company.hasOthers(1), most(1)], [false, Infinity]);
  assertEquals(company.hasOthers(3), true);
  saw(3, 6_300);
  assertEquals([1, 2, 3].map(company.hasOthers), [true, true, true]);
  nowMs = 7_500;
  assertEquals([1, 2, 3].map(company.hasOthers), [false, false, false]);
});
