/** Tests of src/coverage/plan.ts: the way of each event type, why, and what a person must do, as a table. */

import { assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { type DeliveryPath, type Known, planCoverage } from "../../src/coverage/plan.ts";
import { apiStudio } from "../../src/profiles/api_studio.ts";
import { universalWebhook } from "../../src/profiles/universal_webhook.ts";

const MANIFEST = universalWebhook.events.slice(0, 10);

function known(changes: Partial<Known> = {}): Known {
  return {
    installed: new Set(MANIFEST),
    registered: new Set(),
    pollable: new Set(),
    key: "absent",
    refusals: new Map(),
    ...changes,
  };
}

interface Case {
  name: string;
  known?: Partial<Known>;
  event: string;
  webhookLimit?: number;
  way: DeliveryPath;
  reason: RegExp;
  nextStep?: RegExp;
}

const CASES: Case[] = [
  { name: "in the manifest", event: "NEW_TIME_ENTRY", way: "manifest", reason: /manifest subscribes/ },
  {
    name: "in the manifest, though polling could and a webhook of ours is still there",
    known: { pollable: new Set(["NEW_PROJECT"]), registered: new Set(["NEW_PROJECT"]) },
    event: "NEW_PROJECT",
    way: "manifest",
    reason: /manifest/,
  },
  {
    name: "registered goes before polling",
    known: { pollable: new Set(["NEW_TAG"]), registered: new Set(["NEW_TAG"]), key: "accepted" },
    event: "NEW_TAG",
    way: "user_webhook",
    reason: /registered/,
  },
  {
    name: "registered with a key that Clockify refuses now",
    known: { registered: new Set(["NEW_TAG"]), key: "refused" },
    event: "NEW_TAG",
    way: "user_webhook",
    reason: /registered/,
  },
  {
    name: "polling where no webhook is",
    known: { pollable: new Set(["NEW_TAG"]) },
    event: "NEW_TAG",
    way: "polling",
    reason: /list is read/,
  },
  { name: "nothing, and no key", event: "NEW_TAG", way: "none", reason: /no API key/, nextStep: /Give the API key/ },
  {
    name: "nothing, and a dead key",
    known: { key: "refused" },
    event: "NEW_TAG",
    way: "none",
    reason: /not accept the API key/,
    nextStep: /valid API key/,
  },
  {
    name: "nothing yet, with a key",
    known: { key: "accepted" },
    event: "NEW_TAG",
    way: "none",
    reason: /at the next check/,
  },
  {
    name: "the plan's limit",
    known: { key: "accepted", refusals: new Map([["NEW_TAG", { kind: "limit" }]]) },
    event: "NEW_TAG",
    way: "none",
    reason: /plan allows/,
    nextStep: /raise the workspace's plan/,
  },
  {
    name: "another refusal, by its code",
    known: { key: "accepted", refusals: new Map([["NEW_TAG", { kind: "other", answer: "400/501" }]]) },
    event: "NEW_TAG",
    way: "none",
    reason: /refused .*\(400\/501\)/,
    nextStep: /workspace admin/,
  },
  {
    name: "declared since, not installed",
    event: "NEW_TAG",
    webhookLimit: 20,
    way: "none",
    reason: /installed without it/,
    nextStep: /Install the add-on/,
  },
  {
    name: "an event that no webhook of ours can bring, key or not",
    known: { key: "accepted" },
    event: "TIME_OFF_REQUEST_STARTED",
    way: "none",
    reason: /has no webhook/,
  },
];

for (const { name, known: changes, event, webhookLimit = 10, way, reason, nextStep } of CASES) {
  Deno.test(`planCoverage(): ${name}`, () => {
    const plan = planCoverage({ profile: universalWebhook, webhookLimit, known: known(changes) });
    const planned = plan.find(({ eventType }) => eventType === event)!;
    assertStrictEquals(planned.way, way);
    assertMatch(planned.reason, reason);
    if (nextStep) assertMatch(planned.nextStep ?? "", nextStep);
    else assertEquals(planned.nextStep, undefined);
  });
}

Deno.test("planCoverage() has every event of the profile once, in its order", () => {
  for (const profile of [apiStudio, universalWebhook]) {
    const plan = planCoverage({ profile, webhookLimit: 10, known: known() });
    assertEquals(plan.map(({ eventType }) => eventType), profile.events);
  }
});
