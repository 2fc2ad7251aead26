/** The simulator's HTTP listener; on node:http because only there a connection can be dropped without an answer. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import { Buffer } from "node:buffer";
import { AppError } from "../base/errors.ts";
import type { ApiRequest } from "./api.ts";

export interface WireAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
  /** "before" drops the connection without a byte, "inside" after half of the body. */
  drop?: "before" | "inside";
}

export interface Listener {
  port: number;
  stop(): Promise<void>;
}

/** Listens on loopback. Throws START_FAILED when the port is in use or may not be used. */
export async function listen(port: number, handle: (request: ApiRequest) => Promise<WireAnswer>): Promise<Listener> {
  const server = createServer(async (incoming, response) => {
    try {
      write(response, await handle(await read(incoming)));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      write(response, {
        status: 500,
        body: JSON.stringify({ message: `The simulator failed: ${message}`, code: 500 }),
      });
    }
  });
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === "EADDRINUSE" ? `port ${port} is in use; stop what uses it or set SIMULATOR_PORT` : message;
    throw new AppError("START_FAILED", `Cannot start the simulator: ${reason}`, { cause });
  }
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(incoming: IncomingMessage): Promise<ApiRequest> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const [path = "/", search = ""] = (incoming.url ?? "/").split("?", 2);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return {
    method: incoming.method ?? "GET",
    path,
    query: new URLSearchParams(search),
    headers,
    body: Buffer.concat(chunks).toString("utf8"),
  };
}

function write(response: ServerResponse, answer: WireAnswer): void {
  if (answer.drop === "before") {
    response.socket?.destroy();
    return;
  }
  const body = Buffer.from(answer.body ?? "", "utf8");
  const type = answer.body === undefined ? {} : { "content-type": "application/json" };
  const length = answer.status === 204 ? {} : { "content-length": String(body.byteLength) };
  response.writeHead(answer.status, { ...type, ...length, ...answer.headers });
  if (answer.drop === "inside") {
    // The half must leave before the socket goes, else the client sees no answer at all.
    response.write(body.subarray(0, Math.ceil(body.byteLength / 2)), () => response.socket?.destroy());
    return;
  }
  response.end(answer.status === 204 ? undefined : body);
}
