/** What to do in a workspace where nothing has happened yet. */

import { Link } from "wouter";
import "./home.css";

export function FirstSteps({ flows }: { flows: boolean }) {
  return (
    <section className="panel">
      <h2>Get started</h2>
      <ol className="first-steps">
        <li>
          <b>Change something in Clockify.</b>
          <span className="muted">Start a timer and stop it, or edit a time entry.</span>
        </li>
        <li>
          <b>See it arrive.</b>
          <span className="muted">It shows under Events within seconds.</span>
          <Link href="/events" className="btn small">Open Events</Link>
        </li>
        {flows && (
          <li>
            <b>Create a flow.</b>
            <span className="muted">
              Choose the event that starts it and what it does, then test it on the event you saw.
            </span>
            <Link href="/flows" className="btn small">Open Flows</Link>
          </li>
        )}
      </ol>
    </section>
  );
}
