/** Commands to the simulator that serves this page. */

/** The command's result; throws an Error with its sentence when it is refused. */
export async function sim(name, input = {}) {
  const answer = await fetch(`/_sim/${name}`, { method: "POST", body: JSON.stringify(input) });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.message);
  return body.result;
}
