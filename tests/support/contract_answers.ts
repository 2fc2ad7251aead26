/** Holds answers against the contracts of their routes: their status, and each field of their body. */

import { assert, assertEquals, assertMatch, fail } from "@std/assert";
import { honoPath, type RouteContract } from "../../src/http/api/contract.ts";
import { CONTRACTS } from "../../src/http/api/contracts.ts";
import { problemsOf } from "../../src/http/api/openapi.ts";
import { isApiWho } from "../../src/http/server/api_login.ts";
import { statusOfCode } from "../../src/http/server/problem.ts";

const ROUTES = CONTRACTS.map((contract) => ({
  contract,
  pattern: new RegExp(
    `^(/addons/[a-z_]+)?${honoPath(contract).replaceAll(/:\w+(\{([^}]*)\})?/g, (_, __, inner) => inner ?? "[^/]+")}$`,
  ),
}));

/** Undefined where no contract is for it. */
export function contractOf(method: string, path: string): RouteContract | undefined {
  const fitting = ROUTES.filter(({ contract, pattern }) =>
    contract.method.toUpperCase() === method && pattern.test(path)
  );
  // A path without parameters comes before one that would take its last word for one.
  return (fitting.find(({ contract }) => !contract.path.includes("{")) ?? fitting[0])?.contract;
}

/** Fails where the answer has a status, a code or a field that its contract does not name, or lacks one that it promises. */
export function assertContracted(
  { method, path }: { method: string; path: string },
  { status, body, headers }: { status: number; body: unknown; headers?: Headers },
): void {
  const contract = contractOf(method, path);
  if (contract === undefined) return;
  const route = `${contract.method.toUpperCase()} ${contract.path}`;
  if (headers && status < 400) assertLimitsShown(contract, { route, headers });
  const { also } = contract.answer;
  const isProblem = typeof body === "object" && body !== null && "code" in body;
  if (also && status in also && !isProblem) {
    if (status !== 304 && contract.answer.schema) assertFits(contract.answer.schema, body, route);
    return;
  }
  // One sender takes no refusal that has a body (sources/challenge.ts).
  if (contract.who === "sender" && status === 401 && body === "") return;
  if (status >= 400) {
    const { code } = body as { code?: unknown };
    // Of another path that a parameter of this one would take for a value.
    if (code === "METHOD_NOT_ALLOWED" || code === "ROUTE_UNKNOWN") return;
    const codes = problemsOf(contract);
    assert(codes.some((one) => one === code && statusOfCode(one) === status), `${route}: ${status} ${code}`);
    return;
  }
  // A source may have an answer of its own.
  if (contract.who === "sender") return;
  assertEquals(status, contract.answer.status, route);
  const { answer } = contract;
  if ("orMedia" in answer && answer.orMedia && headers?.get("content-type")?.startsWith(answer.orMedia.media)) return;
  if ("orFile" in answer && answer.orFile && /^attachment;/.test(headers?.get("content-disposition") ?? "")) return;
  if (answer.schema) assertFits(answer.schema, body, route);
}

function assertLimitsShown(
  { who, costly }: RouteContract,
  { route, headers }: { route: string; headers: Headers },
): void {
  const isShown = who === "member" || who === "admin" || who === "workspace_operator" || isApiWho(who);
  const policies = costly ? /^"requests";q=\d+;w=\d+, "costly";q=\d+;w=\d+$/ : /^"requests";q=\d+;w=\d+$/;
  const left = costly ? /^"requests";r=\d+(;t=\d+)?, "costly";r=\d+(;t=\d+)?$/ : /^"requests";r=\d+(;t=\d+)?$/;
  if (isShown) {
    assertMatch(headers.get("ratelimit-policy") ?? "", policies, route);
    assertMatch(headers.get("ratelimit") ?? "", left, route);
  } else {
    assertEquals([headers.get("ratelimit-policy"), headers.get("ratelimit")], [null, null], route);
  }
}

export function assertFits(schema: NonNullable<RouteContract["answer"]["schema"]>, json: unknown, what: string): void {
  // Under its own name no object of a schema keeps this field.
  const value = JSON.parse(JSON.stringify(json).replaceAll('"__proto__":', '"_proto_":'));
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    fail(`${what}: ${JSON.stringify(parsed.error.issues).slice(0, 1_000)} in ${shownStart(value)}`);
  }
  // Objects lose what their schema does not name, and zod any key of this name, which stands for nothing in data.
  const kept = JSON.parse(JSON.stringify(value), (key, part) => key === "__proto__" ? undefined : part);
  assertEquals(parsed.data, kept, `${what}: a field that its contract does not name`);
}

function shownStart(value: unknown): string {
  return JSON.stringify(value).slice(0, 500);
}
