/** Writes one JSON line to the Worker's log. Never pass tokens, bodies or paths. */
export function writeLog(line: Readonly<Record<string, unknown>>): void {
  console.log(JSON.stringify(line));
}
