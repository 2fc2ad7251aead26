/** Every event that Clockify has reaches Universal Webhook and the Clockify Add-on: by the manifest, or by a webhook of a person's key. */

import { assertEquals } from "@std/assert";
import type { ProfileKey } from "../../../src/profiles/profile.ts";
import { profileOf } from "../../../src/profiles/profiles.ts";
import { stopSharedDatabase } from "../../support/database.ts";
import { eventually, startWorld } from "../../support/world.ts";
import { ask } from "../door.ts";

Deno.test.afterAll(stopSharedDatabase);

const FIXTURES = new URL("../../../fixtures/events/", import.meta.url);
const PLACES = 10;
/** Of schema 1.6 alone, while our manifest states 1.5, and not in the webhooks API: nothing can ask for it. */
const WITHOUT_WAY = "TIME_OFF_REQUEST_STARTED";

/** A body as Clockify sends it, where one is recorded; a bare one else. */
async function bodyOf(event: string): Promise<string> {
  return await Deno.readTextFile(new URL(`${event}.json`, FIXTURES)).catch(() => JSON.stringify({ id: `of-${event}` }));
}

for (const profile of ["universal_webhook", "clockify_addon"] as const satisfies readonly ProfileKey[]) {
  Deno.test(`${profile} receives each of Clockify's events, by its own token only`, async () => {
    const events = profileOf(profile).events.filter((event) => event !== WITHOUT_WAY);
    const world = await startWorld({ env: { MANIFEST_WEBHOOK_LIMIT: String(PLACES), POLL_MINUTES: "0" } });
    try {
      const { simulator, workspaceId } = world;
      const base = world.url(profile);
      await simulator.setPlan({ workspaceId, plan: "ENTERPRISE" });
      const { webhooks } = await world.install(profile);
      const headers = await world.viewer(profile);
      const apiKey = await simulator.apiKey({ workspaceId, userId: world.ownerId });
      const given = await ask(`${base}/ui/webhooks/api-key`, { method: "PUT", headers, body: { api_key: apiKey } });
      assertEquals(given.status, 200, JSON.stringify(given.body));
      await eventually(async () => {
        await ask(`${base}/ui/webhooks/coverage/check`, { method: "POST", headers });
        const { body } = await ask(`${base}/ui/webhooks/coverage`, { headers });
        return body.summary.covered === events.length;
      });

      const tokens = new Map(webhooks.map(({ event, authToken }) => [event, authToken]));
      assertEquals(tokens.size, PLACES);
      for (const { webhookEvent, authToken } of await simulator.listUserWebhooks({ workspaceId })) {
        tokens.set(webhookEvent, authToken);
      }
      assertEquals(events.filter((event) => !tokens.has(event)), []);
      const wrong: string[] = [];
      for (const [index, event] of events.entries()) {
        const body = (await bodyOf(event)).replaceAll(/"workspaceId": *"[^"]*"/g, `"workspaceId":"${workspaceId}"`);
        const send = (token: string) =>
          ask(`${base}/webhooks/clockify/${event}`, {
            headers: { "clockify-signature": token, "clockify-webhook-event-type": event },
            body,
          });
        const taken = await send(tokens.get(event)!);
        if (taken.status !== 200 || taken.body.eventType !== event) {
          wrong.push(`${event}: ${JSON.stringify(taken.body)}`);
        }
        const other = await send(tokens.get(events[(index + 1) % events.length]!)!);
        // 403: genuine, yet nothing of its kind is stored for this path.
        if (![401, 403].includes(other.status)) wrong.push(`${event} with the token of another event: ${other.status}`);
      }
      assertEquals(wrong, []);
      const [stored] = await world.database.db.sql`select count(distinct event_type)::int as types from event`;
      assertEquals(stored!.types, events.length);
    } finally {
      await world.stop();
    }
  });
}
