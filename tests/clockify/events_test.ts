/** The event catalogue and the entity keys that duplicates are judged by. */

import { assertEquals, assertNotMatch, assertNotStrictEquals } from "@std/assert";
import { EVENTS_BY_PRIORITY } from "../../src/clockify/event_priority.ts";
import { deliveryIdentity, entityKey, EVENTS, eventsOfSchema } from "../../src/clockify/events.ts";

Deno.test("EVENTS holds the 52 known events, 50 of them in manifest schema 1.5", () => {
  assertEquals(EVENTS.size, 52);
  assertEquals(eventsOfSchema("1.5").length, 50);
  assertEquals(eventsOfSchema("1.6").length, 51);
  assertEquals(eventsOfSchema("1.4").length, 22);
});

Deno.test("the priority list holds every real event once", () => {
  assertEquals([...EVENTS_BY_PRIORITY].sort(), eventsOfSchema("1.6").sort());
});

Deno.test("entityKey() names the entity by resource and id", () => {
  assertEquals(entityKey("TIME_ENTRY_UPDATED", { id: "e1", workspaceId: "w" }), "timeEntry:e1");
  assertEquals(entityKey("ASSIGNMENT_CREATED", { assignmentId: "a1", id: "other" }), "assignment:a1");
  assertEquals(entityKey("EXPENSE_DELETED", { expenseId: "x1" }), "expense:x1");
});

Deno.test("entityKey() is undefined where no id can be had", () => {
  for (const body of [undefined, null, "text", 5, [], {}, { id: 5 }, { id: "" }, { id: null }]) {
    assertEquals(entityKey("TIME_ENTRY_UPDATED", body), undefined);
  }
  assertEquals(entityKey("BALANCE_UPDATED", { id: "b1" }), undefined);
  assertEquals(entityKey("TIME_ENTRY_BATCH_DELETED", { id: "b1" }), undefined);
  assertEquals(entityKey("NO_SUCH_EVENT", { id: "b1" }), undefined);
});

Deno.test("deliveryIdentity() knows events without an id by the person or project that they name, for ten minutes", () => {
  const identity = (type: string, body: unknown) => deliveryIdentity(type, body);
  assertEquals(identity("NEW_TAG", { id: "t" }), { entityKey: "tag:t", memorySeconds: 86_400 });
  const balance = (userId: string, value: string) => identity("BALANCE_UPDATED", { workspaceId: "w", userId, value });
  assertEquals(balance("u1", "1").memorySeconds, 600);
  assertEquals(balance("u1", "1"), balance("u1", "2"));
  assertNotStrictEquals(balance("u1", "1").entityKey, balance("u2", "1").entityKey);
  const invited = (email: string) => identity("USERS_INVITED_TO_WORKSPACE", { invitedUserEmails: [email] }).entityKey!;
  assertNotStrictEquals(invited("a@example.com"), invited("b@example.com"));
  assertNotMatch(invited("a@example.com"), /example/);
  const nothing = { entityKey: undefined, memorySeconds: 600 };
  for (const body of [null, [], "x", { workspaceId: "w" }]) {
    assertEquals(identity("BALANCE_UPDATED", body), nothing);
  }
  assertEquals(identity("NEW_TAG", {}), nothing);
});
