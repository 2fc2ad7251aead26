/** Tests of the closed list of endpoints. */

import { assertEquals } from "@std/assert";
import { createEndpoints } from "../../../src/http/server/endpoints.ts";

Deno.test("createEndpoints() names a path by the route that it meets, and nothing else", () => {
  const endpointOf = createEndpoints([
    "/",
    "/healthz",
    "/ui/app/*",
    "/ui/flows",
    "/ui/flows/vocabulary",
    "/ui/flows/:id",
    "/ui/flows/:flow/executions",
    "/ui/webhooks/:id{[0-9]+}/flows",
    "/webhooks/custom/:name",
    "/webhooks/clockify",
    "/webhooks/clockify/:event",
  ].map((path) => ({ path })));
  const expected = {
    "/": "/",
    "/healthz": "/healthz",
    "/healthz/": "other",
    "/ui/flows": "/ui/flows",
    "/ui/flows/vocabulary": "/ui/flows/vocabulary",
    "/ui/flows/17": "/ui/flows/:id",
    "/ui/flows/17/executions": "/ui/flows/:flow/executions",
    "/ui/flows/17/other": "other",
    "/ui/flows/": "other",
    "/ui/webhooks/5/flows": "/ui/webhooks/:id{[0-9]+}/flows",
    "/ui/app/a/b/c": "/ui/app/*",
    "/ui/app": "/ui/app/*",
    "/webhooks/custom/shop-abc": "/webhooks/custom/:name",
    "/webhooks/clockify": "/webhooks/clockify",
    "/webhooks/clockify/NEW_TAG": "/webhooks/clockify/:event",
    "/wp-admin": "other",
    "": "other",
  };
  assertEquals(Object.fromEntries(Object.keys(expected).map((path) => [path, endpointOf(path)])), expected);
});
