/** Which route a request met, as its pattern: a closed list for metrics, whatever strangers ask for. */

interface Node {
  children: Map<string, Node>;
  /** Where a parameter stands. */
  parameter?: Node;
  /** The pattern that ends here. */
  pattern?: string;
  /** The pattern that takes everything from here on. */
  rest?: string;
}

/** The pattern of a path that has no route. */
const NO_ENDPOINT = "other";
/** Most requests are these; looking one up would cost more than all else that is counted of it. */
const DELIVERIES = "/webhooks/clockify/";
const DELIVERY_ENDPOINT = "/webhooks/clockify/:event";

/** Finds the pattern, as `/ui/flows/:id`, of a path among mounted routes; the first of several that fit. */
export function createEndpoints(routes: Iterable<{ path: string }>): (path: string) => string {
  const root: Node = { children: new Map() };
  for (const { path } of routes) insert(root, path);
  return (path) => {
    if (path.startsWith(DELIVERIES)) return DELIVERY_ENDPOINT;
    return find(root, path.split("/"), 1) ?? NO_ENDPOINT;
  };
}

function insert(root: Node, pattern: string): void {
  let node = root;
  for (const segment of pattern.split("/").slice(1)) {
    if (segment === "*") {
      node.rest ??= pattern;
      return;
    }
    let next = segment.startsWith(":") ? node.parameter : node.children.get(segment);
    if (!next) {
      next = { children: new Map() };
      if (segment.startsWith(":")) node.parameter = next;
      else node.children.set(segment, next);
    }
    node = next;
  }
  node.pattern ??= pattern;
}

function find(node: Node, segments: readonly string[], at: number): string | undefined {
  if (at === segments.length) return node.pattern ?? node.rest;
  const segment = segments[at]!;
  const child = node.children.get(segment);
  const found = child && find(child, segments, at + 1);
  if (found !== undefined) return found;
  const byParameter = node.parameter && segment !== "" ? find(node.parameter, segments, at + 1) : undefined;
  return byParameter ?? node.rest;
}
