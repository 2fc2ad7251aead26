/** Secrets in drafts of flows: as those of flows (flows/secrets.ts), in actions that need not be right yet. */

import { toAppError } from "../../base/errors.ts";
import { hideSecrets, openSecrets, sealSecrets } from "../../actions/http_secrets.ts";
import type { FlowSecretPlace } from "../../secrets/contexts.ts";
import { type Keyring, UNOPENED } from "../../secrets/encryption.ts";
import type { DraftDefinition } from "./draft_shape.ts";
import { mayHoldSecrets, secretsOutOfUrl } from "../secrets.ts";
import { mapActions, mapActionsAsync } from "../shape/steps.ts";

type Action = Record<string, unknown>;

export interface DraftSecrets {
  /** As it is stored: the literal secrets of actions that are not Clockify's sealed. */
  seal(place: FlowSecretPlace, draft: DraftDefinition): Promise<DraftDefinition>;
  /** As it was written, with "[redacted]" for the secrets of an action of which one cannot be opened. */
  open(place: FlowSecretPlace, draft: DraftDefinition): Promise<DraftDefinition>;
}

export function createDraftSecrets(keyring: Keyring): DraftSecrets {
  return {
    seal: (place, draft) => eachHolding(draft, (action) => sealSecrets(secretsOutOfUrl(action), { place, keyring })),
    open: (place, draft) =>
      eachHolding(draft, (action) =>
        openSecrets(action, { place, keyring }).catch((error) => {
          if (UNOPENED.includes(toAppError(error).code)) return hideSecrets(action);
          throw error;
        })),
  };
}

/** A stored draft as people may see it. */
export function hideDraftSecrets(draft: DraftDefinition): DraftDefinition {
  if (!Array.isArray(draft.actions)) return draft;
  return {
    ...draft,
    actions: mapActions<unknown>(draft.actions, (one) => mayHoldSecrets(one) ? hideSecrets(one) : one),
  };
}

async function eachHolding(
  draft: DraftDefinition,
  change: (action: Action) => Promise<Action>,
): Promise<DraftDefinition> {
  if (!Array.isArray(draft.actions)) return draft;
  const actions = await mapActionsAsync<unknown>(
    draft.actions,
    (one) => mayHoldSecrets(one) ? change(one) : Promise.resolve(one),
  );
  return { ...draft, actions };
}
