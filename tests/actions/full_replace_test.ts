/** Full replaces against the fake Clockify, whose PUTs replace whole: an action changes what it names and nothing else. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { fullReplaceKeys, fullReplaceOf, lossOf } from "../../src/clockify/full_replace.ts";
import { builtinCatalogue, operationKey, shapeOf } from "../../src/clockify/operations.ts";
import { type ActionScene, type Json, startActionScene } from "../support/action_scene.ts";

let scene: ActionScene;
let apiKey: string;

Deno.test.beforeAll(async () => {
  scene = await startActionScene();
  const { simulator, workspaceId, ownerId } = scene;
  apiKey = await simulator.apiKey({ workspaceId, userId: ownerId });
});
Deno.test.afterAll(() => scene.stop());

const START = "2026-11-20T09:00:00Z";
const END = "2026-11-20T11:30:00Z";

/** An entry with every field set. */
async function fullEntry(fields: Json = {}): Promise<Json> {
  const [project] = await scene.see("/projects?name=Terminal");
  const [task] = await scene.see(`/projects/${project.id}/tasks`);
  const [tag] = await scene.see("/tags?name=overtime");
  const [location, kilometres, shift] = await scene.see("/custom-fields");
  return await scene.change("POST", "/time-entries", {
    start: START,
    end: END,
    description: "Signs for gate 4",
    billable: true,
    projectId: project.id,
    taskId: task.id,
    tagIds: [tag.id],
    type: "REGULAR",
    customFields: [
      { customFieldId: location.id, value: "Dock 4" },
      { customFieldId: kilometres.id, value: 17 },
      { customFieldId: shift.id, value: "Night" },
    ],
    ...fields,
  });
}

interface Case {
  /** The object as an action reads it. */
  read: () => Promise<Json>;
  path: (before: Json) => Json;
  body: Json | ((before: Json) => Json);
  /** What of the read shape differs afterwards. */
  expect: Json;
  apiKey?: true;
}

const listed = (operation_id: string, pick: (answer: Json) => Json) => async () =>
  structuredClone(pick(await scene.done({ operation_id })));
const invoice = async () => {
  const { invoices: [{ id }] } = await scene.done({ operation_id: "getInvoices" });
  return await scene.done({ operation_id: "getInvoice", path_params: { invoiceId: id } });
};
const expense = async () => {
  const { expenses: { expenses: [{ id }] } } = await scene.done({ operation_id: "getExpenses" });
  return await scene.done({ operation_id: "getExpense", path_params: { expenseId: id } });
};
const policy = async () => {
  const [{ id }] = await scene.done({ operation_id: "findPoliciesForWorkspace" });
  return await scene.done({ operation_id: "getPolicy", path_params: { id } });
};
let entryId: string;
const entry = async () => await scene.see(`/time-entries/${entryId ??= (await fullEntry()).id}`);
let webhookId: string;
const webhook = async () => {
  const { workspaceId } = scene;
  webhookId ??= (await scene.change("POST", "/webhooks", {
    name: "Hook",
    url: "https://hooks.example.com/",
    webhookEvent: "NEW_TAG",
    triggerSourceType: "WORKSPACE_ID",
    triggerSource: [workspaceId],
  })).id;
  return await scene.see(`/webhooks/${webhookId}`);
};

/** One changed field for each operation that is merged. */
const CASES: Record<string, Case> = {
  updateClient: {
    read: async () => {
      const [client] = await scene.see("/clients");
      const full = { email: "desk@northgate.example", address: "Quay 1", note: "Pays late", ccEmails: ["a@b.example"] };
      return await scene.change("PUT", `/clients/${client.id}`, { name: client.name, ...full });
    },
    path: ({ id }) => ({ id }),
    body: { name: "Northgate Ferries AB" },
    expect: { name: "Northgate Ferries AB" },
  },
  editCustomField: {
    read: async () => structuredClone((await scene.see("/custom-fields"))[2]),
    path: ({ id }) => ({ customFieldId: id }),
    body: { description: "When the work was done" },
    expect: { description: "When the work was done" },
    apiKey: true,
  },
  updateCategory: {
    read: async () => {
      const { categories } = await scene.done({ operation_id: "getCategories" });
      const body = { name: "Mileage", hasUnitPrice: true, priceInCents: 45, unit: "km" };
      const path_params = { categoryId: categories[1].id };
      return await scene.done({ operation_id: "updateCategory", path_params, body, replace: true });
    },
    path: ({ id }) => ({ categoryId: id }),
    body: { priceInCents: 50 },
    expect: { priceInCents: 50 },
  },
  updateExpense: {
    read: expense,
    path: ({ id }) => ({ expenseId: id }),
    body: { notes: "Two nights" },
    expect: { notes: "Two nights" },
  },
  updateHoliday: {
    read: async () => {
      const [{ id }] = await scene.done({ operation_id: "getHolidays" });
      const [{ id: groupId }] = await scene.see("/user-groups");
      const [{ id: projectId }] = await scene.see("/projects");
      const body = {
        name: "New Year",
        datePeriod: { startDate: "2027-01-01", endDate: "2027-01-02" },
        occursAnnually: true,
        everyoneIncludingNew: false,
        users: { contains: "CONTAINS", ids: [scene.memberId], status: "ALL" },
        userGroups: { contains: "CONTAINS", ids: [groupId], status: "ALL" },
        automaticTimeEntryCreation: { enabled: true, defaultEntities: { projectId } },
      };
      return await scene.done({ operation_id: "updateHoliday", path_params: { holidayId: id }, body, replace: true });
    },
    path: ({ id }) => ({ holidayId: id }),
    body: { datePeriod: { endDate: "2027-01-03" } },
    expect: { datePeriod: { startDate: "2027-01-01", endDate: "2027-01-03" } },
  },
  updateInvoiceSettings: {
    read: listed("getInvoiceSettings", (settings) => settings),
    path: () => ({}),
    body: { defaults: { dueDays: 14 } },
    expect: {
      defaults: {
        companyId: null,
        dueDays: 14,
        itemTypeId: null,
        notes: "Thank you",
        subject: "Invoice",
        taxPercent: 19,
      },
    },
  },
  updateInvoice: {
    read: invoice,
    path: ({ id }) => ({ invoiceId: id }),
    body: { dueDate: "2027-01-31T00:00:00Z" },
    expect: { dueDate: "2027-01-31T00:00:00Z" },
  },
  updateProject: {
    read: async () => {
      const [project] = await scene.see("/projects?name=Terminal");
      const full = {
        clientId: project.clientId,
        color: "#E91E63",
        note: "Phase two",
        billable: false,
        isPublic: false,
      };
      const rates = { hourlyRate: { amount: 9100 }, costRate: { amount: 4000 } };
      await scene.change("PUT", `/projects/${project.id}`, { name: project.name, ...full, ...rates });
      return await scene.see(`/projects/${project.id}`);
    },
    path: ({ id }) => ({ projectId: id }),
    body: { name: "Terminal signage, renamed" },
    expect: { name: "Terminal signage, renamed" },
  },
  updateTask: {
    read: async () => {
      const [{ id }] = await scene.see("/projects");
      const { ownerId, memberId } = scene;
      const [group] = await scene.see("/user-groups");
      const assigned = { assigneeIds: [ownerId, memberId], userGroupIds: [group.id] };
      return await scene.change("POST", `/projects/${id}/tasks`, { name: "Survey", estimate: "PT5H", ...assigned });
    },
    path: ({ id, projectId }) => ({ projectId, taskId: id }),
    body: { status: "DONE" },
    expect: { status: "DONE" },
  },
  updateTag: {
    read: async () => (await scene.see("/tags?archived=true"))[0],
    path: ({ id }) => ({ id }),
    body: { name: "Archive of 2024" },
    expect: { name: "Archive of 2024" },
  },
  updateTimeEntry: {
    read: entry,
    path: ({ id }) => ({ id }),
    body: { description: "Signs for gate 5" },
    expect: { description: "Signs for gate 5" },
  },
  replaceMany: {
    read: entry,
    path: ({ userId }) => ({ userId }),
    body: ({ id }: Json) => [{ id, billable: false }],
    expect: { billable: false },
  },
  updatePolicy: {
    read: policy,
    path: ({ id }) => ({ id }),
    body: { name: "Annual leave" },
    expect: { name: "Annual leave" },
  },
  updatePtoPolicy: {
    read: policy,
    path: ({ id }) => ({ id }),
    body: { allowHalfDay: false },
    expect: { allowHalfDay: false },
  },
  updateSharedReportV1: {
    read: listed("getSharedReportsV1", ({ reports }) => reports[0]),
    path: ({ id }) => ({ id }),
    body: { isPublic: true },
    expect: { isPublic: true },
  },
  updateWebhook: {
    read: webhook,
    path: ({ id }) => ({ webhookId: id }),
    body: { name: "Hook of tags" },
    expect: { name: "Hook of tags" },
    apiKey: true,
  },
};

const AFTER: Record<string, (before: Json) => Promise<Json>> = {
  updateClient: ({ id }) => scene.see(`/clients/${id}`),
  editCustomField: async () => (await scene.see("/custom-fields"))[2],
  updateCategory: async () => (await scene.done({ operation_id: "getCategories" })).categories[1],
  updateHoliday: async () => (await scene.done({ operation_id: "getHolidays" }))[0],
  updateProject: ({ id }) => scene.see(`/projects/${id}`),
  updateTask: ({ id, projectId }) => scene.see(`/projects/${projectId}/tasks/${id}`),
  updateTag: ({ id }) => scene.see(`/tags/${id}`),
};

Deno.test("every operation of the catalogue that replaces is merged, or says what it loses", () => {
  const catalogue = builtinCatalogue();
  const merged = fullReplaceKeys().map((name) => catalogue.find(name)!);
  assertEquals(merged.map(({ operationId }) => operationId).toSorted(), Object.keys(CASES).toSorted());
  // Each sets one value, tells a command or writes one field: nothing of an object is left out.
  const others = [
    ...["setWorkspaceCostRate", "setWorkspaceHourlyRate", "setTaskCostRate", "setTaskHourlyRate", "addUsersCostRate"],
    ...["addUsersHourlyRate", "setCostRateForUser", "setHourlyRateForUser", "upsertUserCustomFieldValue"],
    // A balance assignment is changed by an amount.
    ...["publishAssignments", "updateUserGroup", "updateUserStatus", "updateBalanceAssignment"],
  ];
  const puts = catalogue.list().filter(({ method }) => method === "PUT");
  for (const operation of puts) {
    const known = [fullReplaceOf(operation), lossOf(operation), others.includes(operation.operationId) || undefined];
    assertEquals(known.filter((one) => one !== undefined).length, 1, operationKey(operation));
  }
  for (const operation of merged) {
    const { read, fields, unreadable } = fullReplaceOf(operation)!;
    assert(catalogue.find(read), read);
    const written = operation.bodyFields.map(({ name }) => name);
    const older = ["assigneeId", "changeFields", "file", "id"];
    assertEquals(
      [...Object.keys(fields), ...unreadable].toSorted(),
      written.filter((name) => !older.includes(name)).toSorted(),
      shapeOf(operationKey(operation)),
    );
  }
});

for (const [name, { read, path, body, expect, apiKey: byPerson }] of Object.entries(CASES)) {
  Deno.test(`${name} changes one field, and the whole object is else as it was`, async () => {
    const before = structuredClone(await read());
    const input = {
      operation_id: name,
      path_params: path(before),
      body: typeof body === "function" ? body(before) : body,
    };
    const options = byPerson ? { apiKey } : {};
    await scene.done(input, options);
    const now = () => (AFTER[name] ?? read)(before);
    assertEquals(await now(), { ...before, ...expect });
    // The same again changes nothing, and nothing is written.
    scene.sent();
    const again = await scene.run(input, options);
    assertEquals(scene.sent().filter((call) => !call.startsWith("GET ")), []);
    assert(again.outcome === "done");
    assertEquals((again.request as Json).changed, []);
    assertEquals(await now(), { ...before, ...expect });
  });
}

Deno.test("a running timer stays running, a finished entry stays finished", async () => {
  const running = await fullEntry({ end: undefined });
  const change = (id: string, body: Json) => scene.done({ operation_id: "updateTimeEntry", path_params: { id }, body });
  const { customFieldValues, ...renamed } = await change(running.id, { description: "Still at it" });
  assertEquals(renamed.timeInterval, { start: START, end: null, duration: null });
  assertEquals(customFieldValues.map(({ value }: Json) => value), ["Dock 4", 17, "Night"]);
  const stopped = await change(running.id, { end: END });
  assertEquals(stopped.timeInterval, { start: START, end: END, duration: "PT2H30M" });
  const later = await change(running.id, { billable: false });
  assertEquals(later, { ...stopped, billable: false });
});

Deno.test("one custom field, an emptied one, another project: what is named and what cannot stay", async () => {
  const made = await fullEntry();
  const [, kilometres] = await scene.see("/custom-fields");
  const change = (body: Json, nulls?: string[]) =>
    scene.run({ operation_id: "updateTimeEntry", path_params: { id: made.id }, body, nulls });
  const one = await change({ customFields: [{ customFieldId: kilometres.id, sourceType: "WORKSPACE", value: 3 }] });
  assert(one.outcome === "done");
  assertEquals((one.output as Json).customFieldValues.map(({ value }: Json) => value), ["Dock 4", 3, "Night"]);
  assertEquals((one.request as Json).changed, ["customFields"]);

  const projects = await scene.see("/projects");
  const other = projects.find(({ id }: Json) => id !== made.projectId);
  const moved = await change({ projectId: other.id });
  assert(moved.outcome === "done", JSON.stringify(moved));
  assertEquals((moved.request as Json).changed, ["projectId", "taskId"]);
  assertEquals([(moved.output as Json).projectId, (moved.output as Json).taskId], [other.id, null]);
  const emptied = await change({ projectId: null, description: "" }, ['["projectId"]']);
  assert(emptied.outcome === "done");
  assertEquals([(emptied.output as Json).projectId, (emptied.output as Json).description], [null, ""]);
  assertEquals((emptied.output as Json).tagIds, made.tagIds);
});

Deno.test("two changes of one entity at once both hold", async () => {
  const made = await fullEntry();
  const [, , urgent] = await Promise.all(
    ["overtime", "remote", "urgent"].map(async (name) => (await scene.see(`/tags?name=${name}`))[0]),
  );
  const change = (body: Json) => scene.run({ operation_id: "updateTimeEntry", path_params: { id: made.id }, body });
  const many = { operation_id: "replaceMany", path_params: { userId: made.userId } };
  const results = await Promise.all([
    change({ description: "By the first" }),
    change({ billable: false }),
    scene.run({ ...many, body: [{ id: made.id, tagIds: [urgent.id] }] }),
    change({ end: "2026-11-20T12:00:00Z" }),
  ]);
  assertEquals(results.map(({ outcome }) => outcome), ["done", "done", "done", "done"]);
  assertEquals(await scene.see(`/time-entries/${made.id}`), {
    ...made,
    description: "By the first",
    billable: false,
    tagIds: [urgent.id],
    timeInterval: { start: START, end: "2026-11-20T12:00:00Z", duration: "PT3H" },
  });
});

Deno.test("who waits for his turn can be stopped, and the one after him still waits", async () => {
  const { simulator } = scene;
  const made = await fullEntry();
  const path_params = { id: made.id };
  const change = (body: Json, signal?: AbortSignal) =>
    scene.run({ operation_id: "updateTimeEntry", path_params, body }, { signal });
  const { id } = await simulator.addFault({ kind: "hang", path: `*/time-entries/${made.id}`, count: 1 });
  scene.sent();
  const first = change({ description: "First" });
  const stop = new AbortController();
  const second = change({ description: "Never" }, stop.signal);
  const third = change({ billable: false });
  stop.abort(new Error("lease lost"));
  await assertRejectsLike(second, /lease lost/);
  await simulator.releaseFaults({ id });
  await Promise.all([first, third]);
  assertEquals(scene.sent(), ["GET", "PUT", "GET", "PUT"].map((method) => `${method} /time-entries/${made.id}`));
  assertEquals(await scene.see(`/time-entries/${made.id}`), { ...made, description: "First", billable: false });
});

Deno.test("replace: true sends the body as it is, without a read", async () => {
  const made = await fullEntry();
  scene.sent();
  const input = {
    operation_id: "updateTimeEntry",
    path_params: { id: made.id },
    body: { start: START },
    replace: true,
  };
  const left = await scene.done(input);
  assertEquals(scene.sent(), [`PUT /time-entries/${made.id}`]);
  assertEquals([left.description, left.projectId, left.tagIds, left.timeInterval.end], ["", null, [], null]);
});

Deno.test("what cannot be read is not written, and says that nothing was", async () => {
  const { simulator } = scene;
  const made = await fullEntry();
  const input = { operation_id: "updateTimeEntry", path_params: { id: made.id }, body: { billable: false } };
  await simulator.addFault({ kind: "status", status: 400, method: "GET", path: `*/time-entries/${made.id}`, count: 1 });
  scene.sent();
  const refused = await scene.run(input);
  assert(refused.outcome === "failed");
  assertEquals([refused.error.code, refused.error.details.sent], ["UPSTREAM_REJECTED", false]);
  await simulator.addFault({ kind: "truncate", method: "GET", path: `*/time-entries/${made.id}`, count: 3 });
  const cut = await scene.run(input);
  assert(cut.outcome === "failed" && cut.error.retryable);
  assertEquals(cut.error.details.sent, false);
  const none = await scene.run({
    operation_id: "updateCategory",
    path_params: { categoryId: "f".repeat(24) },
    body: { name: "Hotel" },
  });
  assert(none.outcome === "failed" && !none.error.retryable);
  assertMatch(none.error.message, /list has none of this id/);
  assert(scene.sent().every((call) => call.startsWith("GET ")));
  const many = { operation_id: "replaceMany", path_params: { userId: made.userId } };
  const tooMany = await scene.run({ ...many, body: Array.from({ length: 51 }, () => ({ id: made.id })) });
  assert(tooMany.outcome === "failed");
  assertMatch(tooMany.error.message, /at most 50/);
});
