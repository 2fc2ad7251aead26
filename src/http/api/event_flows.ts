/** GET /ui/webhooks/{id}/flows: why each flow matched an event, or did not, as the flows are now. */

import type { Hono } from "hono";
import { z } from "zod";
import { eventUnknown } from "../../events/store.ts";
import type { RuleVerdict } from "../../engine/condition.ts";
import type { Explain } from "../../flows/triggers/explain.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, readerOf } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { ruleVerdict } from "./flow_schemas.ts";
import { id } from "./schemas.ts";

export interface EventFlowRoutesDeps extends AuthDeps {
  explain: Explain;
}

const listEventFlows = defineRoute({
  method: "get",
  path: "/ui/webhooks/{id}/flows",
  patterns: { id: "[0-9]+" },
  tag: "Events",
  summary: "Why each flow matched the event, or did not",
  about: "The flows are evaluated as they are now.",
  who: "member",
  costly: true,
  params: { id: id.meta({ description: "Id of the event", example: "17" }) },
  answer: {
    status: 200,
    about: "Flows with their rules, those that listen first; members get what rules found redacted",
    schema: z.object({
      evaluated: z.literal("now"),
      event_id: id,
      flows: z.array(
        z.object({
          flow_id: id,
          name: z.string(),
          version: z.int(),
          enabled: z.boolean(),
          listens: z.boolean().meta({ description: "Its trigger names the event's type" }),
          matched: z.boolean().nullable(),
          problem: z.string().nullable(),
          run_id: z.string().nullable().meta({ description: "Newest run of the flow for this event" }),
          rules: z.array(ruleVerdict),
        }).meta({ id: "FlowVerdict" }),
      ),
    }),
    example: {
      evaluated: "now",
      event_id: "17",
      flows: [{
        flow_id: "3",
        name: "Tag entries of the big project",
        version: 1,
        enabled: true,
        listens: true,
        matched: true,
        problem: null,
        run_id: "0192f0c1-2345-7abc-8def-0123456789ab",
        rules: [],
      }],
    },
  },
  problems: ["NOT_FOUND"],
});
export const eventFlowRoutes = [listEventFlows];

export function mountEventFlows(app: Hono<AppEnv>, deps: EventFlowRoutesDeps) {
  mount(app, deps, listEventFlows, async ({ login, params: { id } }) => {
    const { installation, role } = login;
    const verdicts = /^[1-9]\d{0,14}$/.test(id)
      ? await deps.costly.run(
        readerOf(login),
        () => deps.explain.explain(installation.id, Number(id), { redacted: role !== "admin" }),
      )
      : undefined;
    if (!verdicts) throw eventUnknown(id.slice(0, 40));
    return {
      evaluated: "now" as const,
      event_id: id,
      flows: verdicts.map(({ flow, listens, matched, problem, rules, runId }) => ({
        flow_id: String(flow.id),
        name: flow.name,
        version: flow.version,
        enabled: flow.enabled,
        listens,
        matched,
        problem,
        run_id: runId,
        rules: rules.map(ruleJson),
      })),
    };
  });
}

/** What one rule said; `reason` is null where it matched. */
export function ruleJson({ reason, ...rule }: RuleVerdict) {
  return { ...rule, reason: reason ?? null };
}
