/** Https requests through the pinned fetch, to a host that is opened and to one that is not, by a process with the program's own permissions; prints how each ended. */

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
for (const host of [pair, "closed.example"]) {
  const request = { method: "GET", url: `https://${host}/`, headers: {}, timeoutMs: 5_000, maxResponseBytes: 100 };
  console.log(await fetch(request).then(({ status }) => String(status), (error) => error.message));
}
