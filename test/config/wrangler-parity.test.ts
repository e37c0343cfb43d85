import { join } from "node:path";
import { type Unstable_Config, unstable_readConfig } from "wrangler";
import { describe, expect, it } from "vitest";
import { senderOf } from "../../shared/adapters/mail/sender.ts";
import { TRIES } from "../../workers/queues/tries.ts";

const ROOT = join(import.meta.dirname, "../..");
const ENVIRONMENTS = ["staging", "production"] as const;

/** Names only: ids, origins and sizes differ between environments on purpose. */
function shape(config: string, env?: string): unknown {
  const read: Unstable_Config = unstable_readConfig(
    { config: join(ROOT, config), ...(env === undefined ? {} : { env }) },
    { hideWarnings: true },
  );
  const suffix = env === "production" ? "" : env === "staging" ? "-staging" : "-dev";
  const queue = (name: string | undefined): string | undefined => name?.replace(new RegExp(`${suffix}$`), "");
  return {
    compatibilityDate: read.compatibility_date,
    vars: Object.keys(read.vars).toSorted(),
    secrets: read.secrets,
    objects: read.durable_objects.bindings.map(({ name, class_name }) => ({ name, class_name })),
    producers: read.queues.producers?.map((each) => ({ binding: each.binding, queue: queue(each.queue) })),
    consumers: read.queues.consumers?.map((each) => ({
      ...each,
      queue: queue(each.queue),
      dead_letter_queue: queue(each.dead_letter_queue),
    })),
    buckets: read.r2_buckets.map(({ binding }) => binding),
    vectorize: read.vectorize.map(({ binding }) => binding),
    mail: read.send_email.map(({ name }) => name),
    services: read.services?.map(({ binding }) => binding),
    version: read.version_metadata,
    assets: read.assets?.binding,
    migrations: read.migrations,
    crons: read.triggers.crons,
  };
}

describe.each(["wrangler.toml", "workers/inspector/wrangler.toml"])("%s", (config) => {
  it.each(ENVIRONMENTS)("has in %s every binding, queue and secret that the default has", (environment) => {
    expect(shape(config, environment)).toEqual(shape(config));
  });
});

describe("mails", () => {
  it.each([undefined, ...ENVIRONMENTS])("come from an address that the binding may send from (%s)", (env) => {
    const config = join(ROOT, "wrangler.toml");
    const { vars, send_email } = unstable_readConfig(
      { config, ...(env === undefined ? {} : { env }) },
      { hideWarnings: true },
    );
    const sender = senderOf(String(vars["MAIL_FROM"]));
    expect(send_email).toEqual([{ name: "EMAIL", allowed_sender_addresses: [sender?.email] }]);
  });
});

describe("queues", () => {
  it.each([undefined, ...ENVIRONMENTS])("each have one consumer and a consumed dead-letter queue (%s)", (env) => {
    const configs = ["wrangler.toml", "workers/inspector/wrangler.toml"].map((config) =>
      unstable_readConfig(
        { config: join(ROOT, config), ...(env === undefined ? {} : { env }) },
        { hideWarnings: true },
      ),
    );
    const consumers = configs.flatMap(({ queues }) => queues.consumers ?? []);
    const consumed = consumers.map(({ queue }) => queue);
    expect(new Set(consumed).size).toBe(consumed.length);
    for (const { queue } of configs.flatMap(({ queues }) => queues.producers ?? [])) expect(consumed).toContain(queue);
    for (const { dead_letter_queue: letters } of consumers)
      if (letters !== undefined) expect(consumed).toContain(letters);
  });

  it.each([undefined, ...ENVIRONMENTS])("try a message as often as the dead letters say (%s)", (env) => {
    const tries = ["wrangler.toml", "workers/inspector/wrangler.toml"]
      .flatMap(
        (config) =>
          unstable_readConfig(
            { config: join(ROOT, config), ...(env === undefined ? {} : { env }) },
            { hideWarnings: true },
          ).queues.consumers ?? [],
      )
      .filter(({ dead_letter_queue: letters }) => letters !== undefined)
      .map(({ queue, max_retries }) => [/^aima-([a-z]+)/.exec(queue ?? "")?.[1], (max_retries ?? Number.NaN) + 1]);
    expect(Object.fromEntries(tries)).toEqual(TRIES);
    expect(Math.max(...Object.values(TRIES))).toBeLessThanOrEqual(5);
  });
});
