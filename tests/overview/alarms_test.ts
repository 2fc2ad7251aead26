/** Tests of the alarms of the overview: none on a quiet day, and each one from its own fact. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { age, type AlarmFacts, alarmsOf } from "../../src/overview/alarms.ts";
import { receivingState } from "../../src/overview/receiving.ts";

const HOUR_MS = 3_600_000;
const AT = new Date("2026-11-21T08:00:00Z");

const CALM: AlarmFacts = {
  status: "active",
  installedForMs: 24 * HOUR_MS,
  receiving: { state: "receiving", since: null, lastEventAt: AT },
  hours: 24,
  failedRuns: 0,
  deadEvents: 0,
  enabledFlows: 1,
  coverage: [{ eventType: "NEW_PROJECT", way: "manifest", state: "ok", reason: "" }],
  bootstrap: { status: "COMPLETE", lastError: null },
  doubtedLists: [],
  settings: { flows: true, forwards: true, problems: [], error: null },
  signatureChecked: true,
  redis: "off",
  secondsSinceRetention: 600,
  storage: { bytes: 79, limitBytes: 100 },
};
const SETTINGS = CALM.settings;
const disabled = (eventType: string): AlarmFacts["coverage"][number] => ({
  eventType,
  way: "manifest",
  state: "disabled",
  reason: "It is off.",
  nextStep: "Switch it on.",
});

Deno.test("alarmsOf() of a workspace that works is empty", () => assertEquals(alarmsOf(CALM), []));

const CASES: [facts: Partial<AlarmFacts>, codes: string[], text?: RegExp][] = [
  [{ status: "inactive" }, ["INSTALLATION_INACTIVE", "FORWARDING_PAUSED"], /switches it on/],
  [{ signatureChecked: false }, ["SIGNATURE_CHECK_OFF"]],
  [{ receiving: { state: "never", since: AT, lastEventAt: null } }, ["NOTHING_RECEIVED"], /Make a change in Clockify/],
  // Nobody worked: that alone is no alarm.
  [{ receiving: { state: "quiet", since: AT, lastEventAt: AT } }, []],
  [
    { coverage: [{ eventType: "A", way: "manifest", state: "silent", reason: "Nothing.", nextStep: "Look." }] },
    ["RECEIVING_SILENT"],
    /Nothing\. Look\./,
  ],
  [{ coverage: [disabled("A")] }, ["WEBHOOKS_OFF"], /^A: It is off\. Switch it on\.$/],
  [{ coverage: ["A", "B", "C", "D", "E"].map(disabled) }, ["WEBHOOKS_OFF"], /A, B, C and 2 more/],
  [{ coverage: [{ ...disabled("A"), state: "unknown" }] }, []],
  [{ coverage: [{ eventType: "A", way: "none", state: "ok", reason: "" }] }, ["EVENTS_NOT_RECEIVED"], /^A\./],
  [{ bootstrap: { status: "FAILED", lastError: "no answer" } }, ["BOOTSTRAP_FAILED"], /^no answer\.$/],
  [{ bootstrap: { status: "COMPLETE", lastError: "1 list" } }, ["BOOTSTRAP_PARTIAL"], /^1 list\.$/],
  [
    { doubtedLists: [{ entityType: "client", missing: 30, known: 34 }] },
    ["LIST_DOUBTED"],
    /^Missing: 30 of 34 in the list of type client\. No deletion is reported/,
  ],
  [{ failedRuns: 2 }, ["RUNS_FAILED"]],
  [{ deadEvents: 1 }, ["EVENTS_DEAD"]],
  [{ settings: { ...SETTINGS, flows: false, forwards: false } }, ["FLOWS_OFF"], /1 flow is enabled/],
  [{ settings: { ...SETTINGS, flows: false } }, ["FLOWS_OFF", "FORWARDING_PAUSED"]],
  [
    { settings: { ...SETTINGS, problems: [{ name: "Days", problem: "expected a number" }] } },
    ["SETTINGS_PROBLEM"],
    /^Days: expected a number\.$/,
  ],
  [
    { settings: { ...SETTINGS, error: "no answer" } },
    ["SETTINGS_NOT_READ"],
    /^no answer\. The settings that were read last stay effective\.$/,
  ],
  [{ redis: "away: budgets are per instance" }, ["REDIS_AWAY"]],
  [{ redis: "ok" }, []],
  [{ storage: { bytes: 80 * 1_048_576, limitBytes: 104_857_600 } }, ["STORAGE_NEARLY_FULL"], /80 of 100 MB/],
  [
    { storage: { bytes: 101 * 1_048_576, limitBytes: 104_857_600 } },
    ["STORAGE_FULL"],
    /stored again as soon as old ones are deleted/,
  ],
  [{ storage: { bytes: 1e15, limitBytes: undefined } }, []],
  [{ secondsSinceRetention: 3 * 3_600 }, ["RETENTION_LATE"], /3 hours ago/],
  [{ secondsSinceRetention: undefined }, ["RETENTION_LATE"], /No sweep/],
  [{ secondsSinceRetention: undefined, installedForMs: HOUR_MS }, []],
];

Deno.test("alarmsOf() raises each alarm from its own fact, with a title, a detail and where to go", () => {
  for (const [facts, codes, text] of CASES) {
    const alarms = alarmsOf({ ...CALM, ...facts });
    assertEquals(alarms.map(({ code }) => code), codes, JSON.stringify(facts));
    if (text) assertMatch(alarms[0]!.detail, text);
    for (const { title, detail } of alarms) assert(title.length > 10 && /[.]$/.test(detail), detail);
  }
});

Deno.test("alarmsOf() leads to what it names, and weighs flows that are off by whether any is enabled", () => {
  const [failed] = alarmsOf({ ...CALM, failedRuns: 1, hours: 1 });
  assertEquals(failed!.title, "1 run failed in the last 1 hour");
  assertEquals(failed!.next, { label: "Show failed runs", page: "runs", query: { state: "failed" } });
  const [dead] = alarmsOf({ ...CALM, deadEvents: 3 });
  assertEquals(dead!.next?.query, { outcome: "dead" });
  const off = { ...SETTINGS, flows: false, forwards: false };
  assertEquals(alarmsOf({ ...CALM, settings: off })[0]!.severity, "warn");
  assertEquals(alarmsOf({ ...CALM, settings: off, enabledFlows: 0 })[0]!.severity, "info");
});

Deno.test("receivingState() is quiet only after something came, and never before", () => {
  const about = { installedAt: AT, nowMs: AT.getTime() + 30 * HOUR_MS, quietMs: 24 * HOUR_MS };
  const lastEventAt = new Date(AT.getTime() + 6 * HOUR_MS);
  assertEquals(receivingState({ ...about, lastEventAt: null }), { state: "never", since: AT, lastEventAt: null });
  assertEquals(receivingState({ ...about, lastEventAt }), { state: "quiet", since: lastEventAt, lastEventAt });
  const later = new Date(lastEventAt.getTime() + 1);
  assertEquals(receivingState({ ...about, lastEventAt: later }), {
    state: "receiving",
    since: null,
    lastEventAt: later,
  });
});

Deno.test("age() takes the largest unit that fits", () => {
  const SECOND = 1_000;
  assertEquals(
    [0, SECOND, 59 * SECOND, 60 * SECOND, 3_599 * SECOND, 2 * HOUR_MS, 24 * HOUR_MS].map(age),
    ["0 seconds", "1 second", "59 seconds", "1 minute", "59 minutes", "2 hours", "1 day"],
  );
});
