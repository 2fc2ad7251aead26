/** Contracts of what Clockify and other systems call: for the document. Their modules read and prove the calls themselves. */

import { z } from "zod";
import { CATEGORY_EVENTS } from "../../clockify/categories.ts";
import { defineRoute, type RouteContract } from "../api/contract.ts";
import { anyJson, id, workspaceId } from "../api/schemas.ts";

const anyObject = z.record(z.string(), anyJson);

const lifecycleAnswer = z.object({
  status: z.enum(["installed", "uninstalled", "updated", "ignored"]),
  success: z.literal(true),
  workspaceId,
  message: z.string(),
  bootstrap: z.enum(["scheduled", "disabled"]).optional()
    .meta({ description: "Of an install: whether the workspace's lists will be read" }),
  warnings: z.array(z.string()).optional().meta({ description: "What will not work" }),
}).meta({ id: "LifecycleAnswer" });

const LIFECYCLE: readonly [path: `/${string}`, summary: string, status: string][] = [
  ["/lifecycle/installed", "Clockify: the add-on was installed", "installed"],
  ["/lifecycle/deleted", "Clockify: the add-on was removed", "uninstalled"],
  ["/lifecycle/uninstalled", "Another name of /lifecycle/deleted", "uninstalled"],
  ["/lifecycle/settings-updated", "Clockify: settings were changed", "updated"],
  ["/lifecycle/status-changed", "Clockify: the add-on was switched on or off", "updated"],
];

const lifecycleCalls = LIFECYCLE.map(([path, summary, status]) =>
  defineRoute({
    method: "post",
    path,
    tag: "Inbound",
    summary,
    who: "clockify",
    // What a call says is applied as a state: once more changes nothing.
    creates: false,
    body: {
      schema: anyObject.meta({ description: "As Clockify sends it" }),
      example: { addonId: "64a687e29ae1f428e7ebe3aa", workspaceId: "64a687e29ae1f428e7ebe303" },
    },
    answer: {
      status: 200,
      about: "It is applied, or ignored because it is about an installation that is over",
      schema: lifecycleAnswer,
      example: { status, success: true, workspaceId: "64a687e29ae1f428e7ebe303", message: "The status is stored" },
    },
    problems: [
      "LIFECYCLE_TOKEN_MISSING",
      "LIFECYCLE_TOKEN_INVALID",
      "WEBHOOK_WRONG_ADDON",
      "WEBHOOK_WRONG_WORKSPACE",
      "HOST_NOT_ALLOWED",
      "NOT_FOUND",
      "CONFLICT",
    ],
  })
);

const receipt = z.object({
  webhookId: id,
  eventType: z.string(),
  workspaceId,
  status: z.literal("received"),
  duplicate: z.literal(true).optional().meta({ description: "It was stored before" }),
}).meta({ id: "Receipt" });

const DELIVERY = {
  method: "post",
  tag: "Inbound",
  who: "clockify",
  // Repeats are known by their content: Clockify sends another Idempotency-Key with each.
  creates: false,
  body: {
    schema: anyJson.meta({ description: "The event" }),
    example: { id: "64a687e29ae1f428e7ebe3bb", workspaceId: "64a687e29ae1f428e7ebe303" },
  },
  answer: {
    status: 200,
    about: "It is stored; flows run later",
    schema: receipt,
    example: {
      webhookId: "17",
      eventType: "NEW_TIME_ENTRY",
      workspaceId: "64a687e29ae1f428e7ebe303",
      status: "received",
    },
  },
  problems: [
    "WEBHOOK_SIGNATURE_MISSING",
    "WEBHOOK_SIGNATURE_INVALID",
    "WEBHOOK_WRONG_ADDON",
    "WEBHOOK_WRONG_WORKSPACE",
    "WEBHOOK_WRONG_EVENT",
    "INSTALLATION_UNKNOWN",
    "ROUTE_UNKNOWN",
    "STORAGE_FULL",
  ],
} as const;
const eventType = { "clockify-webhook-event-type": z.string().optional().meta({ description: "Type of the event" }) };

const deliver = defineRoute({
  ...DELIVERY,
  path: "/webhooks/clockify",
  summary: "An event of the type that its header names",
  headers: eventType,
});

const deliverType = defineRoute({
  ...DELIVERY,
  path: "/webhooks/clockify/{event}",
  summary: "An event of this type",
  params: { event: z.string().meta({ description: "Type of the event", example: "NEW_TIME_ENTRY" }) },
});

const deliverGroup = Object.keys(CATEGORY_EVENTS).map((category) =>
  defineRoute({
    ...DELIVERY,
    path: `/webhooks/${category}` as `/${string}`,
    summary: "An event of this group",
    headers: eventType,
  })
);

const deliverCustom = defineRoute({
  method: "post",
  path: "/webhooks/custom/{source}",
  tag: "Inbound",
  summary: "An event of another system",
  about: "Other methods are served too. A source of Xero is refused without a body, as its sender wants it.",
  anyBody: "Any content, signed as its source requires",
  who: "sender",
  // Repeats are known by what the source's scheme and headers say.
  creates: false,
  params: { source: z.string().meta({ description: "The end of the source's address", example: "my-shop-abc234" }) },
  query: z.object({ challenge: z.string().optional().meta({ description: "Some systems ask for an echo of it" }) }),
  answer: { status: 200, about: "It is stored, or the answer that the source chose", media: "*/*" },
  problems: [
    "NOT_FOUND",
    "WEBHOOK_SIGNATURE_MISSING",
    "WEBHOOK_SIGNATURE_INVALID",
    "WEBHOOK_WRONG_WORKSPACE",
    "INSTALLATION_UNKNOWN",
    "FEATURE_OFF",
    "STORAGE_FULL",
  ],
});

export const inboundRoutes: readonly RouteContract[] = [
  ...lifecycleCalls,
  deliver,
  deliverType,
  ...deliverGroup,
  deliverCustom,
];
