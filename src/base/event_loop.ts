/** Giving way: long work lets the event loop serve what waits, connections, signals and health checks among it. */

/** Ends in a later turn of the loop. A timer, not setImmediate, which in Deno 2.9 goes before connections and signals for as long as it is asked again. */
export function nextLoopTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
