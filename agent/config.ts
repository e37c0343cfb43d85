/** What the environment tells an agent. */
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { RegisterAgent } from "../shared/contracts/agent.ts";

const Environment = z.object({
  AIMA_URL: z.url({ protocol: /^https?$/ }),
  AIMA_AGENT_TOKEN: z.string().min(1),
  AIMA_AGENT_ID: RegisterAgent.shape.agentId.optional(),
  AIMA_AGENT_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(2),
  AIMA_AGENT_DIR: z.string().min(1).default(join(tmpdir(), "aima-agent")),
  AIMA_AGENT_MEMORY_LIMIT_MIB: z.coerce.number().int().min(128).default(2048),
  AIMA_AGENT_PASS_TIMEOUT_SECONDS: z.coerce.number().int().min(1).default(120),
  AIMA_AGENT_EXIT_WITH_PARENT: z.enum(["0", "1"]).default("0"),
});

/** Bounds of one pass in its own process. */
export type PassLimits = {
  /** Resident memory of the process, all of it: heap, native libraries, WebAssembly. */
  readonly memoryBytes: number;
  /** Least time a pass gets; media with a duration get four times that where it is more. */
  readonly timeoutMs: number;
};

export type AgentConfig = {
  /** Base of AIMA, without a slash at the end. */
  readonly url: string;
  /** Pool token; a secret, never logged. */
  readonly token: string;
  readonly agentId: string;
  readonly concurrency: number;
  readonly scratchDir: string;
  readonly limits: PassLimits;
  readonly exitWithParent: boolean;
};

export type ConfigReading =
  | { readonly ok: true; readonly config: AgentConfig }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Names of variables only in `problems`, never their values: one of them is the token. */
export function readConfig(environment: NodeJS.ProcessEnv): ConfigReading {
  // An empty variable is one that was not set: shells and compose files leave them so.
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    return { ok: false, problems: parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) };
  }
  const env = parsed.data;
  return {
    ok: true,
    config: {
      url: env.AIMA_URL.replace(/\/+$/, ""),
      token: env.AIMA_AGENT_TOKEN,
      agentId: env.AIMA_AGENT_ID ?? `agt_${randomBytes(9).toString("base64url")}`,
      concurrency: env.AIMA_AGENT_CONCURRENCY,
      scratchDir: env.AIMA_AGENT_DIR,
      limits: {
        memoryBytes: env.AIMA_AGENT_MEMORY_LIMIT_MIB * 1024 * 1024,
        timeoutMs: env.AIMA_AGENT_PASS_TIMEOUT_SECONDS * 1000,
      },
      exitWithParent: env.AIMA_AGENT_EXIT_WITH_PARENT === "1",
    },
  };
}
