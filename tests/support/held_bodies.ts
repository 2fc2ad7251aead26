/** Connections that begin a request with a body and do not end it, on raw sockets, and what the program holds of them. */

export interface Held {
  /** Answers so far, by status. */
  answers: Map<number, number>;
  /** Connections that the other side closed. */
  closed(): number;
  /** Sends these bytes on every connection that has no answer. */
  send(bytes: Uint8Array): Promise<void>;
  /** Closes all. */
  release(): void;
}

export interface HeldRequest {
  port: number;
  path: string;
  /** Default POST. */
  method?: string;
  headers?: Record<string, string>;
  /** What the head declares; undefined: chunked. */
  declared: number | undefined;
  /** Bytes of the body sent at once. */
  sent: number;
}

const text = new TextEncoder();

/** Opens `count` connections, each with one such request. */
export async function holdBodies(count: number, request: (index: number) => HeldRequest): Promise<Held> {
  const answers = new Map<number, number>();
  const open = new Map<Deno.TcpConn, boolean>();
  let closed = 0;

  async function readAnswers(connection: Deno.TcpConn) {
    const buffer = new Uint8Array(4_096);
    try {
      for (let read = await connection.read(buffer); read !== null; read = await connection.read(buffer)) {
        if (open.get(connection)) continue;
        open.set(connection, true);
        const status = Number(new TextDecoder().decode(buffer.subarray(9, 12)));
        answers.set(status, (answers.get(status) ?? 0) + 1);
      }
    } catch {
      // Reset, or closed by release().
    }
    closed++;
  }

  /** Never rejects: who is refused may not take the rest. */
  async function write(connection: Deno.TcpConn, bytes: Uint8Array) {
    try {
      for (let sent = 0; sent < bytes.byteLength;) sent += await connection.write(bytes.subarray(sent));
    } catch {
      // As above.
    }
  }

  for (let index = 0; index < count; index++) {
    const { port, path, method = "POST", headers = {}, declared, sent } = request(index);
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    open.set(connection, false);
    const lines = Object.entries({ "content-type": "application/json", ...headers }).map(([name, value]) =>
      `${name}: ${value}\r\n`
    );
    const framing = declared === undefined ? "transfer-encoding: chunked" : `content-length: ${declared}`;
    const begun = "x".repeat(sent);
    const body = declared === undefined ? `${sent.toString(16)}\r\n${begun}\r\n` : begun;
    void readAnswers(connection);
    void write(
      connection,
      text.encode(`${method} ${path} HTTP/1.1\r\nhost: x\r\n${lines.join("")}${framing}\r\n\r\n${body}`),
    );
  }
  return {
    answers,
    closed: () => closed,
    send: async (bytes) => {
      await Promise.all([...open].map(([connection, answered]) => answered ? undefined : write(connection, bytes)));
    },
    release: () => {
      for (const connection of open.keys()) {
        try {
          connection.close();
        } catch {
          // Closed already.
        }
      }
    },
  };
}

/** Memory of a process, in bytes: now, and the most it ever had. */
export async function residentBytes(pid: number): Promise<{ now: number; most: number }> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? NaN) * 1024;
  return { now: of("VmRSS"), most: of("VmHWM") };
}

/** Forgets the most a process ever had: it is measured from here on. */
export async function resetMost(pid: number): Promise<void> {
  await Deno.writeTextFile(`/proc/${pid}/clear_refs`, "5");
}
