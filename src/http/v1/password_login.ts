/** Whom a password is of, within the limits of failures: of an address, and of a name from a network. */

import type { Context } from "hono";
import type { ApiUser } from "../../access/users.ts";
import { AppError } from "../../base/errors.ts";
import { networkOf } from "../../limits/guesses.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { UserRoutesDeps } from "./users.ts";

/**
 * Throws RATE_LIMITED, OVERLOADED, and LOGIN_INVALID, which counts as a failure. Failures of the address keep no one out who
 * logged in from its network before: there only those of the name count.
 */
export async function userOfPassword(
  c: Context<AppEnv>,
  { name, password }: { name: string; password: string },
  { home, users, logins }: Pick<UserRoutesDeps, "home" | "users" | "logins">,
): Promise<ApiUser> {
  const address = c.env.remoteAddress;
  const network = networkOf(address);
  // Of this name from this network: who fails elsewhere keeps no one out here.
  const guess = `${network} ${name}`;
  const admit = () => {
    if (!users.knows({ name, network })) logins.admit(address);
    logins.admit(guess);
  };
  admit();
  const { installationId } = await home();
  const user = await users.loggedIn(installationId, { name, password, network, admit });
  if (user) return user;
  logins.failed(address);
  logins.failed(guess);
  throw new AppError("LOGIN_INVALID", "Cannot log in: the name or the password is wrong");
}
