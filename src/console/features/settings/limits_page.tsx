/** Limits of the workspace and where its flows may call: the value, its reason, and the variable that sets it. */

import { useQuery } from "@tanstack/react-query";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { RowsTable } from "../../ui/rows_table.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import type { Wire } from "../../wire.ts";
import { say, sayLabel } from "../../words/say.ts";
import { getLimits } from "./api.ts";
import "./limits.css";

type Limits = Wire<"Limits">;
type EgressRule = Limits["egress"][number];

export function LimitsTab() {
  const { api } = useSignedIn();
  const limits = useQuery({ queryKey: ["limits"], queryFn: () => getLimits(api) });
  if (limits.error && !limits.data) {
    return <Failure error={limits.error} what={say("the limits")} onRetry={() => limits.refetch()} />;
  }
  if (!limits.data) return <Skeleton />;
  return (
    <div className="stack">
      <p className="muted">
        {say(
          "They apply to each workspace alone and are set by the operator, by the environment variable that is named.",
        )}
      </p>
      <LimitTable limits={limits.data.limits} />
      <section className="stack" aria-label={say("Egress")}>
        <h2>{say("Egress")}</h2>
        <EgressTable rules={limits.data.egress} />
      </section>
    </div>
  );
}

function LimitTable({ limits }: { limits: Limits["limits"] }) {
  const { number } = useFormat();
  return (
    <RowsTable
      caption={say("Limits, in the order in which they are met")}
      columns={[say("What"), say("Limit"), say("Why"), say("Set by")]}
    >
      {limits.map((limit) => (
        <tr key={limit.variable}>
          <td data-label={say("What")}>{sayLabel(limit.about)}</td>
          <td data-label={say("Limit")}>
            <b>{number(limit.value)}</b> {sayLabel(limit.unit)}
          </td>
          <td data-label={say("Why")}>{sayLabel(limit.reason)}</td>
          <td data-label={say("Set by")}>
            {limit.value === limit.default ? say("Default") : say("Operator")}
            <code className="variable">{limit.variable}</code>
          </td>
        </tr>
      ))}
    </RowsTable>
  );
}

const RULES: Readonly<Record<EgressRule["rule"], string>> = {
  other_systems: say("Requests of flows to other systems"),
  private_targets: say("Private targets among them"),
  clockify_hosts: say("Hosts that are accepted as Clockify's"),
};

function EgressTable({ rules }: { rules: EgressRule[] }) {
  return (
    <RowsTable
      caption={say("Where requests may go")}
      columns={[say("What"), say("Allowed"), say("Why"), say("Set by")]}
    >
      {rules.map((rule) => (
        <tr key={rule.rule}>
          <td data-label={say("What")}>{RULES[rule.rule]}</td>
          <td data-label={say("Allowed")}>
            <b>{allowedWords(rule)}</b>
          </td>
          <td data-label={say("Why")}>{sayLabel(rule.reason)}</td>
          <td data-label={say("Set by")}>
            {rule.source === "workspace"
              ? say("Workspace, in Clockify")
              : rule.variable === null
              ? say("The add-on, which has no such steps")
              : say("Operator, or default")}
            {rule.variable !== null && <code className="variable">{rule.variable}</code>}
          </td>
        </tr>
      ))}
    </RowsTable>
  );
}

function allowedWords({ rule, allowed, targets }: EgressRule): string {
  if (!allowed) return say("none##hosts");
  if (targets.length > 0) return targets.join(", ");
  return rule === "other_systems"
    ? say("any public host, on ports 80, 443, 8080 and 8443")
    : say("some, which operators see");
}
