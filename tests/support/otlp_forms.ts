/** A collector on loopback that takes OTLP in all of its forms, and says in which one something came. */

import http2 from "node:http2";
import { Buffer } from "node:buffer";
import type { AddressInfo } from "node:net";

export interface Taken {
  /** Media type. */
  form: string;
  path: string;
  /** Of the header or metadata "x-collector-key". */
  key: string | null;
  /** As bytes, each a character: names can be looked for in every form. */
  body: string;
}

export interface Forms {
  http: string;
  grpc: string;
  taken: readonly Taken[];
  stop(): Promise<void>;
}

/** An empty answer: not compressed, no bytes. */
const EMPTY_GRPC = Buffer.from([0, 0, 0, 0, 0]);

export async function startForms(): Promise<Forms> {
  const taken: Taken[] = [];
  const take = (path: string, bytes: Uint8Array, header: (name: string) => string | null) =>
    taken.push({
      form: header("content-type") ?? "",
      path,
      key: header("x-collector-key"),
      body: Buffer.from(bytes).toString("latin1"),
    });

  const http = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    take(new URL(request.url).pathname, await request.bytes(), (name) => request.headers.get(name));
    const isJson = request.headers.get("content-type") === "application/json";
    return new Response(isJson ? "{}" : null, { headers: { connection: "close" } });
  });
  const grpc = http2.createServer();
  grpc.on("stream", (stream, headers) => {
    const parts: Uint8Array[] = [];
    stream.on("data", (part) => parts.push(part as Uint8Array));
    stream.on("end", () => {
      take(String(headers[":path"]), Buffer.concat(parts), (name) => headers[name]?.toString() ?? null);
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(EMPTY_GRPC);
    });
  });
  await new Promise<void>((resolve) => grpc.listen(0, "127.0.0.1", resolve));
  return {
    http: `http://127.0.0.1:${http.addr.port}`,
    grpc: `http://127.0.0.1:${(grpc.address() as AddressInfo).port}`,
    taken,
    stop: async () => {
      await new Promise((resolve) => grpc.close(resolve));
      await http.shutdown();
    },
  };
}
