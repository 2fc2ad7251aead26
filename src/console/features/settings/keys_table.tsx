/** Keys and tokens that are in use: ids and ages, never a value. */

import type { KeyFacts } from "./api.ts";
import { When } from "../../ui/when.tsx";
import { say, sayCount } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

export function KeysTable({ keys, isOperator }: { keys: KeyFacts; isOperator: boolean }) {
  const { encryption, installationToken, apiKey, signingSecret, operators } = keys;
  const rows: [string, React.ReactNode][] = [
    ...encryption.map(({ id, first, values }): [string, React.ReactNode] => [
      say('Encryption key "{id}"', { id }),
      first
        ? sayCount(
          values,
          "{count} stored value of this workspace; encrypts new ones",
          "{count} stored values of this workspace; encrypts new ones",
          { count: values },
        )
        : sayCount(values, "{count} stored value of this workspace", "{count} stored values of this workspace", {
          count: values,
        }),
    ]),
    [say("Installation token"), since(installationToken.receivedAt, say("missing"))],
    [say("API key of an admin"), apiKey.configured ? since(apiKey.configuredAt, say("stored")) : say("not set")],
    [
      say("Signing secret of forwarded events"),
      signingSecret.configured
        ? since(signingSecret.createdAt, say("created##a secret"))
        : say("not created##a secret"),
    ],
    ...(isOperator
      ? operators.map(({ name, loopbackOnly }): [string, React.ReactNode] => [
        say('Operator "{name}"', { name }),
        loopbackOnly ? say("accepted from this machine only") : say("accepted from any address"),
      ])
      : []),
  ];
  return (
    <div className="panel flush">
      <table className="cards">
        <thead>
          <tr>
            <th scope="col">{say("Key")}</th>
            <th scope="col">{say("Use and age")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, what]) => (
            <tr key={name}>
              <td data-label={say("Key")}>{name}</td>
              <td data-label={say("Use and age")}>{what}</td>
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
      <Say
        text="since {time} ({ago})"
        values={{ time: <When at={at} as="full" />, ago: <When at={at} as="ago" /> }}
      />
    </span>
  );
}
