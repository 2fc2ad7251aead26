/** Asking for reads of a workspace, and what the tests of them compare. */

import { assertEquals } from "@std/assert";
import type { ProfileKey } from "../../../src/profiles/profile.ts";
import type { SettingValue } from "../../../src/simulator/installs.ts";
import { ask, type Json } from "../../http/door.ts";
import { eventually, OPERATOR_KEY, type World } from "../../support/world.ts";

export const OPERATOR = { "x-api-key": OPERATOR_KEY };

export function readingOf(world: World, profile: ProfileKey, workspaceId = world.workspaceId) {
  const at = (path: string) => {
    const mark = path.includes("?") ? "&" : "?";
    return `${world.url(profile)}${path}${mark}workspace_id=${workspaceId}`;
  };
  const get = async (path: string): Promise<Json> => {
    const { status, body } = await ask(at(path), { headers: OPERATOR });
    assertEquals(status, 200, JSON.stringify(body));
    return body;
  };
  const ended = async (): Promise<Json> => {
    const read = await get("/ui/bootstrap");
    return read.finished_at !== null && ["COMPLETE", "FAILED"].includes(read.status) && read;
  };
  const reading = {
    get,
    /** The first read, at its end. */
    ended: () => eventually(ended),
    /** Asks for a read and waits for its end. */
    again: async (): Promise<Json> => {
      const { status } = await ask(at("/ui/bootstrap/trigger"), { method: "POST", headers: OPERATOR });
      assertEquals(status, 200);
      return await eventually(ended);
    },
    /** Every cached entity of a type, through the pages of its list. */
    entities: async (type: string): Promise<Json[]> => {
      const found: Json[] = [];
      for (let cursor = "";;) {
        const page = await get(`/ui/entities?type=${type}&limit=40${cursor && `&cursor=${cursor}`}`);
        found.push(...page.entities);
        if (page.next_cursor === null) return found;
        cursor = page.next_cursor;
      }
    },
    /** What Clockify has in a list, whatever its length. */
    source: (path: string) =>
      world.simulator.change({ workspaceId, method: "GET", path: `${path}?page-size=1000` }) as Promise<Json[]>,
    /** Holds the cache against Clockify: none missing, none doubled, each as it was sent. */
    assertMirror: async (type: string, path: string) => {
      const byId = (items: Json[]) => new Map(items.map((item) => [item.id, item]));
      const cached = await reading.entities(type);
      const source = await reading.source(path);
      assertEquals(cached.length, source.length, `${type}: ${cached.length} cached of ${source.length}`);
      assertEquals(byId(cached.map(({ body }) => body)), byId(source));
    },
    /** A person saves the settings page; resolves when the new values are in force. */
    save: async (addonId: string, values: Record<string, SettingValue>) => {
      const settings = Object.entries(values).map(([id, value]) => ({ id, value }));
      assertEquals((await world.simulator.updateSettings({ addonId, settings })).status, 200);
      await eventually(async () => {
        const { settings } = await get("/ui/settings");
        return Object.entries(values).every(([id, value]) =>
          settings.some((one: Json) => one.id === id && one.value === value)
        );
      });
      // Read again by the settings' own job, which must not fall into what a test counts.
      await eventually(async () =>
        (await world.database.db.sql`select 1 from job where kind = 'settings' and finished_at is null`).length === 0
      );
    },
  };
  return reading;
}

export async function addClients(world: World, count: number, workspaceId = world.workspaceId): Promise<Json[]> {
  const made: Json[] = [];
  for (let i = 0; i < count; i++) {
    const name = `Client ${crypto.randomUUID()}`;
    made.push(await world.simulator.change({ workspaceId, method: "POST", path: "/clients", body: { name } }));
  }
  return made;
}

/** Paths below the workspace that were asked for since the log was cleared, with their queries. */
export function asked(world: World): string[] {
  return world.simulator.requests.filter(({ path }) => !path.includes("/addon/")).map(({ path, query }) =>
    `${path.replace(/^\/(api|report)\/v1\/workspaces\/[^/]+/, "")}?${query}`
  );
}
