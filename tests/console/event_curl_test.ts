/** The command that sends an event again: it holds the body, and no secret. */

import { assert, assertMatch, assertNotMatch, assertStrictEquals } from "@std/assert";
import { curlCommand } from "../../src/console/features/events/curl.ts";

const EVENT = {
  eventType: "NEW_TAG",
  customSource: null,
  workspaceId: "64f0",
  contentType: "application/json",
  body: '{"name": "it\'s"}',
};

Deno.test("curlCommand() names the listener's path and a placeholder for the token", () => {
  const command = curlCommand(EVENT, "https://timewire.example");
  assertStrictEquals(
    command,
    [
      'curl --request POST "https://timewire.example/webhooks/clockify/NEW_TAG" \\',
      "  --header 'content-type: application/json' \\",
      "  --header 'clockify-webhook-event-type: NEW_TAG' \\",
      "  --header 'clockify-webhook-workspace-id: 64f0' \\",
      '  --header "clockify-signature: $WEBHOOK_TOKEN" \\',
      `  --data-binary '{"name": "it'\\''s"}'`,
    ].join("\n"),
  );
});

Deno.test("curlCommand() takes the values of secret fields out of the body", () => {
  const command = curlCommand({ ...EVENT, body: '{"id": 1, "auth": {"accessToken": "marker"}}' }, "https://x");
  assertNotMatch(command, /marker/);
  assertMatch(command, /\{"id":1,"auth":\{"accessToken":"\[redacted\]"\}\}/);
});

Deno.test("curlCommand() leaves a body with control characters out: a terminal would obey them when it is pasted", () => {
  for (const sign of ["\x03", "\x1b[201~", "\x9b201~", "\x7f"]) {
    const command = curlCommand({ ...EVENT, body: `x${sign}\nrm marker\n` }, "https://x");
    assertNotMatch(command, /marker/);
    assertMatch(command, /--data-binary @- <<'TIMEWIRE_BODY'\nTHE BODY GOES HERE\n/);
  }
  assertMatch(curlCommand({ ...EVENT, body: "{\r\n\t1}" }, "https://x"), /1\}'$/);
});

Deno.test("curlCommand() gives a long body after the command, behind a mark that it does not hold", () => {
  const body = `"${"x".repeat(200_000)} TIMEWIRE_BODY"`;
  const command = curlCommand({ ...EVENT, customSource: "git hub", body }, "$ADDON_URL");
  assertMatch(command, /"\$ADDON_URL\/webhooks\/custom\/git%20hub"/);
  assertMatch(command, /x-workspace-id: 64f0/);
  assert(command.endsWith(`--data-binary @- <<'TIMEWIRE_BODY_'\n${body}\nTIMEWIRE_BODY_`));
});
