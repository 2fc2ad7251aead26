/** The flow that the demo makes and the tests follow. */

export const NEEDS_PROJECT_FLOW = {
  name: "A stopped time entry without a project gets the tag needs-project",
  trigger_event_types: ["TIMER_STOPPED"],
  conditions: { type: "ALL", rules: [{ field: "$.webhook.projectId", operator: "exists", value: false }] },
  actions: [
    { id: "find_tag", operation_id: "findOrCreateTag", body: { name: "needs-project" } },
    {
      id: "set_tag",
      operation_id: "updateTimeEntry",
      path_params: { id: "$.webhook.id" },
      // Joins the tags that the entry has when the step runs; everything else of it stays.
      body: { tagIds: { $add: "$.action_1_result.id" } },
    },
  ],
};
