// Which of a deployment's versions answers a request (Workers gradual deployments docs, 2026-11-23).
import type { Share } from "./table";

export const KEY_HEADER = "cloudflare-workers-version-key";
export const OVERRIDES_HEADER = "cloudflare-workers-version-overrides";

/** An override wins if it names a version of the deployment; then the key's stable hash; then chance. */
export function choose(worker: string, shares: Share[], headers: Headers): string | null {
  const only = shares.length === 1 ? shares[0] : undefined;
  if (only) return only.id;
  const overridden = override(worker, headers.get(OVERRIDES_HEADER));
  if (overridden !== null && shares.some((share) => share.id === overridden)) return overridden;
  const key = headers.get(KEY_HEADER);
  return pick(shares, key === null ? Math.random() : fraction(`${worker}\n${key}`));
}

/** The share that holds `point` (0 <= point < 1). The later version's share grows from 0, so that raising it moves keys one way only. */
export function pick(shares: Share[], point: number): string | null {
  let rest = point * 100;
  for (const share of shares) {
    rest -= share.percentage;
    if (rest < 0) return share.id;
  }
  return shares.at(-1)?.id ?? null;
}

/** The version that a header such as `name="id", other="id"` gives this Worker. */
export function override(worker: string, header: string | null): string | null {
  for (const [, name, id] of header?.matchAll(/([\w-]+)\s*=\s*"([^"]*)"/g) ?? []) {
    if (name === worker && id !== undefined) return id;
  }
  return null;
}

/** FNV-1a over UTF-16 units with a final mix: stable across restarts, even over [0, 1). */
export function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
