/**
 * The add-on's own API below {backendUrl}/addon: settings of an installation, and the exchange of its token for a
 * user's.
 * See docs/clockify-protocol.md "Calls with tokens", "Settings".
 */

import type { ClockifyAnswer, ClockifyCall, ClockifyClient } from "./client.ts";
import { idInWords, type Operation } from "./operations.ts";
import type { CallInstallation } from "./request.ts";

export interface AddonCall extends Pick<ClockifyCall, "maxWaitMs" | "maxTurnMs" | "signal"> {
  /** With the installation token: the API takes no other. */
  installation: CallInstallation;
}

export interface AddonApi {
  /** `data` of the answer is the tab structure with the present values. */
  readSettings(call: AddonCall): Promise<ClockifyAnswer>;
  /** `data` of the answer is a user token as text. */
  exchangeUserToken(call: AddonCall & { userId: string }): Promise<ClockifyAnswer>;
}

/** In the form of catalogue operations, so that the client's budget, limits, retries and reading of answers hold for them too. */
const READ_SETTINGS = operation({
  operationId: "readAddonSettings",
  method: "GET",
  path: "/v1/addon/workspaces/{workspaceId}/settings",
  pathParams: ["workspaceId"],
  access: "read",
  answer: "object",
});
const EXCHANGE_TOKEN = operation({
  operationId: "exchangeUserToken",
  method: "POST",
  path: "/v1/addon/user/{userId}/token",
  pathParams: ["userId"],
  access: "write",
  // The bare token, under a content type that no source names.
  answer: "text",
});

/** The calls over a client; as its call(), they reject only with the reason of an aborted signal. */
export function createAddonApi({ call }: ClockifyClient): AddonApi {
  return {
    readSettings: (input) =>
      call({ ...belowBackend(input), operation: READ_SETTINGS, origin: { kind: "settings" }, priority: "interactive" }),
    exchangeUserToken: ({ userId, ...input }) =>
      call({
        ...belowBackend(input),
        operation: EXCHANGE_TOKEN,
        origin: { kind: "token" },
        pathParams: { userId },
        priority: "flow",
      }),
  };
}

/** The client cuts the `/v1` that all paths of operations begin with, so this API's base is the one without it. */
function belowBackend({ installation, ...call }: AddonCall) {
  return { ...call, installation: { ...installation, hosts: { api: installation.hosts.backend } } };
}

function operation(
  own: Pick<Operation, "operationId" | "method" | "path" | "pathParams" | "access" | "answer">,
): Operation {
  return {
    ...own,
    service: "api",
    summary: idInWords(own.operationId),
    intents: [],
    pathTypes: [],
    tag: "Add-on",
    scope: "",
    queryParams: [],
    bodyKind: "none",
    bodyFields: [],
    paging: [],
    addonToken: "allowed",
    deprecated: false,
    experimental: false,
  };
}
