/**
 * Webhook deliveries to installed add-ons: at least once, unordered, repeated byte for byte.
 * See docs/clockify-protocol.md "Deliveries".
 */

import type { Clock } from "../base/clock.ts";
import { shuffled } from "./random.ts";
import { timedFetch } from "./timed_fetch.ts";

export interface DeliveryBehaviour {
  /** Wait before a repeat, in ms. Clockify's own is irregular, about 14 to 70 s; short here so that tests end. */
  retryDelayMs: number;
  /** Attempts per event before it is dropped. Clockify's number is unknown. */
  maxAttempts: number;
  /** Further copies sent although the first was answered 2xx: real duplicates happen after a 200 too. */
  duplicatesAfterSuccess: number;
  /** While true, events are collected; turning it off sends them, in seeded random order when `shuffle` is set. */
  hold: boolean;
  shuffle: boolean;
  /** Posts to `baseUrl//path`, the form that INSTALLED names, instead of `baseUrl/path`. */
  doubledSlash: boolean;
  /** When the add-on counts as not answering, in ms. Clockify's limit is unknown. */
  timeoutMs: number;
}

export interface DeliveryAttempt {
  at: number;
  /** New on every attempt, so a receiver cannot deduplicate by it. */
  idempotencyKey: string;
  status: number | null;
  error?: string;
}

export interface Delivery {
  id: number;
  event: string;
  addonId: string;
  workspaceId: string;
  url: string;
  body: string;
  state: "held" | "pending" | "delivered" | "given_up";
  attempts: DeliveryAttempt[];
}

export interface DeliveryTarget {
  event: string;
  /** Of a webhook that a person made: its own id. */
  addonId: string;
  workspaceId: string;
  baseUrl: string;
  path: string;
  /** The webhook's stored JWT: the same string on every delivery. */
  authToken: string;
}

export interface Deliveries {
  behaviour: DeliveryBehaviour;
  configure(changes: Partial<DeliveryBehaviour>): void;
  send(target: DeliveryTarget, body: string): Delivery;
  /** The last deliveries, oldest first. */
  readonly list: Delivery[];
  /** Attempts made since the start. */
  readonly attempts: number;
  /** Resolves when no delivery is in flight; held ones do not count. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

const KEEP = 10_000;
const MAX_PARALLEL = 128;

export function createDeliveries(clock: Clock, random: () => number): Deliveries {
  const behaviour: DeliveryBehaviour = {
    retryDelayMs: 500,
    maxAttempts: 5,
    duplicatesAfterSuccess: 0,
    hold: false,
    shuffle: false,
    doubledSlash: false,
    timeoutMs: 30_000,
  };
  const list: Delivery[] = [];
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  let held: { delivery: Delivery; authToken: string }[] = [];
  let attempts = 0;
  let lastId = 0;
  let parallel = 0;
  const waiting: (() => void)[] = [];

  async function attempt(delivery: Delivery, authToken: string): Promise<boolean> {
    if (parallel >= MAX_PARALLEL) await new Promise<void>((resolve) => waiting.push(resolve));
    parallel++;
    try {
      const idempotencyKey = crypto.randomUUID();
      attempts++;
      const record: DeliveryAttempt = { at: clock.now(), idempotencyKey, status: null };
      delivery.attempts.push(record);
      const outcome = await timedFetch(clock, delivery.url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "clockify-signature": authToken,
          "clockify-webhook-event-type": delivery.event,
          "idempotency-key": idempotencyKey,
        },
        body: delivery.body,
        timeoutMs: behaviour.timeoutMs,
        signal: stopping.signal,
      });
      record.status = outcome.status;
      if (outcome.error) record.error = outcome.error;
      return outcome.status !== null && outcome.status >= 200 && outcome.status < 300;
    } finally {
      parallel--;
      waiting.shift()?.();
    }
  }

  async function run(delivery: Delivery, authToken: string): Promise<void> {
    for (let number = 1; !stopping.signal.aborted; number++) {
      if (await attempt(delivery, authToken)) {
        delivery.state = "delivered";
        for (let copy = 0; copy < behaviour.duplicatesAfterSuccess; copy++) await attempt(delivery, authToken);
        return;
      }
      if (number >= behaviour.maxAttempts) {
        delivery.state = "given_up";
        return;
      }
      await clock.sleep(behaviour.retryDelayMs, stopping.signal).catch(() => {});
    }
  }

  function start(delivery: Delivery, authToken: string): void {
    delivery.state = "pending";
    const work = run(delivery, authToken).finally(() => running.delete(work));
    running.add(work);
  }

  async function settled(): Promise<void> {
    while (running.size > 0) await Promise.all(running);
  }

  return {
    behaviour,
    list,
    settled,
    get attempts() {
      return attempts;
    },
    configure(changes) {
      Object.assign(behaviour, changes);
      if (behaviour.hold) return;
      const ready = behaviour.shuffle ? shuffled(held, random) : held;
      held = [];
      for (const { delivery, authToken } of ready) start(delivery, authToken);
    },
    send(target, body) {
      const base = target.baseUrl.replace(/\/+$/, "");
      const delivery: Delivery = {
        id: ++lastId,
        event: target.event,
        addonId: target.addonId,
        workspaceId: target.workspaceId,
        url: base + (behaviour.doubledSlash ? "/" : "") + target.path,
        body,
        state: "held",
        attempts: [],
      };
      list.push(delivery);
      if (list.length > 2 * KEEP) list.splice(0, KEEP);
      if (behaviour.hold) held.push({ delivery, authToken: target.authToken });
      else start(delivery, target.authToken);
      return delivery;
    },
    async stop() {
      stopping.abort(new Error("the simulator stops"));
      await settled();
    },
  };
}
