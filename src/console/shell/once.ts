/** Requests that create: each has an Idempotency-Key, so that a double click or another try makes one thing. */

interface Wish {
  key: string;
  /** While the request is in progress. */
  answer?: Promise<unknown>;
}

/**
 * Sends each request under a key of its own. An equal one that comes while the first is in progress gets its answer; one that
 * comes after it stayed without an answer has its key, and the server knows whether it was carried out. After an answer the
 * same wish is another thing.
 */
export function createOnce(
  send: (path: string, body: unknown, key: string) => Promise<unknown>,
  { isDecided }: {
    /** Of a failure: the server decided about the request, so it is over. */
    isDecided(error: unknown): boolean;
  },
) {
  const wishes = new Map<string, Wish>();
  return (path: string, body: unknown): Promise<unknown> => {
    const name = `${path} ${JSON.stringify(body)}`;
    const wish: Wish = wishes.get(name) ?? { key: newKey() };
    wishes.set(name, wish);
    wish.answer ??= send(path, body, wish.key).then((answer) => {
      wishes.delete(name);
      return answer;
    }, (error) => {
      wish.answer = undefined;
      if (isDecided(error)) wishes.delete(name);
      throw error;
    });
    return wish.answer;
  };
}

/** 128 random bits; crypto.randomUUID() is not there on pages without TLS. */
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
