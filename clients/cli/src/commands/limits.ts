import type { AimaClient, LimitChange, LimitOverride, LimitRule, LimitState } from "@aima/sdk";
import { Command, InvalidArgumentError, Option } from "commander";
import { note, say, sayJson } from "../output.ts";

type Json = { readonly json: boolean };
type Subject = { readonly subject?: string };
type Rate = Pick<LimitChange, "limit"> & { readonly windowMs: number };

const seconds = (ms: number): string => `${(ms / 1000).toLocaleString("en", { maximumFractionDigits: 3 })} s`;
const rate = ({ limit, windowMs }: { limit: number; windowMs: number }): string => `${limit} in ${seconds(windowMs)}`;

function stateLine(state: LimitState): string {
  const { rule, subject, remaining, resetMs, retryAfterMs, penalised } = state;
  const wait = retryAfterMs === 0 ? "" : `, next in ${seconds(retryAfterMs)}${penalised ? " (a pause)" : ""}`;
  return `${rule.padEnd(10)}  ${subject.padEnd(34)}  ${remaining} left of ${rate(state)}, all again in ${seconds(resetMs)}${wait}`;
}

function overrideLine(override: LimitOverride): string {
  const { rule, subject, algorithm, burst, penalty, expiresAt } = override;
  const at = burst === null ? "" : `, ${burst} at once`;
  const pause = penalty === null ? "" : `, pauses of ${seconds(penalty.durationMs)}`;
  return `${rule.padEnd(10)}  ${subject.padEnd(34)}  ${rate(override)} (${algorithm}${at}${pause}) until ${expiresAt ?? "further notice"}`;
}

function ruleLine(rule: LimitRule): string {
  const { name, scope, algorithm, enabled, onFailure } = rule;
  return `${name.padEnd(10)}  ${scope.padEnd(8)}  ${rate(rule)} (${algorithm}), ${onFailure} without its limiter${enabled ? "" : ", off"}`;
}

async function show(client: AimaClient, { tenant, json }: Json & { readonly tenant?: string }): Promise<void> {
  const { limits, overrides } =
    tenant === undefined
      ? { limits: await client.limits.own(), overrides: await client.limits.overrides() }
      : await client.limits.ofTenant(tenant);
  if (json) {
    sayJson({ limits, overrides });
    return;
  }
  for (const limit of limits) say(stateLine(limit));
  if (overrides.length > 0) note("Other limits than the rules have:");
  for (const override of overrides) say(overrideLine(override));
}

async function rules(client: AimaClient, { json }: Json): Promise<void> {
  for (const rule of await client.limits.rules()) {
    if (json) sayJson(rule);
    else say(ruleLine(rule));
  }
}

type ResetOptions = Json & { readonly tenant?: string };

async function reset(client: AimaClient, subject: string | undefined, { tenant, json }: ResetOptions): Promise<void> {
  const what = subject ?? "all";
  if (tenant !== undefined) {
    const forgotten = await client.limits.resetTenant(tenant, subject === undefined ? {} : { subject });
    if (json) sayJson({ tenant, subject: subject ?? null, forgotten });
    else say(`${tenant}: ${forgotten} counts on ${what} forgotten`);
    return;
  }
  if (subject === undefined) throw new InvalidArgumentError("Name a user or key, or with --tenant a tenant.");
  await client.limits.reset(subject);
  if (json) sayJson({ subject, reset: true });
  else say(`what was counted on ${subject} is forgotten`);
}

type SetOptions = Json &
  Subject & {
    readonly burst?: number;
    readonly algorithm?: NonNullable<LimitChange["algorithm"]>;
    readonly expires?: string;
  };

async function set(client: AimaClient, tenant: string, rule: string, given: Rate, options: SetOptions): Promise<void> {
  const { burst, algorithm, expires, subject, json } = options;
  const change: LimitChange = {
    ...given,
    expiresAt: expires ?? null,
    ...(burst === undefined ? {} : { burst }),
    ...(algorithm === undefined ? {} : { algorithm }),
  };
  const after = await client.limits.set(tenant, rule, change, subject === undefined ? {} : { subject });
  if (json) sayJson(after);
  else say(overrideLine(after));
}

type UnsetOptions = Json & Subject;

async function unset(client: AimaClient, tenant: string, rule: string, { subject, json }: UnsetOptions): Promise<void> {
  await client.limits.unset(tenant, rule, subject === undefined ? {} : { subject });
  if (json) sayJson({ tenant, rule, subject: subject ?? null, override: null });
  else say(`${tenant}: ${rule} is as the rule has it`);
}

function rateOf(value: string): Rate {
  const [, limit, inSeconds] = /^(\d{1,10})\/(\d{1,7})$/.exec(value) ?? [];
  if (limit === undefined || inSeconds === undefined) throw new InvalidArgumentError("Such as 6000/60.");
  return { limit: Number(limit), windowMs: Number(inSeconds) * 1000 };
}

function instantOf(value: string): string {
  const ms = Date.parse(value);
  if (Number.isNaN(ms)) throw new InvalidArgumentError("A time, such as 2027-11-25T09:00:00Z.");
  return new Date(ms).toISOString();
}

const subjectOption = (): Option =>
  new Option("--subject <subject>", "one user, key or route instead of all, such as user:usr_…");

/** `aima limits …`; what names a tenant is for operators of the platform. */
export function limitsCommand(
  client: () => Promise<AimaClient>,
  burst: (value: string) => number,
  json: () => Option,
): Command {
  const group = new Command("limits").description("how often may be asked");
  group
    .command("show")
    .description("what is left of the limits that count you, or a tenant")
    .option("--tenant <id>", "this tenant, for operators of the platform")
    .addOption(json())
    .action(async (options: Json & { tenant?: string }) => show(await client(), options));
  group
    .command("rules")
    .description("the rules of the deployment")
    .addOption(json())
    .action(async (options: Json) => rules(await client(), options));
  group
    .command("reset [subject]")
    .description("forget what is counted on a user or key, such as key:key_…, or on all of a tenant")
    .option("--tenant <id>", "of this tenant, for operators of the platform")
    .addOption(json())
    .action(async (subject: string | undefined, options: ResetOptions) => reset(await client(), subject, options));
  group
    .command("set")
    .description("give a tenant another limit than the rule has, for operators of the platform")
    .argument("<tenant>")
    .argument("<rule>")
    .argument("<n/seconds>", "requests in a window, such as 6000/60", rateOf)
    .addOption(subjectOption())
    .option("--burst <n>", "of a token bucket: requests at once at most", burst)
    .addOption(new Option("--algorithm <name>").choices(["token-bucket", "sliding-window", "fixed-window"]))
    .option("--expires <time>", "when the rule's own limit is back", instantOf)
    .addOption(json())
    .action(async (tenant: string, rule: string, given: Rate, options: SetOptions) =>
      set(await client(), tenant, rule, given, options),
    );
  group
    .command("unset <tenant> <rule>")
    .description("give a tenant the rule's own limit again, for operators of the platform")
    .addOption(subjectOption())
    .addOption(json())
    .action(async (tenant: string, rule: string, options: UnsetOptions) =>
      unset(await client(), tenant, rule, options),
    );
  return group;
}
