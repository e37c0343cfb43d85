import { closeSync, openSync, writeSync } from "node:fs";
import type { HistoryLine } from "./history-lines.ts";

/** The history of a run, as it happens: a line is written before what it announces, and after what it reports. */
export class History {
  readonly #file: number;
  #acknowledged = 0;
  #kills = 0;

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  add(...lines: HistoryLine[]): void {
    for (const line of lines) {
      writeSync(this.#file, `${JSON.stringify(line)}\n`);
      if (line.op === "ok") this.#acknowledged += 1;
      if (line.op === "kill") this.#kills += 1;
    }
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  get kills(): number {
    return this.#kills;
  }

  close(): void {
    closeSync(this.#file);
  }
}
