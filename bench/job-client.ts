/** How the driver speaks to one system: the same workload for all of them. Every call throws on a refusal. */
import type { Connection, Reply } from "./connection.ts";
import type { Report } from "./plan.ts";

/** One job as the driver works on it; a system may keep what its answers say. */
export type JobRun = {
  readonly number: number;
  readonly id: string;
  /** The connection that works on it, from 0: what a system wants to share between jobs. */
  readonly lane: number;
  callbackPath: string;
};

export interface JobClient {
  create(connection: Connection, job: JobRun): Promise<void>;
  claim(connection: Connection, job: JobRun): Promise<void>;
  /** Durable when it resolves. */
  report(connection: Connection, job: JobRun, reports: readonly Report[]): Promise<void>;
  /** `seq` follows the last report. */
  complete(connection: Connection, job: JobRun, seq: number): Promise<void>;
  isDone(connection: Connection, job: JobRun): Promise<boolean>;
  /** The checkpoints of a finished job in the order that the system keeps. Not part of what is timed. */
  values(connection: Connection, job: JobRun): Promise<readonly number[]>;
}

export function expectStatus(reply: Reply, status: number, what: string): string {
  if (reply.status !== status) throw new Error(`${what}: ${reply.status} ${reply.body.slice(0, 300)}`);
  return reply.body;
}

/** Ids of the form that the API gives them: a prefix and 24 letters and digits. */
export const idOf = (prefix: string, number: number): string => `${prefix}_${String(number).padStart(24, "0")}`;
