/** One row per component of the program, with its state in one word. */

import type { ComponentHealth, ComponentState } from "./api.ts";
import { Tag, type Tone } from "../../ui/tag.tsx";

const WORDS: Record<ComponentState, [Tone, string]> = {
  ok: ["ok", "OK"],
  warn: ["warn", "Warning"],
  bad: ["bad", "Down"],
  off: ["idle", "Off"],
};

export function HealthTable({ components }: { components: ComponentHealth[] }) {
  return (
    <div className="panel flush">
      <table className="cards">
        <thead>
          <tr>
            <th scope="col">Component</th>
            <th scope="col">State</th>
            <th scope="col">Details</th>
          </tr>
        </thead>
        <tbody>
          {components.map(({ name, state, detail }) => {
            const [tone, word] = WORDS[state];
            return (
              <tr key={name}>
                <td data-label="Component">{name}</td>
                <td data-label="State">
                  <Tag tone={tone}>{word}</Tag>
                </td>
                <td data-label="Details">{detail}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
