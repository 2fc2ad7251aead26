/** One https request through the pinned fetch, by a process with the program's own permissions; prints how it ended. */

import { systemClock } from "../../src/base/clock.ts";
import { parseEgressAllow } from "../../src/egress/allow.ts";
import { createPinnedFetch } from "../../src/egress/pinned.ts";

const [pair = "", ca = ""] = Deno.args;
const fetch = createPinnedFetch({
  allow: parseEgressAllow(pair),
  clock: systemClock,
  resolve: () => Promise.resolve(["127.0.0.1"]),
  ca: ca === "" ? undefined : ca,
});
const request = { method: "GET", url: `https://${pair}/`, headers: {}, timeoutMs: 5_000, maxResponseBytes: 100 };
console.log(await fetch(request).then(({ status }) => String(status), (error) => error.message));
