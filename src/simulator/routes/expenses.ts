/** Expenses and their receipts: forms in whole units, answers in cents. */

import { businessOf } from "../business_data.ts";
import { enveloped, type Item, itemOf, projectOf, requireAll, takeItem, taskOf, userOf } from "../items.ts";
import { type ApiCall, ApiRefusal, created, objectBody, ok, refuse, type Route } from "../route.ts";

const EXPENSES = "/v1/workspaces/{workspaceId}/expenses";
const [READ, WRITE] = ["EXPENSE_READ", "EXPENSE_WRITE"];

/** What changeFields calls the fields of an expense. */
const FIELDS: Record<string, string> = {
  USER: "userId",
  DATE: "date",
  PROJECT: "projectId",
  TASK: "taskId",
  CATEGORY: "categoryId",
  NOTES: "notes",
  BILLABLE: "billable",
};

const categoriesOf = ({ workspace }: ApiCall): Item[] => businessOf(workspace).categories;
const expensesOf = ({ workspace }: ApiCall): Item[] => businessOf(workspace).expenses;
const expenseOf = (call: ApiCall) => itemOf(expensesOf(call), call.params.expenseId, "Expense");

/** A row of the list shows objects in the place of ids, a single expense the ids alone. */
function row(call: ApiCall, { categoryId, projectId, taskId, ...expense }: Item) {
  const { workspace } = call;
  const project = workspace.projects.get(String(projectId));
  const task = workspace.tasks.get(String(taskId));
  return {
    ...expense,
    fileName: businessOf(workspace).files.get(String(expense.fileId))?.name ?? null,
    category: categoriesOf(call).find(({ id }) => id === categoryId) ?? null,
    project: project
      ? {
        id: project.id,
        name: project.name,
        clientId: project.clientId,
        clientName: project.clientName,
        color: project.color,
      }
      : null,
    task: task ? { id: task.id, name: task.name } : null,
  };
}

/** Cents: of a category with a unit price the amount is a number of units. */
function totals(category: Item, amount: unknown): { total: number; quantity: number } {
  const given = Number(amount);
  if (!Number.isFinite(given) || given < 0) throw new ApiRefusal(400, "Cannot parse field amount", 3002);
  return category.hasUnitPrice
    ? { quantity: given, total: Math.round(given * Number(category.priceInCents)) }
    : { quantity: 1, total: Math.round(given * 100) };
}

/** Keeps an uploaded receipt and gives its id; "" without one. A field that is no file is one of that content. */
function storeFile(call: ApiCall, file: unknown): string {
  if (!file) return "";
  const id = call.world.newId();
  const { name = "receipt", content = String(file) } = file as { name?: string; content?: string };
  businessOf(call.workspace).files.set(id, { name, content });
  return id;
}

function create(call: ApiCall) {
  const body = objectBody(call);
  const category = itemOf(categoriesOf(call), body.categoryId, "Expense category");
  const project = projectOf(call, body.projectId);
  const expense: Item = {
    id: call.world.newId(),
    workspaceId: call.workspace.id,
    userId: userOf(call, body.userId).id,
    date: String(body.date),
    projectId: project.id,
    taskId: taskOf(call, body.taskId, project.id)?.id ?? null,
    categoryId: category.id,
    notes: body.notes ?? "",
    billable: String(body.billable ?? false) === "true",
    fileId: storeFile(call, body.file),
    ...totals(category, body.amount),
    locked: false,
    isLocked: false,
  };
  expensesOf(call).push(expense);
  call.world.emit(call.workspace.id, "EXPENSE_CREATED", expense);
  return created(expense);
}

/** Changes what changeFields names and nothing else. */
function update(call: ApiCall) {
  const expense = expenseOf(call);
  const body = objectBody(call);
  requireAll(body, ["amount", "categoryId", "changeFields", "date", "userId"]);
  const written: Record<string, unknown> = {};
  for (const name of [body.changeFields].flat().map(String)) {
    const field = FIELDS[name];
    if (name === "AMOUNT") {
      Object.assign(written, totals(itemOf(categoriesOf(call), expense.categoryId, "Expense category"), body.amount));
    } else if (name === "FILE") written.fileId = storeFile(call, body.file);
    else if (!field) throw new ApiRefusal(400, "Bad parameter changeFields", 3000);
    else written[field] = field === "billable" ? String(body[field]) === "true" : body[field] ?? null;
  }
  Object.assign(expense, written);
  call.world.emit(call.workspace.id, "EXPENSE_UPDATED", expense);
  return ok(expense);
}

function remove(call: ApiCall) {
  const { id: expenseId, userId, projectId, categoryId } = takeItem(
    expensesOf(call),
    call.params.expenseId,
    "Expense",
  );
  const workspaceId = call.workspace.id;
  call.world.emit(workspaceId, "EXPENSE_DELETED", { workspaceId, userId, projectId, expenseId, categoryId });
  return { status: 200 };
}

export const expenseRoutes: Route[] = [
  {
    // Bounds of time are ignored.
    method: "GET",
    path: EXPENSES,
    scope: READ,
    handle(call) {
      const userId = call.query.get("user-id");
      const items = expensesOf(call).filter((one) => !userId || one.userId === userId);
      return enveloped(call, items.map((one) => row(call, one)), (page) => ({
        expenses: { expenses: page, count: items.length },
        dailyTotals: [],
        weeklyTotals: [],
      }));
    },
  },
  { method: "POST", path: EXPENSES, scope: WRITE, handle: create },
  { method: "GET", path: `${EXPENSES}/{expenseId}`, scope: READ, handle: (call) => ok(expenseOf(call)) },
  { method: "PUT", path: `${EXPENSES}/{expenseId}`, scope: WRITE, handle: update },
  { method: "DELETE", path: `${EXPENSES}/{expenseId}`, scope: WRITE, handle: remove },
  {
    method: "GET",
    path: `${EXPENSES}/{expenseId}/files/{fileId}`,
    scope: READ,
    handle(call) {
      const { fileId } = expenseOf(call);
      const file = fileId === call.params.fileId ? businessOf(call.workspace).files.get(String(fileId)) : undefined;
      if (!file) throw refuse("File doesn't belong to Workspace");
      return { status: 200, headers: { "content-type": "application/octet-stream" }, body: file.content };
    },
  },
];
