/** Templates about projects, approvals and people, and those that send to other systems. */

import type { Blank, FlowTemplate } from "./template.ts";
import { chat, literal } from "./template.ts";

const CHAT: Blank = { name: "chat", label: "Address of the chat", type: "url", example: "https://chat.example/hook" };

export const WORKSPACE_TEMPLATES: readonly FlowTemplate[] = [
  {
    id: "project_tasks",
    sentence: "When a project is made, create the tasks {tasks} in it",
    words: ["default tasks", "checklist", "set up", "new project"],
    blanks: [{ name: "tasks", label: "Names of tasks", type: "texts", default: ["Preparation", "Work", "Review"] }],
    make: ({ tasks }) => ({
      name: "Tasks of a new project",
      trigger_event_types: ["NEW_PROJECT"],
      actions: [{
        kind: "loop",
        id: "each_task",
        over: (tasks as string[]).map(literal),
        actions: [{
          id: "create_task",
          operation_id: "findOrCreateTask",
          path_params: { projectId: "$.webhook.id" },
          body: { name: "$.loop.item" },
        }],
      }],
    }),
  },
  {
    id: "project_sync",
    sentence: "When a project is made, changed or deleted, send it to {url}",
    words: ["mirror", "copy", "other system", "crm", "erp", "webhook"],
    blanks: [
      { name: "url", label: "Address", type: "url", example: "https://crm.example/projects" },
      { name: "token", label: "Token for Authorization: Bearer", type: "secret", optional: true, example: "token" },
    ],
    make: ({ url, token }) => ({
      name: "Projects to another system",
      trigger_event_types: ["NEW_PROJECT", "PROJECT_UPDATED", "PROJECT_DELETED"],
      // One project's changes arrive in their order.
      ordered: true,
      actions: [{
        id: "send",
        type: "http",
        method: "POST",
        url: literal(url),
        headers: token === undefined ? {} : { Authorization: literal(`Bearer ${token}`) },
        body: { event: "$.delivery.type", at: "$.delivery.receivedAt", project: "$.webhook" },
      }],
    }),
  },
  {
    id: "budget_alert",
    sentence: "When an entry takes a project over {percent} of its estimated time, send a message to {chat}",
    words: ["estimate", "limit", "hours", "overrun", "threshold"],
    blanks: [
      { name: "percent", label: "Per cent of the estimate", type: "number", min: 1, max: 1_000, default: 80 },
      CHAT,
    ],
    make: ({ percent, chat: url }) => {
      const used = 'duration_hours(default($.steps.read_project.output.duration, "PT0S"))';
      const estimate = 'duration_hours(default($.steps.read_project.output.estimate.estimate, "PT0S"))';
      const over = `subtract(${used}, multiply(${estimate}, ${percent}, 0.01))`;
      return {
        name: `Projects over ${percent} % of their estimate`,
        trigger_event_types: ["TIMER_STOPPED", "NEW_TIME_ENTRY"],
        conditions: { all: [{ field: "$.webhook.projectId", operator: "exists" }] },
        // One after another, so that of two entries the one that crosses the limit is known.
        ordered: true,
        actions: [
          { id: "read_project", operation_id: "getProject", path_params: { projectId: "$.webhook.projectId" } },
          {
            id: "measure",
            type: "variables",
            set: {
              estimate: `{{ ${estimate} }}`,
              over: `{{ ${over} }}`,
              over_before: `{{ subtract(${over}, duration_hours($.webhook.timeInterval.duration)) }}`,
            },
          },
          {
            kind: "branch",
            id: "crossed",
            cases: [{
              name: "The entry crossed the limit",
              if: {
                all: [
                  { field: "$.vars.estimate", operator: ">", value: 0 },
                  { field: "$.vars.over", operator: ">=", value: 0 },
                  { field: "$.vars.over_before", operator: "<", value: 0 },
                ],
              },
              actions: [chat(
                "send",
                url,
                `Project {{ $.steps.read_project.output.name }} has used {{ round(${used}, 1) }} h of its ` +
                  "{{ round($.vars.estimate, 1) }} h",
              )],
            }],
          },
        ],
      };
    },
  },
  {
    id: "approval_reminder",
    sentence: "When a request for approval has no answer after {days}, send a reminder to {chat}",
    words: ["timesheet", "approve", "pending", "escalate"],
    plan: "STANDARD",
    blanks: [{ name: "days", label: "Time for an answer", type: "duration", default: "2 d" }, CHAT],
    make: ({ days, chat: url }) => ({
      name: "Reminder of approvals",
      trigger_event_types: ["NEW_APPROVAL_REQUEST"],
      actions: [{
        kind: "wait",
        id: "until_answered",
        event: {
          event_types: ["APPROVAL_REQUEST_STATUS_UPDATED"],
          conditions: { all: [{ field: "$.webhook.id", operator: "==", value: "$.webhook.id" }] },
        },
        deadline: days,
        expired: [chat(
          "remind",
          url,
          'The timesheet of {{ $.webhook.owner.userName }} from {{ date_format($.webhook.dateRange.start, "date") }} ' +
            "waits for approval",
        )],
      }],
    }),
  },
  {
    id: "weekly_report",
    sentence: "At {time} on the clock of {zone}, send the hours of the seven days before to {chat}",
    words: ["schedule", "summary", "every week", "monday", "totals"],
    blanks: [
      { name: "time", label: "Times, as a cron expression", type: "cron", default: "0 9 * * mon" },
      { name: "zone", label: "Time zone", type: "zone", default: "UTC" },
      CHAT,
    ],
    make: ({ time, zone, chat: url }) => {
      const today = `start_of_day($.webhook.scheduled_at, "${zone}")`;
      return {
        name: "Report of the week",
        trigger_event_types: [],
        triggers: { schedules: [{ cron: time, zone, missed: "one" }] },
        actions: [
          {
            id: "read_report",
            operation_id: "generateSummaryReport",
            body: {
              dateRangeStart: `{{ date_add(${today}, "-7 d", "${zone}") }}`,
              dateRangeEnd: `{{ date_add(${today}, "-1 s") }}`,
              summaryFilter: { groups: ["PROJECT"] },
            },
          },
          chat(
            "send",
            url,
            "{{ round(divide(default($.steps.read_report.output.totals[0].totalTime, 0), 3600), 1) }} h from " +
              `{{ date_format(date_add(${today}, "-7 d", "${zone}"), "date", "${zone}") }} on, on: ` +
              '{{ default(join($.steps.read_report.output.groupOne[*].name), "no project") }}',
          ),
        ],
      };
    },
  },
  {
    id: "events_to_chat",
    sentence: "When one of {events} happens, send {message} to {chat}",
    words: ["notify", "message", "post", "alert", "slack", "teams"],
    blanks: [
      { name: "events", label: "Events", type: "event_types", default: ["NEW_PROJECT"] },
      {
        name: "message",
        label: "Message",
        type: "expression",
        default: "{{ $.delivery.type }}: {{ default($.webhook.name, $.webhook.description, $.webhook.id) }}",
      },
      CHAT,
    ],
    make: ({ events, message, chat: url }) => ({
      name: "Events to a chat",
      trigger_event_types: events,
      actions: [chat("send", url, String(message))],
    }),
  },
  {
    id: "welcome_user",
    sentence: "When a person joins the workspace, add them to the group {group}",
    words: ["onboarding", "new user", "join", "team"],
    blanks: [
      { name: "group", label: "Group", type: "entity", entity_type: "user_group", example: "group-id" },
      { ...CHAT, optional: true },
    ],
    make: ({ group, chat: url }) => ({
      name: "Welcome of a new user",
      trigger_event_types: ["USER_JOINED_WORKSPACE"],
      actions: [
        {
          id: "add_to_group",
          operation_id: "POST /workspaces/{workspaceId}/user-groups/{userGroupId}/users",
          path_params: { userGroupId: group },
          body: { userId: "$.webhook.id" },
        },
        ...(url === undefined ? [] : [chat("send", url, "Welcome, {{ $.webhook.name }}")]),
      ],
    }),
  },
];
