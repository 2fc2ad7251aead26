/** The manifests of the three profiles against Clockify's rules, and the rules against broken manifests. */

import { assert, assertEquals } from "@std/assert";
import { assertThrowsLike } from "../support/assert_like.ts";
import fc from "fast-check";
import { EVENTS } from "../../src/clockify/events.ts";
import { buildManifest, declaredEvents, type Manifest, webhookPath } from "../../src/clockify/manifest.ts";
import { manifestSchema } from "../../src/clockify/manifest_schema.ts";
import { SCOPES } from "../../src/clockify/scopes.ts";
import { PROFILES } from "../../src/profiles/profiles.ts";

const BASE_URL = "https://addon.example.com/studio";

function manifestOf(index: number, webhookLimit = 10): Manifest {
  const profile = PROFILES[index]!;
  return buildManifest({ profile, addonKey: profile.addonKey, baseUrl: BASE_URL, webhookLimit, icon: "/icon.svg" });
}

Deno.test("there are 30 scopes", () => {
  assertEquals(SCOPES.length, 30);
  assertEquals(new Set(SCOPES).size, 30);
});

for (const [index, profile] of PROFILES.entries()) {
  for (const limit of [10, 20]) {
    Deno.test(`the manifest of ${profile.key} holds with ${limit} webhooks, one path per event`, () => {
      const manifest = manifestOf(index, limit);
      assertEquals(manifestSchema.parse(manifest), manifest);
      const webhooks = manifest.webhooks!;
      assertEquals(webhooks.length, Math.min(limit, declaredEvents(profile, 100).length));
      assertEquals(webhooks.map((item) => item.path), webhooks.map((item) => webhookPath(item.event)));
      assertEquals(new Set(webhooks.map((item) => item.path)).size, webhooks.length);
      assertEquals(JSON.stringify(manifest).includes("[]"), false);
    });
  }

  Deno.test(`${profile.key} lists real events once, may read what they are about, and has unique setting ids`, () => {
    assertEquals(new Set(profile.events).size, profile.events.length);
    for (const event of profile.events) {
      for (const scope of EVENTS.get(event)!.readScopes) assert(profile.scopes.includes(scope), `${event} ${scope}`);
    }
    const settings = profile.settingsTabs.flatMap((tab) => tab.settings);
    assertEquals(new Set(settings.map((setting) => setting.id)).size, settings.length);
    for (const { value, min, max } of settings) {
      if (typeof value === "number") assert(value >= min! && value <= max!);
    }
  });
}

Deno.test("API Studio declares its 12 events, and events of schema 1.6 stay out of every manifest", () => {
  assertEquals(declaredEvents(PROFILES[0]!, 20).length, 12);
  for (const profile of PROFILES) {
    const declared = declaredEvents(profile, 20);
    assert(!declared.includes("TIME_OFF_REQUEST_STARTED"));
    assert(!declared.includes("TIME_ENTRY_BATCH_DELETED"));
  }
  const odd = {
    ...PROFILES[0]!,
    events: ["TIME_OFF_REQUEST_STARTED", "TIME_ENTRY_BATCH_DELETED", "NO_SUCH", "NEW_TAG"],
  };
  assertEquals(declaredEvents(odd, 20), ["NEW_TAG"]);
});

Deno.test("buildManifest() drops a trailing slash, empty lists and the bounds only we check", () => {
  const profile = { ...PROFILES[0]!, events: [], settingsTabs: [] };
  const manifest = buildManifest({ profile, addonKey: "key", baseUrl: "http://localhost:8000/", webhookLimit: 10 });
  assertEquals(manifest.baseUrl, "http://localhost:8000");
  assertEquals(Object.keys(manifest).sort(), [
    "baseUrl",
    "components",
    "description",
    "key",
    "lifecycle",
    "minimalSubscriptionPlan",
    "name",
    "schemaVersion",
    "scopes",
  ]);
  assertEquals(JSON.stringify(manifestOf(0)).includes('"max"'), false);
});

Deno.test("buildManifest() refuses an operator's key or address that Clockify would refuse", () => {
  const profile = PROFILES[0]!;
  for (
    const wrong of [{ addonKey: "k" }, { addonKey: "k".repeat(51) }, { baseUrl: "ftp://x" }, {
      baseUrl: "https://x/?a",
    }, { icon: "icon" }]
  ) {
    assertThrowsLike(
      () => buildManifest({ profile, addonKey: profile.addonKey, baseUrl: BASE_URL, webhookLimit: 10, ...wrong }),
      { code: "CONFIG_INVALID" },
    );
  }
});

// deno-lint-ignore no-explicit-any -- a mutation breaks the type on purpose
type Loose = any;

const MUTATIONS: Record<string, (manifest: Loose) => void> = {
  "an unknown field": (m) => m.$schema = "x",
  "another schema version": (m) => m.schemaVersion = "1.6",
  "no schema version": (m) => delete m.schemaVersion,
  "a short key": (m) => m.key = "k",
  "a long name": (m) => m.name = "n".repeat(51),
  "an unknown plan": (m) => m.minimalSubscriptionPlan = "GOLD",
  "no plan": (m) => delete m.minimalSubscriptionPlan,
  "an invented scope": (m) => m.scopes.push("WORKSPACE_SETTINGS_READ"),
  "a scope twice": (m) => m.scopes.push(m.scopes[0]),
  "an empty list": (m) => m.lifecycle = [],
  "an invented event": (m) => m.webhooks[0].event = "TIME_ENTRY_CREATED",
  "an event of schema 1.6": (m) => m.webhooks[0].event = "TIME_OFF_REQUEST_STARTED",
  "an event of no schema": (m) => m.webhooks[0].event = "TIME_ENTRY_BATCH_DELETED",
  "an event twice": (m) => m.webhooks[0].event = m.webhooks[1].event,
  "a path twice": (m) => m.webhooks[0].path = m.webhooks[1].path,
  "a webhook on a lifecycle path": (m) => m.webhooks[0].path = m.lifecycle[0].path,
  "21 webhooks": (m) => m.webhooks = declaredOf(21),
  "a path without slash": (m) => m.webhooks[0].path = "webhooks",
  "a path with a trailing slash": (m) => m.webhooks[0].path += "/",
  "a doubled slash": (m) => m.webhooks[0].path = "/" + m.webhooks[0].path,
  "a full URL as path": (m) => m.webhooks[0].path = "https://addon.example.com/webhooks",
  "a lifecycle type twice": (m) => m.lifecycle[0].type = m.lifecycle[1].type,
  "two sidebars": (m) => m.components.push({ ...m.components[0], path: "/other" }),
  "an upper-case component": (m) => m.components[0].type = "SIDEBAR",
  "a component of schema 1.6": (m) => m.components[0].type = "timeentries.action.uiblocks",
  "a component without label": (m) => delete m.components[0].label,
  "an unknown access level": (m) => m.components[0].accessLevel = "ADMIN",
  "a width outside a widget": (m) => m.components[0].width = 5,
  "a setting type of ours": (m) => m.settings.tabs[0].settings[0].type = "BOOLEAN",
  "an empty default": (m) => Object.assign(m.settings.tabs[0].settings[0], { type: "TXT", value: "" }),
  "a default of another type": (m) => m.settings.tabs[0].settings[0].value = "true",
  "bounds in a setting": (m) => m.settings.tabs[0].settings[0].max = 5,
  "a setting id twice": (m) => m.settings.tabs[0].settings[0].id = m.settings.tabs[0].settings[1].id,
  "a dropdown without values": (m) =>
    Object.assign(m.settings.tabs[0].settings[0], { type: "DROPDOWN_SINGLE", value: "a" }),
  "a default outside its values": (m) =>
    Object.assign(m.settings.tabs[0].settings[0], { type: "DROPDOWN_SINGLE", value: "a", allowedValues: ["b"] }),
  "no tabs": (m) => m.settings.tabs = [],
  "a tab without settings": (m) => delete m.settings.tabs[0].settings,
};

function declaredOf(count: number) {
  return [...EVENTS.values()].filter((event) => event.schemas.includes("1.5")).slice(0, count)
    .map(({ event }) => ({ event, path: webhookPath(event) }));
}

Deno.test("manifestSchema refuses each broken manifest", () => {
  for (const [name, mutate] of Object.entries(MUTATIONS)) {
    for (let index = 0; index < PROFILES.length; index++) {
      const manifest = structuredClone(manifestOf(index));
      mutate(manifest);
      assertEquals(manifestSchema.safeParse(manifest).success, false, `${name} was accepted`);
    }
  }
});

Deno.test("manifestSchema refuses an unknown field anywhere", () => {
  const manifest = manifestOf(2);
  const places = [
    "",
    "lifecycle.0",
    "webhooks.0",
    "components.0",
    "settings",
    "settings.tabs.0",
    "settings.tabs.0.settings.0",
  ];
  fc.assert(
    fc.property(fc.constantFrom(...places), fc.string({ minLength: 1 }), (place, name) => {
      const copy: Loose = structuredClone(manifest);
      const target = place.split(".").filter(Boolean).reduce((value, key) => value[key], copy);
      const known = "key,name,description,baseUrl,iconPath,options,width,height,header,groups,settings,placeholder";
      fc.pre(
        !(name in target) && !known.includes(name) &&
          !["allowedValues", "required", "copyable", "readOnly"].includes(name),
      );
      target[name] = 1;
      assertEquals(manifestSchema.safeParse(copy).success, false);
    }),
    { numRuns: 100 },
  );
});

Deno.test("manifestSchema accepts what Clockify documents beyond our own use", () => {
  const manifest: Loose = structuredClone(manifestOf(0));
  manifest.components.push({ type: "widget", label: "W", accessLevel: "EVERYONE", path: "/w", width: 40, height: 30 });
  manifest.settings.tabs[0].groups = [{
    id: "g",
    title: "G",
    settings: [{ id: "u", name: "U", type: "USER_DROPDOWN_MULTIPLE", accessLevel: "ADMINS", value: ["x"] }],
  }];
  assert(manifestSchema.safeParse(manifest).success);
  assert(manifestSchema.safeParse({ ...manifest, settings: "/own-settings" }).success);
});
