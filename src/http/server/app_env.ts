/** What every handler finds in its Hono context. */

import type { ApiCaller } from "../../access/roles.ts";
import type { Installation } from "../../installations/store.ts";
import type { VerifiedUser } from "../../verify/user.ts";
import type { BodyHold } from "./body_account.ts";
import type { ReadHeaders } from "./read_headers.ts";
import type { ShownLimit } from "./rate_limits.ts";

/** Who asks, and for which installation (login.ts). */
export interface Login {
  kind: "user" | "operator";
  /** Clockify user id, or the operator key's name. */
  name: string;
  /** Members read; admins and operators change. */
  role: "admin" | "member";
  installation: Installation;
  /** What a user token says besides: an operator's key says nothing of it. */
  token?: Pick<VerifiedUser, "expiresAtMs" | "language" | "theme" | "roleClaim" | "hosts">;
}

/** Who is logged in to one add-on, as another of the same workspace is shown them (beside.ts). */
export interface Beside extends Omit<Login, "installation"> {
  workspaceId: string;
  /** Of the add-on that they are logged in to. */
  from: { key: string; name: string };
  /** Where a list whose rows do not say it leaves the cursor of the page after each row, in the order of its rows. */
  cursors?: string[];
}

export interface AppEnv {
  Bindings: {
    /** From X-Request-ID (or X-Correlation-ID) when it is well formed, else new. */
    requestId: string;
    /** Path of the request, without the query. */
    path: string;
    /** What stands before `path` in the address, as in "/api-studio", where one host has several add-ons. Absent: nothing. */
    basePath?: string;
    /** The request's headers, for what every delivery is asked for. */
    headers: ReadHeaders;
    /** Address of the sender: the peer, or whom a trusted proxy names (proxies.ts). */
    remoteAddress: string;
    /** Some proxy passed the request on, also one that is not trusted: its peer is not its sender. */
    isForwarded: boolean;
    /** Room for the request's body, given back with the answer. */
    hold: BodyHold;
    /** The caller, as soon as it is known (login.ts): for the audit and the log. */
    actor?: {
      kind: "user" | "operator";
      /** Clockify user id, or the operator key's name. */
      name: string;
      workspaceId?: string;
      installationId?: number;
    };
    /** Set where a page's session may be the login of an operator: gives the name, or throws (api_login.ts). */
    operatorOfSession?: () => Promise<string>;
    /** Set by this process alone, where another of its add-ons vouches for the caller (beside.ts). */
    beside?: Beside;
    /** Another add-on answered, whose audit has the row. */
    isPassedOn?: boolean;
    /** Set for a path of the Workflow Management API: what its problems say besides (problem.ts). */
    problemForm?: { path: string; at: number };
    /** Headers of a problem's answer beside its own (cors.ts). */
    problemHeaders?: [string, string][];
    /** Limits that the request counts for, shown on its answer; set by the login (login.ts). */
    rateLimits?: ShownLimit[];
  };
  Variables: {
    /** Set by admit() (login.ts) before the handler of a route that asks for a login. */
    login?: Login;
    /** The same for a route of operators. */
    operator?: string;
    /** The same for a route of the Workflow Management API (api_login.ts). */
    apiCaller?: ApiCaller;
  };
}
