/** Changes of the journal in words: what, by whom, in which state, and what an undo is called. */

import { assertEquals } from "@std/assert";
import {
  byText,
  fieldsText,
  fieldText,
  idsIn,
  nameOf,
  operationText,
  undoLabel,
  undoTag,
  verbOf,
} from "../../src/console/features/journal/change_words.ts";
import { filterFromUrl, filterToUrl, NO_FILTER, queryOf } from "../../src/console/features/journal/filter.ts";

const ID = "64c777ddd3fcab07cfbb210c";
const NAMES = new Map([[ID, { name: "Mara Obi" }]]);
const NO_ONE = { flowId: null, flowName: null, flowVersion: null, person: null, via: null };

Deno.test("verbOf() says what is not certain as what it is", () => {
  const verb = (state: "done" | "refused" | "sending" | "failed" | "uncertain") =>
    verbOf({ undoKind: "recreate", state });
  assertEquals(verb("done"), "deleted");
  assertEquals(verb("refused"), "not deleted");
  assertEquals(verb("sending"), "being deleted");
  assertEquals([verb("failed"), verb("uncertain")], ["perhaps deleted", "perhaps deleted"]);
  assertEquals(verbOf({ undoKind: "none", state: "done" }), undefined);
  assertEquals(operationText("sendInvoice"), "Send invoice");
});

Deno.test("who made it: a flow with its version, a person by name and door, an operator", () => {
  const flow = { ...NO_ONE, origin: "flow" as const, flowId: "3", flowVersion: 2 };
  assertEquals(byText({ ...flow, flowName: "Name tags" }, NAMES), "Name tags, version 2");
  assertEquals(byText(flow, NAMES), "Flow 3, version 2");
  const person = { ...NO_ONE, origin: "person" as const };
  assertEquals(byText({ ...person, person: ID, via: "explorer" }, NAMES), "Mara Obi in the Explorer");
  assertEquals(byText({ ...person, person: "operator:night", via: "api_call" }, NAMES), "Operator night by API");
  assertEquals(byText({ ...person, origin: "undo", person: ID }, NAMES), "Mara Obi, as an undo");
});

Deno.test("fields by their names, members by theirs, and the object by what the change or the workspace calls it", () => {
  assertEquals(fieldText("tagIds", NAMES), "tags");
  assertEquals(fieldText("hourlyRate", NAMES), "hourly rate");
  assertEquals(fieldText(`member ${ID}`, NAMES), "Mara Obi is a member");
  assertEquals(fieldsText(["a", "b", "c", "d", "e", "f"], NAMES), "a, b, c, d and 2 more");
  assertEquals(nameOf({ name: "billable", entityId: ID }, NAMES), "billable");
  assertEquals(nameOf({ name: null, entityId: ID }, NAMES), "Mara Obi");
  assertEquals(nameOf({ name: null, entityId: null }, NAMES), null);
  assertEquals(idsIn({ a: [ID, "x"], b: { c: "64c777ddd3fcab07cfbb210d" } }).size, 2);
});

Deno.test("the undo is named by what it does", () => {
  const undo = { noun: "tag", fields: ["name"] };
  assertEquals(undoLabel({ ...undo, undoKind: "restore" }), "Undo 1 field…");
  assertEquals(undoLabel({ ...undo, undoKind: "recreate" }), "Create the tag again…");
  assertEquals(undoLabel({ ...undo, undoKind: "remove" }), "Delete the tag…");
  assertEquals(undoTag({ undoable: false, undoneBy: "9", state: "done" }).text, "Undone");
  assertEquals(undoTag({ undoable: false, undoneBy: null, state: "refused" }).text, "Refused");
  assertEquals(undoTag({ undoable: false, undoneBy: null, state: "done" }).text, "Cannot be undone");
});

Deno.test("the filter goes through the address, and times of a moving span are counted back from now", () => {
  const filter = { ...NO_FILTER, flowId: "3", undoable: "true", time: "1h" };
  const url = filterToUrl(filter, new URLSearchParams("undo_job=5"));
  assertEquals(url.toString(), "undo_job=5&flow_id=3&undoable=true&time=1h");
  assertEquals(filterFromUrl(url), filter);
  assertEquals(queryOf(filter, 3_600_000).from, "1970-01-01T00:00:00.000Z");
  const chosen = filterFromUrl(new URLSearchParams("from=2026-11-21T08:00:00Z"));
  assertEquals([chosen.time, queryOf(chosen, 0).from], ["custom", "2026-11-21T08:00:00Z"]);
  assertEquals(filterToUrl({ ...chosen, time: "" }).toString(), "");
});
