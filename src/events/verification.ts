/** How an event's sender was verified, as far as what is stored of the event shows it. */

import type { EventRecord } from "./store.ts";

export interface Verification {
  result: "verified" | "polled" | "reconciled" | "unverified" | "custom";
  /** A sentence for people. */
  text: string;
}

/** `requireSignature`: of the listener, as it is configured now. */
export function verificationOf(
  { customSource, customScheme, headers, foundBy }: Pick<
    EventRecord,
    "customSource" | "customScheme" | "headers" | "foundBy"
  >,
  { requireSignature }: { requireSignature: boolean },
): Verification {
  if (customSource !== null) return { result: "custom", text: customText(customSource, customScheme) };
  if (foundBy !== null) return { result: "reconciled", text: FOUND[foundBy] };
  const names = Object.keys(headers);
  // A sender could add this header, yet none sends it alone (entities/poll/publish.ts).
  if (names.length === 1 && headers["x-timewire-source"] === "poll") {
    return { result: "polled", text: "Found by Timewire in Clockify's lists: no delivery was received" };
  }
  if (!requireSignature) {
    return { result: "unverified", text: "The signature check is switched off: the sender was not verified" };
  }
  if (names.includes("clockify-signature")) {
    return { result: "verified", text: "Signed with this workspace's webhook token" };
  }
  return names.includes("x-webhook-signature") || names.includes("x-addon-signature")
    ? { result: "verified", text: "Signed by HMAC with WEBHOOK_HMAC_SECRET" }
    : { result: "unverified", text: "The delivery carried no signature" };
}

const FOUND = {
  delivery_log: "Found by Timewire in Clockify's log of deliveries: no delivery was received",
  entity_feed: "Found by Timewire in Clockify's feed of changes: no delivery was received",
} as const;

function customText(source: string, scheme: string | null): string {
  if (scheme === null) return `Accepted by the source "${source}", which was deleted`;
  if (scheme === "none") return `Accepted by the source "${source}", which requires no signature`;
  return `Accepted by the source "${source}" after its proof (${scheme})`;
}
