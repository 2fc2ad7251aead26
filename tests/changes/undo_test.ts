/** Undo against the fake Clockify, comparing whole objects before the change and after its undo. */

import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { fullReplaceKeys, fullReplaceOf } from "../../src/clockify/full_replace.ts";
import { builtinCatalogue } from "../../src/clockify/operations.ts";
import type { Json } from "../support/action_scene.ts";
import { assertRejectsLike } from "../support/assert_like.ts";
import { stopSharedDatabase } from "../support/database.ts";
import { type ChangeScene, startChangeScene } from "./setup.ts";

let scene: ChangeScene;

Deno.test.beforeAll(async () => void (scene = await startChangeScene()));
Deno.test.afterAll(async () => {
  await scene.stop();
  await stopSharedDatabase();
});

const START = "2026-11-20T09:00:00Z";
const END = "2026-11-20T11:30:00Z";

/** An entry with every field set. */
async function fullEntry(fields: Json = {}): Promise<Json> {
  const [project] = await scene.see("/projects?name=Terminal");
  const [task] = await scene.see(`/projects/${project.id}/tasks`);
  const [tag] = await scene.see("/tags?name=overtime");
  const [location, kilometres] = await scene.see("/custom-fields");
  return await scene.change("POST", "/time-entries", {
    start: START,
    end: END,
    description: "Signs for gate 4",
    billable: true,
    projectId: project.id,
    taskId: task.id,
    tagIds: [tag.id],
    type: "REGULAR",
    customFields: [{ customFieldId: location.id, value: "Dock 4" }, { customFieldId: kilometres.id, value: 17 }],
    ...fields,
  });
}

interface Case {
  /** The object as Clockify shows it. */
  see(): Promise<Json>;
  path(object: Json): Json;
  /** What is written in place of the whole, or of one field. */
  body: Json | ((object: Json) => Json);
  apiKey?: true;
}

const listed = (operation_id: string, pick: (answer: Json) => Json) => async () =>
  structuredClone(pick(await scene.done({ operation_id })));
const first = (list: string, operation_id: string, param: string) => async () => {
  const answer = await scene.done({ operation_id: list });
  const { id } = [answer].flat()[0]?.id ? answer[0] : (answer.invoices ?? answer.expenses?.expenses ?? answer)[0];
  return await scene.done({ operation_id, path_params: { [param]: id } });
};
let entryId: string;
const entry = async () => await scene.see(`/time-entries/${entryId ??= (await fullEntry()).id}`);
let hookId: string;
const hook = async () => {
  hookId ??= (await scene.change("POST", "/webhooks", {
    name: "Hook",
    url: "https://hooks.example.com/",
    webhookEvent: "NEW_TAG",
    triggerSourceType: "WORKSPACE_ID",
    triggerSource: [scene.workspaceId],
  })).id;
  return await scene.see(`/webhooks/${hookId}`);
};
let taskPath: string;
const task = async () => {
  if (taskPath === undefined) {
    const [{ id }] = await scene.see("/projects");
    const assigned = { assigneeIds: [scene.ownerId, scene.memberId] };
    const made = await scene.change("POST", `/projects/${id}/tasks`, { name: "Survey", estimate: "PT5H", ...assigned });
    taskPath = `/projects/${id}/tasks/${made.id}`;
  }
  return await scene.see(taskPath);
};

/** For each full replace of the catalogue: a change of some fields, and one that replaces with next to nothing. */
const CASES: Record<string, Case> = {
  updateClient: {
    see: async () => (await scene.see("/clients"))[0],
    path: ({ id }) => ({ id }),
    body: { name: "Renamed", address: "Quay 9", note: "New" },
  },
  editCustomField: {
    see: async () => (await scene.see("/custom-fields"))[2],
    path: ({ id }) => ({ customFieldId: id }),
    body: { description: "When it was", name: "Other" },
    apiKey: true,
  },
  updateCategory: {
    see: listed("getCategories", ({ categories }) => categories[1]),
    path: ({ id }) => ({ categoryId: id }),
    body: { name: "Mileage", hasUnitPrice: true, priceInCents: 45, unit: "km" },
  },
  updateExpense: {
    see: first("getExpenses", "getExpense", "expenseId"),
    path: ({ id }) => ({ expenseId: id }),
    body: { notes: "Two nights", amount: 99.5 },
  },
  updateHoliday: {
    see: listed("getHolidays", (all) => all[0]),
    path: ({ id }) => ({ holidayId: id }),
    body: { datePeriod: { startDate: "2027-01-01", endDate: "2027-01-03" }, occursAnnually: false },
  },
  updateInvoiceSettings: {
    see: listed("getInvoiceSettings", (settings) => settings),
    path: () => ({}),
    body: { defaults: { dueDays: 14 } },
  },
  updateInvoice: {
    see: first("getInvoices", "getInvoice", "invoiceId"),
    path: ({ id }) => ({ invoiceId: id }),
    body: { dueDate: "2027-01-31T00:00:00Z", subject: "Other" },
  },
  updateProject: {
    see: async () => (await scene.see("/projects?name=Terminal"))[0],
    path: ({ id }) => ({ projectId: id }),
    body: { note: "Phase two", billable: false, archived: true, hourlyRate: { amount: 9_100 } },
  },
  updateTask: {
    see: task,
    path: ({ id, projectId }) => ({ projectId, taskId: id }),
    body: { status: "DONE", name: "T" },
  },
  updateTag: {
    see: async () => (await scene.see("/tags"))[1],
    path: ({ id }) => ({ id }),
    body: { name: "Renamed", archived: true },
  },
  updateTimeEntry: {
    see: entry,
    path: ({ id }) => ({ id }),
    body: { description: "Gate 5", tagIds: [], customFields: [], projectId: null },
  },
  replaceMany: {
    see: entry,
    path: ({ userId }) => ({ userId }),
    body: ({ id }: Json) => [{ id, billable: false, end: "2026-11-20T12:00:00Z" }],
  },
  updatePolicy: {
    see: first("findPoliciesForWorkspace", "getPolicy", "id"),
    path: ({ id }) => ({ id }),
    body: { name: "Annual leave", allowHalfDay: false },
  },
  updatePtoPolicy: {
    see: first("findPoliciesForWorkspace", "getPolicy", "id"),
    path: ({ id }) => ({ id }),
    body: { name: "Leave", automaticAccrual: { amount: 25 } },
  },
  updateSharedReportV1: {
    see: listed("getSharedReportsV1", ({ reports }) => reports[0]),
    path: ({ id }) => ({ id }),
    body: { isPublic: true, visibleToUsers: [] },
  },
  updateWebhook: { see: hook, path: ({ id }) => ({ webhookId: id }), body: { name: "Hook of tags" }, apiKey: true },
};

Deno.test("each full replace of the catalogue has its case", () => {
  const names = fullReplaceKeys().map((key) => builtinCatalogue().find(key)!.operationId);
  assertEquals(Object.keys(CASES).toSorted(), names.toSorted());
});

for (const [operation_id, { see, path, body, apiKey: byKey }] of Object.entries(CASES)) {
  Deno.test(`${operation_id} is undone whole, and its undo too`, async () => {
    const apiKey = byKey && scene.apiKey;
    const before = structuredClone(await see());
    const named = typeof body === "function" ? body(before) : body;
    const nulls = named.projectId === null ? ['["projectId"]'] : undefined;
    const change = await scene.write({ operation_id, path_params: path(before), body: named, nulls }, { apiKey });
    const changed = structuredClone(await see());
    assertNotEquals(changed, before);
    assertEquals([change.state, change.beforeState, change.undoable], ["done", "read", true]);
    assert(change.fields.length > 0);

    const undone = await scene.take(change, { apiKey });
    assert(undone.outcome === "undone", JSON.stringify(undone));
    assertEquals(await see(), before, "the whole object is as it was");
    const [own] = await scene.changes();
    assertEquals([own!.id, own!.origin, own!.undoOf, own!.person], [undone.undoId, "undo", change.id, scene.ownerId]);
    assertEquals((await scene.store.find(1, change.id))!.undoneBy, own!.id);
    await assertRejectsLike(scene.take(change, { apiKey }), /UNDO_DONE|was undone by/);

    const redone = await scene.take(own!, { apiKey });
    assert(redone.outcome === "undone", JSON.stringify(redone));
    assertEquals(await see(), changed, "the undo is undone");
    // The first change is in effect once more, and can be undone.
    assert((await scene.take(change, { apiKey })).outcome === "undone");
    assertEquals(await see(), before);
  });

  Deno.test(`${operation_id} that replaces with next to nothing is undone whole`, async () => {
    const apiKey = byKey && scene.apiKey;
    const before = structuredClone(await see());
    const operation = builtinCatalogue().find(operation_id)!;
    const replace = fullReplaceOf(operation)!;
    // What Clockify asks for, and the rest left out.
    const body = Object.fromEntries(
      operation.bodyFields.filter(({ required, type }) => required && type !== "binary")
        .map(({ name }) => [name, replace.fields[name]?.(before)]),
    );
    const named = replace.isList ? [{ id: before.id, start: START }] : { ...body, ...extra(operation_id, before) };
    const change = await scene.write(
      { operation_id, path_params: path(before), body: named, replace: true },
      { apiKey },
    );
    if (change.fields.length === 0) return assertEquals(await see(), before);
    assertNotEquals(await see(), before);
    const undone = await scene.take(change, { apiKey });
    assert(undone.outcome === "undone", JSON.stringify(undone));
    assertEquals(await see(), before);
  });
}

/** What the catalogue does not say that the PUT needs, and the simulator asks for. */
function extra(operation_id: string, before: Json): Json {
  const name = before.name;
  switch (operation_id) {
    case "updateExpense":
      return { changeFields: ["NOTES"], notes: "Cut" };
    case "updateInvoice":
      // The fake Clockify knows a client's name only from the invoice itself.
      return { clientId: before.clientId };
    case "updateInvoiceSettings":
      return { labels: before.labels };
    case "updateWebhook":
      return {
        name: "Other",
        url: before.url,
        webhookEvent: before.webhookEvent,
        triggerSourceType: before.triggerSourceType,
        triggerSource: before.triggerSource,
      };
    case "updateTimeEntry":
      return { start: START };
    default:
      return name === undefined ? {} : { name };
  }
}

/** Writes, undoes, and redoes the creation or deletion of one object. */
interface Life {
  create: Json;
  remove(made: Json): Json;
  /** Before it can be deleted. */
  prepare?(made: Json): Promise<unknown>;
  all(): Promise<Json[]>;
}

const projects = async () => (await scene.see("/projects?page-size=200"));
const LIVES: Record<string, Life> = {
  tag: {
    create: { operation_id: "createNewTag", body: { name: "Made by a flow" } },
    remove: ({ id }) => ({ operation_id: "deleteTag", path_params: { id } }),
    all: () => scene.see("/tags?page-size=200"),
  },
  client: {
    create: {
      operation_id: "createClient",
      body: { name: "Made", email: "a@made.example", address: "Quay 2", note: "n" },
    },
    prepare: ({ id }) =>
      scene.change("PUT", `/clients/${id}`, {
        name: "Made",
        email: "a@made.example",
        address: "Quay 2",
        note: "n",
        archived: true,
      }),
    remove: ({ id }) => ({ operation_id: "deleteClient", path_params: { id } }),
    all: () => scene.see("/clients?page-size=200"),
  },
  project: {
    create: {
      operation_id: "createNewProject",
      body: {
        name: "Made",
        color: "#E91E63",
        note: "n",
        billable: false,
        isPublic: false,
        hourlyRate: { amount: 500 },
      },
    },
    prepare: async ({ id }) => {
      await scene.change("PATCH", `/projects/${id}/estimate`, {
        timeEstimate: { active: true, estimate: "PT40H", type: "MANUAL" },
      });
      await scene.change("PATCH", `/projects/${id}/memberships`, {
        memberships: [{ userId: scene.memberId, hourlyRate: { amount: 7 } }],
      });
      await scene.change("PUT", `/projects/${id}`, {
        name: "Made",
        color: "#E91E63",
        note: "n",
        billable: false,
        isPublic: false,
        hourlyRate: { amount: 500 },
        archived: true,
      });
    },
    remove: ({ id }) => ({ operation_id: "deleteProject", path_params: { projectId: id } }),
    all: projects,
  },
  task: {
    create: { operation_id: "createTask", body: { name: "Made", estimate: "PT3H" } },
    prepare: async ({ id, projectId }) => {
      await scene.change("PUT", `/projects/${projectId}/tasks/${id}/hourly-rate`, { amount: 900 });
      await scene.change("PUT", `/projects/${projectId}/tasks/${id}`, {
        name: "Made",
        estimate: "PT3H",
        status: "DONE",
        billable: false,
      });
    },
    remove: ({ id, projectId }) => ({ operation_id: "deleteTask", path_params: { projectId, taskId: id } }),
    all: async () => await scene.see(`/projects/${(await projects())[0].id}/tasks?page-size=200`),
  },
  time_entry: {
    create: { operation_id: "createTimeEntry", body: { start: START, end: END, description: "Made", billable: true } },
    remove: ({ id }) => ({ operation_id: "deleteTimeEntry", path_params: { id } }),
    all: () => scene.see(`/user/${scene.ownerId}/time-entries?page-size=200`),
  },
};

/** The object without its id, wherever that stands. */
function nameless(object: Json): Json {
  return JSON.parse(JSON.stringify(object).replaceAll(object.id, "ID"));
}

for (const [type, { create, remove, prepare, all }] of Object.entries(LIVES)) {
  Deno.test(`a ${type} that was created is deleted by the undo, and made once more by the undo of that`, async () => {
    const list = await all();
    const path_params = type === "task" ? { projectId: (await projects())[0].id } : undefined;
    const change = await scene.write({ ...create, path_params });
    assertEquals([change.state, change.beforeState, change.entityType, change.undoable], ["done", "none", type, true]);
    const made = (await all()).find(({ id }) => id === change.entityId)!;
    const { plan } = await scene.undo.preview(scene.request(change));
    assertEquals([plan.kind, plan.outcome], ["remove", "ready"]);
    const undone = await scene.take(change);
    assert(undone.outcome === "undone", JSON.stringify(undone));
    assertEquals(await all(), list, "all is as it was");

    const redone = await scene.take({ id: undone.undoId! });
    assert(redone.outcome === "undone" && redone.entityId !== null, JSON.stringify(redone));
    assertEquals(redone.incomplete, []);
    const again = (await all()).find(({ id }) => id === redone.entityId)!;
    assertEquals(nameless(again), nameless(made));
    assertNotEquals(again.id, made.id);
    await scene.take({ id: redone.undoId! });
    assertEquals(await all(), list);
  });

  Deno.test(`a ${type} that was deleted is made once more by the undo, whole but for its id`, async () => {
    const list = await all();
    const path_params = type === "task" ? { projectId: (await projects())[0].id } : undefined;
    const made = await scene.done({ ...create, path_params });
    await prepare?.(made);
    const before = (await all()).find(({ id }) => id === made.id)!;
    const change = await scene.write(remove(made));
    assertEquals(await all(), list);
    assertEquals([change.state, change.beforeState, change.entityId], ["done", "read", made.id]);
    const { plan } = await scene.undo.preview(scene.request(change));
    assertEquals([plan.kind, plan.outcome], ["recreate", "ready"]);
    assertMatch(plan.loses.join("; "), /its id/);
    const undone = await scene.take(change);
    assert(undone.outcome === "undone" && undone.entityId !== null, JSON.stringify(undone));
    assertEquals(undone.incomplete, []);
    const again = (await all()).find(({ id }) => id === undone.entityId)!;
    assertEquals(nameless(again), nameless(before));
    // The undo made it: the undo of that deletes it.
    const redone = await scene.take({ id: undone.undoId! });
    assert(redone.outcome === "undone", JSON.stringify(redone));
    assertEquals(await all(), list);
  });
}
