// The path rules of static assets: run_worker_first, _headers and _redirects (Workers static assets docs, 2026-11-23).
import type { Redirect, Rule } from "./versions";

/** Glob rules with `!` for exceptions, which win. */
export function workerFirst(rules: boolean | string[], path: string): boolean {
  if (typeof rules === "boolean") return rules;
  if (rules.some((rule) => rule.startsWith("!") && glob(rule.slice(1), path))) return false;
  return rules.some((rule) => !rule.startsWith("!") && glob(rule, path));
}

/** True if an exception (`!/path`) of run_worker_first keeps the Worker out. */
export function assetsOnly(rules: boolean | string[], path: string): boolean {
  return typeof rules !== "boolean" && rules.some((rule) => rule.startsWith("!") && glob(rule.slice(1), path));
}

function glob(pattern: string, path: string): boolean {
  return expression(pattern).test(path);
}

/** The first redirect that matches, its placeholders filled in. */
export function redirected(redirects: Redirect[], path: string): { to: string; status: number } | null {
  for (const { from, to, status } of redirects) {
    const groups = expression(from).exec(path)?.groups;
    if (groups !== undefined || expression(from).test(path)) return { to: filled(to, groups ?? {}), status };
  }
  return null;
}

/** Adds, joins or removes the headers of every rule that matches. */
export function applyHeaders(rules: Rule[], url: URL, response: Response): Response {
  const names = new Set<string>();
  for (const { pattern, lines, removed } of rules) {
    const subject = pattern.startsWith("https://") ? `https://${url.host}${url.pathname}` : url.pathname;
    const match = expression(pattern).exec(subject);
    if (match === null) continue;
    for (const name of removed) response.headers.delete(name);
    for (const [name, value] of Object.entries(lines)) {
      const text = filled(value, match.groups ?? {});
      if (names.has(name)) response.headers.append(name, text);
      else response.headers.set(name, text);
      names.add(name);
    }
  }
  return response;
}

const expressions = new Map<string, RegExp>();

/** `*` matches anything and is `:splat`; `:name` matches within a segment. */
function expression(pattern: string): RegExp {
  let known = expressions.get(pattern);
  if (known === undefined) {
    let splats = 0;
    const source = pattern
      .replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll(/:([A-Za-z]\w*)/g, "(?<$1>[^/]+)")
      .replaceAll("*", () => (splats++ === 0 ? "(?<splat>.*)" : ".*"));
    known = new RegExp(`^${source}$`);
    expressions.set(pattern, known);
  }
  return known;
}

function filled(text: string, groups: Record<string, string>): string {
  return text.replaceAll(/:([A-Za-z]\w*)/g, (whole, name: string) => groups[name] ?? whole);
}
