/** The shape of an action of type "clockify": one operation of the Clockify API. */

import { z } from "zod";
import { at, type Fault } from "../../engine/faults.ts";
import type { ClockifyFlowAction } from "./definition.ts";
import { readShape } from "./mend.ts";
import { combined, everyAction, flag, message, params, readTries, type StepShapes } from "./parts.ts";

const asUser = message('must be a user id or an expression of one, as in "$.webhook.userId"');

/** `params` is the earlier service's spelling of the three parts. */
const paramsSchema = z.strictObject({
  path: params.nullish(),
  query: params.nullish(),
  body: z.unknown().optional(),
}, message("must be an object of path, query and body"));

const schema = z.strictObject({
  ...everyAction,
  type: z.enum(
    ["clockify", "CLOCKIFY_API"],
    message("must be one of clockify, http, transform, variables, emit_event, run_flow"),
  ).optional(),
  operation_id: z.string(message('must be an operationId or METHOD /path, as in "GET /workspaces/{workspaceId}/tags"'))
    .min(1, message("must not be empty"))
    .max(300, message("must be at most 300 characters"))
    .refine((text) => !text.startsWith("$") && !text.includes("{{"), message("must be fixed: it takes no expression")),
  as_user: z.string(asUser).min(1, asUser).max(300, asUser).optional(),
  path_params: params.nullish(),
  query_params: params.nullish(),
  body: z.unknown().optional(),
  replace: z.boolean(flag).optional(),
  params: paramsSchema.optional(),
}, message('must be an action, as in {"operation_id": "..."}'));

const KEYS = Object.keys(schema.shape);
const NESTED = { "": KEYS, params: Object.keys(paramsSchema.shape) };

export const clockifyShape: StepShapes<ClockifyFlowAction> = {
  keys: KEYS,
  read: (input, { path, id }) =>
    readShape(schema, input, { path, keys: NESTED }, (action) => {
      const faults: Fault[] = [];
      if (action.params) {
        for (const key of ["path_params", "query_params", "body"] as const) {
          if (key in action) faults.push({ path: at(path, key), message: combined("params") });
        }
      }
      const { tries, faults: ofRetry } = readTries(action, { path });
      const body = action.params ? action.params.body : action.body;
      return {
        faults: [...faults, ...ofRetry],
        value: {
          id,
          type: "clockify",
          operation_id: action.operation_id,
          ...(action.as_user === undefined ? {} : { as_user: action.as_user }),
          path_params: action.params?.path ?? action.path_params ?? {},
          query_params: action.params?.query ?? action.query_params ?? {},
          ...(body === undefined ? {} : { body }),
          ...(action.replace ? { replace: true } : {}),
          ...tries,
          on_uncertain: action.on_uncertain ?? "retry",
        },
      };
    }),
};
