/** What a deployment of AIMA is configured with, read where a deployment reads it. */
import { join } from "node:path";
import { unstable_readConfig } from "wrangler";
import { z } from "zod";
import { ROOT } from "../local/build.ts";

export type QueueSetting = { readonly queue: string; readonly batchSize: number };

export type Deployment = {
  readonly compatibilityDate: string;
  readonly vars: Readonly<Record<string, string>>;
  /** Binding to class name. */
  readonly objects: Readonly<Record<string, string>>;
  /** Binding to queue; the batch is the largest that its consumer is given. */
  readonly queues: Readonly<Record<string, QueueSetting>>;
};

/** What is read of a wrangler.toml; the tool's own types of it are incomplete. */
const Config = z.looseObject({
  compatibility_date: z.string(),
  vars: z.record(z.string(), z.coerce.string()),
  durable_objects: z.looseObject({ bindings: z.array(z.looseObject({ name: z.string(), class_name: z.string() })) }),
  queues: z.looseObject({
    producers: z.array(z.looseObject({ binding: z.string(), queue: z.string() })).default([]),
    consumers: z.array(z.looseObject({ queue: z.string(), max_batch_size: z.int() })).default([]),
  }),
});

const read = (path: string): z.infer<typeof Config> => Config.parse(unstable_readConfig({ config: join(ROOT, path) }));

export function readDeployment(): Deployment {
  const main = read("wrangler.toml");
  const consumers = [...main.queues.consumers, ...read("workers/inspector/wrangler.toml").queues.consumers];
  return {
    compatibilityDate: main.compatibility_date,
    vars: main.vars,
    objects: Object.fromEntries(main.durable_objects.bindings.map((each) => [each.name, each.class_name])),
    queues: Object.fromEntries(
      main.queues.producers.map(({ binding, queue }) => {
        const batchSize = consumers.find((consumer) => consumer.queue === queue)?.max_batch_size ?? 1;
        return [binding, { queue, batchSize }];
      }),
    ),
  };
}
