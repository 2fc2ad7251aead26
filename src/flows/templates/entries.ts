/** Templates about time entries. */

import type { FlowTemplate } from "./template.ts";
import { chat, literal, tagEntry } from "./template.ts";

/** When an entry is there with all that its author gave it. */
const ENTERED = ["TIMER_STOPPED", "NEW_TIME_ENTRY"];
const PROJECT = {
  name: "project",
  label: "Project",
  type: "entity",
  entity_type: "project",
  example: "project-id",
} as const;
const TAG = { name: "tag", label: "Tag", type: "text" } as const;

interface Rule {
  field: string;
  operator: string;
  value?: string;
}

/** Of a field that an entry may lack, the rules that say so. */
const LACKS = {
  description: [
    { field: "$.webhook.description", operator: "not_exists" },
    { field: "$.webhook.description", operator: "==", value: "" },
  ],
  project: [{ field: "$.webhook.projectId", operator: "not_exists" }],
  task: [{ field: "$.webhook.taskId", operator: "not_exists" }],
  tag: [{ field: "$.webhook.tagIds[0]", operator: "not_exists" }],
} satisfies Record<string, Rule[]>;
type Field = keyof typeof LACKS;

export const ENTRY_TEMPLATES: readonly FlowTemplate[] = [
  {
    id: "entries_without_project",
    sentence: "When a time entry has no project, put it on {project}",
    words: ["missing project", "default project", "unassigned"],
    blanks: [PROJECT],
    make: ({ project }) => ({
      name: "Entries without a project",
      trigger_event_types: ENTERED,
      conditions: { all: LACKS.project },
      actions: [{
        id: "set_project",
        operation_id: "updateTimeEntry",
        path_params: { id: "$.webhook.id" },
        body: { projectId: project },
      }],
    }),
  },
  {
    id: "long_timers",
    sentence: "When a timer still runs after {hours}, add the tag {tag} to it",
    words: ["forgotten timer", "overtime", "running", "stop"],
    blanks: [
      { name: "hours", label: "Longest time", type: "duration", default: "10 h" },
      { ...TAG, default: "long timer" },
      { name: "chat", label: "Address of a chat", type: "url", optional: true, example: "https://chat.example/hook" },
    ],
    make: ({ hours, tag, chat: url }) => ({
      name: `Timers of more than ${hours}`,
      trigger_event_types: ["NEW_TIMER_STARTED"],
      actions: [{
        kind: "wait",
        id: "until_stopped",
        event: {
          event_types: ["TIMER_STOPPED", "TIME_ENTRY_DELETED"],
          conditions: { all: [{ field: "$.webhook.id", operator: "==", value: "$.webhook.id" }] },
        },
        deadline: hours,
        expired: [
          ...tagEntry(literal(tag)),
          ...(url === undefined
            ? []
            : [chat("send", url, `{{ $.webhook.user.name }} has a timer that runs for more than ${literal(hours)}`)]),
        ],
      }],
    }),
  },
  {
    id: "required_fields",
    sentence: "When a time entry lacks one of {fields}, add the tag {tag} to it",
    words: ["incomplete", "mandatory", "missing description", "check"],
    blanks: [
      {
        name: "fields",
        label: "Required fields",
        type: "choices",
        choices: Object.keys(LACKS),
        default: ["description", "project"],
      },
      { ...TAG, default: "incomplete" },
    ],
    make: ({ fields, tag }) => ({
      name: "Entries that lack a field",
      trigger_event_types: ENTERED,
      conditions: { any: (fields as Field[]).flatMap((field): Rule[] => LACKS[field]) },
      actions: tagEntry(literal(tag)),
    }),
  },
  {
    id: "tag_project_entries",
    sentence: "When a time entry is on {project}, add the tag {tag} to it",
    words: ["label", "mark", "project"],
    blanks: [PROJECT, { ...TAG, example: "on site" }],
    make: ({ project, tag }) => ({
      name: "Tag the entries of a project",
      trigger_event_types: ENTERED,
      conditions: { all: [{ field: "$.webhook.projectId", operator: "==", value: project }] },
      actions: tagEntry(literal(tag)),
    }),
  },
  {
    id: "fill_description",
    sentence: "When a time entry has no description, write {description}",
    words: ["empty description", "default text"],
    blanks: [{
      name: "description",
      label: "Description",
      type: "expression",
      default: 'Work on {{ default($.webhook.project.name, "no project") }}',
    }],
    make: ({ description }) => ({
      name: "Fill empty descriptions",
      trigger_event_types: ENTERED,
      conditions: { any: LACKS.description },
      actions: [{
        id: "set_description",
        operation_id: "updateTimeEntry",
        path_params: { id: "$.webhook.id" },
        body: { description },
      }],
    }),
  },
  {
    id: "tag_by_user",
    sentence: "When a time entry is made, read who made it and add a tag with {prefix} and that name",
    words: ["user", "person", "fetch", "name"],
    blanks: [{ name: "prefix", label: "Text before the name", type: "text", default: "by" }],
    make: ({ prefix }) => ({
      name: "Tag entries with their user",
      trigger_event_types: ENTERED,
      actions: [
        { id: "read_user", operation_id: "getMemberProfile", path_params: { userId: "$.webhook.userId" } },
        ...tagEntry(`${literal(prefix)} {{ $.steps.read_user.output.name }}`),
      ],
    }),
  },
];
