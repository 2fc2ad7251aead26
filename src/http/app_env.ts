/** What every handler finds in its Hono context. */

export interface AppEnv {
  Bindings: {
    /** From X-Request-ID (or X-Correlation-ID) when it is well formed, else new. */
    requestId: string;
    /** Path of the request, without the query. */
    path: string;
    /** Address of the peer, for the log. */
    remoteAddress: string;
  };
  Variables: {
    /** Who asks, as soon as it is known (auth.ts): for the audit. */
    actor?: { kind: "user" | "operator"; name: string; workspaceId?: string; installationId?: number };
  };
}
