/** A terminal with somebody at it, for tests: each question gets the next answer. */
import { PassThrough, Writable } from "node:stream";
import type { Terminal } from "../prompt.ts";

/** What Ctrl-C sends. */
export const INTERRUPT = "\u0003";

/** `shown` is everything that was to be seen, with what the terminal shows of what is typed. */
export function typist(...answers: readonly string[]): Terminal & { readonly shown: () => string } {
  const input = new PassThrough();
  const left = [...answers];
  let shown = "";
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      const text = chunk.toString();
      shown += text;
      // A question ends so; what readline writes to show the keys does not.
      if (text.endsWith(": "))
        setImmediate(() => input.write(left[0] === INTERRUPT ? INTERRUPT : `${left.shift() ?? ""}\r`));
      done();
    },
  });
  return { input, output, interactive: true, shown: () => shown };
}
