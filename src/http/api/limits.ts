/** GET /ui/limits: the limits of a workspace and where its flows may call, each with its reason and the variable that sets it. */

import type { Hono } from "hono";
import { z } from "zod";
import { EGRESS_REASONS, EGRESS_RULES, type ShownLimit } from "../../limits/shown.ts";
import { effectiveSettings } from "../../installations/settings.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { workspaceId } from "./schemas.ts";
import type { SettingsRoutesDeps } from "./settings.ts";

export interface LimitRoutesDeps extends AuthDeps {
  limits: readonly ShownLimit[];
  /** EGRESS_ALLOW and ALLOWED_API_DOMAINS, their entries. */
  egress: { privateTargets: readonly string[]; clockifyHosts: readonly string[] };
  /** The variable of UW_ENABLE_GENERIC_HTTP_ACTIONS' kind; null: flows of the add-on call no other system. */
  otherSystemsVariable: string | null;
  defaults: SettingsRoutesDeps["defaults"];
}

const variable = z.string().meta({
  description: "The environment variable that sets it",
  example: "API_RATE_LIMIT_RPS",
});
const reason = z.string().meta({ description: "Why there is such a limit" });

const limits = z.object({
  workspace_id: workspaceId,
  limits: z.array(z.object({
    variable,
    value: z.number(),
    unit: z.string(),
    about: z.string().meta({ description: "What it bounds, and what happens above it" }),
    reason,
    default: z.number().nullable().meta({ description: "Where the variable is unset; null: it depends on others" }),
  })).meta({ description: "As they apply to each workspace" }),
  egress: z.array(z.object({
    rule: z.enum(EGRESS_RULES).meta({
      description:
        "other_systems: whether flows may call any; private_targets: those that are allowed although they are no public address; " +
        "clockify_hosts: what is accepted as Clockify's",
    }),
    allowed: z.boolean().meta({ description: "Whether there is any such target" }),
    targets: z.array(z.string()).meta({ description: "Hosts and ports; of private targets for operators alone" }),
    source: z.enum(["workspace", "environment"]),
    variable: variable.nullable(),
    reason,
  })),
}).meta({ id: "Limits" });

const getLimits = defineRoute({
  method: "get",
  path: "/ui/limits",
  tag: "Workspace",
  summary: "Limits of the workspace and where its flows may call, each with its reason",
  about:
    "They are set by the operator, but for whether flows call other systems, which the workspace may set in Clockify.",
  who: "member",
  answer: {
    status: 200,
    about: "The values as they apply",
    schema: limits,
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      limits: [{
        variable: "API_RATE_LIMIT_RPS",
        value: 100,
        unit: "requests a second",
        about: "Other requests per installation, ten times as many in a burst; above it 429.",
        reason: "One workspace's requests leave room for others'.",
        default: 100,
      }],
      egress: [{
        rule: "private_targets",
        allowed: false,
        targets: [],
        source: "environment",
        variable: "EGRESS_ALLOW",
        reason: "A flow must not reach what only this machine's network can.",
      }],
    },
  },
});
export const limitRoutes = [getLimits];

export function mountLimits(app: Hono<AppEnv>, deps: LimitRoutesDeps) {
  const { profile, defaults, egress, otherSystemsVariable } = deps;
  mount(app, deps, getLimits, ({ login: { installation, kind } }) => {
    const { values, settings } = effectiveSettings({ profile, defaults, stored: installation.settings });
    const others = settings.find(({ name }) => name === "genericHttpActions");
    const environment = "environment" as const;
    return {
      workspace_id: installation.workspaceId,
      limits: deps.limits.map(({ fallback, ...limit }) => ({ ...limit, default: fallback ?? null })),
      egress: [
        {
          rule: "other_systems" as const,
          allowed: profile.features.genericHttpActions && values.genericHttpActions,
          targets: [],
          source: others?.source ?? environment,
          variable: otherSystemsVariable,
          reason: EGRESS_REASONS.other_systems,
        },
        {
          rule: "private_targets" as const,
          allowed: egress.privateTargets.length > 0,
          // They say how the operator's network is made.
          targets: kind === "operator" ? egress.privateTargets : [],
          source: environment,
          variable: "EGRESS_ALLOW",
          reason: EGRESS_REASONS.private_targets,
        },
        {
          rule: "clockify_hosts" as const,
          allowed: egress.clockifyHosts.length > 0,
          targets: egress.clockifyHosts,
          source: environment,
          variable: "ALLOWED_API_DOMAINS",
          reason: EGRESS_REASONS.clockify_hosts,
        },
      ],
    };
  });
}
