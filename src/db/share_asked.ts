/** Equal questions at the same moment share one query. */

/**
 * `ask`, where those who ask the same while an answer is in progress get that answer: a thousand requests of one
 * workspace are one look at its installation. An answer is not kept beyond its moment.
 */
export function shareAsked<Args extends readonly (string | number)[], Answer>(
  ask: (...args: Args) => Promise<Answer>,
): (...args: Args) => Promise<Answer> {
  const asked = new Map<string, Promise<Answer>>();
  return (...args) => {
    const key = JSON.stringify(args);
    let answer = asked.get(key);
    if (answer === undefined) {
      answer = ask(...args).finally(() => asked.delete(key));
      asked.set(key, answer);
    }
    return answer;
  };
}
