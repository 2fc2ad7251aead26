/** Makes the webhooks that we registered with an API key agree with the plan: registers, switches on, deletes. */

import { Buffer } from "node:buffer";
import type { CallInstallation } from "../clockify/request.ts";
import { tokenSha256 } from "../verify/token.ts";
import type { KeyState, Refusal } from "./plan.ts";
import { answerName, type RemoteWebhook, type RemoteWebhooks } from "./remote.ts";
import type { CoverageState } from "./store.ts";
import type { RegisteredWebhook, WebhookTokens } from "./webhook_tokens.ts";

export interface SettleInput {
  installationId: number;
  /** Event types to register, by priority. */
  wanted: readonly string[];
  urlOf(eventType: string): string;
  /** With the person's API key. */
  caller: CallInstallation;
  signal: AbortSignal;
}

export interface Settled {
  key: KeyState;
  webhooks: Map<string, { remoteId: string; state: CoverageState }>;
  refusals: Map<string, Refusal>;
  /** There is more to do than one chunk of work: come again at once. */
  more: boolean;
}

/** Changes at Clockify in one run of the job. */
const MAX_CHANGES = 20;
/** Refusals in a row, for other reasons than the limit, after which the rest is not asked for. */
const MAX_REFUSALS = 3;

/**
 * Clockify's list is the truth, and a webhook with our address is ours, so a run that was killed between Clockify's answer
 * and our note is made good by the next. Throws what remote.ts throws when Clockify gives no answer.
 */
export async function settleUserWebhooks(
  { remote, tokens }: { remote: RemoteWebhooks; tokens: WebhookTokens },
  { installationId, wanted, urlOf, caller, signal }: SettleInput,
): Promise<Settled> {
  const options = { caller, signal };
  const recorded = await tokens.list(installationId);
  const settled: Settled = { key: "accepted", webhooks: new Map(), refusals: new Map(), more: false };
  const listed = await remote.list("USER_CREATED", options);
  if (!listed.ok) {
    // Deliveries do not depend on the key: registered webhooks keep working.
    for (const { eventType, remoteId } of recorded) settled.webhooks.set(eventType, { remoteId, state: "unknown" });
    return { ...settled, key: "refused" };
  }
  let changes = 0;
  let refusal: Refusal | undefined;
  let refusedInARow = 0;

  async function drop(remoteId: string) {
    changes++;
    const removed = await remote.remove(remoteId, options);
    if (removed.ok) await tokens.forget(installationId, remoteId);
  }

  const known = new Map(recorded.map((one) => [one.remoteId, one]));
  for (const one of recorded) {
    const shown = listed.value.some(({ id }) => id === one.remoteId);
    // One that is not listed may be another person's and still send.
    if (!shown || !wanted.includes(one.eventType)) await drop(one.remoteId);
  }
  for (const event of wanted) {
    const url = urlOf(event);
    const [found, ...copies] = listed.value
      .filter((one) => one.event === event && (one.url === url || known.has(one.id)))
      .sort((a, b) => Number(known.has(b.id)) - Number(known.has(a.id)));
    for (const { id } of copies) await drop(id);
    let webhook: RemoteWebhook | undefined = found;
    if (found === undefined || found.url !== url || found.enabled === false || found.deliveryEnabled === false) {
      if (changes >= MAX_CHANGES) {
        settled.more = true;
        break;
      }
      if (found === undefined && refusal) {
        settled.refusals.set(event, refusal);
        continue;
      }
      changes++;
      const fields = { event, url };
      const answer = found
        ? await remote.update(found.id, { ...options, fields })
        : await remote.create(fields, options);
      if (answer.ok) {
        webhook = answer.value;
        refusedInARow = 0;
      } else if (!found) {
        const { reason } = answer.refused;
        if (reason === "credential_invalid") return { ...settled, key: "refused" };
        const why: Refusal = reason === "plan_limit"
          ? { kind: "limit" }
          : { kind: "other", answer: answerName(answer.refused) };
        settled.refusals.set(event, why);
        if (why.kind === "limit" || ++refusedInARow >= MAX_REFUSALS) refusal = why;
      }
    }
    if (webhook === undefined) continue;
    const token = await tokenOf(webhook, known.get(webhook.id));
    if (
      token !== undefined && !await tokens.record(installationId, { remoteId: webhook.id, eventType: event, token })
    ) {
      // The key was deleted meanwhile, and nothing else would remove the webhooks registered with it.
      await remote.remove(webhook.id, options);
      return { ...settled, key: "absent", webhooks: new Map() };
    }
    settled.webhooks.set(event, { remoteId: webhook.id, state: stateOf(webhook) });
  }
  return settled;

  /** The token when it must be noted: it is new, or was renewed in Clockify. */
  async function tokenOf(webhook: RemoteWebhook, noted: RegisteredWebhook | undefined): Promise<string | undefined> {
    if (webhook.token === undefined) {
      if (noted) return undefined;
      const renewed = await remote.renewToken(webhook.id, options);
      return renewed.ok ? renewed.value.token : undefined;
    }
    return noted && Buffer.from(noted.tokenSha256).equals(tokenSha256(webhook.token)) ? undefined : webhook.token;
  }
}

/** What Clockify's three switches say; the plan's goes before, since no other helps against it. */
export function stateOf({ enabled, deliveryEnabled, planEnabled }: RemoteWebhook): CoverageState {
  if (planEnabled === false) return "plan_disabled";
  if (enabled === false) return "disabled";
  if (deliveryEnabled === false) return "delivery_disabled";
  return enabled === undefined && deliveryEnabled === undefined && planEnabled === undefined ? "unknown" : "ok";
}
