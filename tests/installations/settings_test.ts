/** Settings: which value is in force for each setting of the three add-ons, how Clockify's answer is read, and how they are kept. */

import { assertEquals, assertMatch, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { createSettingsSource, effectiveSettings, type StoredSettings } from "../../src/installations/settings.ts";
import {
  createSettingsReader,
  type SettingsReaderOptions,
  settingValues,
} from "../../src/installations/settings_read.ts";
import type { SettingValue } from "../../src/installations/store.ts";
import { profileOf, PROFILES } from "../../src/profiles/profiles.ts";
import type { ProfileKey } from "../../src/profiles/profile.ts";
import { createFakeClock, settle } from "../clockify/fake_clock.ts";
import type { Job } from "../../src/queue/queue.ts";
import { configOf } from "../support/world.ts";

type Case = [
  id: string,
  workspace: SettingValue,
  /** Absent: no variable gives the default. */
  environment: [name: string, text: string, value: unknown] | undefined,
  wrong: SettingValue[],
];

const NOT_A_FLAG: SettingValue[] = ["yes", 1, "", ["true"]];
const NOT_1_TO_50: SettingValue[] = [0, 51, 2.5, "0", "51", "2.5", "ten", "", "0x10", true, ["5"]];
const NOT_1_TO_365: SettingValue[] = [0, 366, -1, "366", "1e2", false];

const CASES: Record<ProfileKey, Case[]> = {
  api_studio: [
    ["bootstrap_on_install", false, undefined, NOT_A_FLAG],
    ["include_heavy_endpoints", false, ["API_STUDIO_BOOTSTRAP_INCLUDE_HEAVY_ENDPOINTS", "true", true], NOT_A_FLAG],
    ["bootstrap_max_rps", 7, ["API_STUDIO_BOOTSTRAP_MAX_RPS", "9", 9], NOT_1_TO_50],
    ["include_time_entries", false, ["API_STUDIO_BOOTSTRAP_INCLUDE_TIME_ENTRIES", "true", true], NOT_A_FLAG],
    ["time_entry_days_back", 60, ["API_STUDIO_BOOTSTRAP_TIME_ENTRY_DAYS", "90", 90], NOT_1_TO_365],
    ["allow_write_calls", false, ["API_STUDIO_ALLOW_WRITE_CALLS", "true", true], NOT_A_FLAG],
  ],
  universal_webhook: [
    ["run_on_install", false, undefined, NOT_A_FLAG],
    ["include_heavy_endpoints", false, ["UW_BOOTSTRAP_INCLUDE_HEAVY", "true", true], NOT_A_FLAG],
    ["max_rps", 7, ["UW_BOOTSTRAP_MAX_RPS", "9", 9], NOT_1_TO_50],
    ["include_time_entries", false, ["UW_BOOTSTRAP_INCLUDE_TIME_ENTRIES", "true", true], NOT_A_FLAG],
    ["time_entry_days_back", 60, ["UW_BOOTSTRAP_TIME_ENTRY_DAYS", "90", 90], NOT_1_TO_365],
    ["enable_custom_webhooks", true, ["UW_ENABLE_CUSTOM_WEBHOOKS", "false", false], NOT_A_FLAG],
    ["webhook_log_retention_days", 14, ["UW_WEBHOOK_LOG_RETENTION_DAYS", "21", 21], NOT_1_TO_365],
    ["enable_flows", true, ["UW_ENABLE_FLOWS", "false", false], NOT_A_FLAG],
    ["enable_generic_http_actions", false, ["UW_ENABLE_GENERIC_HTTP_ACTIONS", "true", true], NOT_A_FLAG],
    ["flow_execution_retention_days", 14, ["UW_FLOW_EXECUTION_RETENTION_DAYS", "21", 21], NOT_1_TO_365],
    ["cache_ttl_days", 14, ["UW_CACHE_TTL_DAYS", "21", 21], [0, 31, "31"]],
  ],
  clockify_addon: [
    ["developer_mode", true, undefined, NOT_A_FLAG],
    ["forwarding_url", "https://example.com/hook", undefined, [
      "example.com",
      "ftp://example.com/",
      "https://me:secret@example.com/",
      true,
    ]],
    ["auto_bootstrap", true, ["AUTO_BOOTSTRAP_ON_INSTALL", "false", false], NOT_A_FLAG],
    ["include_heavy_endpoints", false, ["BOOTSTRAP_INCLUDE_HEAVY", "true", true], NOT_A_FLAG],
    ["bootstrap_max_rps", 7, ["BOOTSTRAP_MAX_RPS", "9", 9], NOT_1_TO_50],
    ["include_time_entries", false, ["BOOTSTRAP_INCLUDE_TIME_ENTRIES", "true", true], NOT_A_FLAG],
    ["time_entry_days_back", 60, ["BOOTSTRAP_TIME_ENTRY_DAYS", "90", 90], NOT_1_TO_365],
    ["logging_level", "DEBUG", ["LOG_LEVEL", "WARNING", "WARNING"], ["TRACE", "debug", 1, ["DEBUG"], ""]],
  ],
};

function effective(key: ProfileKey, id: string, { env = {}, stored = {} }: {
  env?: Record<string, string>;
  stored?: Record<string, SettingValue>;
}) {
  const { settings } = effectiveSettings({
    profile: profileOf(key),
    defaults: configOf(env).workspaceDefaults[key],
    stored,
  });
  const { value, source, problem } = settings.find((setting) => setting.id === id)!;
  return { value, source, problem };
}

for (const { key, settingsTabs } of PROFILES) {
  Deno.test(`of each setting of ${key} the workspace's value goes before the environment's, and a wrong one has no effect`, () => {
    const declared = settingsTabs.flatMap(({ settings }) => settings);
    assertEquals(CASES[key].map(([id]) => id), declared.map(({ id }) => id), "the table has every setting");
    for (const [id, workspace, environment, wrong] of CASES[key]) {
      const env = environment ? { [environment[0]]: environment[1] } : {};
      const fallback = effective(key, id, { env });
      assertEquals([fallback.source, fallback.problem], ["environment", undefined], id);
      if (environment) {
        assertStrictEquals(fallback.value, environment[2], id);
        assertNotStrictEquals(effective(key, id, {}).value, environment[2], `${id}: the variable changes the default`);
      }
      const own = { value: workspace, source: "workspace", problem: undefined };
      assertEquals<unknown>(effective(key, id, { env, stored: { [id]: workspace } }), own);
      assertEquals<unknown>(effective(key, id, { env, stored: { [id]: String(workspace) } }), own, `${id} as text`);
      for (const value of wrong) {
        const { problem, ...kept } = effective(key, id, { env, stored: { [id]: value } });
        assertEquals(kept, { value: fallback.value, source: "environment" }, `${id} = ${JSON.stringify(value)}`);
        assertMatch(problem!, /^expected /);
      }
      assertEquals(effective(key, id, { env, stored: { [id]: null } }), fallback, `${id} = null`);
    }
  });
}

Deno.test("effectiveSettings() takes no forwarding for what says off, and no problem for the environment's own value", () => {
  for (const off of ["off", " OFF ", "", "  "]) {
    const setting = effective("clockify_addon", "forwarding_url", { stored: { forwarding_url: off } });
    assertEquals(setting, { value: undefined, source: "workspace", problem: undefined });
  }
  const kept = effective("universal_webhook", "webhook_log_retention_days", {
    env: { UW_WEBHOOK_LOG_RETENTION_DAYS: "0" },
    stored: { webhook_log_retention_days: 0 },
  });
  assertEquals(kept, { value: 0, source: "environment", problem: undefined });
});

Deno.test("settingValues() reads tabs with and without groups, and the flat list of SETTINGS_UPDATED", () => {
  const setting = (id: string, value: unknown) => ({ id, name: id, type: "TXT", value });
  const read = (data: unknown) => {
    const values = settingValues(data);
    return values && Object.fromEntries(values);
  };
  const tabs = [
    { id: "one", name: "One", settings: [setting("a", "x"), setting("b", 2)] },
    {
      id: "two",
      name: "Two",
      groups: [
        { id: "g1", title: "G1", settings: [setting("c", true)] },
        { id: "g2", title: "G2", settings: [setting("d", ["x", "y"])] },
      ],
      settings: [setting("e", null)],
    },
    { id: "three", name: "Three" },
  ];
  const all = { a: "x", b: 2, c: true, d: ["x", "y"], e: null };
  assertEquals(read({ tabs }), all);
  assertEquals(read(tabs), all);
  assertEquals(read([setting("a", "x"), setting("c", false)]), { a: "x", c: false });
  assertEquals(read({ tabs: [] }), {});
  assertEquals(read({ tabs: [null, 1, { settings: "x" }, { settings: [{ value: 1 }, setting("a", {})] }] }), {});
  for (const stranger of [null, undefined, "text", 7, {}, { settings: [] }, { tabs: "x" }]) {
    assertEquals(read(stranger), undefined);
  }
});

function source() {
  const clock = createFakeClock();
  const rows = new Map<number, StoredSettings>();
  const state = { reads: 0, broken: false };
  const settings = createSettingsSource({
    read: (id) => {
      state.reads++;
      return state.broken ? Promise.reject(new Error("away")) : Promise.resolve(rows.get(id));
    },
    defaults: configOf({}).workspaceDefaults,
    clock,
  });
  const addon = "clockify_addon";
  const level = (value: SettingValue) => ({ addon, stored: { logging_level: value } });
  return { clock, rows, state, settings, level, of: () => settings.of({ id: 1, addon }) };
}

Deno.test("createSettingsSource() reads once in 10 s, anew after forget(), and gives the environment's for one that is gone", async () => {
  const { clock, rows, state, settings, level, of } = source();
  assertEquals((await of()).logLevel, "INFO");
  rows.set(1, level("ERROR"));
  assertEquals((await of()).logLevel, "INFO");
  assertEquals(state.reads, 1);
  settings.forget(1);
  assertEquals((await of()).logLevel, "ERROR");
  rows.set(1, level("DEBUG"));
  await clock.advance(10_000);
  assertEquals((await of()).logLevel, "DEBUG");
  assertEquals(state.reads, 3);
  rows.set(1, level("WARNING"));
  assertEquals((await settings.fresh({ id: 1, addon: "clockify_addon" })).logLevel, "WARNING", "of now");
  assertEquals((await of()).logLevel, "WARNING", "kept for the others");
  assertEquals(state.reads, 4);
});

Deno.test("inMemory() is what of() gives, where that was read and is not old: never what forget() ended", async () => {
  const { clock, rows, state, settings, level, of } = source();
  const level1 = () => settings.inMemory({ id: 1, addon: "clockify_addon" })?.logLevel;
  assertEquals(level1(), undefined);
  assertEquals(state.reads, 0);
  assertEquals((await of()).logLevel, "INFO");
  assertEquals(level1(), "INFO", "of one that is gone the environment's");
  rows.set(1, level("ERROR"));
  settings.forget(1);
  assertEquals(level1(), undefined, "what was read before has ended, the new row has not arrived");
  await settle();
  assertEquals(level1(), "ERROR");
  await clock.advance(9_999);
  assertEquals(level1(), "ERROR");
  await clock.advance(1);
  assertEquals(level1(), undefined);
  state.broken = true;
  await assertRejectsLike(of, /away/);
  assertEquals(level1(), undefined);
});

Deno.test("createSettingsSource() does not keep a failure", async () => {
  const { state, of } = source();
  state.broken = true;
  await assertRejectsLike(of, /away/);
  state.broken = false;
  assertEquals((await of()).flows, true);
});

Deno.test("logLevel() never waits: it says what was read last, and reads anew behind", async () => {
  const { clock, rows, state, settings, level } = source();
  rows.set(1, level("ERROR"));
  assertEquals(settings.logLevel(1), undefined);
  await settle();
  assertEquals(settings.logLevel(1), "ERROR");
  rows.set(1, level("DEBUG"));
  await clock.advance(10_000);
  assertEquals(settings.logLevel(1), "ERROR");
  await settle();
  assertEquals(settings.logLevel(1), "DEBUG");
  assertEquals(state.reads, 2);
  state.broken = true;
  settings.forget(1);
  await settle();
  assertEquals(settings.logLevel(1), "DEBUG", "a database that is away changes nothing");
});

Deno.test("the settings of an add-on that is no longer active are not read, and leave no dead letter", async () => {
  // Nothing but whether it is active is asked for: the rest is absent.
  const credentials = { get: () => Promise.resolve(undefined) };
  const read = createSettingsReader({ credentials } as unknown as SettingsReaderOptions);
  const job: Job = {
    id: 1,
    kind: "settings",
    installationId: 1,
    payload: {},
    attempt: 1,
    fence: 1,
    traceparent: null,
    ordered: false,
    generation: null,
  };
  const context = { signal: new AbortController().signal, owner: "test", leaseMs: 1_000 };
  assertEquals(await read(job, context), { kind: "done" });
});
