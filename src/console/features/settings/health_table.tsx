/** One row per component of the program, with its state in one word. */

import type { ComponentHealth, ComponentState } from "./api.ts";
import { Tag, type Tone } from "../../ui/tag.tsx";
import { say } from "../../words/say.ts";

const WORDS: Record<ComponentState, [Tone, string]> = {
  ok: ["ok", say("OK")],
  warn: ["warn", say("Warning")],
  bad: ["bad", say("Down##a component")],
  off: ["idle", say("Off")],
};

export function HealthTable({ components }: { components: ComponentHealth[] }) {
  return (
    <div className="panel flush">
      <table className="cards">
        <thead>
          <tr>
            <th scope="col">{say("Component")}</th>
            <th scope="col">{say("State")}</th>
            <th scope="col">{say("Details")}</th>
          </tr>
        </thead>
        <tbody>
          {components.map(({ name, state, detail }) => {
            const [tone, word] = WORDS[state];
            return (
              <tr key={name}>
                <td data-label={say("Component")}>{name}</td>
                <td data-label={say("State")}>
                  <Tag tone={tone}>{word}</Tag>
                </td>
                <td data-label={say("Details")}>{detail}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
