/** What to do in a workspace where nothing has happened yet. */

import { Link } from "wouter";
import { say } from "../../words/say.ts";
import "./home.css";

export function FirstSteps({ flows }: { flows: boolean }) {
  return (
    <section className="panel">
      <h2>{say("Get started")}</h2>
      <ol className="first-steps">
        <li>
          <b>{say("Change something in Clockify.")}</b>
          <span className="muted">{say("Start a timer and stop it, or edit a time entry.")}</span>
        </li>
        <li>
          <b>{say("See it arrive.")}</b>
          <span className="muted">{say("It shows under Events within seconds.")}</span>
          <Link href="/events" className="btn small">{say("Open Events")}</Link>
        </li>
        {flows && (
          <li>
            <b>{say("Create a flow.")}</b>
            <span className="muted">
              {say("Choose the event that starts it and what it does, then test it on the event you saw.")}
            </span>
            <Link href="/flows" className="btn small">{say("Open Flows")}</Link>
          </li>
        )}
      </ol>
    </section>
  );
}
