/**
 * The bindings of AIMA with every use of them counted. Queues keep their messages until the bench has them delivered,
 * and the bucket is in memory.
 */
import type { Deployment } from "../deployment.ts";
import { count, counts } from "./counts.ts";
import { memoryBucket } from "./memory-bucket.ts";

export type BenchEnv = Env & {
  readonly BENCH_OBJECTS: Deployment["objects"];
  readonly BENCH_QUEUES: Deployment["queues"];
};

export const pending: { readonly queue: string; readonly body: unknown }[] = [];

let made: BenchEnv | null = null;

/** The same object at every call: AIMA keeps what it has parsed of its environment by identity. */
export function countedEnv(env: BenchEnv): BenchEnv {
  if (made !== null) return made;
  const bindings = env as unknown as Readonly<Record<string, DurableObjectNamespace>>;
  const objects = Object.entries(env.BENCH_OBJECTS).flatMap(([binding, className]) => {
    const namespace = bindings[binding];
    return namespace === undefined ? [] : [[binding, countedObjects(namespace, className)]];
  });
  const queues = Object.entries(env.BENCH_QUEUES).map(([binding, { queue }]) => [binding, countedQueue(queue)]);
  const counted: BenchEnv = { ...env, ...Object.fromEntries([...objects, ...queues]), MEDIA: memoryBucket() };
  made = counted;
  return counted;
}

function countedObjects(namespace: DurableObjectNamespace, className: string): DurableObjectNamespace {
  const get = (id: DurableObjectId): unknown =>
    new Proxy(namespace.get(id), {
      get: (stub, method) => {
        const call: unknown = Reflect.get(stub, method);
        if (typeof call !== "function") return call;
        return (...args: unknown[]): unknown => {
          count(counts.objectCalls, `${className}.${String(method)}`);
          return Reflect.apply(call, stub, args);
        };
      },
    });
  // SAFETY: AIMA finds its objects by name and calls them; it uses nothing else of a namespace.
  return { idFromName: (name: string) => namespace.idFromName(name), get } as unknown as DurableObjectNamespace;
}

function countedQueue(queue: string): Queue {
  const send = async (body: unknown): Promise<void> => {
    count(counts.messages, queue);
    pending.push({ queue, body: structuredClone(body) });
  };
  // SAFETY: AIMA sends single messages only.
  return { send } as unknown as Queue;
}
