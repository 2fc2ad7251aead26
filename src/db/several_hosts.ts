/** Sockets to the one of several hosts that can be written to, until a connection to it is lost. */

import { Socket } from "node:net";
import type { Address, Place } from "./address.ts";

export interface SeveralHosts {
  /** A socket that connects; to the first host where none was found, whose failure is then that of the connection. */
  socket(): Promise<Socket>;
  /** The next socket asks all hosts again. */
  forget(): void;
}

/** `isPrimary` connects to one host and says whether it can be written to; rejects where it does not answer. */
export function createSeveralHosts(
  { places, target }: Pick<Address, "places" | "target">,
  isPrimary: (place: Place) => Promise<boolean>,
): SeveralHosts {
  let found: Promise<Place> | undefined;
  const forget = () => void (found = undefined);

  /** Side by side: a host that is away takes its whole timeout. The first of the list is preferred. */
  async function find(): Promise<Place> {
    const asked = places.map((place) => isPrimary(place).then((primary) => primary || target === "any", () => false));
    for (const [index, one] of asked.entries()) if (await one) return places[index]!;
    forget();
    return places[0]!;
  }

  return {
    forget,
    socket: async () => {
      const { host, port } = await (found ??= find());
      // The driver reads the name that a certificate must have from the socket.
      const socket = Object.assign(new Socket(), { host, port });
      return socket.connect(port, host);
    },
  };
}
