/** The platform's cache of this data centre, as a place that may forget or fail at any time. */

/** Headers of an answer that are kept with it. */
const KEPT_HEADERS = ["content-type", "etag", "cache-control", "x-served-by"];

/** What is told of an entry, in a header that doesn't leave the edge. */
const ABOUT = "shoreline-entry";

interface About {
  /** Milliseconds since the epoch. */
  readonly stored: number;
  readonly generations: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Entry {
  readonly response: Response;
  /** Seconds. */
  readonly age: number;
  /** Of the answer's tags, when it was made. */
  readonly generations: string;
}

/** An answer under this key, or null. Never throws. */
export async function find(key: string): Promise<Entry | null> {
  const found = await look(key);
  const text = found?.headers.get(ABOUT);
  if (found === undefined || text === undefined || text === null) {
    return null;
  }
  const { stored, generations, headers } = JSON.parse(text) as About;
  return {
    response: new Response(found.body, { headers: { ...headers } }),
    age: Math.max(0, Date.now() - stored) / 1000,
    generations,
  };
}

/** Keeps an answer for so many seconds. Never throws. */
export async function keep(key: string, answer: Response, generations: string, seconds: number): Promise<void> {
  const headers = Object.fromEntries(KEPT_HEADERS.flatMap((name) => pair(name, answer.headers.get(name))));
  const about: About = { stored: Date.now(), generations, headers };
  const entry = new Response(answer.body, { headers: { [ABOUT]: JSON.stringify(about) } });
  await put(key, entry, seconds);
}

function pair(name: string, value: string | null): readonly (readonly [string, string])[] {
  return value === null ? [] : [[name, value]];
}

/** What is kept under a key; undefined also where the cache fails. */
export async function look(key: string): Promise<Response | undefined> {
  try {
    return await caches.default.match(urlOf(key));
  } catch {
    return undefined;
  }
}

/** Never throws: what isn't kept is made anew. */
export async function put(key: string, entry: Response, seconds: number): Promise<void> {
  try {
    entry.headers.set("cache-control", `max-age=${seconds}`);
    await caches.default.put(urlOf(key), entry);
  } catch {
    // Then it is not kept.
  }
}

/** The cache wants a URL; this one's host is nobody's. */
function urlOf(key: string): string {
  return `https://cache.shoreline.invalid/${encodeURIComponent(key)}`;
}
