/**
 * One framed add-on page: its address with the viewer's token, and the messages in both directions.
 * See docs/clockify-protocol.md "The frame", "Messages".
 */

/**
 * Puts the frame into `holder`. `act` is called with each action and payload that the framed page sends, `note` with a
 * line about each message. Messages are accepted from the frame's own window and origin alone, and sent to that origin alone.
 */
export function openFrame(holder, { page, token, act, note }) {
  const frame = document.createElement("iframe");
  frame.id = "addon";
  frame.title = page.label;
  const address = new URL(page.url);
  address.searchParams.set("auth_token", token);
  frame.src = address.href;

  function receive({ source, origin, data }) {
    if (source !== frame.contentWindow) return;
    if (origin !== page.origin) return note(`Refused a message of ${origin}`);
    const message = readMessage(data);
    if (!message) return note("Refused a message that is no {action, payload}");
    note(`From the add-on: ${message.action} ${JSON.stringify(message.payload ?? {})}`);
    act(message.action, message.payload ?? {});
  }
  addEventListener("message", receive);
  frame.addEventListener("load", () => post("URL_CHANGED", location.href));
  holder.replaceChildren(frame);

  function post(title, body) {
    // A token is for the add-on, not for the eyes.
    note(`To the add-on: ${title}`);
    frame.contentWindow?.postMessage(body === undefined ? { title } : { title, body }, page.origin);
  }
  return {
    post,
    close() {
      removeEventListener("message", receive);
      frame.remove();
    },
  };
}

/** Actions come as a JSON string. */
function readMessage(data) {
  if (typeof data !== "string") return undefined;
  try {
    const message = JSON.parse(data);
    return typeof message?.action === "string" ? message : undefined;
  } catch {
    return undefined;
  }
}
