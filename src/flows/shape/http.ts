/** The shape of an action of type "http": one request to another system. */

import { z } from "zod";
import { HTTP_METHODS, MAX_TIMEOUT_MS } from "../../actions/http_request.ts";
import type { Fault } from "../../engine/faults.ts";
import type { HttpFlowAction } from "./definition.ts";
import { readShape } from "./mend.ts";
import { everyAction, message, oneOf, params, readTries, type StepShapes, whole } from "./parts.ts";

/** Spellings of the type; the first is the one that is stored (GENERIC_HTTP is the earlier service's). */
export const HTTP_TYPES = ["http", "GENERIC_HTTP", "generic_http"] as const;

const url = message('must be an address or a template of one, as in "https://example.com/{{$.webhook.id}}"');

const schema = z.strictObject({
  ...everyAction,
  type: z.enum(HTTP_TYPES),
  method: oneOf(...HTTP_METHODS).default("POST"),
  url: z.string(url).min(1, url).max(8_192, url),
  headers: params.nullish(),
  query: params.nullish(),
  body: z.unknown().optional(),
  timeout_ms: whole(100, MAX_TIMEOUT_MS).default(10_000),
}, message('must be an action, as in {"type": "http", "url": "..."}'));

const KEYS = Object.keys(schema.shape);

/** Universal Webhook alone has them, where its setting is on. */
const HTTP_OFF = "requests to other systems are off; in Universal Webhook an admin switches them on, by " +
  'the add-on\'s setting "Allow HTTP requests to other systems" in Clockify';

/** Of a flow that is not enabled, it need not be allowed. */
export const httpShape: StepShapes<HttpFlowAction> = {
  keys: KEYS,
  read: (input, { path, id, deps, enabled }) => {
    const faults: Fault[] = deps.genericHttp || !enabled ? [] : [{
      path: `${path}.type`,
      message: `is not allowed: ${HTTP_OFF}`,
    }];
    return readShape(schema, input, { path, keys: { "": KEYS }, standIns: { url: "https://example.com" } }, (data) => {
      const { method, url, headers, query, body, timeout_ms, on_uncertain, ...retries } = data;
      const { tries, faults: ofRetry } = readTries(retries, { path, byDefault: deps.httpRetry });
      return {
        faults: [...faults, ...ofRetry],
        value: {
          id,
          type: "http",
          method,
          url,
          headers: headers ?? {},
          query: query ?? {},
          ...(body === undefined ? {} : { body }),
          timeout_ms,
          ...tries,
          on_uncertain: on_uncertain ?? "retry",
        },
      };
    });
  },
};
