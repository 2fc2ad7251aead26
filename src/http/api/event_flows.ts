/** GET /ui/webhooks/{id}/flows: why each flow matched an event, or did not, as the flows are now. */

import type { Hono } from "hono";
import { eventUnknown } from "../../events/store.ts";
import type { RuleVerdict } from "../../engine/condition.ts";
import type { Explain } from "../../flows/explain.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, readerOf, requireLogin } from "../server/login.ts";

export interface EventFlowRoutesDeps extends AuthDeps {
  explain: Explain;
}

export function mountEventFlows(app: Hono<AppEnv>, deps: EventFlowRoutesDeps) {
  app.get("/ui/webhooks/:id{[0-9]+}/flows", async (c) => {
    const login = await requireLogin(c, deps);
    const { installation, role } = login;
    const id = c.req.param("id");
    const verdicts = /^[1-9]\d{0,14}$/.test(id)
      ? await deps.costly.run(
        readerOf(login),
        () => deps.explain.explain(installation.id, Number(id), { redacted: role !== "admin" }),
      )
      : undefined;
    if (!verdicts) throw eventUnknown(id.slice(0, 40));
    return c.json({
      evaluated: "now",
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
    });
  });
}

/** What one rule said; `reason` is null where it matched. */
export function ruleJson({ reason, ...rule }: RuleVerdict) {
  return { ...rule, reason: reason ?? null };
}
