/** When a circuit breaker opens, for how long, and what closes it again. */

export interface BreakerPolicy {
  /** False: every call is made. */
  enabled: boolean;
  /** So many failures in the window, and ... */
  failures: number;
  /** ... at least this share of its calls, 0 to 1, open the breaker. */
  failureRate: number;
  windowMs: number;
  /** Seconds of the first opening; each further one in a row is twice as long, up to the most. */
  openSeconds: number;
  mostSeconds: number;
  /** Calls that are let through once that is over: so many answers close it, one failure opens it again. */
  trials: number;
}

/** Of hosts that flows call. */
export const HOST_POLICY: BreakerPolicy = {
  enabled: true,
  failures: 10,
  failureRate: 0.5,
  windowMs: 60_000,
  openSeconds: 30,
  mostSeconds: 600,
  trials: 1,
};
