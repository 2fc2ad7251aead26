/** Categories of expenses, some with a price per unit; archived before they are deleted. */

import { businessOf } from "../business_data.ts";
import { enveloped, type Item, itemOf, takeItem } from "../items.ts";
import { type ApiCall, created, matchesListFilter, objectBody, ok, refuse, type Route } from "../route.ts";

const CATEGORIES = "/v1/workspaces/{workspaceId}/expenses/categories";
const CATEGORY = `${CATEGORIES}/{categoryId}`;
const [READ, WRITE] = ["EXPENSE_READ", "EXPENSE_WRITE"];

const categoriesOf = ({ workspace }: ApiCall): Item[] => businessOf(workspace).categories;
const categoryOf = (call: ApiCall) => itemOf(categoriesOf(call), call.params.categoryId, "Expense category");

function writtenCategory(call: ApiCall) {
  const { name, hasUnitPrice = false, priceInCents = 0, unit = "" } = objectBody(call);
  if (typeof name !== "string" || name === "" || name.length > 250) throw refuse("Category name is required");
  const { categoryId } = call.params;
  if (categoriesOf(call).some((one) => one.name === name && one.id !== categoryId)) {
    throw refuse("Category with that name already exists");
  }
  return { name, hasUnitPrice, priceInCents, unit };
}

export const expenseCategoryRoutes: Route[] = [
  {
    method: "GET",
    path: CATEGORIES,
    scope: READ,
    handle(call) {
      const items = categoriesOf(call).filter((one) => matchesListFilter(call.query)(one as Item & { name: string }));
      return enveloped(call, items, (page) => ({ categories: page, count: items.length }));
    },
  },
  {
    method: "POST",
    path: CATEGORIES,
    scope: WRITE,
    handle(call) {
      const ids = { id: call.world.newId(), workspaceId: call.workspace.id, archived: false };
      const made = { ...ids, ...writtenCategory(call) };
      categoriesOf(call).push(made);
      return created(made);
    },
  },
  {
    method: "PUT",
    path: CATEGORY,
    scope: WRITE,
    handle: (call) => ok(Object.assign(categoryOf(call), writtenCategory(call))),
  },
  {
    method: "PATCH",
    path: `${CATEGORY}/status`,
    scope: WRITE,
    handle: (call) => ok(Object.assign(categoryOf(call), { archived: objectBody(call).archived === true })),
  },
  {
    method: "DELETE",
    path: CATEGORY,
    scope: WRITE,
    handle(call) {
      if (!categoryOf(call).archived) throw refuse("Cannot delete an active category: archive it first");
      takeItem(categoriesOf(call), call.params.categoryId, "Expense category");
      return { status: 204 };
    },
  },
];
