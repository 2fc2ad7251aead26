/** Variables of the commands. */

import { z } from "zod";
import { say, text, url, type Variable } from "../shapes.ts";

export const COMMAND_LINE = {
  TIMEWIRE_URL: say(
    "Where the commands find the program; unset: API_PORT of this machine.",
    { ...url(), shape: "the address of the operators' listener, as in https://timewire.example.com" },
  ),
  TIMEWIRE_API_KEY: say(
    "Operator's key of the commands; unset, for this machine's program: the first of OPERATOR_API_KEYS, or that of DATA_DIR.",
    {
      ...text(undefined, "an operator's key"),
      schema: z.string().regex(/^[\x21-\x7e]{32,}$/),
      secret: true,
    },
  ),
} as const satisfies Record<string, Variable>;
