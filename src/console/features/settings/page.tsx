/** Settings: one tab per matter, each in the address; what a member may not see is not offered. */

import { useEffect } from "react";
import { useLocation, useParams } from "wouter";
import { Tabs } from "../../ui/tabs.tsx";
import { say } from "../../words/say.ts";
import { ApprovalsTab } from "./approvals_page.tsx";
import { AuditTab } from "./audit_page.tsx";
import { HealthTab } from "./health_page.tsx";
import { EffectiveTab } from "./effective_page.tsx";
import { ExportTab } from "./export_page.tsx";
import { GuardTab } from "./guard_page.tsx";
import { KeysTab } from "./keys_page.tsx";
import { LimitsTab } from "./limits_page.tsx";
import { RetentionTab } from "./retention_page.tsx";
import { UninstallTab } from "./uninstall_page.tsx";

export function SettingsPage() {
  const { tab = "health" } = useParams();
  const [, navigate] = useLocation();
  useEffect(() => {
    document.title = `${say("Settings")} · Timewire`;
  }, []);
  const items = [
    { key: "health", label: say("Health"), content: <HealthTab /> },
    { key: "effective", label: say("Effective values"), content: <EffectiveTab /> },
    { key: "limits", label: say("Limits"), content: <LimitsTab /> },
    { key: "guard", label: say("Guard"), content: <GuardTab /> },
    { key: "approvals", label: say("Approvals"), content: <ApprovalsTab /> },
    { key: "retention", label: say("Retention"), content: <RetentionTab /> },
    { key: "keys", label: say("Keys"), content: <KeysTab /> },
    { key: "audit", label: say("Audit"), content: <AuditTab /> },
    { key: "export", label: say("Export##the tab"), content: <ExportTab /> },
    { key: "uninstall", label: say("Uninstall"), content: <UninstallTab /> },
  ];
  return (
    <div className="stack">
      <h1>{say("Settings")}</h1>
      <Tabs label={say("Settings")} items={items} chosen={tab} onChoose={(key) => navigate(`/settings/${key}`)} />
    </div>
  );
}
