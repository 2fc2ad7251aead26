/** The one ticker of the program: Deno.cron wants to be registered once, when the module is loaded. It only calls what is set. */

let onTick: (() => Promise<unknown>) | undefined;

/** Sets what every tick calls; undefined: nothing. Whether there is work is decided by the table of slots, not here. */
export function setTicker(tick: (() => Promise<unknown>) | undefined): void {
  onTick = tick;
}

// Every TICK_MS of slots.ts.
Deno.cron("timewire retention", "*/10 * * * *", async () => {
  await onTick?.();
});
