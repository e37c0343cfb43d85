/**
 * One client on the WebSocket, speaking the wire protocol.
 *
 * W1 A session holds a lease from the first message of a cycle until the backend is ready outside a transaction.
 * W2 Flush sends what waits but ends no cycle: the lease stays.
 * W3 Named statements carry the session's prefix, because all sessions share one backend.
 * W4 Terminate never closes the socket from this side: in workerd the driver would report a lost connection.
 * W5 Who leaves a transaction idle too long loses it (25P03), for everybody else waits behind it.
 */
import type { Credentials } from "./credentials.ts";
import { checkLogin } from "./credentials.ts";
import type { Engine, Lease } from "./engine.ts";
import type { WireMessage } from "./wire.ts";
import {
  CANCEL_REQUEST_CODE,
  cstring,
  errorResponse,
  frame,
  GSS_REQUEST_CODE,
  int32,
  readCstring,
  readyStatus,
  simpleQuery,
  splitMessages,
  SSL_REQUEST_CODE,
  STARTUP_CODE,
} from "./wire.ts";

export type SessionOptions = {
  readonly engine: Engine;
  readonly credentials: Credentials;
  /** Unique among the sessions of the process. */
  readonly id: number;
  readonly idleInTransactionTimeoutMs: number;
  readonly send: (bytes: Buffer) => void;
  readonly close: () => void;
};

type Phase =
  | { readonly name: "startup" }
  | { readonly name: "password"; readonly user: string; readonly database: string }
  | { readonly name: "ready" }
  | { readonly name: "ended" };

/** Messages that want an answer: simple query, function call, sync, flush, and the parts of a copy. */
const SENT_AT_ONCE = new Set(["Q", "F", "S", "H", "d", "c", "f"]);

export class WireSession {
  readonly #options: SessionOptions;
  readonly #prefix: string;
  readonly #statements = new Set<string>();
  #phase: Phase = { name: "startup" };
  #rest: Buffer = Buffer.alloc(0);
  #waiting: Buffer[] = [];
  #lease: Lease | null = null;
  #idleTimer: NodeJS.Timeout | null = null;
  #work: Promise<void> = Promise.resolve();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#prefix = `s${options.id}_`;
  }

  /** Takes bytes as they arrive; they are worked off in order. */
  receive(bytes: Buffer): void {
    this.#enqueue(() => this.#consume(bytes));
  }

  /** The socket is gone: an open transaction is rolled back and the session's statements are forgotten. */
  end(): void {
    this.#enqueue(() => this.#leave());
  }

  #enqueue(step: () => Promise<void>): void {
    this.#work = this.#work.then(step).catch(() => {
      // The backend itself failed; this client is told by the closing socket, the others go on.
      this.#giveBack();
      this.#phase = { name: "ended" };
      this.#options.close();
    });
  }

  async #consume(bytes: Buffer): Promise<void> {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#phase.name === "startup") if (!this.#readStartup()) return;
    const { messages, rest } = splitMessages(this.#rest);
    this.#rest = rest;
    for (const message of messages) await this.#take(message);
  }

  #readStartup(): boolean {
    if (this.#rest.length < 8) return false;
    const length = this.#rest.readUInt32BE(0);
    if (this.#rest.length < length) return false;
    const code = this.#rest.readUInt32BE(4);
    const body = this.#rest.subarray(8, length);
    this.#rest = this.#rest.subarray(length);
    if (code === SSL_REQUEST_CODE || code === GSS_REQUEST_CODE) this.#options.send(Buffer.from("N"));
    else if (code === STARTUP_CODE) this.#askPassword(body);
    else if (code === CANCEL_REQUEST_CODE) this.#phase = { name: "ended" };
    else this.#refuse("0A000", "unsupported frontend protocol");
    return true;
  }

  #askPassword(body: Buffer): void {
    const parameters = new Map<string, string>();
    let offset = 0;
    while (offset < body.length && body[offset] !== 0) {
      const key = readCstring(body, offset);
      const value = readCstring(body, key.next);
      parameters.set(key.text, value.text);
      offset = value.next;
    }
    const user = parameters.get("user") ?? "";
    this.#phase = { name: "password", user, database: parameters.get("database") ?? user };
    this.#options.send(frame("R", int32(3)));
  }

  async #take(message: WireMessage): Promise<void> {
    const phase = this.#phase;
    if (phase.name === "password") return this.#logIn(phase, message);
    if (phase.name !== "ready") return;
    if (message.type === "X") return this.#leave();
    this.#waiting.push(this.#withPrefix(message));
    return SENT_AT_ONCE.has(message.type) ? this.#talk() : undefined;
  }

  #logIn(phase: Phase & { name: "password" }, message: WireMessage): void {
    const password = readCstring(message.body, 0).text;
    const refusal =
      message.type === "p"
        ? checkLogin(this.#options.credentials, { user: phase.user, database: phase.database, password })
        : { code: "08P01", message: "expected a password" };
    if (refusal !== null) return this.#refuse(refusal.code, refusal.message);
    const status = (name: string, value: string): Buffer => frame("S", cstring(name), cstring(value));
    this.#options.send(
      Buffer.concat([
        frame("R", int32(0)),
        status("server_version", "18.0"),
        status("server_encoding", "UTF8"),
        status("client_encoding", "UTF8"),
        status("DateStyle", "ISO, MDY"),
        status("integer_datetimes", "on"),
        status("standard_conforming_strings", "on"),
        frame("K", int32(this.#options.id), int32(0)),
        frame("Z", Buffer.from("I")),
      ]),
    );
    this.#phase = { name: "ready" };
  }

  #refuse(code: string, message: string): void {
    this.#phase = { name: "ended" };
    this.#options.send(errorResponse("FATAL", code, message));
    this.#options.close();
  }

  async #talk(): Promise<void> {
    this.#stopIdleTimer();
    this.#lease ??= await this.#options.engine.lease();
    const answer = await this.#lease.send(Buffer.concat(this.#waiting.splice(0)));
    this.#options.send(answer);
    if (readyStatus(answer) === "I") this.#giveBack();
    else this.#startIdleTimer();
  }

  /** SAFETY of the offsets: a message that is shorter than its own names is answered with an error by the backend. */
  #withPrefix({ type, body }: WireMessage): Buffer {
    if (type === "P") {
      const { text, next } = readCstring(body, 0);
      if (text !== "") this.#statements.add(text);
      return frame("P", this.#named(text), body.subarray(next));
    }
    if (type === "B") {
      const portal = readCstring(body, 0);
      const statement = readCstring(body, portal.next);
      return frame("B", cstring(portal.text), this.#named(statement.text), body.subarray(statement.next));
    }
    if ((type === "D" || type === "C") && body.toString("latin1", 0, 1) === "S") {
      const { text } = readCstring(body, 1);
      if (type === "C") this.#statements.delete(text);
      return frame(type, Buffer.from("S"), this.#named(text));
    }
    return frame(type, body);
  }

  #named(statement: string): Buffer {
    return cstring(statement === "" ? "" : `${this.#prefix}${statement}`);
  }

  #startIdleTimer(): void {
    const timer = setTimeout(() => {
      this.#enqueue(async () => {
        // A message that came in the meantime has stopped this timer.
        if (this.#idleTimer !== timer) return;
        await this.#leave();
        this.#refuse("25P03", "terminating connection due to idle-in-transaction timeout");
      });
    }, this.#options.idleInTransactionTimeoutMs);
    this.#idleTimer = timer;
  }

  #stopIdleTimer(): void {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
  }

  async #leave(): Promise<void> {
    this.#stopIdleTimer();
    if (this.#phase.name === "ended") return;
    this.#phase = { name: "ended" };
    this.#waiting = [];
    if (this.#lease === null && this.#statements.size === 0) return;
    this.#lease ??= await this.#options.engine.lease();
    const forget = [...this.#statements].map((name) => frame("C", Buffer.from("S"), this.#named(name)));
    await this.#lease.send(Buffer.concat([frame("S"), simpleQuery("ROLLBACK"), ...forget, frame("S")]));
    this.#giveBack();
  }

  #giveBack(): void {
    this.#stopIdleTimer();
    this.#lease?.release();
    this.#lease = null;
  }
}
