/** Errors for clients: problem documents after RFC 9457. */

/** One thing that is wrong with a request: `path` is like `body/title`, `query/limit`. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

interface Extras {
  readonly headers?: Readonly<Record<string, string>>;
  readonly errors?: readonly FieldError[];
}

/** Thrown anywhere below the `problemDocuments` stage. `detail` is for the client: nothing internal in it. */
export class Problem extends Error {
  constructor(
    readonly status: keyof typeof TITLES,
    readonly detail: string,
    readonly extras: Extras = {},
  ) {
    super(detail);
  }
}

export function isProblem(error: unknown): error is Problem {
  return error instanceof Problem;
}

const TITLES = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
} as const;

export function problemResponse(problem: Problem, requestId: string): Response {
  const document = {
    type: "about:blank",
    title: TITLES[problem.status],
    status: problem.status,
    detail: problem.detail,
    requestId,
    ...(problem.extras.errors && { errors: problem.extras.errors }),
  };
  return new Response(JSON.stringify(document), {
    status: problem.status,
    headers: {
      ...problem.extras.headers,
      "content-type": "application/problem+json",
      "cache-control": "no-store",
    },
  });
}
