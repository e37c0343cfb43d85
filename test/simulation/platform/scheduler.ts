/**
 * The simulated clock and what is due on it.
 *
 * S1 Tasks run in order of their due time, then of their scheduling; a task's microtasks all end before the next task.
 * S2 Nothing but a task moves anything: no real timer, file or socket is used, so a run depends on its seed alone.
 */
export type Task = { readonly atMs: number; readonly order: number; run: (() => void) | null };

/** Taken before the globals are replaced. */
const afterMicrotasks = setImmediate;

export class Scheduler {
  #nowMs: number;
  #order = 0;
  readonly #heap: Task[] = [];
  #endOfTask: (() => void)[] = [];
  #tasksRun = 0;

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get tasksRun(): number {
    return this.#tasksRun;
  }

  /** Runs at `atMs`, or next when that has passed. */
  at(atMs: number, run: () => void): Task {
    const task: Task = { atMs: Math.max(Math.ceil(atMs), this.#nowMs), order: (this.#order += 1), run };
    this.#push(task);
    return task;
  }

  after(delayMs: number, run: () => void): Task {
    return this.at(this.#nowMs + Math.max(delayMs, 0), run);
  }

  /** Runs when the microtasks of the task under way are all done, before the next task. */
  atEndOfTask(run: () => void): void {
    this.#endOfTask.push(run);
  }

  /** The clock jumps: what was due in between is late. */
  jump(byMs: number): void {
    this.#nowMs += byMs;
  }

  /** Runs task after task until `done` says so, nothing is due any more, or `limitMs` is reached. */
  run(done: () => boolean, limitMs: number): Promise<"done" | "idle" | "limit"> {
    return new Promise((resolve, reject) => {
      const step = (): void => {
        try {
          this.#finishTask();
          if (done()) return resolve("done");
          const task = this.#pop();
          if (task === null) return resolve("idle");
          if (task.atMs > limitMs) {
            this.#push(task);
            return resolve("limit");
          }
          this.#nowMs = Math.max(this.#nowMs, task.atMs);
          this.#tasksRun += 1;
          task.run?.();
          afterMicrotasks(step);
        } catch (error) {
          reject(error);
        }
      };
      afterMicrotasks(step);
    });
  }

  #finishTask(): void {
    while (this.#endOfTask.length > 0) {
      const due = this.#endOfTask;
      this.#endOfTask = [];
      for (const run of due) run();
    }
  }

  #push(task: Task): void {
    const heap = this.#heap;
    let index = heap.push(task) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      // SAFETY, here and below: indices of a binary heap are in range.
      if (!before(task, heap[parent] as Task)) break;
      heap[index] = heap[parent] as Task;
      index = parent;
    }
    heap[index] = task;
  }

  /** The next task that was not withdrawn. */
  #pop(): Task | null {
    for (;;) {
      const first = this.#popFirst();
      if (first === null || first.run !== null) return first;
    }
  }

  #popFirst(): Task | null {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return null;
    if (heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Task, heap[child] as Task)) child += 1;
      if (!before(heap[child] as Task, last)) break;
      heap[index] = heap[child] as Task;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

const before = (a: Task, b: Task): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
