/** Asks the person at the terminal. Questions go to stderr; stdout is for data. */
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { EXIT, Failure } from "./failure.ts";

/** One line; with `hidden` it is not shown while it is typed. Throws `Failure` where there is no terminal to ask at. */
export async function ask(question: string, { hidden = false, flag }: { hidden?: boolean; flag: string }) {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) throw new Failure(EXIT.usage, `There is no terminal to ask for ${question}.`, `Pass ${flag}.`);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: stdin, output: hidden ? silent : stderr, terminal: true });
  const left = new AbortController();
  reader.once("close", () => left.abort());
  reader.once("SIGINT", () => left.abort());
  try {
    if (hidden) stderr.write(`${question}: `);
    return await reader.question(hidden ? "" : `${question}: `, { signal: left.signal });
  } catch (error) {
    if (!left.signal.aborted) throw error;
    throw new Failure(EXIT.failure, "The login was given up.", "Run `aima login` again.");
  } finally {
    if (hidden) stderr.write("\n");
    reader.close();
  }
}

/** A whole line that is not a terminal's: what a password manager pipes in, without its newline. */
export async function lineOfStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/\r?\n$/, "");
}
