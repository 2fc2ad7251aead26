/** Issues: what is not done that should be, a row for each cause. */

import type { Api } from "../../shell/client.ts";
import type { Answer, RequestBody, Wire } from "../../wire.ts";

export type Issue = Wire<"Issue">;
export type IssueState = Issue["state"];
export type IssuePage = Answer<"get_ui_issues">;

export const ISSUE_STATES: readonly IssueState[] = ["open", "muted", "resolved"];
/** Of queries: everything that depends on issues. */
export const ISSUES = "issues";

export function listIssues(api: Api, state: IssueState, signal?: AbortSignal): Promise<IssuePage> {
  return api.get<IssuePage>("/issues", { state }, signal);
}

export type IssuePageTogether = Answer<"get_ui_together_issues">;

/** Those of all add-ons of the workspace; an add-on that does not answer is among `addons`, with why. */
export function listIssuesTogether(api: Api, state: IssueState, signal?: AbortSignal): Promise<IssuePageTogether> {
  return api.get<IssuePageTogether>("/together/issues", { state }, signal);
}

export type IssueMark = RequestBody<"put_ui_issues_id">;

/** Throws ApiError 404 where nothing stands of it any more. */
export function markIssue(api: Api, id: string, mark: IssueMark): Promise<Issue> {
  return api.send<Issue>("PUT", `/issues/${encodeURIComponent(id)}`, mark);
}
