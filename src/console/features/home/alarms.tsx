/** What needs attention, the most urgent first, each with its next step. */

import { Link } from "wouter";
import type { Alarm } from "./api.ts";
import { pathOfNext } from "./overview_words.ts";
import "./dashboard.css";

const WORDS: Record<Alarm["severity"], string> = { bad: "Problem", warn: "Warning", info: "Note" };

export function Alarms({ alarms }: { alarms: readonly Alarm[] }) {
  if (alarms.length === 0) return null;
  return (
    <ul className="alarms" aria-label="Needs attention">
      {alarms.map((alarm) => {
        const path = pathOfNext(alarm);
        return (
          <li key={alarm.code} className={`alert row ${alarm.severity}`}>
            <div className="grow">
              <b>
                <span className="visually-hidden">{WORDS[alarm.severity]}:</span>
                {alarm.title}.
              </b>{" "}
              <bdi>{alarm.detail}</bdi>
            </div>
            {path && <Link href={path} className="btn">{alarm.next!.label}</Link>}
          </li>
        );
      })}
    </ul>
  );
}
