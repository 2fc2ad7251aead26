/** What a flow listens for: event types, and of a custom source all or some of the types that its sender names. */

/** `custom:<source>` or `custom:<source>/<type>`; a source's name holds no slash, its sender's types may. */
const CUSTOM = /^(custom:[a-z0-9_-]{1,50})(?:\/([\x20-\x7e]{1,100}))?$/;

/** What follows `flow:` in the type of an event that a flow made. */
export const FLOW_EVENT_NAME = /^[a-z0-9_-]{1,50}$/;
const FLOW_EVENT_PREFIX = "flow:";

export interface Trigger {
  /** Type of the event as it is stored. */
  eventType: string;
  /** The one type of the sender's that counts; undefined: all. */
  customType: string | undefined;
}

/** An entry of `trigger_event_types`, with trigger_source already applied. */
export function parseTrigger(text: string): Trigger {
  const [, eventType = text, customType] = CUSTOM.exec(text) ?? [];
  return { eventType, customType };
}

/** True for the entry that names a custom source, whether the source is there yet or not. */
export function isCustomTrigger(text: string): boolean {
  return CUSTOM.test(text);
}

/** True for the type of an event that flows make (`emit_event`), whether one does yet or not. */
export function isFlowEvent(type: string): boolean {
  return type.startsWith(FLOW_EVENT_PREFIX) && FLOW_EVENT_NAME.test(type.slice(FLOW_EVENT_PREFIX.length));
}

/** True when the entry means this event. */
export function triggersOn(
  text: string,
  event: { eventType: string; delivery: { custom_type: string | null } },
): boolean {
  const { eventType, customType } = parseTrigger(text);
  return eventType === event.eventType && (customType === undefined || customType === event.delivery.custom_type);
}

/** The rows of flow_trigger: one an event type, with the types of its sender that count; null for all. */
export function triggerRows(types: readonly string[]): { event_type: string; custom_types: string[] | null }[] {
  const rows = new Map<string, Set<string> | null>();
  for (const { eventType, customType } of types.map(parseTrigger)) {
    const some = rows.get(eventType);
    if (customType === undefined || some === null) rows.set(eventType, null);
    else rows.set(eventType, (some ?? new Set()).add(customType));
  }
  return [...rows].map(([event_type, some]) => ({ event_type, custom_types: some && [...some] }));
}
