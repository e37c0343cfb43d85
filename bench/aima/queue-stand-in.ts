/** Stands for a queue of the platform: takes every message, counts it, and delivers nothing. */
import { WorkerEntrypoint } from "cloudflare:workers";

let messages = 0;

export const messagesTaken = (): number => messages;

export class QueueStandIn extends WorkerEntrypoint {
  override async fetch(request: Request): Promise<Response> {
    await request.arrayBuffer();
    messages += 1;
    return Response.json({ metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } });
  }
}
