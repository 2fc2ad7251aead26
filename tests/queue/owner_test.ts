/** Test that src/queue owns the table `job`: no other file of src names it in a statement. */

import { assert, assertEquals } from "@std/assert";
import { readSources } from "../support/sources.ts";

/** The table where a statement names one. In a template alone: "from job" is a sentence elsewhere. */
const NAMED = [
  /\b(?:from|into|update|join|using|only|table|truncate)\s+"?job"?(?![\w.])/i,
  /\bfor\s+(?:no key\s+)?(?:update|share)\s+of\s+"?job"?(?!\w)/i,
  /\b(?:from|using)\s[^;()]*,\s*"?job"?\s+(?:as\b|on\b|where\b|[a-z]\w*\b)/i,
];

function namesJob(text: string): boolean {
  return [...text.matchAll(/`[^`]*`/g)].some(([template]) => NAMED.some((name) => name.test(template)));
}

Deno.test("no file outside src/queue names the table `job` in a statement: others take its fragments", async () => {
  const sources = await readSources();
  const naming = sources.filter(({ text }) => namesJob(text)).map(({ path }) => path);
  assert(naming.includes("src/queue/postgres.ts"), "the statements are found at all");
  assertEquals(naming.filter((path) => !path.startsWith("src/queue/")), []);
});

Deno.test("namesJob() finds the table in each place that a statement has for one, and no sentence about a job", () => {
  const named = [
    "select 1 from job where id = 1",
    "insert into job (kind) values ('run')",
    "delete from job using owned",
    "update job set state = 'available'",
    "with a as (select 1) select 1 from a join job on true",
    "delete from run using job where true",
    "select 1 from over for update of job",
    "select 1 from tenant, job where true",
    "update\n  job set state = 'available'",
  ];
  for (const statement of named) assert(namesJob(`sql\`${statement}\``), statement);
  for (const text of ["// what comes from job", '`Cannot record for job "1"`', "`select job_id from job_log`"]) {
    assertEquals(namesJob(text), false, text);
  }
});
