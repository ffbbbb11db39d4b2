/**
 * How two tiers' answers to one request differ. Names of fields and kinds of values, never values: what people wrote
 * goes nowhere else, and a short value is soon guessed from its hash.
 */

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** `path` is like `status`, `header/etag`, `body/notes/0/title`. */
export interface Difference {
  readonly path: string;
  readonly served: string;
  readonly other: string;
}

/** The headers that a client may act on. */
const HEADERS = ["allow", "cache-control", "content-type", "etag", "location", "retry-after", "vary"];

const MOST = 20;

/** The first differences, at most 20; none where a client couldn't tell the answers apart. */
export function differences(served: Answer, other: Answer): readonly Difference[] {
  const found: Difference[] = [];
  if (served.status !== other.status) {
    found.push({ path: "status", served: String(served.status), other: String(other.status) });
  }
  for (const name of HEADERS) {
    const [mine, theirs] = [served.headers.get(name), other.headers.get(name)];
    if (mine !== theirs) {
      found.push({ path: `header/${name}`, served: kindOf(mine ?? undefined), other: kindOf(theirs ?? undefined) });
    }
  }
  if (served.body !== other.body) {
    found.push(...inBodies(served.body, other.body));
  }
  return found.slice(0, MOST);
}

function inBodies(served: string, other: string): readonly Difference[] {
  const found: Difference[] = [];
  try {
    inValues(JSON.parse(served), JSON.parse(other), "body", found);
  } catch {
    // No JSON.
  }
  return found.length > 0 ? found : [{ path: "body", served: kindOf(served), other: kindOf(other) }];
}

function inValues(served: unknown, other: unknown, path: string, found: Difference[]): void {
  if (found.length >= MOST || Object.is(served, other)) {
    return;
  }
  if (isCollection(served) && isCollection(other) && Array.isArray(served) === Array.isArray(other)) {
    for (const name of new Set([...Object.keys(served), ...Object.keys(other)])) {
      inValues(served[name], other[name], `${path}/${shown(name)}`, found);
    }
    return;
  }
  found.push({ path, served: kindOf(served), other: kindOf(other) });
}

function isCollection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Names of fields and places in lists; what else stands as a name may be somebody's. */
function shown(name: string): string {
  return /^([a-z][A-Za-z0-9_]{0,39}|\d{1,6})$/.test(name) ? name : "*";
}

function kindOf(value: unknown): string {
  if (value === undefined) {
    return "missing";
  }
  if (typeof value === "string") {
    return `text of ${value.length}`;
  }
  return value === null ? "null" : Array.isArray(value) ? `list of ${value.length}` : typeof value;
}
