/**
 * The delivery path of each event type of an installation (docs/decisions.md "Delivery paths"): manifest, own webhooks,
 * polling, or none.
 */

import { declaredEvents } from "../clockify/manifest.ts";
import { builtinCatalogue } from "../clockify/operations.ts";
import type { Profile } from "../profiles/profile.ts";

export const DELIVERY_PATHS = ["manifest", "user_webhook", "polling", "none"] as const;
export type DeliveryPath = (typeof DELIVERY_PATHS)[number];

/** What is known of the person's API key that user webhooks are registered with. */
export type KeyState = "absent" | "accepted" | "refused";

/** Why Clockify did not take a webhook: its plan allows no more, or anything else, as `status/code`. */
export type Refusal = { kind: "limit" } | { kind: "other"; answer: string };

/** What the plan is made from. All sets and maps are of event types. */
export interface Known {
  /** Event types that Clockify gave a webhook for with INSTALLED. */
  installed: ReadonlySet<string>;
  /** Event types that we registered a webhook for. */
  registered: ReadonlySet<string>;
  /** Event types that polling derives from lists. */
  pollable: ReadonlySet<string>;
  key: KeyState;
  refusals: ReadonlyMap<string, Refusal>;
}

export interface PlanInput {
  profile: Profile;
  /** MANIFEST_WEBHOOK_LIMIT */
  webhookLimit: number;
  known: Known;
}

export interface PlannedEvent {
  eventType: string;
  way: DeliveryPath;
  /** One sentence for people. */
  reason: string;
  /** What a person has to do, where only a person can. */
  nextStep?: string;
}

/** Event types that the webhooks API of a workspace takes. */
const REGISTRABLE: ReadonlySet<string> = new Set(
  builtinCatalogue().find("createWebhook")!.bodyFields.find(({ name }) => name === "webhookEvent")!.enum,
);

/** The delivery path of each event type of the profile, in the order of its priority. */
export function planCoverage({ profile, webhookLimit, known }: PlanInput): PlannedEvent[] {
  const declared = new Set(declaredEvents(profile, webhookLimit));
  return profile.events.map((eventType): PlannedEvent => {
    if (known.installed.has(eventType)) {
      return { eventType, way: "manifest", reason: "The add-on's manifest subscribes to it." };
    }
    if (known.registered.has(eventType)) {
      return { eventType, way: "user_webhook", reason: "A webhook was registered for it with the API key." };
    }
    if (known.pollable.has(eventType)) {
      return { eventType, way: "polling", reason: "No webhook brings it: its list is read from time to time." };
    }
    return { eventType, way: "none", ...whyNone(eventType, { declared, known }) };
  });
}

/** The event types that a webhook of our own is to bring, by priority. */
export function wantedUserWebhooks(profile: Profile, installed: ReadonlySet<string>): string[] {
  return profile.events.filter((event) => !installed.has(event) && REGISTRABLE.has(event));
}

function whyNone(
  eventType: string,
  { declared, known }: { declared: ReadonlySet<string>; known: Known },
): { reason: string; nextStep?: string } {
  if (!REGISTRABLE.has(eventType)) return { reason: "Clockify has no webhook that this add-on may use for it." };
  const refusal = known.refusals.get(eventType);
  if (known.key === "accepted" && refusal?.kind === "limit") {
    return {
      reason: "The workspace has as many webhooks as its Clockify plan allows.",
      nextStep: "Delete webhooks in Clockify that are not needed, or raise the workspace's plan.",
    };
  }
  if (known.key === "accepted" && refusal?.kind === "other") {
    return {
      reason: `Clockify refused to register a webhook for it (${refusal.answer}).`,
      nextStep: "Check that the API key is a workspace admin's and that the plan includes what the event is about.",
    };
  }
  if (known.key === "accepted") return { reason: "Its webhook is registered at the next check." };
  if (declared.has(eventType)) {
    return {
      reason: "The manifest subscribes to it, but the add-on was installed without it.",
      nextStep: "Install the add-on in the workspace again.",
    };
  }
  if (known.key === "refused") {
    return {
      reason: "The manifest has no place left for it, and Clockify does not accept the API key any more.",
      nextStep: "Give a valid API key of a workspace admin under Settings, Keys.",
    };
  }
  return {
    reason: "The manifest has no place left for it, and no API key is stored to register a webhook with.",
    nextStep: "Give the API key of a workspace admin under Settings, Keys.",
  };
}
