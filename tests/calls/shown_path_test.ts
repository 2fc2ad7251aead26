/** What of a path and a query stands in a record. */

import { assertEquals } from "@std/assert";
import { shownPath } from "../../src/calls/shown_path.ts";

const PATH = "/v1/workspaces/64a687e29ae1f428e7ebe303/tags/64a687e29ae1f428e7ebe304";

Deno.test("shownPath() shows paths with ids, and ids, numbers, dates and flags of the query", () => {
  assertEquals(shownPath(PATH), PATH);
  assertEquals(
    shownPath("/v1/x", {
      page: 2,
      "page-size": "50",
      archived: false,
      clients: ["64a687e29ae1f428e7ebe303", "64a687e29ae1f428e7ebe304"],
      start: "2026-11-21T08:00:00Z",
      absent: undefined,
      none: null,
    }),
    "/v1/x?page=2&page-size=50&archived=false&clients=64a687e29ae1f428e7ebe303,64a687e29ae1f428e7ebe304" +
      "&start=2026-11-21T08:00:00Z",
  );
});

Deno.test("shownPath() hides names, mail addresses, tokens and what is no value of a parameter", () => {
  const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln";
  const key = "Y2xvY2tpZnktYXBpLWtleS0wMTIzNDU2Nzg5MDEyMzQ1Njc4OQ";
  assertEquals(shownPath(`/v1/${jwt}/${key}/a%20name`), "/v1/…/…/…");
  assertEquals(
    shownPath("/v1/x", { name: "Ann", email: "a@b.example", token: jwt, key, deep: { a: 1 }, list: ["Ann", 3] }),
    "/v1/x?name=…&email=…&token=…&key=…&deep=…&list=…,3",
  );
  assertEquals(shownPath("/v1/x", { [`a&${jwt}`]: 1 }), "/v1/x?…=1");
});

Deno.test("shownPath() has an end, whatever comes in", () => {
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`p${index}`, index]));
  assertEquals(shownPath("/v1/" + "a/".repeat(1_000), many).length, 500);
  assertEquals(shownPath("/v1", { list: Array.from({ length: 10_000 }, () => 1) }).length < 500, true);
});
