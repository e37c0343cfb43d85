/** Registering with a pool and asking it for work. */
import type { z } from "zod";
import {
  type JobLease,
  LeaseReply,
  type LeaseRequest,
  type RegisterAgent,
  RegisterAgentReply,
} from "../shared/contracts/agent.ts";
import type { Log } from "./log.ts";
import { exchange, waitBefore, type WireReply } from "./wire-request.ts";

/** The pool does not take this agent's token: no repetition helps. */
export class NotAuthorized extends Error {
  override readonly name = "NotAuthorized";
}

export type PoolAddress = { readonly url: string; readonly token: string };

const REQUEST_TIMEOUT_MS = 15_000;

export class PoolClient {
  readonly #address: PoolAddress;
  readonly #log: Log;

  constructor(address: PoolAddress, log: Log) {
    this.#address = address;
    this.#log = log;
  }

  /** Repeats for ever while nobody answers. Throws `NotAuthorized`, or the reason of `signal`. */
  async register(agent: RegisterAgent, signal: AbortSignal): Promise<RegisterAgentReply> {
    for (let attempt = 1; ; attempt += 1) {
      const reply = await this.#post("/agents/register", agent, REQUEST_TIMEOUT_MS, signal);
      const accepted = this.#accepted(RegisterAgentReply, reply, "register");
      if (accepted !== null) return accepted;
      await waitBefore(attempt, signal);
    }
  }

  /**
   * Waits up to `waitSeconds` for work. `unavailable` asks for a pause; `unknown_agent` for a new registration,
   * because the pool has forgotten this agent.
   */
  async lease(request: LeaseRequest, signal: AbortSignal): Promise<JobLease | null | "unavailable" | "unknown_agent"> {
    const timeoutMs = request.waitSeconds * 1000 + REQUEST_TIMEOUT_MS;
    const reply = await this.#post("/agents/lease", request, timeoutMs, signal);
    if (reply.kind === "refused" && (reply.status === 404 || reply.status === 409)) return "unknown_agent";
    const accepted = this.#accepted(LeaseReply, reply, "lease");
    return accepted === null ? "unavailable" : accepted.lease;
  }

  #post(path: string, body: RegisterAgent | LeaseRequest, timeoutMs: number, signal: AbortSignal): Promise<WireReply> {
    return exchange({
      method: "POST",
      url: this.#address.url + path,
      headers: { "content-type": "application/json", authorization: `Bearer ${this.#address.token}` },
      body: JSON.stringify(body),
      timeoutMs,
      signal,
    });
  }

  #accepted<T extends z.ZodType>(schema: T, reply: WireReply, request: string): z.output<T> | null {
    if (reply.kind === "unavailable") {
      this.#log("pool_unavailable", { request, detail: reply.detail });
      return null;
    }
    if (reply.kind === "refused") {
      if (reply.status === 401 || reply.status === 403) {
        throw new NotAuthorized("AIMA refused the agent's token: check AIMA_AGENT_TOKEN and AIMA_URL");
      }
      this.#log("pool_refused", { request, status: reply.status, code: reply.code });
      return null;
    }
    const parsed = schema.safeParse(reply.body);
    if (parsed.success) return parsed.data;
    this.#log("pool_reply_unreadable", { request, detail: parsed.error.issues[0]?.message ?? "" });
    return null;
  }
}
