/** Keys and tokens that are in use: ids and ages, never a value. */

import type { KeyFacts } from "./api.ts";
import { When } from "../../ui/when.tsx";

export function KeysTable({ keys, isOperator }: { keys: KeyFacts; isOperator: boolean }) {
  const { encryption, installationToken, apiKey, signingSecret, operators } = keys;
  const rows: [string, React.ReactNode][] = [
    ...encryption.map(({ id, first, values }): [string, React.ReactNode] => [
      `Encryption key "${id}"`,
      `${values} stored ${values === 1 ? "value" : "values"} of this workspace${first ? "; encrypts new ones" : ""}`,
    ]),
    ["Installation token", since(installationToken.receivedAt, "missing")],
    ["API key of an admin", apiKey.configured ? since(apiKey.configuredAt, "stored") : "not set"],
    [
      "Signing secret of forwarded events",
      signingSecret.configured ? since(signingSecret.createdAt, "created") : "not created",
    ],
    ...(isOperator
      ? operators.map(({ name, loopbackOnly }): [string, React.ReactNode] => [
        `Operator "${name}"`,
        loopbackOnly ? "accepted from this machine only" : "accepted from any address",
      ])
      : []),
  ];
  return (
    <div className="panel flush">
      <table className="cards">
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">Use and age</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, what]) => (
            <tr key={name}>
              <td data-label="Key">{name}</td>
              <td data-label="Use and age">{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function since(at: Date | null, otherwise: string) {
  return at === null ? otherwise : (
    <span>
      since <When at={at} as="full" /> (<When at={at} as="ago" />)
    </span>
  );
}
