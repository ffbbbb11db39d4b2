// Request header rules: before any Worker or origin sees the request (Cloudflare Transform Rules docs, 2026-11-26).
import { type Expression, holds, textOf } from "./expressions";

export interface Transform {
  when: Expression;
  headers: { name: string; value: Expression | null }[];
}

/** Every rule sees the request as it came; a later one overwrites. What has no value is removed. */
export function transform(request: Request, rules: Transform[]): Request {
  const matching = rules.filter((rule) => holds(rule.when, request));
  if (matching.length === 0) return request;
  const changed = new Request(request);
  for (const { name, value } of matching.flatMap((rule) => rule.headers)) {
    const text = value && textOf(value, request);
    if (text) changed.headers.set(name, text);
    else changed.headers.delete(name);
  }
  return changed;
}
