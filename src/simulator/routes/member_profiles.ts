/** Profiles of members: what a person may be shown as, and when he works. A PATCH changes what it names. */

import { businessOf } from "../business_data.ts";
import { itemOf, listOf, userOf } from "../items.ts";
import { type ApiCall, objectBody, ok, pickFields, type Route } from "../route.ts";
import type { User } from "../workspace_data.ts";

const PROFILE = "/v1/workspaces/{workspaceId}/member-profile/{userId}";
const WRITABLE = { name: "", imageUrl: "", weekStart: "", workCapacity: "" };
const DEFAULTS = {
  weekStart: "MONDAY",
  workCapacity: "PT8H",
  workingDays: ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"],
};

function profileOf({ workspace }: ApiCall, user: User) {
  const { profiles, userFieldValues, approvals } = businessOf(workspace);
  const values = workspace.customFields.flatMap((customField) => {
    const key = `${user.id} ${customField.id}`;
    if (!userFieldValues.has(key)) return [];
    const { id: customFieldId, name, type } = customField;
    const about = { customField, customFieldId, name, type, userId: user.id, sourceType: "USER" };
    return [{ ...about, value: userFieldValues.get(key) }];
  });
  const { removeProfileImage: _removed, ...profile } = profiles.get(user.id) ?? {};
  return {
    email: user.email,
    name: user.name,
    imageUrl: user.profilePicture,
    hasPassword: true,
    hasPendingApprovalRequest: approvals.some(({ owner, status }) =>
      (owner as { userId: string }).userId === user.id && (status as { state: string }).state === "PENDING"
    ),
    workspaceNumber: 1,
    userCustomFieldValues: values,
    ...DEFAULTS,
    ...profile,
  };
}

/** A list, or the text of one: the catalogue has the latter. */
function daysOf(days: unknown): string[] {
  return typeof days === "string" ? days.replace(/[[\]"\s]/g, "").split(",") : listOf(days);
}

function change(call: ApiCall) {
  const user = userOf(call, call.params.userId);
  const body = objectBody(call);
  const { profiles, userFieldValues } = businessOf(call.workspace);
  const { name, imageUrl, ...rest } = pickFields(body, WRITABLE);
  if (typeof name === "string") user.name = name;
  if (typeof imageUrl === "string" || body.removeProfileImage) user.profilePicture = imageUrl ?? "";
  const days = body.workingDays;
  const workingDays = days === undefined || days === null ? {} : { workingDays: daysOf(days) };
  profiles.set(user.id, { ...profiles.get(user.id), ...rest, ...workingDays });
  for (const { customFieldId, value } of (body.userCustomFields ?? []) as { customFieldId: string; value: unknown }[]) {
    const { id } = itemOf(call.workspace.customFields, customFieldId, "Custom field");
    userFieldValues.set(`${user.id} ${id}`, value ?? null);
  }
  return ok(profileOf(call, user));
}

export const memberProfileRoutes: Route[] = [
  {
    method: "GET",
    path: PROFILE,
    scope: "USER_READ",
    handle: (call) => ok(profileOf(call, userOf(call, call.params.userId))),
  },
  { method: "PATCH", path: PROFILE, scope: "USER_WRITE", handle: change },
];
