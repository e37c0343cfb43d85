/** Calls that stay open until there is news, or their time is up. In memory only: a caller that is cut off asks again. */
export class Waiters {
  readonly #waiting = new Set<() => void>();

  async wait(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiting.add(done);
    });
  }

  wake(): void {
    for (const done of this.#waiting) done();
  }
}
