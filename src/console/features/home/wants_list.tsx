/** What wants a person, the most urgent first, each with one button. */

import { Link } from "wouter";
import { Tag } from "../../ui/tag.tsx";
import { say } from "../../words/say.ts";
import type { Want } from "./wants.ts";
import "./home.css";

const SHOWN = 8;

export function WantsList({ wants }: { wants: readonly Want[] }) {
  return (
    <section className="panel">
      <h2>{say("Wants you")}</h2>
      {wants.length === 0
        ? <p className="muted">{say("Nothing. Failed runs, approvals and problems stand here.")}</p>
        : (
          <ul className="home-rows" aria-label={say("Wants you")}>
            {wants.slice(0, SHOWN).map(({ key, tone, tag, subject, text, next }) => (
              <li key={key}>
                <Tag tone={tone}>{tag}</Tag>
                <span className="what" title={text}>
                  {subject && (
                    <>
                      <b>
                        <bdi>{subject}</bdi>
                      </b>
                      {": "}
                    </>
                  )}
                  <bdi>{text}</bdi>
                </span>
                {next ? <Link href={next.path} className="btn small">{next.label}</Link> : <span />}
              </li>
            ))}
          </ul>
        )}
      {wants.length > SHOWN && (
        <p className="muted">{say("{count} more of the same kind.", { count: wants.length - SHOWN })}</p>
      )}
    </section>
  );
}
