/** RateLimit-Policy and RateLimit on answers: which limits a request counts for, and that what they say is left is left. */

import { assert, assertEquals, assertStrictEquals, fail } from "@std/assert";
import { stopSharedDatabase } from "../support/database.ts";
import { OPERATOR_KEY, startWorld, type World } from "../support/world.ts";
import { type Answer, ask, assertProblem } from "./door.ts";

const UW = "universal_webhook";
const RATE = 2;
const BURST = 20;

let world: World;
let admin: Record<string, string>;
let member: Record<string, string>;

Deno.test.beforeAll(async () => {
  world = await startWorld({ env: { API_RATE_LIMIT_RPS: String(RATE) } });
  await world.install(UW);
  admin = await world.viewer(UW);
  member = await world.viewer(UW, { userId: world.memberId });
});
Deno.test.afterAll(async () => {
  await world.stop();
  await stopSharedDatabase();
});

const get = (path: string, headers: Record<string, string>) => ask(`${world.url(UW)}${path}`, { headers });

interface Shown {
  q: number;
  w: number;
  r: number;
  t: number;
}

/** Both fields by the names of their limits; fails where they are not the structured fields of the draft. */
function shown({ headers }: Answer): Record<string, Shown> {
  const list = (field: string, form: RegExp) =>
    (headers.get(field) ?? "").split(", ").filter((item) => item !== "").map((item) => {
      const [, name, ...numbers] = form.exec(item) ?? fail(`${field}: ${item}`);
      return [name!, numbers.map(Number)] as const;
    });
  const policies = list("ratelimit-policy", /^"([a-z]+)";q=(\d+);w=(\d+)$/);
  const states = new Map(list("ratelimit", /^"([a-z]+)";r=(\d+);t=(\d+)$/));
  assertEquals(policies.map(([name]) => name), [...states.keys()]);
  return Object.fromEntries(policies.map(([name, [q, w]]) => {
    const [r, t] = states.get(name)!;
    return [name, { q: q!, w: w!, r: r!, t: t! }];
  }));
}

Deno.test("each answer says what is left of the workspace's requests, and exactly so many more are let in", async () => {
  const startedAt = performance.now();
  let served = 0;
  let last: Shown | undefined;
  for (;;) {
    const answer = await get("/ui/flows", admin);
    const { requests, ...others } = shown(answer);
    assertEquals(others, {});
    assertEquals([requests!.q, requests!.w], [BURST, BURST / RATE]);
    if (answer.status === 429) {
      assertProblem(answer, 429, "RATE_LIMITED");
      assertEquals(answer.headers.get("retry-after"), "1");
      assertEquals(requests!.r, 0);
      assertEquals(last!.r, 0, "it was said before");
      break;
    }
    served++;
    // What came meanwhile, in whole tokens, and the one that is on its way.
    const gathered = (performance.now() - startedAt) * RATE / 1000;
    assert(
      requests!.r >= BURST - served && requests!.r <= BURST - served + gathered + 1,
      `${served}: ${requests!.r}`,
    );
    assert(last === undefined || last.r > 0 || gathered >= 1, "none was left, and one was let in");
    assert(requests!.t >= (BURST - requests!.r - 1) / RATE && requests!.t <= BURST / RATE, `t=${requests!.t}`);
    last = requests;
  }
  assert(served >= BURST);
  const { requests: ofMembers } = shown(await get("/ui/flows", member));
  assertEquals(ofMembers!.r, BURST - 1, "members have a limit of their own");
  const byOperator = await get(`/ui/flows?workspace_id=${world.workspaceId}`, { "x-api-key": OPERATOR_KEY });
  assert(shown(byOperator).requests!.r < BURST / 2, "operators share the admins'");
});

Deno.test("a refusal that counted says so too, and so does the operators' listener", async () => {
  const missing = await get("/ui/runs/00000000-0000-4000-8000-000000000000", member);
  assertProblem(missing, 404, "NOT_FOUND");
  const { requests } = shown(missing);
  assert(requests!.r < BURST);
  const operators = `http://127.0.0.1:${world.serving.operatorPort}`;
  const query = `?workspace_id=${world.workspaceId}`;
  const headers = { "x-api-key": OPERATOR_KEY };
  for (const path of ["/ui/flows", "/ui/flows/999999"]) {
    const answer = await ask(`${operators}/addons/${UW}${path}${query}`, { headers });
    assertStrictEquals(shown(answer).requests!.q, BURST, `${path}: ${answer.status}`);
  }
});

Deno.test("a route with costly reads shows their limit beside", async () => {
  const list = shown(await get("/ui/webhooks", member));
  assertStrictEquals(list.requests!.q, BURST);
  // A list without a search costs nothing of it.
  assertEquals(list.costly, { q: BURST / 10, w: BURST / RATE, r: BURST / 10, t: 0 });
  for (let last = list.costly!, n = 0;; n++) {
    const answer = await get(n % 2 === 0 ? "/ui/overview" : "/ui/dashboard", member);
    const { costly } = shown(answer);
    if (answer.status === 429) {
      assertProblem(answer, 429, "RATE_LIMITED");
      assertEquals([last.r, costly!.r], [0, 0]);
      break;
    }
    assertEquals(answer.status, 200);
    assert(n < 10);
    last = costly!;
  }
});

Deno.test("each file with costly reads has a contract that says so, and no other has", async () => {
  const folder = new URL("../../src/http/api/", import.meta.url);
  const wrong: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name === "contract.ts") continue;
    // The three files of exports share one loop of pages.
    if (name === "export_pages.ts") continue;
    const text = await Deno.readTextFile(new URL(name, folder));
    // What asks the costly reads of other add-ons waits with them.
    const asks = text.includes("./export_pages.ts") || text.includes("askNeighbour(");
    const reads = text.includes("costly.run(") || asks;
    if (reads !== text.includes("costly: true")) wrong.push(name);
  }
  assertEquals(wrong, []);
});

Deno.test("a failed login shows how many more its address has", async () => {
  const failed = async () =>
    shown(await get(`/ui/flows?workspace_id=${world.workspaceId}`, { "x-api-key": "x".repeat(40) })).logins!;
  let last = await failed();
  assertEquals([last.q, last.w], [1_000, 60]);
  // One comes back in 60 ms: of many at once most are gone.
  last = (await Promise.all(Array.from({ length: 100 }, failed))).at(-1)!;
  assert(last.r < 1_000 && last.t > 0, JSON.stringify(last));
});

Deno.test("what counts for no limit shows none: open routes, and deliveries, whose 429 has Retry-After alone", async () => {
  const answers = [await get("/healthz", {}), await get("/docs", {}), await get("/ui/flows", {})];
  answers.push(
    await ask(`${world.url(UW)}/webhooks/clockify/NEW_TAG`, { body: {}, headers: { "clockify-signature": "x" } }),
  );
  assertEquals(answers.map(({ status }) => status), [200, 200, 401, 401]);
  for (const { headers } of answers) {
    assertEquals([headers.get("ratelimit"), headers.get("ratelimit-policy")], [null, null]);
  }
});
