/** A receiver of outgoing requests on loopback: keeps what came, answers what the test says. */

export interface SinkRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: Record<string, string>;
  body: string;
}

export interface Sink {
  port: number;
  /** `http://127.0.0.1:<port>` */
  url: string;
  requests: SinkRequest[];
  /** For the next requests; default: 200 with an empty JSON object. */
  answer: (request: SinkRequest) => Response | Promise<Response>;
  stop(): Promise<void>;
}

export function startSink(): Sink {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (incoming) => {
    const url = new URL(incoming.url);
    const request = {
      method: incoming.method,
      path: url.pathname + url.search,
      headers: Object.fromEntries(incoming.headers),
      body: await incoming.text(),
    };
    sink.requests.push(request);
    return await sink.answer(request);
  });
  const { port } = server.addr;
  const sink: Sink = {
    port,
    url: `http://127.0.0.1:${port}`,
    requests: [],
    answer: () => Response.json({}),
    stop: () => server.shutdown(),
  };
  return sink;
}
