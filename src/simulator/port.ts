/** Where the simulator listens: --port, SIMULATOR_PORT, or 9400. */

import { AppError } from "../base/errors.ts";

const DEFAULT_PORT = 9400;

/** Throws CONFIG_INVALID with a sentence that names the remedy. */
export function simulatorPort(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new AppError(
    "CONFIG_INVALID",
    `Cannot start the simulator: "${text}" is not a port; set SIMULATOR_PORT to a port from 0 to 65535 (0: any free one)`,
  );
}
