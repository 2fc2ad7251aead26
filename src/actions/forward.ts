/** The action "forward": sends an event on to the address in the setting forwarding_url, which is read when it is sent. */

import { AppError, toAppError } from "../base/errors.ts";
import type { Action, ActionTenant } from "../engine/action.ts";
import { failedBy, pictureOf, send, type SendOptions } from "./http.ts";
import { readHttpInput } from "./http_request.ts";

export const FORWARD = "forward";
const OFF = "forwarding is off";

export interface ForwardActionOptions extends SendOptions {
  /** The effective address; undefined while forwarding is off. Throws INSTALLATION_UNKNOWN. */
  target(tenant: ActionTenant): Promise<string | undefined>;
}

/**
 * The action. Its input is that of "http" without the address, which may carry a secret: neither plan nor history holds more
 * than the origin of it. Its output is {status}, or {skipped: why} where forwarding is off by now; it fails as "http" does.
 */
export function createForwardAction({ target, ...options }: ForwardActionOptions): Action {
  return {
    type: FORWARD,
    effect: "external",

    async describe({ input, tenant }) {
      try {
        const url = await target(tenant);
        return url === undefined ? { skipped: OFF } : pictureOf({ ...input as object, url: new URL(url).origin });
      } catch (error) {
        return { problem: toAppError(error).message };
      }
    },

    async run(call) {
      let url: string | undefined;
      try {
        url = await target(call.tenant);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        return failedBy(error);
      }
      if (url === undefined) return { outcome: "done", output: { skipped: OFF } };
      const result = await send(call, options, () => Promise.resolve(readHttpInput({ ...call.input as object, url })));
      // An answer that repeats the address would bring it into the history.
      return result.outcome === "done" ? { ...result, output: { status: result.httpStatus } } : result;
    },
  };
}
