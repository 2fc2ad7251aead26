/** Whether events come in, by the last one received; never reported as quiet before a workspace's first event. */

export type Receiving =
  | { state: "never"; since: Date; lastEventAt: null }
  | { state: "quiet"; since: Date; lastEventAt: Date }
  | { state: "receiving"; since: null; lastEventAt: Date };

/** `quietMs` is the time without events after which a workspace that had some is quiet (HEARTBEAT_HOURS). */
export function receivingState(
  { lastEventAt, installedAt, nowMs, quietMs }: {
    lastEventAt: Date | null;
    installedAt: Date;
    nowMs: number;
    quietMs: number;
  },
): Receiving {
  if (lastEventAt === null) return { state: "never", since: installedAt, lastEventAt };
  return nowMs - lastEventAt.getTime() >= quietMs
    ? { state: "quiet", since: lastEventAt, lastEventAt }
    : { state: "receiving", since: null, lastEventAt };
}
