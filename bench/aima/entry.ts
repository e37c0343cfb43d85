/** AIMA as it is deployed, with the bench's doors beside its own: handlers and classes are those of workers/index.ts. */
import main from "../../workers/index.ts";
import { openDoor } from "./doors.ts";
import { messagesTaken } from "./queue-stand-in.ts";

export * from "../../workers/index.ts";
export { QueueStandIn } from "./queue-stand-in.ts";

export default {
  fetch(request, env, ctx): Response | Promise<Response> {
    const at = request.url.indexOf("/bench/");
    if (at < 0) return main.fetch(request, env, ctx);
    if (request.url.endsWith("/bench/ready")) return Response.json({ messages: messagesTaken() });
    return openDoor(request, env);
  },
} satisfies ExportedHandler<Env>;
