/**
 * Where each kind of sealed value is stored: one of these binds it to its place, and it opens nowhere else. They are part of
 * what is sealed, so one that is changed loses every value under it. sealed_columns.ts lists the columns for who rotates keys.
 */

import type { SealContext } from "./encryption.ts";

const FLOW_SECRETS = "flow.definition";
const CALLS = "explorer_call.sealed";
const SAVED_CALLS = "explorer_saved.sealed";

/** Columns whose values the version before does not bind to their rows, and cannot open where they are (row_binding.ts). */
export const BOUND_LATER: ReadonlySet<string> = new Set([FLOW_SECRETS, CALLS, SAVED_CALLS]);

/** The token that Clockify gave an installation. */
export function tokenContext(installationId: number): SealContext {
  return { installation: String(installationId), column: "installation.token_sealed" };
}

/** The forwarding address among the settings of an installation. */
export function forwardingUrlContext(installationId: number): SealContext {
  return { installation: String(installationId), column: "installation.forwarding_url_sealed" };
}

/** A secret of an installation by its name: the workspace's API key, the secret that signs what goes out. */
export function installationSecretContext(installationId: number, name: string): SealContext {
  return { installation: String(installationId), column: `installation_secret.${name}` };
}

/** A secret of a source of custom webhooks. */
export function sourceSecretContext(installationId: number, sourceId: number): SealContext {
  return { installation: String(installationId), column: "custom_source_secret.sealed", row: String(sourceId) };
}

/** A flow with its versions, its draft and the plans made of it; or the draft of a flow that was never saved. */
export type FlowSecretPlace =
  | { installationId: number; flowId: number }
  | { installationId: number; newDraftId: number };

/** A secret written into a flow or a draft: it opens wherever that one's definition is kept, and in no other's. */
export function flowSecretContext(place: FlowSecretPlace): SealContext {
  const row = "flowId" in place ? String(place.flowId) : `draft ${place.newDraftId}`;
  return { installation: String(place.installationId), column: FLOW_SECRETS, row };
}

/**
 * A secret in a plan. One whose flow is not known, `flowId` null, was made by a version that bound no secret to its flow: what
 * is bound does not open there.
 */
export function planSecretContext(installationId: number, flowId: number | null | undefined): SealContext {
  return flowId == null
    ? { installation: String(installationId), column: FLOW_SECRETS }
    : flowSecretContext({ installationId, flowId });
}

/** What an idempotency key stands for, and the answer to it, which may hold a secret that is shown once. */
export function idempotencyContext(installationId: number, keySha256: string): SealContext {
  return { installation: String(installationId), column: "idempotency_key.sealed", row: keySha256 };
}

/** What a request that waits for a second person would send. */
export function guardRequestContext(installationId: number, requestSha256: string): SealContext {
  return { installation: String(installationId), column: "guard_request.sealed", row: requestSha256 };
}

/** A call that a person made by hand, with its answer. */
export function explorerCallContext(installationId: number, id: number): SealContext {
  return { installation: String(installationId), column: CALLS, row: String(id) };
}

/** A call that a person saved. */
export function explorerSavedContext(installationId: number, id: number): SealContext {
  return { installation: String(installationId), column: SAVED_CALLS, row: String(id) };
}

/** What an agent of the Workflow Management API is called with. */
export function agentContext(installationId: number, agentId: string): SealContext {
  return { installation: String(installationId), column: "agent.secret_sealed", row: agentId };
}

/** What signs messages about the status of runs. */
export function runWebhookContext(installationId: number, webhookId: string): SealContext {
  return { installation: String(installationId), column: "run_webhook.secret_sealed", row: webhookId };
}

/** The only key of an object that stands in a flow in the place of a secret; its value is the sealed JSON of it. */
export const SEALED = "$sealed";
