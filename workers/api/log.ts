/** One JSON object per line; never a query string, a body, a key or a file name. */
export function logLine(fields: Readonly<Record<string, string | number | null>>): void {
  // eslint-disable-next-line no-console -- the platform's log is the console
  console.log(JSON.stringify(fields));
}
