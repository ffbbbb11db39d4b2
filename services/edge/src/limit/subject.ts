/** Who is counted: the person, or where the request comes from. */

import type { Exchange } from "../exchange.ts";
import type { RateLimit } from "../manifest.ts";

/** Nobody is signed in: the address counts. */
export function subjectOf({ session, request }: Exchange, { per }: Pick<RateLimit, "per">): string {
  return per === "user" && session !== null
    ? `user:${session.user}`
    : `address:${networkOf(request.headers.get("cf-connecting-ip") ?? "unknown")}`;
}

/** An IPv4 address, or the /64 of an IPv6 address: who has one has all of it. */
export function networkOf(address: string): string {
  if (!address.includes(":")) {
    return address;
  }
  const [head = "", tail] = address.toLowerCase().split("::");
  const [left, right] = [groups(head), groups(tail ?? "")];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const all = [...left, ...Array<string>(zeros).fill("0"), ...right];
  return `${all.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, "")).join(":")}::/64`;
}

function groups(text: string): readonly string[] {
  return text === "" ? [] : text.split(":");
}
