/** What flows of an add-on are checked against, at the doors and in the background. */

import { EVENTS } from "../clockify/events.ts";
import type { Catalogue } from "../clockify/operations.ts";
import { checkAction, warnAction } from "../flows/parse/check_action.ts";
import type { ParseFlowDeps } from "../flows/parse/parse_flow.ts";
import { resultOf } from "../flows/parse/results.ts";
import { isCustomTrigger, isFlowEvent } from "../flows/shape/triggers.ts";
import type { Profile } from "../profiles/profile.ts";
import type { Shared } from "./shared.ts";

export function flowChecks(
  { features, scopes }: Profile,
  { catalogue, egressAllow, config, clock }: Pick<Shared, "egressAllow" | "config" | "clock"> & {
    catalogue: Catalogue;
  },
): ParseFlowDeps {
  return {
    knownEvent: (type) => EVENTS.has(type) || isFlowEvent(type) || (features.customWebhooks && isCustomTrigger(type)),
    checkAction: (action) => checkAction({ catalogue, egressAllow, scopes }, action),
    warnAction: (action) => warnAction({ catalogue }, action),
    resultOf: (action) => resultOf(catalogue, action),
    httpRetry: config.httpRetry,
    now: () => clock.now(),
  };
}
