import { Problem } from "../problem.ts";

/**
 * The segments of a URL's path, each percent-decoded once: `/api/a%2Fb` gives `["api", "a/b"]`.
 * A trailing slash gives an empty last segment. Throws Problem 400 on a malformed encoding.
 */
export function segmentsOf(pathname: string): readonly string[] {
  const segments = pathname.slice(1).split("/");
  if (!pathname.includes("%")) {
    return segments;
  }
  try {
    return segments.map(decodeURIComponent);
  } catch {
    throw new Problem(400, "The path is not valid percent-encoded UTF-8.");
  }
}
