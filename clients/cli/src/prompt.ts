/** Asks the person at the terminal. Questions go to stderr; stdout is for data. */
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { EXIT, Failure } from "./failure.ts";

export type Terminal = {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Whether there is somebody to ask. */
  readonly interactive: boolean;
};

/** That of this process. What is piped in is nobody: it is read only where a flag says so. */
export const ownTerminal: Terminal = {
  // Opened by whoever is the first to ask for them: most commands ask nothing.
  get input() {
    return process.stdin;
  },
  get output() {
    return process.stderr;
  },
  get interactive() {
    return process.stdin.isTTY;
  },
};

/**
 * One line; with `hidden` it is not shown while it is typed. Throws `Failure` where there is nobody to ask, which names
 * `instead`, and when the question is left by Ctrl-C or Ctrl-D.
 */
export async function ask(
  { input, output, interactive }: Terminal,
  question: string,
  { hidden = false, instead }: { hidden?: boolean; instead: string },
): Promise<string> {
  if (!interactive) throw new Failure(EXIT.usage, `There is no terminal to ask for ${question}.`, `Pass ${instead}.`);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input, output: hidden ? silent : output, terminal: true });
  const left = new AbortController();
  reader.once("close", () => left.abort());
  reader.once("SIGINT", () => left.abort());
  try {
    if (hidden) output.write(`${question}: `);
    return await reader.question(hidden ? "" : `${question}: `, { signal: left.signal });
  } catch (error) {
    if (!left.signal.aborted) throw error;
    throw new Failure(EXIT.failure, "The question was left unanswered.", "Run the command again.");
  } finally {
    if (hidden) output.write("\n");
    reader.close();
  }
}

/** A password that is being chosen: typed twice, because nobody sees it. */
export async function askNewPassword(terminal: Terminal, instead: string): Promise<string> {
  const password = await ask(terminal, "New password", { hidden: true, instead });
  const again = await ask(terminal, "New password again", { hidden: true, instead });
  if (password === again) return password;
  throw new Failure(EXIT.usage, "The two are not the same.", "Run the command again.");
}

/** Before something that cannot be undone. `what` says it, as in `Remove usr_1 for good`; `yes` is the flag. */
export async function confirm(terminal: Terminal, what: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!terminal.interactive) throw new Failure(EXIT.usage, `${what}? There is no terminal to ask at.`, "Pass --yes.");
  const answer = await ask(terminal, `${what}? [y/N]`, { instead: "--yes" });
  if (/^y(es)?$/i.test(answer.trim())) return;
  throw new Failure(EXIT.failure, "Nothing was done.", "Answer y, or pass --yes.");
}

/** So many lines that are not a terminal's, what a password manager pipes in; missing ones are "". */
export async function linesOfStdin({ input }: Terminal, count: number): Promise<string[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk as Uint8Array));
  const lines = Buffer.concat(chunks).toString("utf8").split(/\r?\n/);
  return Array.from({ length: count }, (_, at) => lines[at] ?? "");
}

/** The password of whoever is logged in, piped in or asked for. */
export async function currentPassword(terminal: Terminal, fromStdin: boolean): Promise<string> {
  const [password = ""] = fromStdin
    ? await linesOfStdin(terminal, 1)
    : [await ask(terminal, "Password", { hidden: true, instead: "--password-stdin" })];
  if (password === "") throw new Failure(EXIT.usage, "There is no password.", "Type it, or pipe it in.");
  return password;
}
