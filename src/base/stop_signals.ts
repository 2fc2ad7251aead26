/** The signals by which a person or a platform ends a process. */

/** SIGINT and SIGTERM; Windows sends the first alone, and listening for the other is an error there. */
export function stopSignals(): readonly Deno.Signal[] {
  return Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
}
