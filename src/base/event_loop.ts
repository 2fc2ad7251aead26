/** Yields to the event loop: long work lets it serve what waits (connections, signals, health checks). */

/** Ends in a later turn of the loop. A timer, not setImmediate, which in Deno 2.9 goes before connections and signals for as long as it is asked again. */
export function nextLoopTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
