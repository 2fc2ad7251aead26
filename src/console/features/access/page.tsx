/** Settings: who may use the Workflow Management API, people and programs; for admins. */

import { useEffect } from "react";
import { useLocation, useParams } from "wouter";
import { PAGE_CONFIG } from "../../shell/page_config.ts";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { KeysTab } from "./keys_tab.tsx";
import { SessionsTab } from "./sessions_tab.tsx";
import { UsersTab } from "./users_tab.tsx";

export function AccessPage() {
  const { tab = "you" } = useParams<{ tab?: string }>();
  const [, navigate] = useLocation();
  useEffect(() => {
    document.title = "Settings · Timewire";
  }, []);
  const items = [
    { key: "you", label: "You", content: <You /> },
    { key: "sessions", label: "Sessions", content: <SessionsTab /> },
    { key: "users", label: "Users", content: <ForAdmins content={<UsersTab />} /> },
    { key: "keys", label: "API keys", content: <ForAdmins content={<KeysTab />} /> },
  ];
  return (
    <div className="stack">
      <h1>Settings</h1>
      <Tabs label="Settings" items={items} chosen={tab} onChoose={(key) => navigate(`/settings/${key}`)} />
    </div>
  );
}

function ForAdmins({ content }: { content: React.ReactNode }) {
  const { refusal } = useApiSession();
  const why = refusal("admin");
  return why ? <p className="panel">Only admins see users and keys. {why}.</p> : content;
}

export const ROLES = [
  ["viewer", "reads"],
  ["editor", "also defines agents, workflows and webhooks"],
  ["operator", "also executes, makes schedules, cancels, pauses, resumes and retries"],
  ["admin", "also manages users and keys"],
] as const;

const KINDS = { user: "a user", key: "an API key", operator: "an operator's key" };

function You() {
  const { caller } = useApiSession();
  return (
    <div className="panel stack">
      <p>
        You are signed in as{" "}
        <b>
          <bdi>{caller.name}</bdi>
        </b>
        , {KINDS[caller.kind]} with the role{" "}
        <b>{caller.role}</b>. The session lasts 12 hours; signing out ends it at once.
      </p>
      <table className="cards">
        <caption className="visually-hidden">Roles</caption>
        <thead>
          <tr>
            <th scope="col">Role</th>
            <th scope="col">May</th>
          </tr>
        </thead>
        <tbody>
          {ROLES.map(([role, may]) => (
            <tr key={role}>
              <td data-label="Role">
                {role === caller.role ? <b>{role}</b> : role}
              </td>
              <td data-label="May">{may}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>
        For programs: <a href="/docs">the routes</a> below <code>{PAGE_CONFIG.api}</code>, with an API key each.
      </p>
    </div>
  );
}
