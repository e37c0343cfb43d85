import { bytes, note, plain } from "./output.ts";

const WIDTH = 24;

/** A bar on a terminal, redrawn at most every 100 ms; elsewhere a line when a file begins and one when it ends. */
export class ProgressBar {
  readonly #total = new Map<string, { sent: number; of: number }>();
  readonly #tty = process.stderr.isTTY;
  #drawnAtMs = 0;

  begin(path: string, sizeBytes: number): void {
    this.#total.set(path, { sent: 0, of: sizeBytes });
    if (!this.#tty) note(`uploading ${plain(path)} (${bytes(sizeBytes)})`);
  }

  update(path: string, sentBytes: number): void {
    const entry = this.#total.get(path);
    if (entry === undefined) return;
    entry.sent = sentBytes;
    if (this.#tty && Date.now() - this.#drawnAtMs > 100) this.#draw();
  }

  /** A line of its own, above the bar. */
  say(line: string): void {
    if (this.#tty) process.stderr.write("\r\u001B[K");
    note(line);
    if (this.#tty) this.#draw();
  }

  end(): void {
    if (this.#tty && this.#total.size > 0) process.stderr.write("\r\u001B[K");
  }

  #draw(): void {
    this.#drawnAtMs = Date.now();
    let sent = 0;
    let of = 0;
    for (const entry of this.#total.values()) {
      sent += entry.sent;
      of += entry.of;
    }
    const part = of === 0 ? 1 : sent / of;
    const done = Math.round(part * WIDTH);
    const bar = "#".repeat(done) + "-".repeat(WIDTH - done);
    process.stderr.write(`\r\u001B[K[${bar}] ${Math.floor(part * 100)} % of ${bytes(of)}, ${this.#total.size} files`);
  }
}
