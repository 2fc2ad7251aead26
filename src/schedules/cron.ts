/**
 * The ticker of hosts that stop a program without requests: it wakes them each minute, so that slots fire there too. Deno.cron
 * wants to be registered once, when the module is loaded; it only calls what is set.
 */

let onMinute: (() => Promise<unknown>) | undefined;

/** Sets what every minute calls, beside the loop of the scheduler; undefined: nothing. */
export function setMinuteTicker(tick: (() => Promise<unknown>) | undefined): void {
  onMinute = tick;
}

Deno.cron("timewire schedules", "* * * * *", async () => {
  await onMinute?.();
});
