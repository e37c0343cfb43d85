/**
 * The rules of a new installation, and how its settings change them. Paces per user, per address at the login and
 * their penalties are those of requirements.md §3.2; tenants and keys get what a service in front of many users needs.
 */
import { z } from "zod";
import { LimitRule } from "./rule.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

export const BOOTSTRAP_DOOR = "/internal/bootstrap";

/** Where a password, a code or a token can be guessed, or a mail be sent to somebody. */
const GUESSABLE = [
  "/v1/auth/login",
  "/v1/auth/register",
  "/v1/auth/request-password-reset",
  "/v1/auth/reset-password",
  "/v1/auth/verify-email",
  "/v1/auth/accept-invitation",
  "/v1/auth/oidc/{provider}/callback",
  BOOTSTRAP_DOOR,
];

/** Where a forged token can be tried; whatever the path, its door. */
export const DOORS = { agents: "/agents/{operation}", callbacks: "/callbacks/jobs/{token}", blobs: "/blobs/{token}" };

export const DEFAULT_RULES: readonly LimitRule[] = [
  {
    name: "auth",
    scope: "address",
    algorithm: "sliding-window",
    limit: 10,
    windowMs: 15 * MINUTE_MS,
    priority: 6,
    // A browser comes back from an identity provider with a GET.
    methods: ["POST", "GET"] as const,
    routes: GUESSABLE,
    penalty: { durationMs: 1_800_000, multiplier: 3 },
    onFailure: "closed" as const,
  },
  {
    // Only failures, so that agents behind one address are not counted: what a few with an old token make in a minute.
    name: "doors",
    scope: "address",
    algorithm: "sliding-window",
    limit: 60,
    windowMs: MINUTE_MS,
    priority: 6,
    routes: Object.values(DOORS),
  },
  {
    name: "address",
    scope: "address",
    algorithm: "token-bucket",
    limit: 3_000,
    windowMs: MINUTE_MS,
    burst: 600,
    priority: 3,
  },
  {
    name: "upload",
    scope: "tenant",
    algorithm: "token-bucket",
    limit: 3_600,
    windowMs: HOUR_MS,
    burst: 600,
    priority: 4,
    methods: ["POST"] as const,
    routes: ["/v1/assets"],
  },
  {
    name: "rerun",
    scope: "tenant",
    algorithm: "fixed-window",
    limit: 1_200,
    windowMs: HOUR_MS,
    priority: 5,
    methods: ["POST"] as const,
    routes: ["/v1/assets/{assetId}/rerun"],
  },
  { name: "user", scope: "user", algorithm: "token-bucket", limit: 100, windowMs: MINUTE_MS, burst: 20, priority: 2 },
  { name: "key", scope: "key", algorithm: "token-bucket", limit: 1_200, windowMs: MINUTE_MS, burst: 200, priority: 2 },
  {
    name: "tenant",
    scope: "tenant",
    algorithm: "token-bucket",
    limit: 6_000,
    windowMs: MINUTE_MS,
    burst: 1_000,
    priority: 1,
  },
  // Off: a limit that all share lets the busiest shut out the others. It is there for who pays by the request.
  { name: "global", scope: "global", algorithm: "sliding-window", limit: 600_000, windowMs: MINUTE_MS, enabled: false },
].map((rule) => LimitRule.parse(rule));

/** What a rule of the setting says is checked when it has been laid over the default. */
const Settings = z.array(z.looseObject({ name: z.string() }));
type Patch = z.output<typeof Settings>[number];

/**
 * The default rules, changed by the setting: a JSON list of rules. One with the name of a default rule changes the
 * fields it has, `*` those of all default rules, another name adds a rule. Empty for the defaults. Throws with every
 * problem named.
 */
export function limitRules(setting: string): readonly LimitRule[] {
  const patches: readonly Patch[] = setting === "" ? [] : Settings.parse(JSON.parse(setting));
  const names = new Set(DEFAULT_RULES.map(({ name }) => name));
  const changed = DEFAULT_RULES.map((rule) =>
    patches
      .filter(({ name }) => name === "*" || name === rule.name)
      .reduce<LimitRule>((before, change) => merged(before, change), rule),
  );
  const added = patches.filter(({ name }) => name !== "*" && !names.has(name)).map((patch) => LimitRule.parse(patch));
  const rules = [...changed, ...added];
  if (new Set(rules.map(({ name }) => name)).size < rules.length) throw new Error("Two rules have the same name");
  return rules.toSorted((a, b) => b.priority - a.priority);
}

/** Only a token bucket has a burst: on the others a common one is left out. */
function merged(rule: LimitRule, change: Patch): LimitRule {
  const next = { ...rule, ...change, name: rule.name };
  return LimitRule.parse(next.algorithm === "token-bucket" ? next : { ...next, burst: null });
}
