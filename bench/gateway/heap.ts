/** The heap of the first isolate of a workerd, by the inspector that it opens on the loopback interface. */
import { LOOPBACK } from "../../local/ports.ts";

type Usage = {
  readonly usedSize: number;
  readonly embedderHeapUsedSize?: number;
  readonly backingStorageSize?: number;
};
type Reply = { readonly id?: number; readonly result?: unknown; readonly error?: { readonly message: string } };
type Waiting = { readonly resolve: (result: unknown) => void; readonly reject: (error: Error) => void };

export class Heap {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  #sent = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#take(JSON.parse(String(data)) as Reply));
    socket.addEventListener("close", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("The inspector was closed."));
    });
  }

  static async open(port: number): Promise<Heap> {
    const targets = (await (await fetch(`http://${LOOPBACK}:${port}/json`)).json()) as {
      webSocketDebuggerUrl: string;
    }[];
    const [target] = targets;
    if (target === undefined) throw new Error("The inspector knows no isolate");
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve, { once: true });
      socket.addEventListener("error", () => reject(new Error("The inspector does not answer")), { once: true });
    });
    return new Heap(socket);
  }

  /** Objects, strings and buffers: what is reachable, and what has become garbage since it was collected last. */
  async usedBytes(): Promise<number> {
    const usage = (await this.#ask("Runtime.getHeapUsage")) as Usage;
    return usage.usedSize + (usage.embedderHeapUsedSize ?? 0) + (usage.backingStorageSize ?? 0);
  }

  close(): void {
    this.#socket.close();
  }

  #ask(method: string): Promise<unknown> {
    const id = (this.#sent += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params: {} }));
    });
  }

  #take({ id, result, error }: Reply): void {
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (id === undefined || waiting === undefined) return;
    this.#waiting.delete(id);
    if (error === undefined) waiting.resolve(result);
    else waiting.reject(new Error(error.message));
  }
}
