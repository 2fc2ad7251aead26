/**
 * The load generator's process: a small HTTP/1.1 client on raw sockets, since whatever it costs is taken from the two cores
 * that are measured. One request under way per connection.
 *
 * Command: LoadCommand. Answer: LoadResult.
 */

import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import { serveCommands } from "./child.ts";
import { createRequest, type RequestTarget } from "./requests.ts";
import { quantile } from "./quantile.ts";

export interface LoadCommand extends RequestTarget {
  connections: number;
  /** Number of the first request; numbers that were used before repeat their bodies. */
  firstSequence: number;
  /** Ends after this time ... */
  seconds?: number;
  /** ... or this many requests. */
  requests?: number;
  /** Requests per second, evenly; as fast as answers come when absent. */
  ratePerSecond?: number;
}

export interface LoadResult {
  requests: number;
  /** Answers other than 200, or the status of a `post`; they do not count as requests. */
  refused: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

interface Connection {
  socket: Socket;
  request: ReturnType<typeof createRequest>;
  /** When the request under way was due. */
  dueMs: number;
  received: Buffer | undefined;
}

const HEAD_END = "\r\n\r\n";

async function run(command: LoadCommand): Promise<LoadResult> {
  const { connections: count, firstSequence, ratePerSecond, seconds = Infinity, requests: limit = Infinity } = command;
  const idle: Connection[] = [];
  const latencies: number[] = [];
  let sent = 0;
  let answered = 0;
  let refused = 0;
  let lastAnswerMs = 0;
  const finished = Promise.withResolvers<void>();

  const connections = await Promise.all(Array.from({ length: count }, () => open(command, onAnswer, finished.reject)));
  const startMs = performance.now();
  const endMs = startMs + seconds * 1000;

  function send(connection: Connection, dueMs: number) {
    connection.dueMs = dueMs;
    connection.socket.write(connection.request.next(firstSequence + sent++));
  }

  function onAnswer(connection: Connection, status: number) {
    const now = performance.now();
    if (now <= endMs) {
      lastAnswerMs = now;
      if (status === (command.post?.status ?? 200)) latencies.push(now - connection.dueMs);
      else refused++;
    }
    answered++;
    const over = now >= endMs || sent >= limit;
    if (ratePerSecond !== undefined) idle.push(connection);
    else if (!over) send(connection, now);
    if (over && answered === sent) finished.resolve();
  }

  if (ratePerSecond === undefined) {
    for (const connection of connections.slice(0, limit)) send(connection, performance.now());
  } else {
    idle.push(...connections);
    const timer = setInterval(() => {
      const now = performance.now();
      if (now >= endMs || sent >= limit) {
        clearInterval(timer);
        if (answered === sent) finished.resolve();
        return;
      }
      // The wait for a free connection counts: latency runs from the moment the request was due.
      for (let dueMs = dueAt(); dueMs <= now && sent < limit && idle.length > 0; dueMs = dueAt()) {
        send(idle.pop()!, dueMs);
      }
    }, 1);
  }
  const dueAt = () => startMs + sent * 1000 / ratePerSecond!;

  await finished.promise;
  for (const { socket } of connections) socket.destroy();
  latencies.sort((a, b) => a - b);
  return {
    requests: latencies.length,
    refused,
    perSecond: latencies.length / ((lastAnswerMs - startMs) / 1000),
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    maxMs: quantile(latencies, 1),
  };
}

function open(
  target: RequestTarget,
  onAnswer: (connection: Connection, status: number) => void,
  onError: (error: Error) => void,
): Promise<Connection> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port: target.port, noDelay: true });
    const connection: Connection = { socket, request: createRequest(target), dueMs: 0, received: undefined };
    socket.on("connect", () => resolve(connection));
    socket.on("error", onError);
    socket.on("close", () => onError(new Error("the server closed a connection")));
    socket.on("data", (chunk: Buffer) => {
      const received = connection.received ? Buffer.concat([connection.received, chunk]) : chunk;
      const status = completeStatus(received);
      connection.received = status === undefined ? received : undefined;
      if (status !== undefined) onAnswer(connection, status);
    });
  });
}

/** Status of the answer in `received` when it is there as a whole. */
function completeStatus(received: Buffer): number | undefined {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd === -1) return undefined;
  const head = received.toString("latin1", 0, headEnd);
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  if (received.length < headEnd + HEAD_END.length + length) return undefined;
  return Number(head.slice(9, 12));
}

await serveCommands({
  ready: { ready: true },
  handle: (command) => run(command).then((result) => ({ ...result })),
  end: () => Promise.resolve(),
});
