/** The flow that the demo makes and the tests follow. */

export const NEEDS_PROJECT_FLOW = {
  name: "A stopped time entry without a project gets the tag needs-project",
  trigger_event_types: ["TIMER_STOPPED"],
  conditions: { type: "ALL", rules: [{ field: "$.webhook.projectId", operator: "exists", value: false }] },
  actions: [
    { id: "find_tag", operation_id: "getTags", query_params: { name: "needs-project" } },
    {
      id: "set_tag",
      operation_id: "updateTimeEntry",
      path_params: { id: "$.webhook.id" },
      // Clockify replaces the whole entry, so everything that shall stay is sent back.
      body: {
        start: "$.webhook.timeInterval.start",
        end: "$.webhook.timeInterval.end",
        description: "$.webhook.description",
        billable: "$.webhook.billable",
        tagIds: "{{ append($.webhook.tagIds, $.action_1_result[0].id) }}",
      },
    },
  ],
};
