/** Limits of the workspace and where its flows may call: the value, its reason, and the variable that sets it. */

import { useQuery } from "@tanstack/react-query";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { RowsTable } from "../../ui/rows_table.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import type { Wire } from "../../wire.ts";
import { getLimits } from "./api.ts";
import "./limits.css";

type Limits = Wire<"Limits">;
type EgressRule = Limits["egress"][number];

export function LimitsTab() {
  const { api } = useSignedIn();
  const limits = useQuery({ queryKey: ["limits"], queryFn: () => getLimits(api) });
  if (limits.error && !limits.data) {
    return <Failure error={limits.error} what="the limits" onRetry={() => limits.refetch()} />;
  }
  if (!limits.data) return <Skeleton />;
  return (
    <div className="stack">
      <p className="muted">
        They apply to each workspace alone and are set by the operator, by the environment variable that is named.
      </p>
      <LimitTable limits={limits.data.limits} />
      <section className="stack" aria-label="Egress">
        <h2>Egress</h2>
        <EgressTable rules={limits.data.egress} />
      </section>
    </div>
  );
}

function LimitTable({ limits }: { limits: Limits["limits"] }) {
  const { number } = useFormat();
  return (
    <RowsTable caption="Limits, in the order in which they are met" columns={["What", "Limit", "Why", "Set by"]}>
      {limits.map((limit) => (
        <tr key={limit.variable}>
          <td data-label="What">{limit.about}</td>
          <td data-label="Limit">
            <b>{number(limit.value)}</b> {limit.unit}
          </td>
          <td data-label="Why">{limit.reason}</td>
          <td data-label="Set by">
            {limit.value === limit.default ? "Default" : "Operator"}
            <code className="variable">{limit.variable}</code>
          </td>
        </tr>
      ))}
    </RowsTable>
  );
}

const RULES: Readonly<Record<EgressRule["rule"], string>> = {
  other_systems: "Requests of flows to other systems",
  private_targets: "Private targets among them",
  clockify_hosts: "Hosts that are accepted as Clockify's",
};

function EgressTable({ rules }: { rules: EgressRule[] }) {
  return (
    <RowsTable caption="Where requests may go" columns={["What", "Allowed", "Why", "Set by"]}>
      {rules.map((rule) => (
        <tr key={rule.rule}>
          <td data-label="What">{RULES[rule.rule]}</td>
          <td data-label="Allowed">
            <b>{allowedWords(rule)}</b>
          </td>
          <td data-label="Why">{rule.reason}</td>
          <td data-label="Set by">
            {rule.source === "workspace"
              ? "Workspace, in Clockify"
              : rule.variable === null
              ? "The add-on, which has no such steps"
              : "Operator, or default"}
            {rule.variable !== null && <code className="variable">{rule.variable}</code>}
          </td>
        </tr>
      ))}
    </RowsTable>
  );
}

function allowedWords({ rule, allowed, targets }: EgressRule): string {
  if (!allowed) return "none";
  if (targets.length > 0) return targets.join(", ");
  return rule === "other_systems" ? "any public host, on ports 80, 443, 8080 and 8443" : "some, which operators see";
}
