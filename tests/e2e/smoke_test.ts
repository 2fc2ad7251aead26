/** The smoke test after a deploy, by curl as a stranger pastes it: health, metrics, manifest, a made-up install, a made-up event. */

import { assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { newKey } from "../../src/secrets/encryption.ts";
import { migratedOnServer } from "../support/database.ts";
import { makeDataDir, startProgram } from "../support/program.ts";

const INSTALL =
  `{"addonId": "test-addon", "authToken": "test-token", "workspaceId": "test-workspace", "apiUrl": "https://api.clockify.me/api"}`;
const EVENT = `{"id": "test-entry", "workspaceId": "test-workspace", "description": "Smoke test"}`;
const JSON_TYPE = "Content-Type: application/json";

/** Standard output of curl, which fails on an answer of 400 or more. */
async function curl(...args: string[]): Promise<string> {
  const command = new Deno.Command("curl", { args: ["-sS", "--fail-with-body", ...args], stdin: "null" });
  const { code, stdout, stderr } = await command.output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(code, 0, `curl ${args.join(" ")}: ${out}${err}`);
  return out!;
}

Deno.test("with signature verification off, each add-on takes the documents' smoke test", async (t) => {
  const folder = await makeDataDir();
  const database = await migratedOnServer();
  const program = await startProgram({
    HOST: "127.0.0.1",
    APP_PORT: "0",
    UNIVERSAL_WEBHOOK_PORT: "0",
    CLOCKIFY_ADDON_PORT: "0",
    API_PORT: "0",
    DATA_DIR: folder.path,
    ...(database && { DATABASE_URL: database.url, ENCRYPTION_KEYS: newKey("test") }),
    API_STUDIO_REQUIRE_SIGNATURE_VERIFICATION: "false",
    UNIVERSAL_WEBHOOK_REQUIRE_SIGNATURE_VERIFICATION: "false",
    REQUIRE_SIGNATURE_VERIFICATION: "false",
  });
  try {
    for (
      const [addon, service] of [
        ["api_studio", "api-studio"],
        ["universal_webhook", "universal-webhook"],
        ["clockify_addon", "clockify-addon"],
      ]
    ) {
      const url = `http://localhost:${program.ports[addon!]}`;
      await t.step(addon!, async () => {
        assertEquals(JSON.parse(await curl(`${url}/healthz`)), { status: "ok", service, database: "ok" });
        assertMatch(
          await curl(`${url}/metrics`),
          new RegExp(`^webhooks_received_new_time_entry\\{service="${service}"\\} 0$`, "m"),
        );
        assertStrictEquals(JSON.parse(await curl(`${url}/manifest`)).baseUrl, url);
        const installed = JSON.parse(
          await curl("-X", "POST", `${url}/lifecycle/installed`, "-H", JSON_TYPE, "-d", INSTALL),
        );
        assertEquals([installed.status, installed.success, installed.workspaceId], [
          "installed",
          true,
          "test-workspace",
        ]);
        const event = [
          "-H",
          "clockify-webhook-event-type: NEW_TIME_ENTRY",
          "-H",
          "clockify-webhook-workspace-id: test-workspace",
        ];
        const send = () => curl("-X", "POST", `${url}/webhooks/clockify`, "-H", JSON_TYPE, ...event, "-d", EVENT);
        const { webhookId, ...received } = JSON.parse(await send());
        assertEquals(received, { eventType: "NEW_TIME_ENTRY", workspaceId: "test-workspace", status: "received" });
        assertEquals(
          JSON.parse(await send()),
          { webhookId, ...received, duplicate: true },
          "pasted again: a repeat",
        );
        assertEquals(JSON.parse(await curl(`${url}/ready`)).signature_verification, "off");
      });
    }
    assertEquals(JSON.parse(await curl(`http://localhost:${program.ports.clockify_addon}/health`)).status, "healthy");
    const warned = program.log().filter(({ message, warning }) =>
      message === "config.warning" && /^SIGNATURES ARE NOT CHECKED on /.test(String(warning))
    );
    assertEquals(warned.length, 3, JSON.stringify(warned));
  } finally {
    program.kill("SIGTERM");
    await program.ended;
    await database?.stop();
    await folder.remove();
  }
});
