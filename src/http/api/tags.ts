/** The groups that routes stand in, in the order of /docs. */
export const TAGS = {
  "Events": "What was received, newest first, each with its body and what came of it.",
  "Replay": "Events that are run again, and failed runs that are retried.",
  "Dead letters": "What was given up, and failed runs that are sent again in bulk.",
  "Breakers": "Hosts that steps are kept from calling, since calls to them failed.",
  "Flows": "The rules of a workspace: trigger, conditions, actions.",
  "Runs": "What the flows did, step by step.",
  "Calls": "Each request to Clockify, whoever makes it.",
  "Changes": "What was written to Clockify, and its undo.",
  "Sources": "Other systems that send events.",
  "Entities": "What was read of the workspace.",
  "Explorer": "Calls to Clockify that people make by hand: checked, guarded, recorded.",
  "Delivery": "How each type of event arrives, and where events are forwarded to.",
  "Guard": "What writes to Clockify need: nothing, a look, a second person; or that they are denied.",
  "Workspace": "Overview, settings, keys and retention of a workspace.",
  "Session": "Who is logged in.",
  "Agents": "Programs that steps of workflows send messages to.",
  "Workflows": "Steps of agents, in an order that conditions, loops and branches decide.",
  "Schedules": "When workflows are executed by themselves.",
  "Workflow runs": "What workflows did, step by step.",
  "Run webhooks": "Where changes of a run's status are sent.",
  "Access": "Who may use the Workflow Management API.",
  "Operators": "What belongs to no single workspace.",
  "Inbound": "What Clockify and other systems call.",
  "Service": "Health, metrics and descriptions of the listener itself.",
} as const;

export type Tag = keyof typeof TAGS;
