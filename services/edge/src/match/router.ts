/** Matches path segments against route patterns: a tree by segment, so the number of routes hardly matters. */

export interface Pattern {
  readonly method: string;
  /** Like `/api/notes/{id}`: a segment is literal text or one parameter. */
  readonly path: string;
}

/** The routes that share one path. */
export interface Endpoint<R extends Pattern> {
  readonly byMethod: ReadonlyMap<string, R>;
  /** The value of the Allow header. */
  readonly allow: string;
}

export interface Match<R extends Pattern> {
  readonly endpoint: Endpoint<R>;
  /** Values of the pattern's parameters, from left to right. */
  readonly values: readonly string[];
}

class Node<R extends Pattern> {
  readonly literals = new Map<string, Node<R>>();
  parameter: Node<R> | null = null;
  readonly byMethod = new Map<string, R>();
  allow = "";
}

export class Router<R extends Pattern> {
  readonly #root = new Node<R>();

  /** Throws where two routes would answer the same method and path. */
  constructor(routes: Iterable<R>) {
    for (const route of routes) {
      const node = this.#nodeFor(route.path);
      if (node.byMethod.has(route.method)) {
        throw new Error(`two routes answer ${route.method} ${route.path}`);
      }
      node.byMethod.set(route.method, route);
      node.allow = allowedMethods(node.byMethod);
    }
  }

  /** The endpoint whose pattern fits best: literal text before a parameter, from left to right. */
  match(segments: readonly string[]): Match<R> | null {
    const values: string[] = [];
    const endpoint = find(this.#root, segments, 0, values);
    return endpoint && { endpoint, values };
  }

  #nodeFor(path: string): Node<R> {
    let node = this.#root;
    for (const segment of path.slice(1).split("/")) {
      if (parameterName(segment) === null) {
        node = getOrAdd(node.literals, segment);
      } else {
        node = node.parameter ??= new Node<R>();
      }
    }
    return node;
  }
}

/** Names of the pattern's parameters, from left to right. */
export function parameterNames(path: string): readonly string[] {
  return path.split("/").flatMap((segment) => parameterName(segment) ?? []);
}

function parameterName(segment: string): string | null {
  return segment.startsWith("{") && segment.endsWith("}") ? segment.slice(1, -1) : null;
}

function getOrAdd<R extends Pattern>(nodes: Map<string, Node<R>>, segment: string): Node<R> {
  let node = nodes.get(segment);
  if (node === undefined) {
    node = new Node<R>();
    nodes.set(segment, node);
  }
  return node;
}

function find<R extends Pattern>(
  node: Node<R>,
  segments: readonly string[],
  at: number,
  values: string[],
): Endpoint<R> | null {
  const segment = segments[at];
  if (segment === undefined) {
    return node.byMethod.size > 0 ? node : null;
  }
  const literal = node.literals.get(segment);
  const found = literal === undefined ? null : find(literal, segments, at + 1, values);
  if (found !== null || node.parameter === null || segment === "") {
    return found;
  }
  values.push(segment);
  const endpoint = find(node.parameter, segments, at + 1, values);
  if (endpoint === null) {
    values.pop();
  }
  return endpoint;
}

function allowedMethods(byMethod: ReadonlyMap<string, unknown>): string {
  const methods = new Set([...byMethod.keys(), "OPTIONS"]);
  if (methods.has("GET")) {
    methods.add("HEAD");
  }
  return [...methods].sort().join(", ");
}
