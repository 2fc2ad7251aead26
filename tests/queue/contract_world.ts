/** What an adapter of the queue gives to the contract suite, and what the suite's tests work with. */

import type { Database, Query } from "../../src/db/db.ts";
import type { Work } from "../../src/queue/enqueue.ts";
import type { Job, Queue } from "../../src/queue/queue.ts";
import type { JobFields, StoredJob } from "../db/rows.ts";

/** Long enough for no lease to end during a test. */
export const LEASE_MS = 30_000;

export interface OpenQueue {
  queue: Queue;
  /** The same jobs as another process sees them; where only one can open them, the queue itself. */
  other: Queue;
  /** Where the transactions are that publish jobs. */
  db: Database;
  /** enqueueOnce() of this adapter. */
  publish(sql: Query, work: Work): Promise<void>;
  /** Adds jobs that are due, equal but for the number in their payload; gives their ids, in order. */
  add(fields?: JobFields): Promise<number[]>;
  /** What the queue keeps: open jobs and dead letters, by id. */
  stored(): Promise<StoredJob[]>;
  /** Takes a claim from its owner, as another process would that gave it back. */
  giveBack(id: number): Promise<void>;
  /** Removes all jobs. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

export interface QueueWorld extends OpenQueue {
  /** At most 100 jobs for LEASE_MS, unless the options say otherwise. */
  claim(owner?: string, options?: { limit?: number; leaseMs?: number }): Promise<Job[]>;
  /** The next job; fails where there is none. */
  claimOne(owner?: string, options?: { leaseMs?: number }): Promise<Job>;
}

/** Declares one test of the contract. */
export type ContractTest = (name: string, body: (world: QueueWorld) => Promise<void>) => void;
