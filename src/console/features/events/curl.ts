/** A command that sends an event's body to the listener again, with placeholders where secrets were. Pure. */

import { REDACTED } from "../../../telemetry/redact.ts";
import { isSecretName } from "../../../telemetry/secret_names.ts";

export interface CurlEvent {
  eventType: string;
  customSource: string | null;
  workspaceId: string;
  contentType: string;
  /** The text of the body; undefined when it is not shown, or no text. */
  body: string | undefined;
}

/** A terminal acts on control characters in a pasted command, even between quotes: a sender could inject a command. */
// deno-lint-ignore no-control-regex -- they are what is left out
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/;
/** Longer ones do not fit an argument of a command. */
const MAX_ARGUMENT = 100_000;

/** `listener`: origin of the add-on's listener, or a placeholder of the shell. */
export function curlCommand(event: CurlEvent, listener: string): string {
  const { eventType, customSource } = event;
  const custom = customSource !== null;
  const path = custom ? `/webhooks/custom/${encodeURIComponent(customSource)}` : `/webhooks/clockify/${eventType}`;
  const headers = custom
    ? [`x-workspace-id: ${event.workspaceId}`]
    : [`clockify-webhook-event-type: ${eventType}`, `clockify-webhook-workspace-id: ${event.workspaceId}`];
  const body = event.body === undefined || CONTROL.test(event.body) ? undefined : withoutSecrets(event.body);
  const inline = body !== undefined && body.length <= MAX_ARGUMENT;
  const lines = [
    `curl --request POST "${listener}${path}"`,
    `--header ${quoted(`content-type: ${event.contentType}`)}`,
    ...headers.map((header) => `--header ${quoted(header)}`),
    custom ? `--header "$SOURCE_PROOF_HEADER"` : `--header "clockify-signature: $WEBHOOK_TOKEN"`,
    inline ? `--data-binary ${quoted(body)}` : "--data-binary @-",
  ];
  const command = lines.join(" \\\n  ");
  if (inline) return command;
  const end = endMark(body ?? "");
  return `${command} <<'${end}'\n${body ?? "THE BODY GOES HERE"}\n${end}`;
}

/** The body as it is, or formatted again without the values of fields with secret names. */
function withoutSecrets(body: string): string {
  let found = false;
  const hide = (name: string, value: unknown) => {
    if (name === "" || value === null || !isSecretName(name)) return value;
    found = true;
    return REDACTED;
  };
  try {
    const hidden = JSON.stringify(JSON.parse(body, hide));
    return found ? hidden : body;
  } catch {
    return body;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function endMark(body: string): string {
  let mark = "TIMEWIRE_BODY";
  while (body.includes(mark)) mark += "_";
  return mark;
}
