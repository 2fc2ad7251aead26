/** Tests of what people read of Clockify's refusals: what is missing, and what to do. */

import { assertEquals, assertMatch } from "@std/assert";
import { AppError } from "../../src/base/errors.ts";
import type { ClockifyAnswer } from "../../src/clockify/client.ts";
import { readAnswer } from "../../src/clockify/answer.ts";
import { builtinCatalogue } from "../../src/clockify/operations.ts";
import { explain } from "../../src/explorer/explain.ts";

const tags = builtinCatalogue().find("getTags")!;
const create = builtinCatalogue().find("createNewTag")!;

function refused(status: number, body: unknown, operation = tags): ClockifyAnswer {
  const headers = new Headers({ "content-type": "application/json" });
  return readAnswer(operation, { status, headers, body: new TextEncoder().encode(JSON.stringify(body)) }, 0);
}

function said(
  answer: ClockifyAnswer,
  { as = "addon" as const, scopes = ["TAG_READ"], operation = tags }: Partial<Parameters<typeof explain>[1]> = {},
) {
  return explain(answer, { operation, as, scopes })!;
}

Deno.test("a scope that the add-on lacks is named; one that it has points to the plan, or to the viewer's role", () => {
  const answer = refused(401, { code: 401, message: "Addon x does not have permission TAG_READ" });
  const lacking = said(answer, { scopes: [] });
  assertEquals([lacking.reason, lacking.scope], ["scope_missing", "TAG_READ"]);
  assertMatch(lacking.text, /does not have the scope TAG_READ/);
  assertMatch(said(answer).text, /although it has the scope: the workspace's plan/);
  assertMatch(said(refused(403, { message: "Access Denied" }), { as: "viewer" }).text, /Your own role/);
});

Deno.test("each kind of refusal has words of its own", () => {
  const cases: [ClockifyAnswer, string, RegExp][] = [
    [refused(401, { code: 4017, message: "Token is not valid" }), "credential_invalid", /Reinstall the add-on/],
    [refused(401, { message: "API is not accessible for addon x" }), "closed_to_addons", /to no add-on/],
    [refused(403, { code: 4033, message: "" }), "plan_limit", /plan does not have this feature/],
    [refused(402, {}), "plan_limit", /plan/],
    [refused(403, { code: 1003 }), "forbidden", /locked period/],
    [refused(403, { code: 4005 }), "forbidden", /approved/],
    [refused(400, { code: 501, message: "TAG doesn't belong to WORKSPACE" }), "invalid_or_gone", /no such object/],
    [refused(404, {}), "gone", /deleted/],
    [refused(409, {}), "conflict", /collides/],
    [refused(429, {}), "rate_limited", /429, too many requests/],
    [{ kind: "limited", retryInMs: 2_500 }, "rate_limited", /own budget.*Nothing was sent; try again in 3 s/],
    [refused(500, {}), "failed", /failed with 500; try again/],
  ];
  for (const [answer, reason, text] of cases) {
    const explained = said(answer);
    assertEquals(explained.reason, reason);
    assertMatch(explained.text, text);
  }
  assertEquals(
    explain({ kind: "ok", status: 200, headers: {}, data: null }, { operation: tags, as: "addon", scopes: [] }),
    undefined,
  );
});

Deno.test("where the plan may be what is missing, the least one with the feature is named if it is known", () => {
  const expense = builtinCatalogue().find("createExpense")!;
  const limit = said(refused(403, { code: 4033, message: "" }), { operation: expense });
  assertEquals([limit.plan, /which needs PRO or higher/.test(limit.text)], ["PRO", true]);
  const right = said(refused(403, { message: "Access Denied" }), { operation: expense, scopes: [expense.scope] });
  assertEquals([right.plan, /may have no such feature, which needs PRO/.test(right.text)], ["PRO", true]);
  assertEquals(said(refused(403, { code: 4033, message: "" })).plan, undefined);
});

Deno.test("an operation whose host no token names is refused with who may name it", () => {
  const audit = builtinCatalogue().find("searchAuditLogs")!;
  const error = new AppError(
    "HOST_NOT_ALLOWED",
    "Cannot call searchAuditLogs: the installation's token names no audit host",
  );
  const answer: ClockifyAnswer = { kind: "refused", reason: "input", retryable: false, error };
  const { reason, text } = said(answer, { operation: audit });
  assertEquals(reason, "no_host");
  assertMatch(text, /^Nothing was sent.*api\.clockify\.me alone.*CLOCKIFY_AUDIT_LOG_BASE_URL/);
  assertMatch(said(answer, { operation: builtinCatalogue().find("generateDetailedReport")! }).text, /names no address/);
});

Deno.test("of a write that failed it is said whether it may have happened", () => {
  const sent = said(refused(502, {}, create), { operation: create });
  assertMatch(sent.text, /the change may have happened/);
  const error = new AppError("UPSTREAM_UNREACHABLE", "Cannot get an answer", { details: { sent: false } });
  const unsent = said({ kind: "failed", error, sent: false }, { operation: create });
  assertEquals(unsent.reason, "not_sent");
  assertMatch(unsent.text, /Nothing was sent/);
});
