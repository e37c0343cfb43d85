/** The objects of one class, by name, and stubs to call them. */
import { ObjectHost, type ObjectClass } from "./object-host.ts";
import type { Surrounding } from "./surrounding.ts";

export class Namespace {
  readonly hosts = new Map<string, ObjectHost>();
  readonly #className: string;
  readonly #made: ObjectClass;
  readonly #around: Surrounding;

  constructor(className: string, made: ObjectClass, around: Surrounding) {
    this.#className = className;
    this.#made = made;
    this.#around = around;
  }

  idFromName(name: string): { name: string; toString(): string } {
    return { name, toString: () => name };
  }

  get(id: { name: string }): object {
    const host = this.host(id.name);
    return new Proxy(
      {},
      {
        get: (_target, method) => {
          if (typeof method !== "string" || method === "then") return undefined;
          return (...values: unknown[]): Promise<unknown> => {
            const given = structuredClone(values);
            return this.#around.network.call(`${host.name}.${method}`, () => host.call(method, given));
          };
        },
      },
    );
  }

  host(name: string): ObjectHost {
    const known = this.hosts.get(name);
    if (known !== undefined) return known;
    const host = new ObjectHost(`${this.#className}:${name}`, this.#made, this.#around);
    this.hosts.set(name, host);
    return host;
  }
}
