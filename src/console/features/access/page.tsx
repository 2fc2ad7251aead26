/** Settings: who may use the Workflow Management API, people and programs; for admins. */

import { useEffect } from "react";
import { useLocation, useParams } from "wouter";
import { PAGE_CONFIG } from "../../shell/page_config.ts";
import { type Role, ROLE_NAMES, ROLES, useApiSession } from "../../shell/workflow/session.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { KeysTab } from "./keys_tab.tsx";
import { SessionsTab } from "./sessions_tab.tsx";
import { UsersTab } from "./users_tab.tsx";

export function AccessPage() {
  const { tab = "you" } = useParams<{ tab?: string }>();
  const [, navigate] = useLocation();
  useEffect(() => {
    document.title = `${say("Settings")} · Timewire`;
  }, []);
  const items = [
    { key: "you", label: say("You"), content: <You /> },
    { key: "sessions", label: say("Sessions"), content: <SessionsTab /> },
    { key: "users", label: say("Users"), content: <ForAdmins content={<UsersTab />} /> },
    { key: "keys", label: say("API keys"), content: <ForAdmins content={<KeysTab />} /> },
  ];
  return (
    <div className="stack">
      <h1>{say("Settings")}</h1>
      <Tabs label={say("Settings")} items={items} chosen={tab} onChoose={(key) => navigate(`/settings/${key}`)} />
    </div>
  );
}

function ForAdmins({ content }: { content: React.ReactNode }) {
  const { refusal } = useApiSession();
  const why = refusal("admin");
  return why ? <p className="panel">{say("Only admins see users and keys. {why}.", { why })}</p> : content;
}

const MAY: Readonly<Record<Role, string>> = {
  viewer: say("reads"),
  editor: say("also defines agents, workflows and webhooks"),
  operator: say("also executes, makes schedules, cancels, pauses, resumes and retries"),
  admin: say("also manages users and keys"),
};

const KINDS = { user: say("a user"), key: say("an API key"), operator: say("an operator's key") };

function You() {
  const { caller } = useApiSession();
  return (
    <div className="panel stack">
      <p>
        <Say
          text="You are signed in as {name}, {kind} with the role <b>{role}</b>. The session lasts 12 hours; signing out ends it at once."
          values={{
            name: (
              <b>
                <bdi>{caller.name}</bdi>
              </b>
            ),
            kind: KINDS[caller.kind],
            role: ROLE_NAMES[caller.role],
          }}
        />
      </p>
      <table className="cards">
        <caption className="visually-hidden">{say("Roles")}</caption>
        <thead>
          <tr>
            <th scope="col">{say("Role")}</th>
            <th scope="col">{say("May##what a role may do")}</th>
          </tr>
        </thead>
        <tbody>
          {ROLES.map((role) => (
            <tr key={role}>
              <td data-label={say("Role")}>
                {role === caller.role ? <b>{ROLE_NAMES[role]}</b> : ROLE_NAMES[role]}
              </td>
              <td data-label={say("May##what a role may do")}>{MAY[role]}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>
        <Say
          text="For programs: <a>the routes</a> below <code>{path}</code>, with an API key each."
          values={{ path: PAGE_CONFIG.api }}
          tags={{ a: (inner) => <a href="/docs">{inner}</a> }}
        />
      </p>
    </div>
  );
}
