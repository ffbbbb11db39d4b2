// Evaluates what expressions.py has parsed (Cloudflare Ruleset Engine docs, 2026-11-26).

export type Expression =
  | { op: "literal"; value: boolean }
  | { op: "text"; text: string }
  | { op: "field"; name: string }
  | { op: "http.request.cookies" | "http.request.headers"; key: string; index: number }
  | { op: "and" | "or"; of: Expression[] }
  | { op: "not"; of: Expression }
  | Comparison
  | { op: "concat" | "lower" | "to_string" | "uuidv4"; of: Expression[] };

type Comparison =
  | { op: "eq" | "ne" | "contains"; left: Expression; right: string }
  | { op: "in"; left: Expression; right: string[] };

/** Undefined: the request has no such header or cookie. */
type Value = string | boolean | undefined;

export const holds = (expression: Expression, request: Request): boolean => valueOf(expression, request) === true;

/** A header's value; undefined where a part of it is. */
export function textOf(expression: Expression, request: Request): string | undefined {
  const value = valueOf(expression, request);
  return typeof value === "string" ? value : undefined;
}

function valueOf(node: Expression, request: Request): Value {
  switch (node.op) {
    case "literal":
      return node.value;
    case "text":
      return node.text;
    case "field":
      return field(node.name, request);
    case "http.request.headers":
      return node.index === 0 ? (request.headers.get(node.key) ?? undefined) : undefined;
    case "http.request.cookies":
      return cookies(request.headers.get("cookie"), node.key)[node.index];
    case "and":
      return node.of.every((each) => holds(each, request));
    case "or":
      return node.of.some((each) => holds(each, request));
    case "not":
      return !holds(node.of, request);
    case "concat": {
      const parts = node.of.map((each) => textOf(each, request));
      return parts.includes(undefined) ? undefined : parts.join("");
    }
    case "lower":
      return first(node.of, request)?.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
    case "to_string":
      return first(node.of, request);
    case "uuidv4":
      return crypto.randomUUID();
    default:
      return compared(node, request);
  }
}

function compared(node: Comparison, request: Request): boolean {
  const left = textOf(node.left, request);
  // What is missing equals nothing and contains nothing.
  if (left === undefined) return node.op === "ne";
  switch (node.op) {
    case "eq":
      return left === node.right;
    case "ne":
      return left !== node.right;
    case "contains":
      return left.includes(node.right);
    case "in":
      return node.right.includes(left);
  }
}

function first([node]: Expression[], request: Request): string | undefined {
  return node && textOf(node, request);
}

function field(name: string, request: Request): string | undefined {
  const url = new URL(request.url);
  switch (name) {
    case "http.cookie":
      return request.headers.get("cookie") ?? "";
    case "http.host":
      return url.hostname;
    case "http.request.method":
      return request.method;
    case "http.request.uri.path":
      return url.pathname;
    case "ip.src":
      return request.headers.get("cf-connecting-ip") ?? undefined;
    default:
      return undefined;
  }
}

/** Every value of this name; names are URL-decoded, values are left alone. */
function cookies(header: string | null, wanted: string): string[] {
  return (header ?? "").split(";").flatMap((part) => {
    const [name = "", ...value] = part.split("=");
    return decoded(name.trim()) === wanted && value.length > 0 ? [value.join("=").trim()] : [];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
