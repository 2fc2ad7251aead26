/** Tests of subjects: what each family's payload names, and what members are not told. */

import { assert, assertEquals, assertNotMatch, assertStrictEquals } from "@std/assert";
import { subjectOf } from "../../src/events/subject.ts";

const BETWEEN = " \u00b7 ";

async function subject(eventType: string, { redacted = false } = {}): Promise<string | null> {
  const smallBody = await Deno.readFile(`fixtures/events/${eventType}.json`);
  return subjectOf({ eventType, customSource: null, contentType: null, smallBody }, { redacted });
}

Deno.test("each family is told by the names in its payload", async () => {
  const cases: Record<string, string[]> = {
    NEW_TIME_ENTRY: ["Measurements on site", "Terminal signage", "Ines Varga"],
    TIME_ENTRY_DELETED: ["Measurements on site", "Terminal signage", "Ines Varga"],
    NEW_PROJECT: ["Terminal signage", "Northgate Ferries"],
    NEW_TASK: ["Preparation"],
    CLIENT_UPDATED: ["Northgate Ferries & Cargo"],
    NEW_TAG: ["on site"],
    USER_GROUP_UPDATED: ["Design team"],
    USER_UPDATED: ["Ines Varga"],
    USERS_INVITED_TO_WORKSPACE: ["noor.valente@harbour-pine.example", "Tomasz Okafor"],
    LIMITED_USERS_ADDED_TO_WORKSPACE: ["Kiosk tablet, north quay, Kiosk tablet, workshop", "Tomasz Okafor"],
    NEW_INVOICE: ["2026-0042", "Northgate Ferries", "Terminal signage, November"],
    NEW_APPROVAL_REQUEST: ["Ines Varga", "2026-11-09", "2026-11-15"],
    TIME_OFF_REQUESTED: ["2026-12-21", "2026-12-24"],
    BALANCE_UPDATED: ["Carried over from last year", "21.5"],
    EXPENSE_CREATED: ["Parking at the quay", "2026-11-16"],
    BILLABLE_RATE_UPDATED: ["EUR", "2026-11-01"],
  };
  for (const [event, words] of Object.entries(cases)) {
    assertStrictEquals(await subject(event), words.join(BETWEEN), event);
  }
  assertEquals(await subject("ASSIGNMENT_CREATED"), null, "ids name nothing to people");
  assertEquals(await subject("TIME_ENTRY_BATCH_DELETED"), null);
});

Deno.test("a member's subject is redacted within its words, and costs what is shown of a body, not what a sender put in", () => {
  const of = (body: unknown, redacted = true) => {
    const smallBody = new TextEncoder().encode(JSON.stringify(body));
    return subjectOf({ eventType: "x", customSource: "shop", contentType: null, smallBody }, { redacted });
  };
  assertEquals(
    of({ title: "Write to ann@harbour.example", user: { name: "Ann" } }),
    `Write to [redacted]${BETWEEN}Ann`,
  );
  assertEquals(of({ title: "Write to ann@harbour.example" }, false), "Write to ann@harbour.example");
  // The address begins within what is looked through, and ends behind it.
  const long = of({ title: `eyJ${"a".repeat(1_980)} ann@harbour.example and more` })!;
  assertNotMatch(long, /ann@/);
  assertEquals(of({ note: "n", title: { token: "t" }, name: "Seen" }), "Seen");
});

Deno.test("no fixture is longer than 120 characters or fails", async () => {
  for await (const { name } of Deno.readDir("fixtures/events")) {
    const text = await subject(name.replace(".json", ""));
    assert(text === null || (text.length > 0 && text.length <= 120), name);
  }
});

Deno.test("members are not told what is redacted for them", async () => {
  assertEquals(await subject("BALANCE_UPDATED", { redacted: true }), "21.5");
  assertEquals(await subject("EXPENSE_CREATED", { redacted: true }), "2026-11-16");
  assertEquals(await subject("USERS_INVITED_TO_WORKSPACE", { redacted: true }), "Tomasz Okafor");
});

Deno.test("other systems' events are told by the words that most of them use", () => {
  const custom = (payload: unknown) =>
    subjectOf({
      eventType: "custom:shop",
      customSource: "shop",
      contentType: null,
      smallBody: new TextEncoder().encode(JSON.stringify(payload)),
    }, { redacted: false });
  assertEquals(custom({ issue: { title: "It leaks" }, sender: { login: "dana" } }), `It leaks${BETWEEN}dana`);
  assertEquals(custom({ order: 12 }), null);
  assertEquals(custom([1, 2]), null);
});
